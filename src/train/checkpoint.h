/* checkpoint.h - a training in the middle, out of memory and back.
 *
 * Random numbers, rates and corrections are functions of the step, so the state of a training is
 * its step, its weights and what the update rule remembers of those before. */
#ifndef TRAIN_CHECKPOINT_H
#define TRAIN_CHECKPOINT_H

#include "net/optimizer.h"

/* checkpoint_new - of a net in training, to be saved beside `good`, the weights that count; arrays
 *                  that those tell are left out. How far the epoch got is for the caller to add.
 * Returns  NULL if out of memory, or if a number is not finite; freed with mlp_checkpoint_free */
struct mlp_checkpoint *checkpoint_new(const struct mlp_net *net, const struct mlp_net *good,
                                      const struct optimizer *optimizer);

/* checkpoint_check - whether options->resume can be gone on with.
 * images  of training, with those that are held out
 * Returns  MLP_OK, also without one; MLP_E_USAGE */
enum mlp_status checkpoint_check(const struct mlp_train_options *options, const struct mlp_net *net,
                                 const struct mlp_images *images,
                                 struct mlp_error *error) MLP_MUST_USE;

/* checkpoint_restore_weights - into the net, which has those that were saved beside it. */
void checkpoint_restore_weights(const struct mlp_checkpoint *checkpoint, struct mlp_net *net);

/* checkpoint_restore_optimizer - into a new optimizer of the net. */
void checkpoint_restore_optimizer(const struct mlp_checkpoint *checkpoint,
                                  const struct mlp_net *net, const struct mlp_net *good,
                                  struct optimizer *optimizer);

#endif
