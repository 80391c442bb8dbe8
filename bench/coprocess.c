#include "coprocess.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* In the child: never returns. */
static void become(const char *const *argv, const char *const *environment, bool verbose, int in,
                   int out)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a stopped peer must not outlive us */
    for (; *environment != NULL; environment++) {
        char *pair = strdup(*environment), *equals = pair == NULL ? NULL : strchr(pair, '=');
        if (equals == NULL)
            _exit(127);
        *equals = '\0';
        setenv(pair, equals + 1, 1);
        free(pair);
    }
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    if (!verbose) {
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        if (null >= 0)
            dup2(null, STDERR_FILENO);
    }
    signal(SIGPIPE, SIG_DFL);
    execvp(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

bool coprocess_start(struct coprocess *process, const char *const *argv,
                     const char *const *environment, bool verbose)
{
    int to[2], from[2];
    memset(process, 0, sizeof *process);
    if (pipe2(to, O_CLOEXEC) != 0)
        return false;
    if (pipe2(from, O_CLOEXEC) != 0) {
        close(to[0]), close(to[1]);
        return false;
    }
    signal(SIGPIPE, SIG_IGN); /* a peer that died is an answer that does not come */
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        become(argv, environment, verbose, to[0], from[1]);
    close(to[0]), close(from[1]);
    if (pid < 0) {
        close(to[1]), close(from[0]);
        return false;
    }
    process->pid = pid;
    process->to = to[1];
    process->from = from[0];
    return true;
}

static void reap(struct coprocess *process, int signal_number)
{
    if (process->pid == 0)
        return;
    if (signal_number != 0)
        kill(process->pid, signal_number);
    while (waitpid(process->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    close(process->to);
    close(process->from);
    process->pid = 0;
}

/* Takes a whole line out of the buffer, if there is one. */
static bool take_line(struct coprocess *process, char *text, size_t size)
{
    char *end = memchr(process->buffer, '\n', process->n_buffered);
    if (end == NULL)
        return false;
    size_t length = (size_t)(end - process->buffer);
    snprintf(text, size, "%.*s", (int)length, process->buffer);
    process->n_buffered -= length + 1;
    memmove(process->buffer, end + 1, process->n_buffered);
    return true;
}

bool coprocess_read(struct coprocess *process, char *text, size_t size, double timeout_seconds)
{
    double deadline = clock_seconds() + timeout_seconds;
    while (process->pid != 0 && !take_line(process, text, size)) {
        double left = deadline - clock_seconds();
        struct pollfd poll_from = {.fd = process->from, .events = POLLIN};
        int ready = left <= 0 ? 0 : poll(&poll_from, 1, (int)(left * 1000) + 1);
        if (ready < 0 && errno == EINTR)
            continue;
        size_t room = sizeof process->buffer - process->n_buffered;
        ssize_t n = ready <= 0 || room == 0
                        ? 0
                        : read(process->from, process->buffer + process->n_buffered, room);
        if (n <= 0)
            reap(process, SIGKILL);
        else
            process->n_buffered += (size_t)n;
    }
    return process->pid != 0;
}

void coprocess_sleep(const struct coprocess *process)
{
    if (process->pid != 0)
        kill(process->pid, SIGSTOP);
}

bool coprocess_ask(struct coprocess *process, const char *line, char *answer, size_t size,
                   double timeout_seconds)
{
    if (process->pid == 0)
        return false;
    kill(process->pid, SIGCONT);
    if (write(process->to, line, strlen(line)) != (ssize_t)strlen(line)) {
        reap(process, SIGKILL);
        return false;
    }
    bool answered = coprocess_read(process, answer, size, timeout_seconds);
    coprocess_sleep(process);
    return answered;
}

void coprocess_end(struct coprocess *process)
{
    static const struct timespec nap = {0, 10 * 1000 * 1000};
    if (process->pid == 0)
        return;
    kill(process->pid, SIGCONT);
    ssize_t sent = write(process->to, "quit\n", 5);
    for (int i = 0; i < 50 && sent == 5; i++) { /* half a second: Python takes its time to end */
        siginfo_t info = {0};
        if (waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
            info.si_pid == process->pid) {
            reap(process, 0);
            return;
        }
        nanosleep(&nap, NULL);
    }
    reap(process, SIGKILL);
}
