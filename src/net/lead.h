/* lead.h - bf16 on two threads, where all layers above the first are small.
 *
 * To fetch a line that the other core has written takes about as long as all arithmetic on it, so
 * that these layers gain nothing from a second core. One member, the leader, does them alone; in
 * the meantime the other transposes the batch for the weight gradient and fills its next one (each
 * has a copy of its own). Of the first layer the leader takes so many columns that both are done at
 * once:
 *
 *     leader      fill | forward | above it, to the other's dZ | own dZ, updates | weight gradient
 *     the other   forward        | transpose X, fill           | weight gradient
 *
 * Nobody waits at the end of a step: whoever is done goes on to the first layer of the next one.
 * For that it reads its own copy of the batch and its own columns of W, and writes its columns of
 * Y, which nobody reads by then: weight gradients and the mask of dZ read the transpose, and that
 * is the leader's.
 *
 * The leader also transposes the first layer's Y, for the weight gradient above: it has read it
 * anyway, and would have to fetch the transpose, too.
 *
 * Measured: bench/README.md. */
#ifndef NET_LEAD_H
#define NET_LEAD_H

#include "gemm/gemm.h"
#include "net/net.h"

struct lead {
    bool pays;       /* the net is of that kind, and the way it is trained */
    uint32_t blocks; /* of 16 columns, an even number: the leader's share of the first layer */
};

/* lead_of - for a team of two, of batches of that size. */
struct lead lead_of(const struct mlp_net *net, uint32_t batch,
                    const struct mlp_train_options *options);

/* lead_slice - this member's part of a product, of whose columns the leader takes its blocks. If
 * lead is NULL, as gemm_tiles_slice by columns. */
struct gemm_slice lead_slice(const struct lead *lead, const struct team *team, uint32_t row_blocks,
                             uint32_t col_blocks);

/* lead_rows - the same of a product whose rows are the first layer's outputs; lead is not NULL. */
struct gemm_slice lead_rows(const struct lead *lead, const struct team *team, uint32_t row_blocks,
                            uint32_t col_blocks);

#endif
