/* optimizer.h - an update rule with its numbers and its memory. */
#ifndef NET_OPTIMIZER_H
#define NET_OPTIMIZER_H

#include "net/net.h"

/* Moments lie in blocks laid out like the net's parameters: the moment of parameters[i] is m[i]. */
struct optimizer {
    enum mlp_optimizer rule;
    struct kernel_update step; /* numbers of this step */
    const float *parameters;   /* the net's */
    float *m, *v;              /* NULL where the rule keeps none */
    float momentum, beta2, weight_decay;
    uint64_t t; /* steps so far */
};

/* optimizer_new - for this net; moments start at zero. False if out of memory. */
bool optimizer_new(struct optimizer *optimizer, const struct mlp_net *net,
                   const struct mlp_train_options *options);
void optimizer_free(struct optimizer *optimizer);

/* optimizer_step - sets the numbers of the next step. By one member, before it begins. */
void optimizer_step(struct optimizer *optimizer, double rate);

/* optimizer_apply - updates lines of 16 weights (or biases, which do not decay) of the net by their
 * mean gradients, factor * g. */
void optimizer_apply(const struct optimizer *optimizer, const struct kernel *kernel, uint32_t lines,
                     float *w, const float *g, float factor, bool decays);

#endif
