/* idle.h - options that were typed and would do nothing beside the others. */
#ifndef CLI_IDLE_H
#define CLI_IDLE_H

#include "cli/options.h"

/* cli_options_refuse_idle - such an option is a misunderstanding, better cleared up before a
 *                           training than after it.
 * Returns  0; 2 after a message on standard error */
int cli_options_refuse_idle(const struct cli_options *options, uint32_t command);

/* cli_idle_at - the i-th such pair that a command could meet, as "--momentum with --optimizer sgd";
 *               false beyond the last one. */
bool cli_idle_at(uint32_t command, size_t i, const char **option, const char **beside);

#endif
