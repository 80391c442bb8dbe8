/* section_forward.c - using a network: evaluation of a whole set, and one image at a time. */
#include "base/clock.h"
#include "bench.h"
#include "stats.h"
#include "work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct evaluation_run {
    const struct work *work;
    int threads;
};

static double run_evaluation(void *context)
{
    struct evaluation_run *run = context;
    struct mlp_evaluation evaluation;
    double begin = clock_seconds();
    enum mlp_status status =
        mlp_evaluate(run->work->net, &run->work->view.train, run->threads, &evaluation, NULL);
    return status == MLP_OK ? clock_seconds() - begin : -1;
}

static void evaluate(struct bench *bench, const struct work *work, const char *name, int threads)
{
    struct evaluation_run run = {work, threads};
    struct contender contender = {.run = run_evaluation, .context = &run, .threads = threads};
    measure(&contender, 1, bench->n_runs, 6);
    uint32_t n = work->view.train.n_samples;
    struct row *row = row_add(&bench->rows, "forward", name);
    work_describe(work, row);
    row->threads = threads;
    row->batch = 0;
    row_measured(row, &contender);
    row_rate(row, n, n * work_forward_flops(work->net), bench_peak(bench, row->kernel, threads));
    if (strcmp(name, "evaluation") != 0)
        row_target(row, TARGET_SHARE, 0.90);
}

static void evaluate_by_threads(struct bench *bench, const struct work *work, const char *name)
{
    evaluate(bench, work, name, 1);
    if (bench_threads(bench) > 1)
        evaluate(bench, work, name, bench_threads(bench));
}

struct latency_run {
    const struct work *work;
    double *seconds; /* (n) of each image */
    uint32_t n;
};

static double run_latency(void *context)
{
    struct latency_run *run = context;
    float probabilities[256];
    double begin = clock_seconds(), last = begin;
    for (uint32_t i = 0; i < run->n; i++) {
        if (mlp_predict(run->work->net, &run->work->view.train, i, 1, 1, probabilities) != MLP_OK)
            return -1;
        double now = clock_seconds();
        run->seconds[i] = now - last;
        last = now;
    }
    return last - begin;
}

static void add_latency(struct bench *bench, const struct latency_run *run,
                        const struct contender *contender, const char *name, double quantile,
                        double target_us)
{
    struct row *row = row_add(&bench->rows, "forward", name);
    work_describe(run->work, row);
    row->threads = 1;
    row->batch = 1;
    row->runs = contender->runs;
    row->discarded = contender->discarded;
    row->noisy = contender->noisy;
    row->value = 1e6 * stats_quantile(run->seconds, run->n, quantile);
    snprintf(row->unit, sizeof row->unit, "us");
    row_target(row, TARGET_AT_MOST, target_us);
}

/* The quantiles of the last run, which is as good as any: it is warm, and 10,000 images are many.
 */
static void latency(struct bench *bench, const struct work *work)
{
    uint32_t n = work->view.train.n_samples < 10000 ? work->view.train.n_samples : 10000;
    struct latency_run run = {work, malloc(n * sizeof(double)), n};
    if (run.seconds == NULL)
        return;
    struct contender contender = {.run = run_latency, .context = &run};
    measure(&contender, 1, bench->n_runs, 4);
    stats_sort(run.seconds, n);
    add_latency(bench, &run, &contender, "one image, median", 0.5, 20);
    add_latency(bench, &run, &contender, "one image, 99 %", 0.99, 30);
    free(run.seconds);
}

static void use(struct bench *bench, enum mlp_precision precision)
{
    struct work work;
    struct work_spec spec = {.precision = precision, .n_images = bench->dataset.train.n_samples};
    if (!work_new(&work, bench, &spec))
        return;
    (void)work_run(&work); /* weights and activations like those of use */
    evaluate_by_threads(bench, &work, "evaluation");
    if (precision == MLP_F32)
        latency(bench, &work);
    work.view.train = bench->no_zeros;
    if (precision == MLP_F32)
        evaluate_by_threads(bench, &work, "evaluation, no zeros");
    work_free(&work);
}

void section_forward(struct bench *bench)
{
    use(bench, MLP_F32);
    use(bench, MLP_BF16);
}
