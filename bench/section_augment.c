/* section_augment.c - what augmentation and adversarial training add to an epoch of the default
 * network: epochs with each kind and without, in turn. */
#include "bench.h"
#include "work.h"

#include <stdio.h>
#include <string.h>

/* Issue 5; targets of how many times as long as without. */
static const struct {
    enum mlp_augmentation kind;
    const char *name;
    double target; /* 0: none */
    float adversarial;
} kinds[] = {{MLP_AUGMENT_NONE, "epoch", 0, 0},
             {MLP_AUGMENT_SHIFT, "epoch, shift", 0, 0},
             {MLP_AUGMENT_AFFINE, "epoch, affine", 1.5, 0},
             {MLP_AUGMENT_ELASTIC, "epoch, elastic", 2.0, 0},
             {MLP_AUGMENT_NONE, "epoch, adversarial", 0, 0.5f}};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

static void add_rows(struct bench *bench, const struct work *works,
                     const struct contender *contenders)
{
    for (int k = 0; k < N_KINDS; k++) {
        struct row *row = row_add(&bench->rows, "augment", kinds[k].name);
        work_describe(&works[k], row);
        row_measured(row, &contenders[k]);
        row_rate(row, works[k].n_images, works[k].flops, 0);
        row->loss = works[k].first_loss;
        if (k == 0 || row->seconds <= 0 || contenders[0].seconds <= 0)
            continue;
        row->value = row->seconds / contenders[0].seconds;
        snprintf(row->unit, sizeof row->unit, "x plain");
        if (kinds[k].target > 0)
            row_target(row, TARGET_AT_MOST, kinds[k].target);
    }
}

static void epochs_of_threads(struct bench *bench, int threads)
{
    struct work works[N_KINDS];
    struct contender contenders[N_KINDS];
    uint32_t n_images = bench->options.quick ? 0 : bench->dataset.train.n_samples;
    int n = 0;
    for (; n < N_KINDS; n++) {
        struct work_spec spec = {.threads = threads,
                                 .augment = kinds[n].kind,
                                 .adversarial = kinds[n].adversarial,
                                 .n_images = n == 0 ? n_images : works[0].n_images,
                                 .target_seconds = 0.01};
        if (!work_new(&works[n], bench, &spec))
            break;
        struct row key = {.section = "augment"};
        snprintf(key.name, sizeof key.name, "%s", kinds[n].name);
        work_describe(&works[n], &key);
        contenders[n] = (struct contender){
            .run = work_run,
            .context = &works[n],
            .threads = threads,
            .limit_seconds = row_limit_seconds(&bench->rows, &key, works[n].n_images)};
    }
    if (n == N_KINDS) {
        measure(contenders, N_KINDS, bench->n_runs, 20);
        add_rows(bench, works, contenders);
    }
    while (n > 0)
        work_free(&works[--n]);
}

void section_augment(struct bench *bench)
{
    epochs_of_threads(bench, 1);
    if (bench_threads(bench) > 1)
        epochs_of_threads(bench, bench_threads(bench));
}
