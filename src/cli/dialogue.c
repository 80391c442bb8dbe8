#include "cli/command.h"
#include "cli/help.h"
#include "cli/log.h"
#include "cli/output.h"
#include "cli/work.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum answer { ANSWER_YES, ANSWER_NO, ANSWER_NONE };

static enum answer ask(void)
{
    char line[64];
    cli_say("Train or Not (y/n): ");
    fflush(stdout);
    if (fgets(line, sizeof line, stdin) == NULL) {
        clearerr(stdin); /* Ctrl-D ends this answer, not the terminal */
        cli_say("\n");
        return ANSWER_NONE;
    }
    if (strchr(line, '\n') == NULL) /* the rest of a long line is no second answer */
        for (int c = getchar(); c != '\n' && c != EOF;)
            c = getchar();
    const char *word = strtok(line, " \t\r\n");
    if (word == NULL || strtok(NULL, " \t\r\n") != NULL)
        return ANSWER_NONE;
    if (strcasecmp(word, "y") == 0 || strcasecmp(word, "yes") == 0)
        return ANSWER_YES;
    return strcasecmp(word, "n") == 0 || strcasecmp(word, "no") == 0 ? ANSWER_NO : ANSWER_NONE;
}

/* The answer n: what the saved weights can do. */
static int use_saved(const struct cli_options *options)
{
    struct cli_job job;
    int code = cli_job_open_use(&job, options, options->out);
    if (code == 0 && !options->quiet) {
        cli_log_use_header(&job);
        cli_data_notice(job.source, false);
        cli_say("\n");
    }
    if (code == 0)
        code = cli_work_eval(&job);
    if (code == 0) {
        cli_data_notice(job.source, options->quiet);
        code = cli_work_picture(&job);
    }
    cli_job_close(&job);
    return code;
}

int cli_ask_and_run(const struct cli_options *options)
{
    enum answer answer = ask();
    if (answer == ANSWER_NONE) {
        cli_say("Please answer y (train) or n (use %s).\n", options->model);
        answer = ask();
    }
    if (answer == ANSWER_NO)
        return use_saved(options);
    if (answer == ANSWER_NONE) {
        cli_warn("neither y nor n; `mlp --help` shows what else can be done");
        return MLP_E_USAGE;
    }
    struct cli_options train = *options;
    train.ask = false; /* asked and answered */
    return cli_run(&train);
}

int cli_dialogue(void)
{
    if (!cli_terminal()) {
        cli_usage(stderr);
        return MLP_E_USAGE;
    }
    struct cli_options options = cli_options_default(CLI_RUN);
    return cli_ask_and_run(&options);
}
