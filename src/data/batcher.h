/* batcher.h - the loader: which samples make up a batch, and their pixels as a network reads them.
 */
#ifndef DATA_BATCHER_H
#define DATA_BATCHER_H

#include "base/team.h"
#include "data/live.h"
#include "data/nonzeros.h"
#include "kernel/kernel.h"
#include "mlp.h"

/* data_shuffle - a permutation of 0..n-1, a function of (seed, epoch).
 * Source   Fisher and Yates 1938; Durstenfeld 1964, algorithm 235 */
void data_shuffle(uint32_t *order, uint32_t n, uint64_t seed, uint32_t epoch);

/* A batch, pixel / 255, in panels or as bytes with notes of where they are not zero; and labels:
 * what pads them to groups of 16 is some class. */
struct batch {
    struct panels x;        /* (B, inputs); x.rows is this batch's size; no data if in bf16 */
    struct live_batch *x16; /* or in bf16; the caller's */
    uint8_t *labels;
};

/* data_batch_new - room for batches of up to batch_max images of rows x cols pixels; nonzeros: as
 * bytes with notes. False if out of memory. */
bool data_batch_new(struct batch *batch, uint32_t batch_max, uint32_t rows, uint32_t cols,
                    bool nonzeros);

/* data_batch_new_tiles - the same in bf16, in x16. One of live inputs may serve several batches by
 * turns: it is filled all at once. */
bool data_batch_new_tiles(struct batch *batch, uint32_t batch_max, struct live_batch *x16);
void data_batch_free(struct batch *batch);

/* One member's share of filling a batch, in progress. */
struct gather {
    struct batch *batch;
    const struct kernel *kernel;
    const struct mlp_images *images;
    const uint32_t *samples; /* NULL: first, first + 1, ... */
    uint32_t first, n;
    uint32_t panel_begin, panel_end;       /* the member's share */
    uint32_t row, panel;                   /* where it is */
    const uint8_t *from[2][NONZEROS_ROWS]; /* the images of its rows, and of the next ones */
};

/* data_gather_begin - prepares to fill the batch with samples samples[0..n-1] (NULL:
 * first..first+n-1): one member's share of the panels. Every member does its own, with a barrier
 * before x is read. Batches in bf16 are not shared: their team is a single member; those from
 * compact images have samples, and their images are the same. If n is 0 the batch is left alone. */
struct gather data_gather_begin(struct batch *batch, const struct kernel *kernel,
                                const struct team *team, const struct mlp_images *images,
                                const uint32_t *samples, uint32_t first, uint32_t n);

/* data_gather_some - a small part of it, so that it can be spread over other work (of live inputs
 * all of it); false when all is done. */
bool data_gather_some(struct gather *gather);

/* data_gather - begins and does all of it. */
void data_gather(struct batch *batch, const struct kernel *kernel, const struct team *team,
                 const struct mlp_images *images, const uint32_t *samples, uint32_t first,
                 uint32_t n);

/* data_pixels - one sample's pixels / 255 into x, padded with zeros to whole lines of 16. */
void data_pixels(const struct kernel *kernel, const uint8_t *pixels, uint32_t n, float *x);

#endif
