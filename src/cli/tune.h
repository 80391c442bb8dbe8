/* tune.h - the two ways of `mlp tune`; each works on an open job and returns an exit code after its
 * messages. */
#ifndef CLI_TUNE_H
#define CLI_TUNE_H

#include "cli/job.h"

/* cli_tune_sweep - one training under a rising learning rate: suggests one, draws --out. */
int cli_tune_sweep(const struct cli_job *job);

/* cli_tune_grid - a training for each rate and batch: a table of validation accuracies. */
int cli_tune_grid(const struct cli_job *job);

#endif
