#include "base/error.h"
#include "cli/log.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "cli/tune.h"
#include "cli/value.h"
#include "cli/work.h"
#include "draw/chart.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void on_progress(void *context, const struct mlp_progress_report *report)
{
    (void)context;
    cli_progress_draw(report);
}

static double largest(const double *values, uint32_t n)
{
    double most = values[0];
    for (uint32_t i = 1; i < n; i++)
        most = values[i] > most ? values[i] : most;
    return most;
}

/* All losses in grey, and what is left of them without noise. The losses of the explosion would
 * press everything else to the ground, so the picture ends where the smooth line does. */
static enum mlp_status draw(const struct cli_job *job, const struct mlp_range *range,
                            struct mlp_picture *picture)
{
    char widths[64], optimizer[32], subtitle[256], mark[64];
    const struct draw_series series[] = {
        {"each step", range->rates, range->losses, range->n_points, false},
        {"smooth", range->rates, range->smooth, range->n_points, true},
    };
    snprintf(mark, sizeof mark, "suggested: %.2g", range->suggested);
    const struct draw_line_chart chart = {
        .x = {.label = "learning rate", .log = true},
        .y = {.label = "training loss, nats",
              .low = 0,
              .high = 1.1 * largest(range->smooth, range->n_points)},
        .series = series,
        .n_series = 2,
        .x_mark = {range->suggested, mark},
    };
    const struct draw_panel panel = {.lines = &chart, .wide = true};
    cli_log_widths(job->net, widths, sizeof widths);
    cli_value_named("optimizer", job->options, optimizer, sizeof optimizer);
    snprintf(subtitle, sizeof subtitle, "%s on %s, batch %" PRIu32 ", %" PRIu32 " steps of %s",
             widths, job->dataset.name, job->options->batch, range->n_points, optimizer);
    const struct draw_page page = {.title = "Loss while the learning rate rises",
                                   .subtitle = subtitle,
                                   .panels = &panel,
                                   .n_panels = 1,
                                   .columns = 1};
    return draw_page_render(picture, &page);
}

static enum mlp_status write_picture(const struct cli_job *job, const struct mlp_range *range,
                                     struct mlp_error *error)
{
    struct mlp_picture picture = {0};
    enum mlp_status status = draw(job, range, &picture);
    if (status == MLP_OK) {
        status = mlp_picture_write(&picture, job->options->out, error);
    } else {
        error_set(error, status, job->options->out, -1);
        error_found(error, "the picture could not be drawn");
    }
    mlp_picture_free(&picture);
    return status;
}

static void print(const struct cli_job *job, const struct mlp_range *range)
{
    if (!job->options->quiet) {
        cli_log_line("sweep", "%" PRIu32 " steps, learning rate %.2g to %.2g", range->n_points,
                     range->rates[0], range->rates[range->n_points - 1]);
        if (range->rising < range->rates[range->n_points - 1])
            cli_say("\nFrom %.2g on the loss rises; half of that is a safe peak:\n", range->rising);
        else
            cli_say("\nThe loss did not rise up to %.2g; half of that is a safe peak:\n",
                    range->rising);
    }
    cli_say("Suggested Learning Rate: %.2g\n", range->suggested);
}

int cli_tune_sweep(const struct cli_job *job)
{
    struct mlp_range range = {0};
    struct mlp_error error = {0};
    struct mlp_train_options train = cli_train_options(job);
    train.on_progress = !job->options->quiet && cli_live() ? on_progress : NULL;
    enum mlp_status status = mlp_range_test(job->net, &job->dataset, &train, &range, &error);
    cli_progress_clear();
    if (status == MLP_E_STOPPED) {
        cli_warn("stopped by a signal: nothing is drawn");
        return cli_signals_exit_code();
    }
    if (status == MLP_OK) {
        print(job, &range);
        status = write_picture(job, &range, &error);
    }
    mlp_range_free(&range);
    if (status != MLP_OK)
        return cli_fail(&error);
    cli_say_path(job->options->out);
    return 0;
}
