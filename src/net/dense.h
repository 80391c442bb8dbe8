/* dense.h - a dense layer: y = x W + b, and its two gradients. The chain rule, product by product.
 *
 * For a batch, X (B,I), Z (B,O) before the activation, Y = f(Z), with dZ = dL/dZ (B,O):
 *
 *     forward          Z  = X W + 1 b                   dense_forward, which goes on to Y
 *     input gradient   dX = dZ W^T f'                   dense_input_gradient: dZ of the layer below
 *     weight gradient  dW = X^T dZ,  db = 1^T dZ        dense_update, which also applies it;
 *                                                       dense_gradient, which stores it
 *
 * Each function computes one member's slice and is sequential. */
#ifndef NET_DENSE_H
#define NET_DENSE_H

#include "gemm/gemm.h"
#include "net/activation.h"
#include "net/optimizer.h"

struct lead;

/* Panels of a bias whose gradients are summed before they are applied. */
enum { BIAS_PANELS = 8 };

/* Who computes, with what: a team member, its scratch memory and the kernel. */
struct worker {
    const struct team *team;
    const struct kernel *kernel;
    float *scratch;                 /* gemm_scratch_floats of the largest dimension */
    const struct gemm_aside *aside; /* or NULL */
    bool by_samples; /* y and dx are cut by samples (team_share); else as suits their product */
    bool moved;      /* the batch has been, by the adversary */
    const struct lead *lead; /* bf16: how the first layer is cut; NULL: evenly */
};

/* dense_forward - y = x W + b, then the activation, unless NULL. x (B,I) in panels or as
 * bytes, y (B,O) in panels. */
void dense_forward(const struct worker *worker, const struct net_layer *layer,
                   const struct panels *x, struct panels *y, const struct activation *activation);

/* dense_input_gradient - dX = dZ W^T times the slope of the activation whose output x is: through
 * the layer and on to the pre-activations of the layer below. dzt (O,B) is dZ transposed; gives dx
 * (B,I) and, unless NULL, its transpose dxt (I,B), both in panels. x is the output of a plain ReLU,
 * or NULL: dx holds the slope. */
void dense_input_gradient(const struct worker *worker, const struct net_layer *layer,
                          const struct panels *dzt, const struct panels *x, struct panels *dx,
                          struct panels *dxt);

/* dense_data_gradient - dX = dZ W^T of the first layer, transposed: dzt (O,B), dxt (I,B) in panels.
 */
void dense_data_gradient(const struct worker *worker, const struct net_layer *layer,
                         const struct panels *dzt, struct panels *dxt);

/* dense_update - applies the optimizer with dW = X^T dZ and db = 1^T dZ. x (B,I), dz (B,O) in
 * panels; no gradient is stored: the update happens to each block as soon as its sum is complete.
 */
void dense_update(const struct worker *worker, struct net_layer *layer, const struct panels *x,
                  const struct panels *dz, const struct optimizer *optimizer);

/* dense_gradient - the same gradients, stored in gradient's w and bias; nothing is updated. */
void dense_gradient(const struct worker *worker, struct net_layer *gradient, const struct panels *x,
                    const struct panels *dz);

#endif
