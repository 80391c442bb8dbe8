/* mixed_mirror.h - a step of plain gradient descent in double, with loops that round what bf16
 * products round. */
#ifndef TESTS_MIXED_MIRROR_H
#define TESTS_MIXED_MIRROR_H

#include "net/net.h"

enum { MIRROR_LAYERS_MAX = 4 };

/* W (I,O), Y (B,O) row by row. */
struct mirror {
    uint32_t n_layers, batch;
    const uint32_t *widths;
    double *w[MIRROR_LAYERS_MAX], *b[MIRROR_LAYERS_MAX];
    double *y[MIRROR_LAYERS_MAX + 1], *d[MIRROR_LAYERS_MAX + 1]; /* rounded; y[0] in pixels */
};

/* mirror_new - with the weights of a net; widths must live as long as it. The caller frees it. */
void mirror_new(struct mirror *m, const struct mlp_net *net, uint32_t batch,
                const uint32_t *widths);
void mirror_free(struct mirror *m);

/* mirror_forward - y from y[0]. */
void mirror_forward(struct mirror *m);

/* mirror_loss - the gradient of the mean loss into the last d.
 * Returns  the sum of the losses */
double mirror_loss(struct mirror *m, const uint8_t *labels);

/* mirror_move - y[0] so far against the net, pixels being 0 to 1; rounded. */
void mirror_move(struct mirror *m, const uint8_t *labels, double distance);

/* mirror_backward - the other d, and the step. */
void mirror_backward(struct mirror *m, double rate);

#endif
