/* section_optimizers.c - what an optimizer's own states and arithmetic cost: epochs of plain SGD
 * and of AdamW in turn. */
#include "bench.h"
#include "work.h"

#include <stdio.h>

/* Issue 5; how many times as long as SGD, in f32. */
#define ADAMW_TARGET 1.25
/* AdamW's own scale: with SGD's rate it diverges. */
#define ADAMW_RATE 0.001f

static const char *const names[2] = {"epoch, sgd", "epoch, adamw"};

static void add_rows(struct bench *bench, const struct work *works,
                     const struct contender *contenders)
{
    for (int i = 0; i < 2; i++) {
        struct row *row = row_add(&bench->rows, "optimizers", names[i]);
        work_describe(&works[i], row);
        row_measured(row, &contenders[i]);
        row_rate(row, works[i].n_images, works[i].flops,
                 bench_peak(bench, row->kernel, row->threads));
        row->loss = works[i].first_loss;
        if (i == 0 || row->seconds <= 0 || contenders[0].seconds <= 0)
            continue;
        row->value = row->seconds / contenders[0].seconds;
        snprintf(row->unit, sizeof row->unit, "x sgd");
        if (works[i].options.optimizer == MLP_ADAMW && mlp_net_precision(works[i].net) == MLP_F32)
            row_target(row, TARGET_AT_MOST, ADAMW_TARGET);
    }
}

static void epochs(struct bench *bench, enum mlp_precision precision, int threads)
{
    struct work works[2];
    struct contender contenders[2];
    struct work_spec spec = {
        .precision = precision, .threads = threads, .n_images = bench->dataset.train.n_samples};
    int n = 0;
    for (; n < 2; n++) {
        spec.optimizer = n == 0 ? MLP_SGD : MLP_ADAMW;
        if (!work_new(&works[n], bench, &spec))
            break;
        if (n > 0)
            works[n].options.learning_rate = ADAMW_RATE;
        struct row key = {.section = "optimizers"};
        snprintf(key.name, sizeof key.name, "%s", names[n]);
        work_describe(&works[n], &key);
        contenders[n] =
            (struct contender){.run = work_run,
                               .context = &works[n],
                               .threads = threads,
                               .limit_seconds = row_limit_seconds(&bench->rows, &key, 0)};
    }
    if (n == 2) {
        measure(contenders, 2, bench->n_runs, 10);
        add_rows(bench, works, contenders);
    }
    while (n > 0)
        work_free(&works[--n]);
}

void section_optimizers(struct bench *bench)
{
    static const enum mlp_precision precisions[2] = {MLP_F32, MLP_BF16};
    for (int p = 0; p < 2; p++) {
        epochs(bench, precisions[p], 1);
        if (bench_threads(bench) > 1)
            epochs(bench, precisions[p], bench_threads(bench));
    }
}
