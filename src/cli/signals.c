#include "cli/signals.h"

#include <stddef.h>

static volatile sig_atomic_t came;

static void note(int number)
{
    if (came != 0) { /* asked before: do not wait for whatever still runs */
        signal(number, SIG_DFL);
        raise(number); /* blocked until this handler returns, and deadly then */
    }
    came = number;
}

void cli_signals_catch(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART}, old;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
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
