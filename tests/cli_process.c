#include "cli_process.h"

#include "idx_files.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 60000 }; /* for machines that do other things, too */

/* In the child, before exec. */
static void prepare(const char *folder)
{
    const char *program = getenv("MLP");
    char *whole = realpath(program != NULL ? program : "build/mlp", NULL);
    if (whole == NULL || chdir(folder) != 0) {
        perror(whole == NULL ? "build/mlp" : folder);
        _exit(127);
    }
    setenv("mlp", whole, 1);
    free(whole);
    setenv("TERM", "xterm", 1);
    unsetenv("MNIST_DIR");
    unsetenv("OMP_NUM_THREADS");
    unsetenv("NO_COLOR");
    unsetenv("MLP_CPU_DISABLE");
}

static int exit_code(int status)
{
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int wait_for(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0)
        ck_assert_int_eq(errno, EINTR);
    return exit_code(status);
}

static char *text_of(const char *folder, const char *name)
{
    size_t n;
    char *text = (char *)idx_get(folder, name, &n);
    text[n] = '\0';
    return text;
}

struct cli_result cli_shell(const char *folder, const char *format, ...)
{
    char command[4096], whole[4352];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    ck_assert_int_lt(n, (int)sizeof command);
    /* Outputs go to files: nothing can fill up while nobody reads. */
    snprintf(whole, sizeof whole, "{ %s\n} > .out 2> .err < /dev/null", command);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        prepare(folder);
        execl("/bin/sh", "sh", "-c", whole, (char *)NULL);
        _exit(127);
    }
    struct cli_result result = {.code = wait_for(pid)};
    result.out = text_of(folder, ".out");
    result.err = text_of(folder, ".err");
    return result;
}

void cli_result_free(struct cli_result *result)
{
    free(result->out);
    free(result->err);
}

void cli_terminal_start(struct cli_terminal *terminal, const char *folder, int columns,
                        const char *command)
{
    struct winsize size = {.ws_row = 24, .ws_col = (unsigned short)columns};
    *terminal = (struct cli_terminal){0};
    terminal->pid = forkpty(&terminal->fd, NULL, NULL, &size);
    ck_assert_int_ge(terminal->pid, 0);
    if (terminal->pid == 0) {
        char whole[4096];
        prepare(folder);
        snprintf(whole, sizeof whole, "exec %s", command); /* signals reach mlp, not a shell */
        execl("/bin/sh", "sh", "-c", whole, (char *)NULL);
        _exit(127);
    }
}

const char *cli_terminal_tail(const struct cli_terminal *terminal)
{
    enum { TAIL = 2000 };
    return terminal->text + (terminal->length > TAIL ? terminal->length - TAIL : 0);
}

/* Reads what is there; false at the end (Linux says so with EIO). */
static bool read_more(struct cli_terminal *terminal)
{
    struct pollfd ready = {.fd = terminal->fd, .events = POLLIN};
    if (poll(&ready, 1, PATIENCE_MS) != 1)
        ck_abort_msg("nothing more came after: %s", cli_terminal_tail(terminal));
    size_t room = sizeof terminal->text - 1 - terminal->length;
    if (room == 0) { /* an endless log: the newest half is enough */
        size_t half = sizeof terminal->text / 2;
        memmove(terminal->text, terminal->text + half, terminal->length - half);
        terminal->length -= half;
        terminal->seen = terminal->seen > half ? terminal->seen - half : 0;
        room = half;
    }
    ssize_t got = read(terminal->fd, terminal->text + terminal->length, room);
    if (got <= 0)
        return got < 0 && errno == EINTR;
    terminal->length += (size_t)got;
    terminal->text[terminal->length] = '\0';
    return true;
}

void cli_terminal_expect(struct cli_terminal *terminal, const char *text)
{
    for (;;) {
        char *found = strstr(terminal->text + terminal->seen, text);
        if (found != NULL) {
            terminal->seen = (size_t)(found - terminal->text) + strlen(text);
            return;
        }
        if (!read_more(terminal))
            ck_abort_msg("'%s' did not come, but: %s", text, cli_terminal_tail(terminal));
    }
}

void cli_terminal_type(const struct cli_terminal *terminal, const char *text)
{
    ck_assert_int_eq(write(terminal->fd, text, strlen(text)), (ssize_t)strlen(text));
}

int cli_terminal_end(struct cli_terminal *terminal)
{
    while (read_more(terminal))
        ;
    close(terminal->fd);
    return wait_for(terminal->pid);
}
