/* section_sweeps.c - how the cost grows: with the kernel, threads, batch, width. Timed by steps,
 * not by whole epochs, and on images without zeros, so that all arithmetic is done that counts. */
#include "bench.h"
#include "kernel/kernel.h"
#include "work.h"

#include <stdio.h>
#include <string.h>

#define RUN_SECONDS 0.1

/* One point: a row with its share of the peak of the kernel's own instruction set. */
static struct row *point(struct bench *bench, const char *section, const char *name,
                         struct work_spec spec)
{
    struct work work;
    if (spec.target_seconds <= 0)
        spec.target_seconds = RUN_SECONDS;
    spec.no_zeros = true;
    if (bench->options.quick)
        spec.target_seconds /= 10;
    if (!work_new(&work, bench, &spec))
        return NULL;
    struct row *row = row_add(&bench->rows, section, name);
    work_describe(&work, row);
    struct contender contender = {.run = work_run,
                                  .context = &work,
                                  .threads = row->threads,
                                  .limit_seconds =
                                      row_limit_seconds(&bench->rows, row, work.n_images)};
    measure(&contender, 1, bench->n_runs, 4);
    row_measured(row, &contender);
    row_rate(row, work.n_images, work.flops, bench_peak(bench, row->kernel, row->threads));
    work_free(&work);
    return row;
}

/* 1 and all. */
static uint32_t two_thread_counts(const struct bench *bench, int *threads)
{
    threads[0] = 1;
    threads[1] = bench_threads(bench);
    return threads[1] > 1 ? 2 : 1;
}

void section_kernels(struct bench *bench)
{
    int threads[2];
    uint32_t n = two_thread_counts(bench, threads);
    const struct kernel *kernel;
    for (uint32_t i = 0; (kernel = kernel_table(i)) != NULL; i++)
        for (uint32_t p = 0; p < 2 * n; p++) {
            struct work_spec spec = {.kernel = kernel->name,
                                     .precision = p < n ? MLP_F32 : MLP_BF16,
                                     .threads = threads[p % n]};
            bool taken = kernel->bf16.native || kernel == kernel_find(NULL);
            if (!kernel_serves(kernel, spec.precision) || (spec.precision == MLP_BF16 && !taken))
                continue; /* bf16 on a kernel that nobody gets there by default */
            struct row *row = point(bench, "kernels", "steps", spec);
            if (row != NULL && strcmp(kernel->name, "avx2") == 0 && spec.precision == MLP_F32)
                row_target(row, TARGET_SHARE, 0.85);
        }
}

/* Speed-up over one thread as a share of the peak's own. */
static void set_scaling(const struct bench *bench, struct row *row, double one_thread_seconds,
                        double target)
{
    double peak_1 = bench_peak(bench, row->kernel, 1);
    double peak_n = bench_peak(bench, row->kernel, row->threads);
    if (row->seconds <= 0 || peak_1 <= 0 || peak_n <= 0 || one_thread_seconds <= 0)
        return;
    row->value = one_thread_seconds / row->seconds / (peak_n / peak_1);
    snprintf(row->unit, sizeof row->unit, "of peak's");
    row_target(row, TARGET_AT_LEAST, target);
}

static void sweep_threads(struct bench *bench)
{
    double one = 0, all = 0;
    for (uint32_t t = 0; t < bench->n_threads; t++) {
        struct row *row =
            point(bench, "threads", "steps", (struct work_spec){.threads = bench->threads[t]});
        if (row == NULL)
            return;
        double per_image = 1 / row->images_per_s;
        if (t == 0)
            one = per_image;
        all = per_image;
        row->ratio = one / per_image;
        if (t > 0) {
            double seconds = row->seconds;
            row->seconds = per_image;
            set_scaling(bench, row, one, bench->threads[t] <= 4 ? 0.96 : 0.6);
            row->seconds = seconds;
        }
    }
    /* Four times as many as cores, as if forced: the slow-down. */
    struct row *row = point(bench, "threads", "steps, oversubscribed",
                            (struct work_spec){.threads = 4 * bench_threads(bench)});
    if (row == NULL)
        return;
    row->value = 1 / row->images_per_s / all;
    snprintf(row->unit, sizeof row->unit, "x slower");
    row_target(row, TARGET_AT_MOST, 3);
}

static void sweep_batch(struct bench *bench, int threads)
{
    uint32_t last = bench->options.quick ? 256 : 4096;
    for (uint32_t batch = 32; batch <= last; batch *= 2)
        (void)point(bench, "batch", "steps",
                    (struct work_spec){.batch = batch, .threads = threads});
}

static void sweep_width(struct bench *bench, int threads)
{
    uint32_t last = bench->options.quick ? 512 : 4096;
    for (uint32_t width = 128; width <= last; width *= 2) {
        uint32_t hidden[2] = {width, width};
        (void)point(bench, "width", "steps",
                    (struct work_spec){.hidden = hidden, .n_hidden = 2, .threads = threads});
    }
}

static void large_nets(struct bench *bench)
{
    static const uint32_t hidden[2] = {2048, 2048};
    int threads[2];
    uint32_t n = two_thread_counts(bench, threads);
    double one = 0;
    for (uint32_t t = 0; t < n && !bench->options.quick; t++) {
        struct work_spec spec = {
            .hidden = hidden, .n_hidden = 2, .batch = 1024, .threads = threads[t]};
        struct row *row = point(bench, "large", "steps", spec);
        if (row == NULL)
            return;
        row_target(row, TARGET_SHARE, 0.90);
        if (t == 0)
            one = row->images_per_s;
        row->ratio = row->images_per_s / one;
    }
}

/* Issue 4: in bf16, on AMX. */
static void deep_nets(struct bench *bench)
{
    static const uint32_t hidden[] = {2500, 2000, 1500, 1000, 500};
    static const uint32_t batches[] = {256, 512, 1024};
    uint32_t n_batches = bench->options.quick ? 1 : 3;
    int threads[2];
    uint32_t n = two_thread_counts(bench, threads);
    for (uint32_t i = 0; i < n_batches && bench_peak(bench, "amx", 1) > 0; i++)
        for (uint32_t t = 0; t < n; t++) {
            struct work_spec spec = {.hidden = hidden,
                                     .n_hidden = sizeof hidden / sizeof hidden[0],
                                     .batch = batches[i],
                                     .precision = MLP_BF16,
                                     .threads = threads[t],
                                     .target_seconds = 2 * RUN_SECONDS};
            struct row *row = point(bench, "large", "steps", spec);
            if (row != NULL)
                row_target(row, TARGET_SHARE, 0.45);
        }
}

void section_sweeps(struct bench *bench)
{
    int threads[2];
    uint32_t n = two_thread_counts(bench, threads);
    sweep_threads(bench);
    for (uint32_t t = 0; t < n; t++)
        sweep_batch(bench, threads[t]);
    for (uint32_t t = 0; t < n; t++)
        sweep_width(bench, threads[t]);
    large_nets(bench);
    deep_nets(bench);
}
