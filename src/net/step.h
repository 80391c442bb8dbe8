/* step.h - one step of training: forward, loss, backward, update. */
#ifndef NET_STEP_H
#define NET_STEP_H

#include "net/adversary.h"
#include "net/clip.h"
#include "net/dense.h"
#include "net/lead.h"
#include "net/mixed.h"

/* Everything a step reads and writes besides the parameters. Layers count from 0; the output of
 * layer l is y[l], the last one's y holds logits and then dL/dz. */
struct step {
    struct mlp_net *net;
    uint32_t batch_max;
    uint32_t batch; /* of this step, at most batch_max */
    struct optimizer optimizer;
    struct clip clip; /* of norm 0: gradients are not clipped, and never stored */
    float label_smoothing, dropout;
    uint64_t seed;              /* of dropout */
    struct adversary adversary; /* of distance 0: images stay as they are */

    struct mixed *mixed; /* bf16: operands of products; NULL: f32 */
    struct lead lead;    /* and how two members share the work */
    /* The batch X (B, inputs): of each member a copy, or one that they share; see step_input. */
    const struct step_input *input;
    struct panels *y;      /* n_layers of (B, O) */
    struct panels *dz;     /* n_layers of (B, O): dL/dz; before, perhaps, the slope dy/dz
                              (activation.h); the last is y's */
    struct panels *dzt;    /* n_layers of (O, B): the same transposed; the first of several layers
                              has it for the adversary alone */
    const uint8_t *labels; /* (B), padded to whole groups of 16 with some class */
    float *loss;           /* (B) cross-entropy of each sample, nats */
    float *prediction;     /* (B) class numbers */

    float *scratch;        /* of all members */
    size_t scratch_floats; /* of each */
    int n_members;
    float *memory; /* one block behind all of the above but input and labels */
};

/* step_new - for nets as wide as this one and teams of up to n_members; input and labels are the
 * caller's. NULL if out of memory. */
struct step *step_new(struct mlp_net *net, uint32_t batch_max, int n_members,
                      const struct mlp_train_options *options);
void step_free(struct step *step);

/* step_batch - sets the number of rows of every matrix. */
void step_batch(struct step *step, uint32_t batch);

/* step_begin - every member calls it before its first step, and step_end after its last. */
void step_begin(const struct step *step);
void step_end(const struct step *step);

/* step_is_led - whether member 0 of this team leads (lead.h). */
bool step_is_led(const struct step *step, const struct team *team);

/* step_run - one member's part of a step on step->input[member] and step->labels. Every member
 * calls it, and the caller puts a barrier before and after. The batch must have been set with
 * step_batch by one member, to as many samples as the input has. aside: see gemm.h; may be NULL. */
void step_run(struct step *step, const struct team *team, const struct gemm_aside *aside);

/* step_run_ahead, step_run_led - the same where step_is_led, in two parts. The first one, the first
 * layer forward, needs no barrier before: a member that is done with a step goes on to the next
 * one's (lead.h). One comes after it; then the leader sets the batch, and both call the second.
 * aside is called once, by the other member, while that has nothing else to do, so that it may take
 * its time; it is not NULL. */
void step_run_ahead(struct step *step, const struct team *team);
void step_run_led(struct step *step, const struct team *team, const struct gemm_aside *aside);

#endif
