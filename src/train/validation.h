/* validation.h - the images held out of training, and what is decided by them. */
#ifndef TRAIN_VALIDATION_H
#define TRAIN_VALIDATION_H

#include "mlp.h"

struct validation {
    struct mlp_images train, held_out; /* views of the training set: its first and its last part */
    const struct mlp_train_options *options;
    uint32_t best_epoch; /* 0: none yet */
    double best_loss, best_accuracy;
};

/* validation_split - views of a training set; options->validation is less than its samples. */
struct validation validation_split(const struct mlp_images *images,
                                   const struct mlp_train_options *options);

/* validation_check - whether options->validation and early_stop are possible with these images.
 * Returns  MLP_OK; MLP_E_USAGE */
enum mlp_status validation_check(const struct mlp_images *images,
                                 const struct mlp_train_options *options,
                                 struct mlp_error *error) MLP_MUST_USE;

/* validation_epoch - evaluates the net on the images held out, if it is time, into *report; says
 *                    there whether this epoch's weights are to be kept: with early_stop those of
 *                    the best epoch, else the last one's.
 * Returns  as mlp_evaluate */
enum mlp_status validation_epoch(struct validation *validation, const struct mlp_net *net,
                                 struct mlp_epoch_report *report) MLP_MUST_USE;

/* validation_over - whether early_stop ends training after this epoch. */
bool validation_over(const struct validation *validation, uint32_t epoch);

/* validation_due - whether this epoch is one of those after which the net is evaluated. */
bool validation_due(const struct mlp_train_options *options, uint32_t epoch);

#endif
