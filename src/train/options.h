/* options.h - what training is asked for, and whether that can be. */
#ifndef TRAIN_OPTIONS_H
#define TRAIN_OPTIONS_H

#include "mlp.h"

/* train_options_check - whether this net can be trained on these data with these options.
 * Returns  MLP_OK; MLP_E_USAGE */
enum mlp_status train_options_check(const struct mlp_net *net, const struct mlp_dataset *dataset,
                                    const struct mlp_train_options *options,
                                    struct mlp_error *error) MLP_MUST_USE;

#endif
