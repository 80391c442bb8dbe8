#include "net/optimizer.h"

#include "base/math.h"
#include "base/memory.h"

int optimizer_moments(enum mlp_optimizer rule)
{
    return rule == MLP_SGD ? 0 : rule == MLP_ADAMW ? 2 : 1;
}

bool optimizer_new(struct optimizer *o, const struct mlp_net *net,
                   const struct mlp_train_options *options)
{
    *o = (struct optimizer){.rule = options->optimizer,
                            .parameters = net->parameters,
                            .momentum = options->momentum,
                            .beta2 = options->beta2,
                            .weight_decay = options->weight_decay,
                            .decay = options->ema};
    o->step = (struct kernel_update){
        .beta1 = options->momentum, .beta2 = options->beta2, .epsilon = options->epsilon};
    if (o->rule == MLP_ADAMW) {
        double spread = math_sqrt(1 - (double)options->beta2);
        o->step.spread = (float)spread;
        o->step.gain = (float)((1 - (double)options->momentum) / spread);
    }
    float **const moments[] = {&o->m, &o->v};
    bool ok = true;
    for (int i = 0; i < optimizer_moments(o->rule); i++) {
        *moments[i] = memory_new(net->n_floats * sizeof(float));
        ok = ok && *moments[i] != NULL;
    }
    if (o->decay > 0) {
        o->average = net_clone(net);
        ok = ok && o->average != NULL;
    }
    if (!ok)
        optimizer_free(o);
    return ok;
}

void optimizer_free(struct optimizer *o)
{
    memory_free(o->m);
    memory_free(o->v);
    mlp_net_free(o->average);
    o->m = o->v = NULL;
    o->average = NULL;
}

/* x^n by squaring: no libm on a path to a weight. */
static double power(double x, uint64_t n)
{
    double result = 1;
    for (; n > 0; n /= 2, x *= x)
        if (n % 2 == 1)
            result *= x;
    return result;
}

void optimizer_step(struct optimizer *o, double rate)
{
    o->t++;
    o->step.shrink = (float)(rate * (double)o->weight_decay);
    if (o->rule == MLP_ADAMW) { /* the bias corrections c1, c2 of update.h */
        rate /= 1 - power((double)o->momentum, o->t);
        o->step.root = (float)(1 / math_sqrt(1 - power((double)o->beta2, o->t)));
    }
    o->step.rate = (float)rate;
    o->share = (float)((1 - (double)o->decay) / (1 - power((double)o->decay, o->t)));
}

struct kernel_update optimizer_numbers(const struct optimizer *o, float factor, bool decays)
{
    struct kernel_update numbers = o->step;
    numbers.factor = factor;
    if (!decays)
        numbers.shrink = 0;
    return numbers;
}

void optimizer_apply(const struct optimizer *o, const struct kernel *kernel,
                     const struct kernel_update *numbers, uint32_t n, const uint32_t *lines,
                     float *w, const float *g, bf16 *pairs)
{
    ptrdiff_t at = w - o->parameters;
    kernel->update[o->rule](numbers, n, lines, w, g, o->m == NULL ? NULL : o->m + at,
                            o->v == NULL ? NULL : o->v + at, pairs);
    if (o->average != NULL)
        kernel->average(o->share, n, lines, w, o->average->parameters + at);
}

bool optimizer_rests(const struct optimizer *o)
{
    return o->rule == MLP_SGD && o->weight_decay == 0 && o->average == NULL;
}
