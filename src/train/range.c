/* range.c - the learning-rate range test: at which rates does the loss fall, and from where on does
 * it rise? */
#include "base/error.h"
#include "base/math.h"
#include "base/memory.h"
#include "net/net.h"

#include <string.h>

/* From where nothing moves to where everything explodes, for every rule. */
static const float rate_low = 1e-5f, rate_high = 10;
enum { MIN_STEPS = 300 };

/* The sweep ends where the loss has doubled, for the rest says nothing; or where all has been
 * learnt, as it soon is from little data: then no rate makes a difference any more. */
static const double explosion = 2, learnt = 0.05; /* times the first losses */

/* Of the smoothing, in nepers (factors of e), as a standard deviation: a tenth of a decade, which
 * at batch 128 is 7 steps of MNIST. */
static const double smoothing = 0.25;

/* The suggestion: by how much the loss may be above its lowest and does not rise yet, and which
 * share of that rate is safe for a whole training. Measured: docs/recipes.md. */
static const double still_low = 1.1, safe = 0.5;

struct sweep {
    const struct mlp_train_options *options; /* the caller's */
    struct mlp_range *range;
    uint32_t n_room;
    double running, weight; /* mean of the last steps' losses, to see an explosion */
    double first;
    volatile sig_atomic_t stop;
};

static void on_step(void *context, const struct mlp_step_report *report)
{
    struct sweep *sweep = context;
    struct mlp_range *range = sweep->range;
    if (range->n_points == sweep->n_room || sweep->stop != 0)
        return;
    range->rates[range->n_points] = report->rate;
    range->losses[range->n_points++] = report->loss;
    sweep->running = 0.9 * sweep->running + 0.1 * report->loss;
    sweep->weight = 0.9 * sweep->weight + 0.1;
    double mean = sweep->running / sweep->weight;
    if (range->n_points <= 10) /* of about as many steps as the mean reaches back */
        sweep->first = mean;
    if (mean > explosion * sweep->first || mean < learnt * sweep->first)
        sweep->stop = 1;
    if (sweep->options->stop != NULL && *sweep->options->stop != 0)
        sweep->stop = 2;
}

static void on_progress(void *context, const struct mlp_progress_report *report)
{
    const struct mlp_train_options *options = ((struct sweep *)context)->options;
    options->on_progress(options->context, report);
}

/* Deviations at which a weight, exp(-32), is lost in rounding. Sweeps of small batches have tens of
 * thousands of points. */
enum { FAR = 8 };

/* A weighted mean of the losses around each rate, weights falling off with the squared distance on
 * the logarithmic axis. Unlike a running mean it does not lag behind the rate. */
static void smooth(struct mlp_range *range, double highest)
{
    double step = range->n_points > 1 ? math_log(range->rates[1] / range->rates[0]) : 1;
    double reach = FAR * smoothing / step;
    for (uint32_t i = 0; i < range->n_points; i++) {
        double sum = 0, weights = 0;
        uint32_t begin = i > reach ? i - (uint32_t)reach : 0;
        for (uint32_t j = begin; j < range->n_points && j <= i + reach; j++) {
            double distance = ((double)i - (double)j) * step / smoothing;
            double weight = math_exp(-distance * distance / 2);
            sum += weight * (range->losses[j] < highest ? range->losses[j] : highest);
            weights += weight;
        }
        range->smooth[i] = sum / weights;
    }
}

static void suggest(struct mlp_range *range)
{
    uint32_t at = 0;
    for (uint32_t i = 1; i < range->n_points; i++)
        if (range->smooth[i] < range->smooth[at])
            at = i;
    double limit = still_low * range->smooth[at];
    while (at + 1 < range->n_points && range->smooth[at + 1] <= limit)
        at++;
    range->rising = range->rates[at];
    range->suggested = safe * range->rising;
}

static bool allocate(struct mlp_range *range, uint32_t n)
{
    *range = (struct mlp_range){.rates = memory_new(n * sizeof(double)),
                                .losses = memory_new(n * sizeof(double)),
                                .smooth = memory_new(n * sizeof(double))};
    return range->rates != NULL && range->losses != NULL && range->smooth != NULL;
}

void mlp_range_free(struct mlp_range *range)
{
    memory_free(range->rates);
    memory_free(range->losses);
    memory_free(range->smooth);
    *range = (struct mlp_range){0};
}

static struct mlp_train_options sweep_options(struct sweep *sweep, uint32_t n_epochs)
{
    struct mlp_train_options o = *sweep->options;
    o.n_epochs = n_epochs;
    o.learning_rate = rate_high;
    o.rate_low = rate_low;
    o.schedule = MLP_RANGE;
    o.warmup = 0;
    o.early_stop = 0;
    o.eval_every = 0;
    o.stop = &sweep->stop;
    o.on_epoch = NULL;
    o.on_save = NULL;
    o.resume = NULL;
    o.on_step = on_step;
    o.on_progress = sweep->options->on_progress == NULL ? NULL : on_progress;
    o.context = sweep;
    return o;
}

enum mlp_status mlp_range_test(const struct mlp_net *net, const struct mlp_dataset *dataset,
                               const struct mlp_train_options *options, struct mlp_range *range,
                               struct mlp_error *error)
{
    struct mlp_range found;
    uint32_t n = dataset->train.n_samples, batch = options->batch;
    n -= options->validation < n ? options->validation : 0; /* mlp_train refuses what is wrong */
    uint32_t steps = batch == 0 ? 1 : n / batch + (n % batch != 0);
    uint32_t n_epochs = steps == 0 || steps >= MIN_STEPS ? 1 : (MIN_STEPS + steps - 1) / steps;
    struct sweep sweep = {.options = options, .range = &found, .n_room = n_epochs * steps};
    struct mlp_net *copy = net_clone(net);
    enum mlp_status status;
    if (!allocate(&found, sweep.n_room) || copy == NULL) {
        status = error_memory(error, 0);
    } else {
        struct mlp_train_options o = sweep_options(&sweep, n_epochs);
        status = mlp_train(copy, dataset, &o, error);
    }
    mlp_net_free(copy);
    if (status == MLP_E_DIVERGED || (status == MLP_E_STOPPED && sweep.stop == 1))
        status = MLP_OK;
    if (status == MLP_OK && found.n_points == 0) { /* diverged at 1e-5: the data are not finite */
        status = error_set(error, MLP_E_DIVERGED, NULL, -1);
        error_found(error, "the loss was infinite or NaN at the lowest rate");
    }
    if (status != MLP_OK) {
        mlp_range_free(&found);
        return status;
    }
    smooth(&found, explosion * sweep.first);
    suggest(&found);
    *range = found;
    return MLP_OK;
}
