/* signals.h - Ctrl-C, SIGTERM, SIGHUP and a pipe that nobody reads ask training to stop; Ctrl-C,
 * SIGTERM or SIGHUP once more, at least a second later, kills. */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

#include <signal.h>

/* cli_signals_catch - from now on the first signal is only noted. */
void cli_signals_catch(void);

/* cli_signals_stop - for mlp_train_options.stop: 0, or the signal that came. */
const volatile sig_atomic_t *cli_signals_stop(void);

/* cli_signals_exit_code - 128 + the signal that came; 0 if none did. */
int cli_signals_exit_code(void);

#endif
