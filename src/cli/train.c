#include "base/error.h"
#include "cli/command.h"
#include "cli/log.h"
#include "cli/model_file.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/recipe.h"
#include "cli/resume.h"
#include "cli/signals.h"
#include "cli/value.h"
#include "cli/work.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/* What training told us so far. */
struct course {
    const struct cli_job *job;
    uint32_t epochs_before;       /* epochs that were finished before it was interrupted */
    struct mlp_epoch_report last; /* epoch 0: none finished */
    struct mlp_epoch_report kept; /* whose weights are left behind */
    bool resumable;               /* the file has what is needed to go on */
    bool stop_saved;              /* as of when training was stopped, too */
    int save_code;                /* of the last save */
};

static double validation_accuracy(const struct course *course)
{
    return course->kept.validated ? course->kept.validation_accuracy : -1;
}

/* Without a last evaluation, since it has to be quick. The recipe in the file says as many epochs
 * as were finished. */
static int save_unfinished(const struct course *course, const struct mlp_net *net,
                           const struct mlp_checkpoint *checkpoint)
{
    struct mlp_error error = {0};
    const struct mlp_epoch_report *kept = &course->kept;
    struct cli_figures figures = {-1, kept->evaluated ? kept->test_accuracy : -1,
                                  validation_accuracy(course)};
    enum mlp_status status =
        cli_model_save(course->job, net, course->last.epoch, &figures, checkpoint, &error);
    return status == MLP_OK ? 0 : cli_fail(&error);
}

/* Now and then, since nobody can catch a crash or a power cut, and when training is stopped. If it
 * fails, training goes on: by its end there may be room. */
static void on_save(void *context, const struct mlp_net *net,
                    const struct mlp_checkpoint *checkpoint)
{
    struct course *course = context;
    cli_progress_clear();
    course->save_code = save_unfinished(course, net, checkpoint);
    course->resumable = course->resumable || course->save_code == 0;
    course->stop_saved = *cli_signals_stop() != 0;
}

static void on_epoch(void *context, const struct mlp_epoch_report *report)
{
    struct course *course = context;
    course->last = *report;
    if (report->kept)
        course->kept = *report;
    if (!course->job->options->quiet) {
        cli_progress_clear();
        cli_log_epoch(report);
    }
}

static void on_progress(void *context, const struct mlp_progress_report *report)
{
    (void)context;
    cli_progress_draw(report);
}

struct mlp_train_options cli_train_options(const struct cli_job *job)
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
    train.clip_norm = options->clip_norm;
    train.label_smoothing = options->label_smoothing;
    train.dropout = options->dropout;
    train.ema = options->ema;
    train.adversarial = options->adversarial;
    train.augment = (enum mlp_augmentation)options->augment;
    train.augment_strength = options->augment_strength;
    train.seed = options->seed;
    train.n_threads = job->threads.n;
    train.eval_every = options->eval_every;
    if (options->validation > 0 && train.eval_every == 0) /* only at the end */
        train.eval_every = train.n_epochs;
    train.validation = options->validation;
    train.early_stop = options->early_stop;
    train.stop = cli_signals_stop();
    return train;
}

static enum mlp_status learn(struct cli_job *job, struct course *course, struct mlp_error *error)
{
    struct mlp_train_options train = cli_train_options(job);
    train.on_epoch = on_epoch;
    train.on_progress = !job->options->quiet && cli_live() ? on_progress : NULL;
    train.on_save = on_save;
    train.save_every = (double)job->options->save_every;
    train.resume = job->checkpoint;
    train.context = course;
    enum mlp_status status = mlp_train(job->net, &job->dataset, &train, error);
    cli_progress_clear();
    return status;
}

/* Figures of a whole set; accuracy -1, a message and a code if they cannot be had. */
static struct mlp_evaluation evaluate(const struct cli_job *job, const struct mlp_images *images,
                                      int *code)
{
    struct mlp_evaluation evaluation;
    struct mlp_error error;
    enum mlp_status status = mlp_evaluate(job->net, images, job->threads.n, &evaluation, NULL);
    if (status == MLP_OK)
        return evaluation;
    error_set(&error, status, NULL, -1);
    error_found(&error, "the evaluation failed");
    *code = cli_fail(&error);
    return (struct mlp_evaluation){.accuracy = -1};
}

static void print_final(const struct course *course, double train,
                        const struct mlp_evaluation *test)
{
    const struct mlp_epoch_report *kept = &course->kept;
    const struct cli_options *options = course->job->options;
    if (!options->quiet)
        cli_say("\n");
    if (!options->quiet && options->early_stop > 0) {
        char n_held_out[32];
        cli_grouped(options->validation, n_held_out);
        cli_say("Epoch %" PRIu32 " was the best on the %s images held out; its weights are kept.\n",
                kept->epoch, n_held_out);
    }
    if (train >= 0)
        cli_say("Final Train Accuracy: %.2f%%\n", 100 * train);
    if (test->accuracy >= 0) {
        cli_say("Final Test Accuracy : %.2f%%\n", 100 * test->accuracy);
        cli_log_interval(20, test);
    }
}

/* Training came to its end. */
static int finish(struct cli_job *job, const struct course *course, struct mlp_error *error)
{
    struct mlp_images trained_on = job->dataset.train;
    trained_on.n_samples -= job->options->validation;
    int code = 0; /* the weights are saved all the same */
    double train = evaluate(job, &trained_on, &code).accuracy;
    struct mlp_evaluation test = evaluate(job, &job->dataset.test, &code);
    print_final(course, train, &test);
    struct cli_figures figures = {train, test.accuracy, validation_accuracy(course)};
    if (cli_model_save(job, job->net, job->options->epochs, &figures, NULL, error) != MLP_OK)
        return cli_fail(error);
    if (!job->options->quiet)
        cli_say("Weights in %s\n", job->options->model);
    return code == 0 ? cli_signals_exit_code() : code;
}

static void say_how_to_go_on(const struct cli_job *job)
{
    char line[9000];
    bool named = job->source != CLI_SOURCE_BUILTIN;
    cli_resume_line(job->options->model, named ? job->options->data : NULL, line, sizeof line);
    cli_warn("`%s` goes on", line);
}

/* It came to another end: what was learnt before is kept. What can be gone on with is not replaced
 * by weights alone, unless it would diverge again. */
static int keep(const struct cli_job *job, const struct course *course, bool diverged)
{
    const char *model = job->options->model;
    if (course->last.epoch == 0) {
        cli_warn("no epoch was finished: nothing is saved, %s is as it was", model);
        return 0;
    }
    if (course->resumable && !course->stop_saved && !diverged) {
        cli_warn("training as it was when it was saved last is in %s", model);
        say_how_to_go_on(job);
        return 0;
    }
    int code = course->stop_saved ? course->save_code : save_unfinished(course, job->net, NULL);
    if (code != 0)
        return code;
    cli_warn("the weights of epoch %" PRIu32 ", the %s, are in %s", course->kept.epoch,
             job->options->early_stop > 0 ? "best one" : "last one finished", model);
    if (course->stop_saved)
        say_how_to_go_on(job);
    return 0;
}

/* Above the default rate the default is the first thing to try. */
static void advise(float rate, struct mlp_error *error)
{
    char lower[32];
    float usual = cli_options_default(CLI_TRAIN).lr;
    cli_rate_format(rate > usual ? usual : rate / 4, lower, sizeof lower);
    error_hint(error, "try a lower rate, such as --lr %s", lower);
}

/* What an interrupted training told before. */
static void recall(struct course *course)
{
    const struct mlp_checkpoint *checkpoint = course->job->checkpoint;
    const struct mlp_metadata *origin = &course->job->origin;
    if (checkpoint == NULL)
        return;
    course->epochs_before = course->last.epoch = checkpoint->epoch;
    course->resumable = true;
    course->kept = (struct mlp_epoch_report){.epoch = checkpoint->epoch,
                                             .evaluated = origin->test_accuracy >= 0,
                                             .test_accuracy = origin->test_accuracy,
                                             .validated = origin->validation_accuracy >= 0,
                                             .validation_accuracy = origin->validation_accuracy};
    if (course->job->options->early_stop > 0 && checkpoint->best_epoch > 0)
        course->kept.epoch = checkpoint->best_epoch;
}

/* Where the data of a training lie, for the command that goes on with it: NULL where it says so
 * itself, "DIR" where they are not the present ones. */
static const char *data_of(const struct cli_job *job, const struct mlp_metadata *origin)
{
    if (strstr(origin->recipe, "--data ") != NULL)
        return NULL;
    bool same =
        job->source != CLI_SOURCE_BUILTIN && origin->fingerprint == job->dataset.fingerprint;
    return same ? job->options->data : "DIR";
}

/* Hours of another training may be in the file that this one will replace. */
static void warn_of_unfinished(const struct cli_job *job)
{
    struct mlp_model model = {0};
    if (job->checkpoint != NULL || access(job->options->model, R_OK) != 0 ||
        mlp_model_read(&model, job->options->model, NULL) != MLP_OK)
        return;
    if (model.checkpoint != NULL) {
        char line[9000];
        cli_resume_line(job->options->model, data_of(job, &model.metadata), line, sizeof line);
        cli_warn("%s has a training that was interrupted, which this one will replace; `%s` goes "
                 "on with it",
                 job->options->model, line);
    }
    mlp_model_free(&model);
}

/* A file may say anything, also what nobody can go on with. */
static enum mlp_status check_checkpoint(const struct cli_job *job, struct mlp_error *error)
{
    struct mlp_train_options train = cli_train_options(job);
    train.resume = job->checkpoint;
    if (train.resume == NULL || mlp_train_check(job->net, &job->dataset, &train, error) == MLP_OK)
        return MLP_OK;
    return cli_model_blamed(error, job->options->model)->status;
}

int cli_work_train(struct cli_job *job)
{
    struct course course = {.job = job};
    recall(&course);
    struct mlp_error error = {0};
    if (check_checkpoint(job, &error) != MLP_OK)
        return cli_fail(&error);
    cli_signals_catch(); /* before anything is said that a person could answer with Ctrl-C */
    warn_of_unfinished(job);
    if (!job->options->quiet) {
        cli_log_header(job);
        cli_data_notice(job->source, false);
        cli_log_columns(job->options->validation > 0);
    }
    enum mlp_status status = learn(job, &course, &error);
    if (status == MLP_OK)
        return finish(job, &course, &error);
    int code = cli_signals_exit_code();
    if (status == MLP_E_STOPPED) {
        cli_warn("stopped by a signal: %s", strsignal(code - 128));
    } else {
        if (status == MLP_E_DIVERGED)
            advise(job->options->lr, &error);
        code = cli_fail(&error);
        if (status != MLP_E_DIVERGED &&
            course.last.epoch == course.epochs_before) /* it never began */
            return code;
    }
    int kept = keep(job, &course, status == MLP_E_DIVERGED);
    return kept == 0 ? code : kept;
}

static int train_and_close(struct cli_job *job, int code)
{
    if (code == 0)
        code = cli_work_train(job);
    if (code == 0)
        cli_data_notice(job->source, job->options->quiet);
    cli_job_close(job);
    return code;
}

static int resume_training(const struct cli_options *options)
{
    struct cli_job job;
    struct cli_resume resume;
    int code = cli_resume_open(&resume, options);
    if (code == 0)
        code = train_and_close(&job, cli_job_open_resumed(&job, &resume.options, &resume.model));
    cli_resume_close(&resume);
    return code;
}

int cli_train(const struct cli_options *options)
{
    struct cli_job job;
    if (options->resume)
        return resume_training(options);
    return train_and_close(&job, cli_job_open_train(&job, options, options->model, NULL));
}
