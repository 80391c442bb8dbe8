/* net.h - the network in memory: parameters in panels. */
#ifndef NET_NET_H
#define NET_NET_H

#include "kernel/kernel.h"
#include "mlp.h"

/* y = x W + b. W (I,O) in panels; b (O), padded with zeros to whole panels. What pads W is zero and
 * stays zero, because gradients there are zero. */
struct net_layer {
    uint32_t inputs, outputs;
    struct panels w;
    float *bias;
};

struct mlp_net {
    uint32_t n_layers;
    struct net_layer *layers;
    float *parameters; /* of all layers, one block */
    size_t n_floats;   /* in that block */
    const struct kernel *kernel;
    bool kernel_named; /* by the user: another precision does not change it */
    enum mlp_precision precision;
    enum mlp_activation activation; /* between layers */
};

/* net_copy_parameters - of two nets of the same widths. */
void net_copy_parameters(struct mlp_net *to, const struct mlp_net *from);

/* net_flatten - a block laid out like the net's parameters, to all of them one after the other:
 *               layer after layer W (I,O), then b (O).
 * net_unflatten - back; what pads the block stays as it is. */
void net_flatten(const struct mlp_net *net, const float *block, float *flat);
void net_unflatten(const struct mlp_net *net, float *block, const float *flat);

/* net_is_finite - no parameter is infinite or NaN; net_block_is_finite - nor anything in a block
 * laid out like them. */
bool net_is_finite(const struct mlp_net *net);
bool net_block_is_finite(const struct mlp_net *net, const float *block);

/* net_clone - same widths, parameters, kernel and activation; NULL if out of memory. */
struct mlp_net *net_clone(const struct mlp_net *net);

#endif
