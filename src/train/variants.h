/* variants.h - the augmented rows of the next two batches of an epoch. */
#ifndef TRAIN_VARIANTS_H
#define TRAIN_VARIANTS_H

#include "base/team.h"
#include "data/augment.h"

struct variants {
    struct augment augment;
    struct mlp_images rows[2]; /* one is gathered from while the other is filled; labels, too */
    struct augment_scratch *scratch; /* (n_members) */
    int n_members;
};

/* variants_new - for batches of options->batch of these images; NULL if out of memory. */
struct variants *variants_new(const struct mlp_images *images,
                              const struct mlp_train_options *options);
void variants_free(struct variants *variants);

/* variants_make - one member's share of a batch: rows 0..n-1 become the variants, in this epoch, of
 * samples[0..n-1]. Every member does its own, with a barrier before the rows are read. */
void variants_make(struct variants *variants, const struct kernel *kernel, const struct team *team,
                   struct mlp_images *rows, const struct mlp_images *images, uint32_t epoch,
                   const uint32_t *samples, uint32_t n);

#endif
