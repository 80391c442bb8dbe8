/* output.h - everything that is printed goes through here: standard output is checked, control
 * characters of strangers are not passed on, and colour comes only where it is wanted. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "mlp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cli_colour { CLI_PLAIN, CLI_BOLD, CLI_DIM, CLI_GREEN, CLI_YELLOW, CLI_RED };

/* cli_output_init - line by line, so that a log can be followed and keeps its order. */
void cli_output_init(void);

/* cli_say - printf to standard output; the first failure is remembered for cli_output_finish. */
void cli_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* cli_warn - printf to standard error, "mlp: " before it and a newline after it. */
void cli_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* cli_fail - prints an error of the library; returns its exit code. */
int cli_fail(const struct mlp_error *error);

/* cli_exit_code - of a status; MLP_E_MEMORY is 1. */
int cli_exit_code(enum mlp_status status);

/* cli_output_finish - the exit code: code, or 6 if standard output took not everything. */
int cli_output_finish(int code);

/* cli_colour - the escape sequence that starts a colour on standard output; "" if it is not a
 * terminal or NO_COLOR is set. CLI_PLAIN ends it. */
const char *cli_colour(enum cli_colour colour);

/* cli_terminal - standard input and output both are one: somebody is there to be asked. */
bool cli_terminal(void);

/* cli_live - standard output is a terminal on which a line can be drawn again and again. */
bool cli_live(void);

/* cli_columns - the terminal's width now; it may change at any time. */
int cli_columns(void);

/* cli_printable - replaces control characters: text from files must not steer the terminal. */
void cli_printable(char *text);

/* cli_say_path - a line with the absolute path of a file that was written. */
void cli_say_path(const char *path);

/* cli_grouped - 1234567 as "1,234,567". */
void cli_grouped(uint64_t n, char text[32]);

#endif
