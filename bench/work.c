#include "work.h"

#include <stdio.h>

const uint32_t work_default_hidden[2] = {256, 128};

double work_forward_flops(const struct mlp_net *net)
{
    double flops = 0;
    for (uint32_t l = 0; l < mlp_net_n_layers(net); l++)
        flops += 2.0 * mlp_net_width(net, l) * mlp_net_width(net, l + 1);
    return flops;
}

/* Three products a layer, but nobody needs the gradient of the pixels. */
double work_flops(const struct mlp_net *net)
{
    return 3 * work_forward_flops(net) - 2.0 * mlp_net_width(net, 0) * mlp_net_width(net, 1);
}

static void keep_report(void *context, const struct mlp_epoch_report *report)
{
    struct work *work = context;
    work->seconds = report->seconds;
    if (work->first_loss <= 0)
        work->first_loss = report->train_loss;
    work->stop = 1;
}

/* A training of as many epochs as usual, which decides how it is prepared, stopped after one. */
double work_run(void *context)
{
    struct work *work = context;
    work->view.train.n_samples = work->n_images;
    work->stop = 0;
    enum mlp_status status = mlp_train(work->net, &work->view, &work->options, NULL);
    return status == MLP_E_STOPPED ? work->seconds : -1;
}

/* Whole batches that take about that long, at least two, at most the data set. */
static uint32_t choose_images(struct work *work, uint32_t batch, double target_seconds)
{
    uint32_t available = work->view.train.n_samples;
    if (2 * batch > available)
        return available;
    uint32_t steps = 2;
    for (int i = 0; i < 3; i++) { /* the first run also pays for cold memory */
        work->n_images = steps * batch;
        double seconds = work_run(work);
        if (seconds <= 0 || seconds > target_seconds)
            break;
        double wanted = steps * target_seconds / seconds;
        steps = wanted > available / batch ? available / batch : (uint32_t)wanted;
        steps = steps < 2 ? 2 : steps;
    }
    return steps * batch;
}

bool work_new(struct work *work, const struct bench *bench, const struct work_spec *spec)
{
    const struct mlp_images *train = &bench->dataset.train;
    uint32_t widths[WORK_LAYERS_MAX + 1];
    const uint32_t *hidden = spec->hidden == NULL ? work_default_hidden : spec->hidden;
    uint32_t n_hidden = spec->hidden == NULL ? 2 : spec->n_hidden;
    uint32_t batch = spec->batch == 0 ? WORK_DEFAULT_BATCH : spec->batch;
    widths[0] = train->n_rows * train->n_cols;
    for (uint32_t l = 0; l < n_hidden; l++)
        widths[l + 1] = hidden[l];
    widths[n_hidden + 1] = bench->dataset.n_classes;
    *work = (struct work){.view = bench->dataset, .options = mlp_train_defaults()};
    if (spec->no_zeros)
        work->view.train = bench->no_zeros;
    if (mlp_net_new(&work->net, widths, n_hidden + 1, 1, NULL) != MLP_OK)
        return false;
    mlp_net_use_precision(work->net, spec->precision);
    if (mlp_net_use_kernel(work->net, spec->kernel, NULL) != MLP_OK) {
        work_free(work);
        return false;
    }
    work->options.batch = batch;
    work->options.n_threads = spec->threads == 0 ? 1 : spec->threads;
    work->options.optimizer = spec->optimizer;
    work->options.augment = spec->augment;
    work->options.adversarial = spec->adversarial;
    work->options.learning_rate = 0.1f; /* as the peers */
    work->options.eval_every = 0;
    work->options.on_epoch = keep_report;
    work->options.stop = &work->stop;
    work->options.context = work;
    work->n_images =
        spec->n_images > 0 ? spec->n_images : choose_images(work, batch, spec->target_seconds);
    work->first_loss = 0;
    work->flops = work->n_images * work_flops(work->net);
    return true;
}

void work_free(struct work *work)
{
    mlp_net_free(work->net);
    work->net = NULL;
}

void work_describe(const struct work *work, struct row *row)
{
    size_t at = 0;
    snprintf(row->kernel, sizeof row->kernel, "%s", mlp_net_kernel(work->net));
    snprintf(row->precision, sizeof row->precision, "%s",
             mlp_net_precision(work->net) == MLP_BF16 ? "bf16" : "f32");
    row->threads = work->options.n_threads;
    row->batch = work->options.batch;
    for (uint32_t l = 0; l <= mlp_net_n_layers(work->net) && at < sizeof row->layers; l++)
        at += (size_t)snprintf(row->layers + at, sizeof row->layers - at, l == 0 ? "%u" : "-%u",
                               mlp_net_width(work->net, l));
}
