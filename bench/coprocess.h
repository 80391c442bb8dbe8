/* coprocess.h - a program that waits for our lines and answers each with one of its own. */
#ifndef BENCH_COPROCESS_H
#define BENCH_COPROCESS_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

struct coprocess {
    pid_t pid;    /* 0: not running */
    int to, from; /* its stdin and stdout */
    char buffer[1024];
    size_t n_buffered;
};

/* coprocess_start - runs argv (NULL-terminated) with NAME=VALUE pairs added to the environment. Its
 * stderr is thrown away unless `verbose`. False if it could not be started. */
bool coprocess_start(struct coprocess *process, const char *const *argv,
                     const char *const *environment, bool verbose);

/* coprocess_read - its next line, without the newline, into text; false at its end or after
 * timeout_seconds, and then it has been killed. */
bool coprocess_read(struct coprocess *process, char *text, size_t size, double timeout_seconds);

/* coprocess_ask - wakes it, sends the line (with its newline), reads the answer and puts the
 * process to sleep: a stopped process takes no core from whoever is measured next, whatever its
 * libraries do while they wait. */
bool coprocess_ask(struct coprocess *process, const char *line, char *answer, size_t size,
                   double timeout_seconds);

/* coprocess_sleep - as at the end of coprocess_ask, for after the first line. */
void coprocess_sleep(const struct coprocess *process);

/* coprocess_end - asks it to quit, and kills it if it does not. */
void coprocess_end(struct coprocess *process);

#endif
