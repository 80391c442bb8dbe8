#include "cli/tune.h"

#include "base/error.h"
#include "cli/command.h"
#include "cli/log.h"
#include "cli/output.h"
#include "cli/signals.h"

/* As 5,000 of 60,000. */
enum { HELD_OUT_SHARE = 12 };

static int refuse_none(void)
{
    struct mlp_error error = {0};
    error_set(&error, MLP_E_USAGE, NULL, -1);
    error_found(&error, "--validation 0");
    error_wanted(&error, "images to compare by: at least 1");
    return cli_fail(&error);
}

int cli_tune(const struct cli_options *typed)
{
    struct cli_options options = *typed;
    struct cli_job job;
    if (cli_options_typed(typed, "validation") && typed->validation == 0)
        return refuse_none();
    int code = cli_job_open_train(&job, &options, NULL, options.grid ? NULL : options.out);
    if (code == 0 && options.validation == 0)
        options.validation = 1 + (job.dataset.train.n_samples - 1) / HELD_OUT_SHARE;
    if (code == 0 && !options.quiet) {
        cli_log_tune_header(&job);
        cli_data_notice(job.source, false);
    }
    cli_signals_catch();
    if (code == 0)
        code = options.grid ? cli_tune_grid(&job) : cli_tune_sweep(&job);
    if (code == 0 && options.quiet)
        cli_data_notice(job.source, true);
    cli_job_close(&job);
    return code;
}
