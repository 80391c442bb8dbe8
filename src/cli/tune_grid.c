#include "base/error.h"
#include "base/memory.h"
#include "cli/log.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "cli/tune.h"
#include "cli/value.h"
#include "cli/work.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* One training. */
struct cell {
    enum { CELL_WAITING, CELL_DONE, CELL_DIVERGED } state;
    struct mlp_epoch_report report; /* of its last epoch */
    double seconds;                 /* of training, all epochs */
};

struct grid {
    const struct cli_job *job;
    struct mlp_model start; /* weights before any training */
    struct cli_rates lrs;
    struct cli_counts batches;
    struct cell cells[CLI_LIST_MAX][CLI_LIST_MAX]; /* [rate][batch] */
};

/* What was typed; else half, one and two times the recipe's value, as far as they are different. */
static void choose(struct grid *grid)
{
    const struct cli_options *options = grid->job->options;
    grid->lrs = options->lrs;
    grid->batches = options->batches;
    for (int i = 0; options->lrs.n == 0 && i < 3; i++)
        grid->lrs.at[grid->lrs.n++] = options->lr * (0.5f * (float)(1 << i));
    for (int i = 0; options->batches.n == 0 && i < 3; i++) {
        uint32_t batch = i == 0 ? options->batch / 2 : options->batch * (uint32_t)i;
        if (batch > 0)
            grid->batches.at[grid->batches.n++] = batch;
    }
}

static void on_epoch(void *context, const struct mlp_epoch_report *report)
{
    struct cell *cell = context;
    cell->report = *report;
    cell->seconds += report->seconds;
}

static void on_progress(void *context, const struct mlp_progress_report *report)
{
    (void)context;
    cli_progress_draw(report);
}

static void print_cell(const struct grid *grid, uint32_t rate, uint32_t batch)
{
    const struct cell *cell = &grid->cells[rate][batch];
    char lr[32];
    if (grid->job->options->quiet)
        return;
    cli_progress_clear();
    cli_rate_format(grid->lrs.at[rate], lr, sizeof lr);
    cli_say("  %12s  %8" PRIu32, lr, grid->batches.at[batch]);
    if (cell->state == CELL_DIVERGED) {
        cli_say("    diverged\n");
        return;
    }
    bool wild = cell->report.train_loss >= 1e5 || cell->report.validation_loss >= 1e5;
    cli_say(wild ? "  %10.3g  %10.3g" : "  %10.4f  %10.4f", cell->report.train_loss,
            cell->report.validation_loss);
    cli_say("  %7.2f%%  %8.3f\n", 100 * cell->report.validation_accuracy, cell->seconds);
}

/* Trains from the start with one rate and batch. A rate that is too high is a result. */
static enum mlp_status try_one(struct grid *grid, uint32_t rate, uint32_t batch,
                               struct mlp_error *error)
{
    const struct cli_job *job = grid->job;
    struct cell *cell = &grid->cells[rate][batch];
    struct mlp_train_options train = cli_train_options(job);
    train.learning_rate = grid->lrs.at[rate];
    train.batch = grid->batches.at[batch];
    train.eval_every = train.n_epochs; /* the end decides */
    train.on_epoch = on_epoch;
    train.on_progress = !job->options->quiet && cli_live() ? on_progress : NULL;
    train.context = cell;
    if (mlp_net_load(job->net, &grid->start) != MLP_OK)
        return error_set(error, MLP_E_INTERNAL, NULL, -1);
    enum mlp_status status = mlp_train(job->net, &job->dataset, &train, error);
    if (status != MLP_OK && status != MLP_E_DIVERGED)
        return status;
    cell->state = status == MLP_OK ? CELL_DONE : CELL_DIVERGED;
    print_cell(grid, rate, batch);
    return MLP_OK;
}

static enum mlp_status try_all(struct grid *grid, struct mlp_error *error)
{
    enum mlp_status status = MLP_OK;
    if (!grid->job->options->quiet)
        cli_say("\n%s  %12s  %8s  %10s  %10s  %8s  %8s%s\n", cli_colour(CLI_DIM), "rate", "batch",
                "train loss", "valid loss", "accuracy", "seconds", cli_colour(CLI_PLAIN));
    for (uint32_t batch = 0; batch < grid->batches.n; batch++)
        for (uint32_t rate = 0; rate < grid->lrs.n && status == MLP_OK; rate++)
            status = try_one(grid, rate, batch, error);
    cli_progress_clear();
    return status;
}

/* By accuracy, then by loss. */
static bool better(const struct cell *a, const struct cell *b)
{
    double more = a->report.validation_accuracy - b->report.validation_accuracy;
    return more > 0 || (more == 0 && a->report.validation_loss < b->report.validation_loss);
}

/* NULL if nothing was trained to its end. */
static const struct cell *find_best(const struct grid *grid, uint32_t *rate, uint32_t *batch)
{
    const struct cell *best = NULL;
    for (uint32_t r = 0; r < grid->lrs.n; r++)
        for (uint32_t b = 0; b < grid->batches.n; b++) {
            const struct cell *cell = &grid->cells[r][b];
            if (cell->state == CELL_DONE && (best == NULL || better(cell, best))) {
                best = cell;
                *rate = r;
                *batch = b;
            }
        }
    return best;
}

/* Rates down, batches across. */
static void print_table(const struct grid *grid, const struct cell *best)
{
    cli_say("\nValidation accuracy, the best marked with *\n\n%s  %10s", cli_colour(CLI_DIM),
            "rate");
    for (uint32_t b = 0; b < grid->batches.n; b++) {
        char heading[32];
        snprintf(heading, sizeof heading, "batch %" PRIu32, grid->batches.at[b]);
        cli_say("  %12s", heading);
    }
    cli_say("%s\n", cli_colour(CLI_PLAIN));
    for (uint32_t r = 0; r < grid->lrs.n; r++) {
        char lr[32];
        cli_rate_format(grid->lrs.at[r], lr, sizeof lr);
        cli_say("  %10s", lr);
        for (uint32_t b = 0; b < grid->batches.n; b++) {
            const struct cell *cell = &grid->cells[r][b];
            char text[32];
            snprintf(text, sizeof text, "%s%.2f%%", cell == best ? "* " : "",
                     100 * cell->report.validation_accuracy);
            if (cell->state != CELL_DONE)
                snprintf(text, sizeof text, "%s", cell->state == CELL_WAITING ? "-" : "diverged");
            cli_say("  %s%12s%s", cell == best ? cli_colour(CLI_BOLD) : "", text,
                    cell == best ? cli_colour(CLI_PLAIN) : "");
        }
        cli_say("\n");
    }
}

static int finish(const struct grid *grid, bool stopped, struct mlp_error *error)
{
    uint32_t rate = 0, batch = 0, n = grid->job->options->validation;
    const struct cell *best = find_best(grid, &rate, &batch);
    if (best == NULL && stopped)
        return 0;
    if (best == NULL) {
        error_set(error, MLP_E_DIVERGED, NULL, -1);
        error_found(error, "every training diverged");
        error_hint(error, "try lower rates with --lrs");
        return cli_fail(error);
    }
    char lr[32], n_held_out[32];
    double low, high, accuracy = best->report.validation_accuracy;
    print_table(grid, best);
    cli_rate_format(grid->lrs.at[rate], lr, sizeof lr);
    cli_grouped(n, n_held_out);
    mlp_confidence_interval((uint32_t)(accuracy * n + 0.5), n, &low, &high);
    cli_say("\nBest: --lr %s --batch %" PRIu32 ", %.2f%% of %s validation images (95 %% interval "
            "%.2f%% to %.2f%%)\n",
            lr, grid->batches.at[batch], 100 * accuracy, n_held_out, 100 * low, 100 * high);
    return 0;
}

/* The net as it is now. */
static enum mlp_status copy_start(struct grid *grid, struct mlp_error *error)
{
    const struct mlp_net *net = grid->job->net;
    uint32_t widths[CLI_HIDDEN_MAX + 2], n_layers = mlp_net_n_layers(net);
    if (n_layers > CLI_HIDDEN_MAX + 1) { /* --init-from a deeper one */
        error_set(error, MLP_E_USAGE, grid->job->options->init_from, -1);
        error_found(error, "%" PRIu32 " layers", n_layers);
        error_wanted(error, "at most %d", CLI_HIDDEN_MAX + 1);
        return MLP_E_USAGE;
    }
    for (uint32_t l = 0; l <= n_layers; l++)
        widths[l] = mlp_net_width(net, l);
    enum mlp_status status = mlp_model_new(&grid->start, widths, n_layers, error);
    return status == MLP_OK ? mlp_net_store(net, &grid->start) : status;
}

int cli_tune_grid(const struct cli_job *job)
{
    struct mlp_error error = {0};
    struct grid *grid = memory_new(sizeof *grid);
    if (grid == NULL) {
        error_memory(&error, sizeof *grid);
        return cli_fail(&error);
    }
    *grid = (struct grid){.job = job};
    choose(grid);
    enum mlp_status status = copy_start(grid, &error);
    if (status == MLP_OK)
        status = try_all(grid, &error);
    int code = 0;
    if (status == MLP_OK || status == MLP_E_STOPPED)
        code = finish(grid, status == MLP_E_STOPPED, &error);
    else
        code = cli_fail(&error);
    if (status == MLP_E_STOPPED) {
        cli_warn("stopped by a signal");
        code = cli_signals_exit_code();
    }
    mlp_model_free(&grid->start);
    memory_free(grid);
    return code;
}
