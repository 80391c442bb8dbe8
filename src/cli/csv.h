/* csv.h - predictions as a table for other programs. */
#ifndef CLI_CSV_H
#define CLI_CSV_H

#include "cli/job.h"

/* cli_csv_write - "label,prediction,p0,p1,..." and a line for each test image, in the files' order;
 *                 probabilities with 9 digits, which give back the very float.
 * Returns  MLP_OK; MLP_E_OUTPUT, what was at path is still there; MLP_E_MEMORY */
enum mlp_status cli_csv_write(const struct cli_job *job, const char *path,
                              struct mlp_error *error) MLP_MUST_USE;

#endif
