/* cli_process.h - runs build/mlp (or $MLP) in a folder of its own, through pipes or a terminal. */
#ifndef TESTS_CLI_PROCESS_H
#define TESTS_CLI_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What a command left behind. Owner: cli_result_free. */
struct cli_result {
    int code; /* exit code; 128 + n if signal n killed it */
    char *out, *err;
};

/* cli_shell - runs a shell command in folder; $mlp is the program. MNIST_DIR, OMP_NUM_THREADS and
 * NO_COLOR are not set, TERM is xterm. */
struct cli_result cli_shell(const char *folder, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void cli_result_free(struct cli_result *result);

/* A program on a pseudo-terminal, and what it wrote so far. */
struct cli_terminal {
    pid_t pid;
    int fd;
    char text[65536];
    size_t length, seen; /* cli_terminal_expect looks behind `seen` */
};

/* cli_terminal_start - the same on a terminal of 24 rows and so many columns. */
void cli_terminal_start(struct cli_terminal *terminal, const char *folder, int columns,
                        const char *command);

/* cli_terminal_expect - reads until text comes; fails the test if it does not. */
void cli_terminal_expect(struct cli_terminal *terminal, const char *text);

/* cli_terminal_type - as on the keyboard: "\003" is Ctrl-C, "\004" Ctrl-D. */
void cli_terminal_type(const struct cli_terminal *terminal, const char *text);

/* cli_terminal_tail - the last of what it wrote, for messages (Check's must be short). */
const char *cli_terminal_tail(const struct cli_terminal *terminal);

/* cli_terminal_end - reads to the end; the exit code, as in struct cli_result. */
int cli_terminal_end(struct cli_terminal *terminal);

#endif
