/* epoch.h - one pass over the training set, in mini-batches. */
#ifndef TRAIN_EPOCH_H
#define TRAIN_EPOCH_H

#include "data/batcher.h"
#include "net/step.h"
#include "train/variants.h"

/* One epoch in progress, shared by the team. */
struct epoch {
    const struct mlp_train_options *options;
    const struct mlp_images *images;
    struct step *step;
    /* One is trained on while the other is filled. In a small team each member has two of its own:
     * to fill a batch takes less time than to fetch it from another core's cache. */
    struct batch (*batch)[2];
    /* In bf16 every member has its own: one of live inputs, which serves both batches, since it is
     * filled after its step, or when it has been turned; or two of all inputs. */
    struct live_batch *x16;
    bool live;
    struct compact compact;    /* the images once more, for batches of live inputs */
    struct step_input *input;  /* (members) what they read now */
    uint32_t n_owners;         /* of batches: all members, or 1 */
    struct variants *variants; /* the samples augmented; NULL: as they are */
    uint32_t *order;           /* (n_samples) a permutation */
    uint32_t number;           /* 1.. */
    uint32_t first_step;       /* what comes before was done when training was interrupted */
    uint64_t steps_per_epoch;

    /* Written by member 0 between barriers. */
    enum mlp_status halt;         /* MLP_OK: go on */
    uint32_t n_done, done_before; /* the latter before first_step */
    uint64_t n_correct;
    double loss_sum;
    double begin_seconds, report_seconds;
};

/* epoch_new - for trainings of the net on these images; number 1 is to be run first.
 * Owner    the caller ends with epoch_free, on error too; *options and *images must outlive it
 * Returns  false if out of memory */
bool epoch_new(struct epoch *epoch, struct mlp_net *net, const struct mlp_train_options *options,
               const struct mlp_images *images);
void epoch_free(struct epoch *epoch);

/* epoch_run - runs epoch->number from its first_step on; what it measured goes into *report.
 * Returns  MLP_OK; MLP_E_STOPPED, after whole steps, or MLP_E_DIVERGED */
enum mlp_status epoch_run(struct epoch *epoch, struct mlp_epoch_report *report) MLP_MUST_USE;

/* epoch_next - what is to be run after one that was run to its end. */
void epoch_next(struct epoch *epoch);

#endif
