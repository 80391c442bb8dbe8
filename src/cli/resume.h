/* resume.h - from the file of an interrupted training to a job that goes on with it. */
#ifndef CLI_RESUME_H
#define CLI_RESUME_H

#include "cli/options.h"

struct cli_resume {
    struct mlp_model model;     /* with a checkpoint */
    struct cli_options options; /* of the training, but for what changes no weight: that is typed */
    char words[sizeof((struct mlp_metadata *)NULL)->recipe]; /* into which they point */
};

/* cli_resume_open - reads --model, and what its recipe says.
 * Owner    the caller ends with cli_resume_close, on error too
 * Returns  0; the exit code, after a message */
int cli_resume_open(struct cli_resume *resume, const struct cli_options *typed);
void cli_resume_close(struct cli_resume *resume);

#endif
