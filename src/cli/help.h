/* help.h - the help texts, made from the tables of commands and options. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli/command.h"

#include <stdio.h>

/* cli_help - how mlp is used, its commands, exit codes and environment. */
void cli_help(void);

/* cli_help_command - the options of one command, with their ranges and defaults. */
void cli_help_command(const struct cli_command *command);

/* cli_usage - two lines, for those who typed something else. */
void cli_usage(FILE *stream);

#endif
