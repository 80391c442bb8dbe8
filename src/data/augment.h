/* augment.h - variants of training images: each sample moved, turned, bent anew in each epoch. */
#ifndef DATA_AUGMENT_H
#define DATA_AUGMENT_H

#include "kernel/kernel.h"
#include "mlp.h"

/* What all variants of one training have in common; read-only once made. */
struct augment {
    enum mlp_augmentation kind;
    float strength;
    uint64_t seed;
    uint32_t rows, cols;
    float *column_weights, *row_weights; /* splines: see kernel.h */
    uint8_t *row_cells;
};

/* One member's scratch. */
struct augment_scratch {
    struct kernel_warp warp;
    float grid[2][KERNEL_WARP_GRID][KERNEL_WARP_GRID];
};

/* data_augment_fits - whether these can be augmented so: always if kind is MLP_AUGMENT_NONE. */
bool data_augment_fits(enum mlp_augmentation kind, float strength, const struct mlp_images *images);

/* data_augment_new - for images of this size; what data_augment_fits says no to, and
 * MLP_AUGMENT_NONE, are not for it. False if out of memory. */
bool data_augment_new(struct augment *augment, enum mlp_augmentation kind, float strength,
                      uint64_t seed, uint32_t rows, uint32_t cols);
void data_augment_free(struct augment *augment);

bool data_augment_scratch_new(struct augment_scratch *scratch, const struct augment *augment);
void data_augment_scratch_free(struct augment_scratch *scratch);

/* data_augment - the variant of sample `sample`, whose pixels are `from`, in an epoch: a function
 * of these, the seed, the kind and the strength alone. from and to (rows, cols) may not overlap. */
void data_augment(const struct augment *augment, const struct kernel *kernel,
                  struct augment_scratch *scratch, uint32_t epoch, uint32_t sample,
                  const uint8_t *from, uint8_t *to);

#endif
