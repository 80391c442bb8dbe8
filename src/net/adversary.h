/* adversary.h - adversarial training: steps are made on images that were moved by a distance e to
 * where their loss rises most,
 *
 *     x <- x + e g / |g|,  g = dL/dx,  |.| the Euclidean norm
 *
 * so that the net learns to be sure not only at its images, but around them. L is the loss that is
 * minimised, with its smoothed labels and this step's dropout. Goodfellow et al. 2015, "Explaining
 * and harnessing adversarial examples" (with the sign of g, and half of the loss on the images as
 * they are); Miyato et al. 2018, "Virtual adversarial training", section 3.1 (with its norm). In
 * bf16 moved pixels are rounded to eight significant bits, so that very small distances are lost.
 */
#ifndef NET_ADVERSARY_H
#define NET_ADVERSARY_H

#include "base/team.h"
#include "net/net.h"

/* The batch as one member reads it: in panels, as bytes, or, for bf16, by rows in tiles of whole
 * pixels. */
struct step_input {
    struct panels x; /* its rows are the samples, in bf16, too */
    struct tiles x16;
    struct live live; /* x16's columns; without a list they are all inputs */
};

struct adversary {
    float distance;          /* e, for pixels of 0 to 1 */
    struct panels dxt;       /* (I,B) g */
    struct step_input moved; /* (B,I): x in the precision of the net */
};

/* adversary_new - for batches of up to batch_max samples; false if out of memory. */
bool adversary_new(struct adversary *adversary, const struct mlp_net *net, uint32_t batch_max,
                   float distance);
void adversary_free(struct adversary *adversary);

/* adversary_batch - sets the number of samples. */
void adversary_batch(struct adversary *adversary, uint32_t batch);

/* adversary_move - this member's share of moving the batch, when dxt is there. Images whose loss is
 * as good as flat stay where they are, and those whose gradient is beyond f32. */
void adversary_move(const struct adversary *adversary, const struct kernel *kernel,
                    const struct team *team, const struct step_input *from);

#endif
