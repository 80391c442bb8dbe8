#include "cli/signals.h"

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

static volatile sig_atomic_t came;
static struct timespec came_at; /* read by the handler alone, which no other signal interrupts */

/* timeout(1) and a terminal that closes send one wish as two signals, to the process and to its
 * group. */
static bool a_second_later(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec - came_at.tv_sec > 1 ||
           (now.tv_sec - came_at.tv_sec == 1 && now.tv_nsec >= came_at.tv_nsec);
}

/* SIGPIPE, nobody reads on, is a wish to stop, too, but never deadly: more is said before all is
 * saved. */
static void note(int number)
{
    if (came == 0) {
        clock_gettime(CLOCK_MONOTONIC, &came_at);
        came = number;
    } else if (number != SIGPIPE && a_second_later()) { /* do not wait for whatever still runs */
        signal(number, SIG_DFL);
        raise(number); /* blocked until this handler returns, and deadly then */
    }
}

void cli_signals_catch(void)
{
    enum { N_SIGNALS = 4 };
    static const int numbers[N_SIGNALS] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
    struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART}, old;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < N_SIGNALS; i++)
        sigaddset(&action.sa_mask, numbers[i]);
    for (size_t i = 0; i < N_SIGNALS; i++)
        /* What the caller ignores (nohup, a background job) stays ignored. */
        if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(numbers[i], &action, NULL);
}

const volatile sig_atomic_t *cli_signals_stop(void)
{
    return &came;
}

int cli_signals_exit_code(void)
{
    return came == 0 ? 0 : 128 + (int)came;
}
