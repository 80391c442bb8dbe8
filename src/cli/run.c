#include "cli/command.h"
#include "cli/output.h"
#include "cli/work.h"

#include <unistd.h>

int cli_run(const struct cli_options *options)
{
    if (options->ask && cli_terminal() && access(options->model, F_OK) == 0)
        return cli_ask_and_run(options);
    struct cli_job job;
    int code = cli_job_open_train(&job, options, options->model, options->out);
    if (code == 0)
        code = cli_work_train(&job);
    if (code == 0) {
        cli_data_notice(job.source, options->quiet);
        code = cli_work_picture(&job);
    }
    cli_job_close(&job);
    return code;
}
