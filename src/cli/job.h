/* job.h - what the commands that work have in common: options, data, network, and where they came
 * from. */
#ifndef CLI_JOB_H
#define CLI_JOB_H

#include "cli/data_source.h"
#include "cli/options.h"
#include "mlp.h"

struct cli_job {
    const struct cli_options *options;
    struct mlp_threads threads;
    struct mlp_dataset dataset;
    enum cli_source source;
    struct mlp_net *net;
    struct mlp_metadata origin;              /* of loaded weights; present is false without */
    const struct mlp_checkpoint *checkpoint; /* to go on from; NULL: a training from its start */
};

/* cli_job_open_train - checks that outputs can be written, reads the data, makes the network (from
 *                      the seed or --init-from). model and out are the outputs; either may be NULL.
 * Owner    the caller ends with cli_job_close, on error too
 * Returns  0; the exit code, after a message */
int cli_job_open_train(struct cli_job *job, const struct cli_options *options, const char *model,
                       const char *out);

/* cli_job_open_resumed - checks that --model can be written, reads the data that it was trained on,
 *                        and makes the network from the model, which was read from there and must
 *                        outlive the job. Otherwise as above. */
int cli_job_open_resumed(struct cli_job *job, const struct cli_options *options,
                         const struct mlp_model *model);

/* cli_job_open_use - checks that output (may be NULL) can be written, reads --model and the data,
 *                    and sees that they fit. Otherwise as above. */
int cli_job_open_use(struct cli_job *job, const struct cli_options *options, const char *output);

/* cli_job_open_data - checks that output can be written and reads the data; there is no network.
 *                     Otherwise as above. */
int cli_job_open_data(struct cli_job *job, const struct cli_options *options, const char *output);

/* cli_job_close - frees. */
void cli_job_close(struct cli_job *job);

#endif
