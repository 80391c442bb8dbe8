/* log.h - the lines of a run: header, one an epoch, final figures. */
#ifndef CLI_LOG_H
#define CLI_LOG_H

#include "cli/job.h"

/* cli_log_checkpoint - "in epoch 4 of 12, after 1500 steps": where a training was interrupted. */
void cli_log_checkpoint(const struct mlp_checkpoint *checkpoint, char *text, size_t size);

/* cli_log_header - data, network, training, kernel, threads, and the command that repeats it all.
 */
void cli_log_header(const struct cli_job *job);

/* cli_log_use_header - the same for saved weights: data, weights and their origin, threads. */
void cli_log_use_header(const struct cli_job *job);

/* cli_log_tune_header - the same for `mlp tune`. */
void cli_log_tune_header(const struct cli_job *job);

/* cli_log_columns - the heading of the epoch lines. Where images are held out they are shown, and
 * the test set is not: it is looked at once, when all decisions are made. */
void cli_log_columns(bool validation);

void cli_log_epoch(const struct mlp_epoch_report *report);

/* cli_log_interval - "Interval (95%)      : 98.02% to 98.53% (Wilson)", below an accuracy line
 * whose colon stands in that column. */
void cli_log_interval(int column, const struct mlp_evaluation *evaluation);

/* cli_log_line - one "name   value" row, as in the header. */
void cli_log_line(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* cli_log_widths - "784-256-128-10"; "40 layers" where that does not fit. */
void cli_log_widths(const struct mlp_net *net, char *text, size_t size);

/* cli_log_threads - "2, all usable cores"; who decided. */
void cli_log_threads(const struct mlp_threads *threads, char *text, size_t size);

#endif
