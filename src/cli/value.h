/* value.h - the value of one option: text to field, with its range, and back. */
#ifndef CLI_VALUE_H
#define CLI_VALUE_H

#include "cli/options.h"

/* cli_value_parse - checks text and stores it in the option's field.
 * Returns  NULL; what is wrong with it, in a few words */
const char *cli_value_parse(const struct cli_option *option, struct cli_options *options,
                            const char *text);

/* cli_value_wanted - "a whole number from 1 to 1024". */
void cli_value_wanted(const struct cli_option *option, char *text, size_t size);

/* cli_value_format - the field as it would be typed. */
void cli_value_format(const struct cli_option *option, const struct cli_options *options,
                      char *text, size_t size);

/* cli_value_named - the same for the option of that name. */
void cli_value_named(const char *name, const struct cli_options *options, char *text, size_t size);

/* cli_rate_format - the shortest text that reads back as the same float. */
void cli_rate_format(float rate, char *text, size_t size);

/* cli_choice_format - the n-th word of "one|two|three". */
void cli_choice_format(const char *choices, uint32_t n, char *text, size_t size);

/* cli_layers_format - "256,128"; "none". */
void cli_layers_format(const struct cli_layers *layers, char *text, size_t size);

#endif
