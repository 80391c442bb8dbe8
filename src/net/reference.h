/* reference.h - the same network once more, in double on plain row-major arrays: the simplest
 * correct statement of the mathematics, against which everything else is checked. Not fast.
 *
 *     forward    z_l = y_(l-1) W_l + b_l,  y_l = d_l f(z_l),  y_0 = x;  the last: y = softmax(z)
 *     loss       L = -1/B sum_s sum_c q(s, c) log y(s, c),  q = (1 - e) onehot(label) + e / C
 *     backward   dz_last = (y - q) / B,  dz_(l-1) = (dz_l W_l^T) d_(l-1) f'(z_(l-1))
 *     gradient   dW_l = y_(l-1)^T dz_l,  db_l = 1^T dz_l
 *     update     W <- W - rate dW,  b <- b - rate db
 *
 * f is the net's activation (ReLU: max(0, z)), e the label smoothing, and d what dropout makes of
 * each unit of each sample: 0, or 1 / (1 - share). Without them q = onehot and d = 1. */
#ifndef NET_REFERENCE_H
#define NET_REFERENCE_H

#include "net/net.h"

struct reference_layer {
    uint32_t inputs, outputs;
    double *w, *b;   /* (I,O), (O) */
    double *dw, *db; /* gradients of the mean loss */
    double *z, *y;   /* (B,O) before and after the activation or the softmax */
    double *dz;      /* (B,O) */
    double *drop;    /* (B,O) d; all 1 at first */
};

struct reference {
    uint32_t n_layers;
    struct reference_layer *layers;
    enum mlp_activation activation;
    double label_smoothing; /* 0 at first */
    double *memory;         /* behind all of them */
};

/* reference_new - a copy of a net's parameters, and room for batches of up to batch_max samples;
 * NULL if out of memory. */
struct reference *reference_new(const struct mlp_net *net, uint32_t batch_max);
void reference_free(struct reference *reference);

/* reference_forward - fills z and y of every layer for x (B,I); returns the mean cross-entropy in
 * nats. */
double reference_forward(struct reference *reference, const double *x, const uint8_t *labels,
                         uint32_t batch);

/* reference_backward - fills dz, dw and db, after reference_forward on the same batch. */
void reference_backward(struct reference *reference, const double *x, const uint8_t *labels,
                        uint32_t batch);

/* reference_update - a step of gradient descent with the gradients found last. */
void reference_update(struct reference *reference, double rate);

#endif
