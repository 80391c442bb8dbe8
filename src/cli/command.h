/* command.h - the subcommands, and the table of them. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "cli/options.h"

#include <stddef.h>

struct cli_command {
    const char *name;
    enum cli_command_bit bit;
    int (*run)(const struct cli_options *options); /* the exit code */
    const char *summary;
};

/* cli_command_at - the i-th row of the table; NULL beyond the last one. */
const struct cli_command *cli_command_at(size_t i);

/* cli_command_find - the one of that exact name; NULL if there is none. */
const struct cli_command *cli_command_find(const char *name);

int cli_run(const struct cli_options *options);
int cli_train(const struct cli_options *options);
int cli_eval(const struct cli_options *options);
int cli_predict(const struct cli_options *options);
int cli_augment(const struct cli_options *options);
int cli_info(const struct cli_options *options);
int cli_tune(const struct cli_options *options);
int cli_gradcheck(const struct cli_options *options);

/* cli_dialogue - what a bare `mlp` does: asks on a terminal, else says how it is used. */
int cli_dialogue(void);

/* cli_ask_and_run - asks `Train or Not (y/n): ` and does the one or the other. */
int cli_ask_and_run(const struct cli_options *options);

#endif
