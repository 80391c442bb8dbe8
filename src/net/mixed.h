/* mixed.h - mixed precision: the layers of dense.h with operands in bf16 and everything else in
 * f32.
 *
 * The same three products, each of operands rounded to bf16 (to nearest even) and summed in f32:
 *
 *     forward          Y  = X W + 1 b       X, W rounded; then ReLU, and Y rounded
 *     input gradient   dX = dZ W^T          where Y > 0; then rounded: it is the layer below's dZ
 *     weight gradient  dW = X^T dZ          of the rounded ones; applied to W in f32
 *
 * Pixels are exact as bf16, so the first X is the bytes themselves (rounded where the adversary
 * moved them), and 1 / 255 a factor of the sums. In training it has only the live inputs, those
 * that are not zero in at least one of the batch's samples: the others add nothing to Y, and their
 * weights' gradient is zero. Source: Micikevicius et al. 2018, "Mixed precision training",
 * section 3.1 (f32 master weights); the range of bf16 needs none of its loss scaling. */
#ifndef NET_MIXED_H
#define NET_MIXED_H

#include "gemm/tiles.h"
#include "net/activation.h"
#include "net/dense.h"

/* What products of a layer read, in tiles. `t` is the transpose. Where data is NULL, nobody asks.
 */
struct mixed_layer {
    struct tiles w;     /* W (I,O) in pairs: forward; of live inputs none is kept */
    struct tiles wt;    /* W (I,O) by rows: input gradient; the first layer's MIXED_TO_DATA only */
    struct tiles y, yt; /* Y (B,O) and (O,B) by rows, for the layer above; none for the last */
    struct tiles dz, dzt; /* dZ (B,O) and (O,B) in pairs; the transpose as wt */
};

struct mixed {
    uint32_t n_layers;
    struct mixed_layer *layers;
    bf16 *memory;
};

/* What for: forward passes alone; weight gradients of live inputs, too; or of all inputs, and below
 * them the data's gradient. */
enum mixed_purpose { MIXED_FORWARD, MIXED_TRAINING, MIXED_TO_DATA };

/* mixed_new - room for batches of up to batch_max samples. with_weights: w and wt are wanted, too.
 *             NULL if out of memory. */
struct mixed *mixed_new(const struct mlp_net *net, uint32_t batch_max, enum mixed_purpose purpose,
                        bool with_weights);
void mixed_free(struct mixed *mixed);

/* mixed_begin, mixed_end - each thread, before the first product and after the last: what the
 * kernel sets up for itself, a library's user shall not find. */
void mixed_begin(const struct kernel *kernel);
void mixed_end(const struct kernel *kernel);

/* mixed_pack_weights - this member's share of rounding the net's weights into w and wt. */
void mixed_pack_weights(const struct mlp_net *net, const struct mixed *weights,
                        const struct team *team);

/* mixed_factor - what sums over the inputs of layer l, or their products with dZ, are to be
 * multiplied by: the first layer's inputs are whole pixels. */
static inline float mixed_factor(uint32_t l)
{
    return l == 0 ? 1.0f / 255.0f : 1.0f;
}

/* The products as in dense.h, of layer l. x: its input, by rows (which the weight gradient wants of
 * the first layer alone); so many rows are in use. live: the first layer's, with MIXED_TRAINING;
 * otherwise NULL. logits: where the last layer's output goes, which has no activation. slope: what
 * the layer below's activation left; NULL: it is a plain ReLU. The gradient is applied to layer and
 * mixed's weights, or stored in layer if optimizer is NULL. */
void mixed_forward(const struct worker *worker, const struct mlp_net *net, uint32_t l,
                   const struct mixed *weights, const struct mixed *activations,
                   const struct tiles *x, const struct live *live, uint32_t rows,
                   struct panels *logits, const struct activation *activation);
void mixed_input_gradient(const struct worker *worker, const struct mlp_net *net, uint32_t l,
                          const struct mixed *mixed, uint32_t rows, const struct panels *slope);
void mixed_weight_gradient(const struct worker *worker, struct net_layer *layer, uint32_t l,
                           const struct mixed *mixed, const struct tiles *x,
                           const struct live *live, uint32_t rows,
                           const struct optimizer *optimizer);

/* mixed_transpose - so many rows of Y of layer l into yt: of the first layer where one leads
 * (lead.h), forward leaves it out. What pads it to whole tiles of samples is old, and finite: their
 * dL/dz is 0. */
void mixed_transpose(const struct kernel *kernel, const struct mixed *mixed, uint32_t l,
                     uint32_t rows);

/* mixed_data_gradient - as dense_data_gradient. */
void mixed_data_gradient(const struct worker *worker, const struct mlp_net *net,
                         const struct mixed *mixed, uint32_t rows, struct panels *dxt);

/* mixed_loss - dL/dz of a group of 16 samples, z (16, C) in panels and zt (C, 16), into the last
 *              layer's dz and dzt. Samples from rows on are made to count nothing. */
void mixed_loss(const struct kernel *kernel, const struct mixed *mixed, struct panels *z,
                struct panels *zt, uint32_t group, uint32_t rows);

#endif
