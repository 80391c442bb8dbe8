/* schedule.c - for step s = 0, 1, ... and w steps of warm-up, peak * (s + 1) / (w + 1); then
 * peak * shape(x), x being the share of the steps after the warm-up that lie behind:
 *
 *     constant   1
 *     step       1, from x = 1/2 on 1/10, from x = 3/4 on 1/100
 *     linear     1 - x
 *     cosine     (1 + cos(pi x)) / 2        Loshchilov and Hutter 2017, eq. 5, without restarts
 *     range      (rate_low / peak)^(1 - x)
 */
#include "train/schedule.h"

#include "base/math.h"

static double shape(const struct mlp_train_options *options, double x)
{
    double sine, cosine;
    switch (options->schedule) {
    case MLP_STEP:
        return x < 0.5 ? 1.0 : x < 0.75 ? 0.1 : 0.01;
    case MLP_LINEAR:
        return 1.0 - x;
    case MLP_COSINE:
        math_sincos_turns(x / 2, &sine, &cosine);
        return (1.0 + cosine) / 2;
    case MLP_RANGE:
        return math_exp((1.0 - x) *
                        math_log((double)options->rate_low / (double)options->learning_rate));
    case MLP_CONSTANT:
        break;
    }
    return 1.0;
}

double train_rate(const struct mlp_train_options *options, uint64_t step, uint64_t steps_per_epoch)
{
    double n_steps = (double)options->n_epochs * (double)steps_per_epoch;
    double warmup = (double)options->warmup * (double)steps_per_epoch, s = (double)step;
    double peak = (double)options->learning_rate;
    if (s < warmup)
        return peak * (s + 1) / (warmup + 1);
    return peak * shape(options, (s - warmup) / (n_steps - warmup));
}
