/* overwrite.h - files that a command will write, looked at before its work: nobody shall lose an
 * hour's training to a folder that is not there, nor data or weights to a slip of the pen. */
#ifndef CLI_OVERWRITE_H
#define CLI_OVERWRITE_H

#include "mlp.h"

/* cli_overwrite_apart - refuses an output in the place of the weights that are read. Either may be
 * NULL. MLP_E_USAGE. */
enum mlp_status cli_overwrite_apart(const char *weights, const char *out,
                                    struct mlp_error *error) MLP_MUST_USE;

/* cli_overwrite_check - whether the weights `model` and a picture or table `out` (NULL: none) can
 * be written: folders exist and take files (else MLP_E_OUTPUT), they are two files, and what is
 * there now is nothing that anybody would miss: weights replace weights alone, and the other
 * outputs neither weights nor data sets (else MLP_E_USAGE). */
enum mlp_status cli_overwrite_check(const char *model, const char *out,
                                    struct mlp_error *error) MLP_MUST_USE;

#endif
