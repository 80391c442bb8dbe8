#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"
#include "cli/command.h"
#include "cli/log.h"
#include "cli/output.h"
#include "cli/predictions.h"
#include "cli/work.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GRID_COLUMNS = 5, GRID_CELLS = GRID_COLUMNS * GRID_COLUMNS };

/* What the network says about all test images, and which of them may be shown. */
struct readings {
    const struct mlp_images *images;
    bool wrong_only;
    uint32_t *predictions; /* (n_samples) */
    float *confidences;    /* (n_samples) */
    uint32_t *candidates;  /* (n_candidates) */
    uint32_t n_candidates, n_correct;
};

static void read_one(void *context, uint32_t sample, const float *probabilities,
                     uint32_t prediction)
{
    struct readings *readings = context;
    bool correct = prediction == readings->images->labels[sample];
    readings->predictions[sample] = prediction;
    readings->confidences[sample] = probabilities[prediction];
    readings->n_correct += correct;
    if (!correct || !readings->wrong_only)
        readings->candidates[readings->n_candidates++] = sample;
}

/* Draws n of the candidates to their front, each at most once: Fisher and Yates, cut short. */
static void draw_candidates(struct readings *readings, uint32_t n, uint64_t seed)
{
    struct random_key key = {.seed = seed, .purpose = RANDOM_GRID};
    for (uint32_t i = 0; i < n; i++) {
        uint32_t random[4];
        random_u32x4(&key, i, random);
        uint32_t j = i + random_below(random[0], readings->n_candidates - i);
        uint32_t drawn = readings->candidates[j];
        readings->candidates[j] = readings->candidates[i];
        readings->candidates[i] = drawn;
    }
}

static void fill_cells(struct mlp_grid_cell *cells, uint32_t n, const struct readings *readings,
                       uint32_t label_base)
{
    const struct mlp_images *images = readings->images;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t sample = readings->candidates[i];
        cells[i] = (struct mlp_grid_cell){
            .pixels = images->pixels + (size_t)sample * images->n_rows * images->n_cols,
            .label = images->labels[sample] + label_base,
            .prediction = readings->predictions[sample] + label_base,
            .confidence = readings->confidences[sample],
        };
    }
}

static enum mlp_status write_grid(const struct cli_job *job, struct readings *readings, uint32_t n,
                                  struct mlp_error *error)
{
    const struct mlp_images *images = readings->images;
    struct mlp_grid_cell cells[GRID_CELLS];
    struct mlp_picture picture = {0};
    char widths[64], total[32], title[256], subtitle[256];
    draw_candidates(readings, n, job->options->seed);
    fill_cells(cells, n, readings, job->dataset.label_base);
    cli_log_widths(job->net, widths, sizeof widths);
    cli_grouped(readings->wrong_only ? readings->n_candidates : images->n_samples, total);
    snprintf(title, sizeof title, "%s on %s: %.2f%% test accuracy", widths, job->dataset.name,
             100.0 * readings->n_correct / images->n_samples);
    snprintf(subtitle, sizeof subtitle, "%" PRIu32 " of %s %s, drawn with seed %" PRIu64, n, total,
             readings->wrong_only ? "misread test images" : "test images", job->options->seed);
    enum mlp_status status = mlp_draw_grid(&picture, cells, n, GRID_COLUMNS, images->n_rows,
                                           images->n_cols, title, subtitle);
    if (status == MLP_OK)
        status = mlp_picture_write(&picture, job->options->out, error);
    else {
        error_set(error, status, job->options->out, -1);
        error_found(error, "the picture could not be drawn");
    }
    mlp_picture_free(&picture);
    return status;
}

static enum mlp_status read_all(const struct cli_job *job, struct readings *readings,
                                struct mlp_error *error)
{
    uint32_t n = readings->images->n_samples;
    readings->predictions = memory_new(n * sizeof *readings->predictions);
    readings->confidences = memory_new(n * sizeof *readings->confidences);
    readings->candidates = memory_new(n * sizeof *readings->candidates);
    if (readings->predictions == NULL || readings->confidences == NULL ||
        readings->candidates == NULL)
        return error_memory(error, 3 * sizeof(uint32_t) * (uint64_t)n);
    return cli_predictions_each(job, read_one, readings, error);
}

int cli_work_picture(struct cli_job *job)
{
    struct mlp_error error = {0};
    struct readings readings = {.images = &job->dataset.test, .wrong_only = job->options->wrong};
    enum mlp_status status = read_all(job, &readings, &error);
    uint32_t n = readings.n_candidates < GRID_CELLS ? readings.n_candidates : GRID_CELLS;
    if (status == MLP_OK && n > 0)
        status = write_grid(job, &readings, n, &error);
    if (status == MLP_OK && n > 0)
        cli_say_path(job->options->out);
    else if (status == MLP_OK)
        cli_say("No test image is misread: there is nothing to picture, and %s is as it was.\n",
                job->options->out);
    memory_free(readings.predictions);
    memory_free(readings.confidences);
    memory_free(readings.candidates);
    return status == MLP_OK ? 0 : cli_fail(&error);
}

int cli_predict(const struct cli_options *options)
{
    struct cli_job job;
    int code = cli_job_open_use(&job, options, options->out);
    if (code == 0 && !options->quiet)
        cli_log_use_header(&job);
    if (code == 0) {
        cli_data_notice(job.source, options->quiet);
        if (!options->quiet)
            cli_say("\n");
        code = cli_work_picture(&job);
    }
    cli_job_close(&job);
    return code;
}
