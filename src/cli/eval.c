#include "base/error.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/csv.h"
#include "cli/log.h"
#include "cli/output.h"
#include "cli/work.h"

#include <inttypes.h>
#include <stdio.h>

/* One class: how many of its images were found, how many images called so are of it, and what it is
 * taken for most often. */
struct class_figures {
    uint32_t n_images, n_predicted, n_correct;
    uint32_t rival, n_rival;
};

static struct class_figures count(const uint32_t *confusion, uint32_t n_classes, uint32_t class)
{
    const uint32_t *row = confusion + (size_t) class * n_classes;
    struct class_figures figures = {.n_correct = row[class]};
    for (uint32_t other = 0; other < n_classes; other++) {
        figures.n_images += row[other];
        figures.n_predicted += confusion[(size_t)other * n_classes + class];
        if (other != class && row[other] > figures.n_rival) {
            figures.n_rival = row[other];
            figures.rival = other;
        }
    }
    return figures;
}

static void percentage(char text[16], uint32_t part, uint32_t whole)
{
    if (whole == 0)
        snprintf(text, 16, "-");
    else
        snprintf(text, 16, "%.2f%%", 100.0 * part / whole);
}

static void print_classes(const struct mlp_dataset *dataset, const uint32_t *confusion)
{
    uint32_t n = dataset->n_classes, base = dataset->label_base;
    cli_say("\n%s  class   images   correct     found   precision   most often taken for%s\n",
            cli_colour(CLI_DIM), cli_colour(CLI_PLAIN));
    for (uint32_t class = 0; class < n; class ++) {
        struct class_figures figures = count(confusion, n, class);
        char found[16], precision[16], rival[48] = "-";
        percentage(found, figures.n_correct, figures.n_images);
        percentage(precision, figures.n_correct, figures.n_predicted);
        if (figures.n_rival > 0)
            snprintf(rival, sizeof rival, "%" PRIu32 " (%" PRIu32 "x)", figures.rival + base,
                     figures.n_rival);
        cli_say("%7" PRIu32 "%9" PRIu32 "%10" PRIu32 "%10s%12s   %s\n", class + base,
                figures.n_images, figures.n_correct, found, precision, rival);
    }
}

/* Evaluates into *evaluation and the (C, C) counts. */
static enum mlp_status evaluate(const struct cli_job *job, struct mlp_evaluation *evaluation,
                                uint32_t *confusion, struct mlp_error *error)
{
    enum mlp_status status =
        mlp_evaluate(job->net, &job->dataset.test, job->threads.n, evaluation, confusion);
    if (status != MLP_OK) {
        error_set(error, status, NULL, -1);
        error_found(error, "the evaluation failed");
    }
    return status;
}

static void print_accuracy(const struct mlp_evaluation *evaluation)
{
    cli_say("Test Accuracy : %.2f%%\n", 100 * evaluation->accuracy);
    cli_log_interval(14, evaluation);
}

int cli_work_eval(struct cli_job *job)
{
    struct mlp_error error = {0};
    struct mlp_evaluation evaluation = {0};
    uint32_t n_classes = job->dataset.n_classes;
    size_t size_bytes = sizeof(uint32_t) * n_classes * n_classes; /* n_classes <= 256 */
    uint32_t *confusion = memory_new(size_bytes);
    if (confusion == NULL) {
        error_memory(&error, size_bytes);
        return cli_fail(&error);
    }
    enum mlp_status status = evaluate(job, &evaluation, confusion, &error);
    if (status == MLP_OK)
        print_accuracy(&evaluation);
    if (status == MLP_OK && !job->options->quiet) {
        char right[32], total[32];
        cli_grouped(evaluation.n_correct, right);
        cli_grouped(evaluation.n_samples, total);
        cli_say("%s of %s right, mean loss %.4f\n", right, total, evaluation.loss);
        print_classes(&job->dataset, confusion);
    }
    memory_free(confusion);
    return status == MLP_OK ? 0 : cli_fail(&error);
}

int cli_eval(const struct cli_options *options)
{
    struct cli_job job;
    struct mlp_error error = {0};
    int code = cli_job_open_use(&job, options, options->csv);
    if (code == 0 && !options->quiet) {
        cli_log_use_header(&job);
        cli_data_notice(job.source, false);
        cli_say("\n");
    }
    if (code == 0)
        code = cli_work_eval(&job);
    if (code == 0 && options->csv != NULL && cli_csv_write(&job, options->csv, &error) != MLP_OK)
        code = cli_fail(&error);
    if (code == 0)
        cli_data_notice(job.source, options->quiet);
    cli_job_close(&job);
    return code;
}
