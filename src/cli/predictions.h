/* predictions.h - what the network says about each test image. */
#ifndef CLI_PREDICTIONS_H
#define CLI_PREDICTIONS_H

#include "cli/job.h"

/* cli_predictions_each - calls take for each test image, in order, with its C probabilities and the
 *                        most probable class (the first of equals).
 * Returns  MLP_OK; MLP_E_MEMORY */
enum mlp_status cli_predictions_each(const struct cli_job *job,
                                     void (*take)(void *context, uint32_t sample,
                                                  const float *probabilities, uint32_t prediction),
                                     void *context, struct mlp_error *error) MLP_MUST_USE;

#endif
