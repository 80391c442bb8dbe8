/* model_file.h - networks to and from files of weights. */
#ifndef CLI_MODEL_FILE_H
#define CLI_MODEL_FILE_H

#include "cli/job.h"

/* cli_model_fits - whether weights suit the data: inputs and classes; says in *error what differs.
 * Returns  MLP_OK; MLP_E_MODEL */
enum mlp_status cli_model_fits(const struct mlp_model *model, const struct mlp_dataset *dataset,
                               const char *path, struct mlp_error *error) MLP_MUST_USE;

/* cli_model_blamed - the error; of a wrong usage that a file made, not the user, that file's. */
struct mlp_error *cli_model_blamed(struct mlp_error *error, const char *path);

/* Accuracies, 0..1; negative if unknown. */
struct cli_figures {
    double train, test, validation;
};

/* cli_model_save - writes a net of this job, and how it came to be, to --model.
 * n_epochs    how many were finished
 * checkpoint  with which an interrupted training can go on, or NULL
 * Returns     as mlp_model_write */
enum mlp_status cli_model_save(const struct cli_job *job, const struct mlp_net *net,
                               uint32_t n_epochs, const struct cli_figures *figures,
                               const struct mlp_checkpoint *checkpoint,
                               struct mlp_error *error) MLP_MUST_USE;

#endif
