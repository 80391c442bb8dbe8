#include "train/variants.h"

#include "base/memory.h"

#include <stdlib.h>

static bool rows_new(struct mlp_images *rows, const struct mlp_images *images, uint32_t n)
{
    size_t pixels = (size_t)images->n_rows * images->n_cols;
    *rows = (struct mlp_images){.n_samples = n,
                                .n_rows = images->n_rows,
                                .n_cols = images->n_cols,
                                .pixels = memory_new(n * pixels),
                                .labels = memory_new(n)};
    return rows->pixels != NULL && rows->labels != NULL;
}

struct variants *variants_new(const struct mlp_images *images,
                              const struct mlp_train_options *options)
{
    struct variants *v = calloc(1, sizeof *v);
    if (v == NULL)
        return NULL;
    v->n_members = options->n_threads;
    v->scratch = calloc((size_t)v->n_members, sizeof *v->scratch);
    bool ok = v->scratch != NULL &&
              data_augment_new(&v->augment, options->augment, options->augment_strength,
                               options->seed, images->n_rows, images->n_cols);
    for (int i = 0; i < 2; i++)
        ok = ok && rows_new(&v->rows[i], images, options->batch);
    for (int i = 0; i < v->n_members; i++)
        ok = ok && data_augment_scratch_new(&v->scratch[i], &v->augment);
    if (ok)
        return v;
    variants_free(v);
    return NULL;
}

void variants_free(struct variants *v)
{
    if (v == NULL)
        return;
    for (int i = 0; i < v->n_members && v->scratch != NULL; i++)
        data_augment_scratch_free(&v->scratch[i]);
    for (int i = 0; i < 2; i++) {
        memory_free(v->rows[i].pixels);
        memory_free(v->rows[i].labels);
    }
    data_augment_free(&v->augment);
    free(v->scratch);
    free(v);
}

/* Asks memory for a row ahead of its use: rows of a shuffled set lie far apart. Inlined by force,
 * as in data/live.c. */
static inline __attribute__((always_inline)) void prefetch_row(const uint8_t *row, size_t bytes)
{
    enum { LINE_BYTES = 64, BYTES_MAX = 4096 }; /* beyond, the machine's own prefetch is at work */
    for (size_t at = 0; at < bytes && at < BYTES_MAX; at += LINE_BYTES)
        __builtin_prefetch(row + at);
}

void variants_make(struct variants *v, const struct kernel *kernel, const struct team *team,
                   struct mlp_images *rows, const struct mlp_images *images, uint32_t epoch,
                   const uint32_t *samples, uint32_t n)
{
    size_t pixels = (size_t)images->n_rows * images->n_cols;
    uint32_t begin, end;
    team_share(team, n, &begin, &end);
    for (uint32_t r = begin; r < end; r++) {
        if (r + 1 < end)
            prefetch_row(images->pixels + samples[r + 1] * pixels, pixels);
        data_augment(&v->augment, kernel, &v->scratch[team->id], epoch, samples[r],
                     images->pixels + samples[r] * pixels, rows->pixels + r * pixels);
        rows->labels[r] = images->labels[samples[r]];
    }
}
