/* data_source.h - which data set a run uses, and how it was chosen. */
#ifndef CLI_DATA_SOURCE_H
#define CLI_DATA_SOURCE_H

#include "cli/options.h"
#include "mlp.h"

enum cli_source {
    CLI_SOURCE_OPTION,
    CLI_SOURCE_ENVIRONMENT,
    CLI_SOURCE_FOLDER,
    CLI_SOURCE_BUILTIN
};

/* cli_data_read - the first that is there: --data, $MNIST_DIR, data/, built-in digits. One that was
 *                 named, or is there, and cannot be read is an error and not passed over.
 * Owner    the caller frees *dataset with mlp_dataset_free
 * Returns  MLP_OK; MLP_E_DATA; MLP_E_MEMORY */
enum mlp_status cli_data_read(struct mlp_dataset *dataset, enum cli_source *source,
                              const struct cli_options *options,
                              const struct mlp_label_options *labels, int n_threads,
                              struct mlp_error *error) MLP_MUST_USE;

/* cli_source_text - "--data", "$MNIST_DIR"...: who chose. */
const char *cli_source_text(enum cli_source source);

/* cli_data_notice - says loudly that the digits are built in and how to get MNIST; nothing if they
 * are not. Goes to standard error where standard output is for results only. */
void cli_data_notice(enum cli_source source, bool quiet);

#endif
