/* live.h - a batch in bf16: whole pixels by rows in tiles, of those inputs alone that are not zero
 * in at least one of its images. */
#ifndef DATA_LIVE_H
#define DATA_LIVE_H

#include "data/compact.h"
#include "kernel/kernel.h"

struct live_batch {
    struct tiles x;       /* (B, live.n) */
    struct live live;     /* its columns; no list if they are all inputs */
    uint32_t n_inputs;    /* of an image */
    uint32_t *inputs;     /* (n_inputs) the list, also where live has none */
    uint32_t *lists;      /* (3, n_inputs) memory of the list, by turns the first and the second,
                             and the third for scratch */
    struct tiles turned;  /* room for x transposed; no data: none */
    uint8_t *any;         /* (n_inputs) what is not zero in some image */
    const uint8_t **rows; /* (B) the images, to be set before live_fill */
    const struct compact *compact; /* the caller's, for live_fill_compact; NULL: none */
    uint64_t *notes; /* (words of inputs) which pixels are not zero in some image of the batch */
    uint8_t *room;   /* for expanding an image */
};

/* live_new - room for batches of up to batch_max images of n_inputs pixels, at first of zeros. all:
 * x is to have all inputs, in their own order. False if out of memory. */
bool live_new(struct live_batch *batch, uint32_t batch_max, uint32_t n_inputs, bool all);
void live_free(struct live_batch *batch);

/* live_new_turned - room for live_turn, too. False if out of memory. */
bool live_new_turned(struct live_batch *batch);

/* live_fill - x and live from the first n >= 1 rows. What pads x to whole tiles of samples is old,
 * and of columns zero. At least one input is live. The list of the batch before stays. */
void live_fill(struct live_batch *batch, const struct kernel *kernel, uint32_t n);

/* live_new_compact - for images of this set, too. False if out of memory. */
bool live_new_compact(struct live_batch *batch, const struct compact *compact);

/* live_fill_compact - as live_fill from images samples[0..n-1] of batch->compact. */
void live_fill_compact(struct live_batch *batch, const struct kernel *kernel,
                       const uint32_t *samples, uint32_t n);

/* live_turn - transposes x of n samples, for the weight gradient: *live, a copy of the batch's, has
 * it until the next live_turn, also when the batch is filled anew. */
void live_turn(struct live_batch *batch, const struct kernel *kernel, uint32_t n,
               struct live *live);

/* live_select - columns k..end-1 of n rows of x, whose images begin at from[0..n-1]; k is a
 * multiple of 32, row of 16, or of 8 if n is 8 or less. */
void live_select(const struct live_batch *batch, const struct kernel *kernel, uint32_t row,
                 uint32_t n, const uint8_t *const *from, uint32_t k, uint32_t end);

#endif
