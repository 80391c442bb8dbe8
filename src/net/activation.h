/* activation.h - what happens to z = x W + b of a hidden layer on its way to the next, and on the
 * way back, on blocks of 16 samples:
 *
 *     forward     y = d f(z)               f: kernel/activation.h; d, of dropout: kernel/dropout.h
 *     backward    dL/dz = dL/dy d f'(z)
 *
 * The slope d f'(z) is computed on the way forward and kept in the place of dL/dz until that comes.
 * Plain ReLU needs none: y > 0 tells. */
#ifndef NET_ACTIVATION_H
#define NET_ACTIVATION_H

#include "kernel/kernel.h"
#include "mlp.h"

struct activation {
    enum mlp_activation function;
    uint32_t units;             /* of the layer; what pads them is 0 afterwards */
    const struct panels *slope; /* (B, units) gets d f'(z); NULL: nobody will ask */
    float dropout;              /* share of units dropped; above 0 only with a slope */
    uint64_t seed;              /* of dropout, which depends on it, on the step, the layer, */
    uint32_t step, layer;       /* the row of the batch and the unit alone */
};

/* A plain ReLU, y = max(0, z): nothing else is to be done, since what pads z is 0 and stays 0. */
static inline bool activation_is_relu(const struct activation *a)
{
    return a->function == MLP_RELU && a->slope == NULL;
}

/* activation_forward - z to y, in place, for rows row..row+15 and n panels from `panel` on, which
 * lie at z; fills the slope. */
void activation_forward(const struct activation *activation, const struct kernel *kernel,
                        uint32_t row, uint32_t panel, uint32_t n, float *z, size_t z_stride);

/* activation_backward - dt, a 16 x 16 block of dL/dy transposed, to d, dL/dz. y is the block of a
 * plain ReLU's output; NULL: the slope is in d. */
void activation_backward(const struct kernel *kernel, const float *dt, const float *y, float *d);

#endif
