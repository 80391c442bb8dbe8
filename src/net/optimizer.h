/* optimizer.h - an update rule with its numbers and its memory, and the average of the weights:
 *
 *     a_t = a_(t-1) + s_t (w_t - a_(t-1)),  s_t = (1 - D) / (1 - D^t)
 *
 * with decay D: the mean of w_1..w_t with weights D^(t-i), which a plain a <- D a + (1 - D) w is
 * only after its initial value has faded (the same correction as of moments: Kingma and Ba 2015,
 * section 3). a_1 is w_1. */
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
    struct mlp_net *average; /* of the net's weights; NULL: none is kept */
    float decay, share;      /* D, s_t */
    uint64_t t;              /* steps so far */
};

/* optimizer_moments - how many the rule keeps: none, m, or m and v. */
int optimizer_moments(enum mlp_optimizer rule);

/* optimizer_new - for this net; moments start at zero. False if out of memory. */
bool optimizer_new(struct optimizer *optimizer, const struct mlp_net *net,
                   const struct mlp_train_options *options);
void optimizer_free(struct optimizer *optimizer);

/* optimizer_step - sets the numbers of the next step. By one member, before it begins. */
void optimizer_step(struct optimizer *optimizer, double rate);

/* optimizer_numbers - of this step, for gradients that are to be multiplied by factor; biases do
 * not decay. */
struct kernel_update optimizer_numbers(const struct optimizer *optimizer, float factor,
                                       bool decays);

/* optimizer_apply - updates n lines of 16 weights or biases of the net by their mean gradients.
 * lines, pairs: see kernel_update_rule; may be NULL. */
void optimizer_apply(const struct optimizer *optimizer, const struct kernel *kernel,
                     const struct kernel_update *numbers, uint32_t n, const uint32_t *lines,
                     float *w, const float *g, bf16 *pairs);

/* optimizer_rests - a weight whose gradient is zero stays what it is, and so does all that is kept
 * of it. */
bool optimizer_rests(const struct optimizer *optimizer);

#endif
