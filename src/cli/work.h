/* work.h - the steps that commands are made of; each works on an open job and returns an exit code
 * after its messages. */
#ifndef CLI_WORK_H
#define CLI_WORK_H

#include "cli/job.h"

/* cli_work_train - trains, evaluates, saves. Stopped or diverged: saves the last finished epoch's
 * weights, if there is one; stopped with what --resume needs. */
int cli_work_train(struct cli_job *job);

/* cli_train_options - what was typed, for mlp_train; no callbacks yet. */
struct mlp_train_options cli_train_options(const struct cli_job *job);

/* cli_work_eval - prints test accuracy and, unless --quiet, loss and figures per class. */
int cli_work_eval(struct cli_job *job);

/* cli_work_picture - writes --out; its absolute path is the last line. */
int cli_work_picture(struct cli_job *job);

#endif
