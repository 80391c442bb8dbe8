#include "base/error.h"
#include "cli/command.h"
#include "cli/log.h"
#include "cli/model_file.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "cli/value.h"
#include "cli/work.h"

#include <inttypes.h>
#include <string.h>

/* What training told us so far. */
struct course {
    const struct cli_job *job;
    struct mlp_epoch_report last; /* epoch 0: none finished */
};

static void on_epoch(void *context, const struct mlp_epoch_report *report)
{
    struct course *course = context;
    course->last = *report;
    if (course->job->options->quiet)
        return;
    cli_progress_clear();
    cli_log_epoch(report);
}

static void on_progress(void *context, const struct mlp_progress_report *report)
{
    (void)context;
    cli_progress_draw(report);
}

static enum mlp_status learn(struct cli_job *job, struct course *course, struct mlp_error *error)
{
    const struct cli_options *options = job->options;
    struct mlp_train_options train = mlp_train_defaults();
    train.n_epochs = options->epochs;
    train.batch = options->batch;
    train.learning_rate = options->lr;
    train.optimizer = (enum mlp_optimizer)options->optimizer;
    train.momentum = options->momentum;
    train.weight_decay = options->weight_decay;
    train.schedule = (enum mlp_schedule)options->schedule;
    train.warmup = options->warmup;
    train.augment = (enum mlp_augmentation)options->augment;
    train.augment_strength = options->augment_strength;
    train.clip_norm = options->clip_norm;
    train.label_smoothing = options->label_smoothing;
    train.dropout = options->dropout;
    train.ema = options->ema;
    train.seed = options->seed;
    train.n_threads = job->threads.n;
    train.eval_every = options->eval_every;
    train.stop = cli_signals_stop();
    train.on_epoch = on_epoch;
    train.on_progress = !options->quiet && cli_live() ? on_progress : NULL;
    train.context = course;
    cli_signals_catch();
    enum mlp_status status = mlp_train(job->net, &job->dataset, &train, error);
    cli_progress_clear();
    return status;
}

/* Accuracy on a whole set; negative and a message if that cannot be had. */
static double accuracy_on(const struct cli_job *job, const struct mlp_images *images)
{
    struct mlp_evaluation evaluation;
    struct mlp_error error;
    enum mlp_status status = mlp_evaluate(job->net, images, job->threads.n, &evaluation, NULL);
    if (status == MLP_OK)
        return evaluation.accuracy;
    error_set(&error, status, NULL, -1);
    error_found(&error, "the evaluation failed");
    cli_fail(&error);
    return -1;
}

/* Training came to its end. */
static int finish(struct cli_job *job, struct mlp_error *error)
{
    double train = accuracy_on(job, &job->dataset.train);
    double test = accuracy_on(job, &job->dataset.test);
    if (!job->options->quiet)
        cli_say("\n");
    if (train >= 0)
        cli_say("Final Train Accuracy: %.2f%%\n", 100 * train);
    if (test >= 0)
        cli_say("Final Test Accuracy : %.2f%%\n", 100 * test);
    if (cli_model_save(job, job->options->epochs, train, test, error) != MLP_OK)
        return cli_fail(error);
    if (!job->options->quiet)
        cli_say("Weights in %s\n", job->options->model);
    return cli_signals_exit_code();
}

/* It came to another end: what was learnt before is kept, and quickly, without a last evaluation.
 * The recipe in the file then says as many epochs as were finished: it makes the same weights. */
static int keep(const struct cli_job *job, const struct course *course)
{
    const char *model = job->options->model;
    uint32_t epoch = course->last.epoch;
    if (epoch == 0) {
        cli_warn("no epoch was finished: nothing is saved, %s is as it was", model);
        return 0;
    }
    struct mlp_error error = {0};
    if (cli_model_save(job, epoch, -1, course->last.evaluated ? course->last.test_accuracy : -1,
                       &error) != MLP_OK)
        return cli_fail(&error);
    cli_warn("the weights of epoch %" PRIu32 ", the last one finished, are in %s", epoch, model);
    return 0;
}

/* Above the default rate the default is the first thing to try. */
static void advise(float rate, struct mlp_error *error)
{
    char lower[32];
    float usual = mlp_train_defaults().learning_rate;
    cli_rate_format(rate > usual ? usual : rate / 4, lower, sizeof lower);
    error_hint(error, "try a lower rate, such as --lr %s", lower);
}

int cli_work_train(struct cli_job *job)
{
    struct course course = {.job = job};
    struct mlp_error error = {0};
    if (!job->options->quiet) {
        cli_log_header(job);
        cli_data_notice(job->source, false);
        cli_log_columns();
    }
    enum mlp_status status = learn(job, &course, &error);
    if (status == MLP_OK)
        return finish(job, &error);
    if (status != MLP_E_STOPPED && status != MLP_E_DIVERGED)
        return cli_fail(&error);
    int code = cli_signals_exit_code();
    if (status == MLP_E_STOPPED) {
        cli_warn("stopped by a signal: %s", strsignal(code - 128));
    } else {
        advise(job->options->lr, &error);
        code = cli_fail(&error);
    }
    int kept = keep(job, &course);
    return kept == 0 ? code : kept;
}

int cli_train(const struct cli_options *options)
{
    struct cli_job job;
    int code = cli_job_open_train(&job, options, false);
    if (code == 0)
        code = cli_work_train(&job);
    if (code == 0)
        cli_data_notice(job.source, options->quiet);
    cli_job_close(&job);
    return code;
}
