/* augment.c - mlp augment: a picture of what augmentation does to training images. */
#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"
#include "cli/command.h"
#include "cli/job.h"
#include "cli/output.h"
#include "cli/value.h"
#include "draw/variants.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ORIGINALS_MAX = 10, VARIANTS = 9 }; /* a line: nine of one kind, or three of each of three */

static const char *const names[] = {[MLP_AUGMENT_SHIFT] = "shift",
                                    [MLP_AUGMENT_AFFINE] = "affine",
                                    [MLP_AUGMENT_ELASTIC] = "elastic"};

/* One sample of each of the first classes, as the seed will have it; how many were found. */
static uint32_t choose_originals(const struct cli_job *job, uint32_t samples[ORIGINALS_MAX])
{
    const struct mlp_images *images = &job->dataset.train;
    uint32_t n = 0, random[4];
    for (uint32_t class = 0; class < job->dataset.n_classes && n < ORIGINALS_MAX; class ++) {
        struct random_key key = {.seed = job->options->seed, .purpose = RANDOM_GRID};
        random_u32x4(&key, class, random);
        uint32_t first = random_below(random[0], images->n_samples);
        for (uint32_t i = 0; i < images->n_samples; i++) {
            uint32_t sample = (uint32_t)(((uint64_t)first + i) % images->n_samples);
            if (images->labels[sample] == class) {
                samples[n++] = sample;
                break;
            }
        }
    }
    return n;
}

/* The original and its variants of the first epochs, one after the other. */
static enum mlp_status make_line(const struct cli_job *job, uint32_t sample, uint32_t first_kind,
                                 uint32_t n_kinds, uint8_t *pixels)
{
    const struct mlp_images *images = &job->dataset.train;
    const struct cli_options *options = job->options;
    size_t bytes = (size_t)images->n_rows * images->n_cols;
    memcpy(pixels, images->pixels + sample * bytes, bytes);
    enum mlp_status status = MLP_OK;
    for (uint32_t i = 0; i < VARIANTS && status == MLP_OK; i++) {
        uint32_t each = VARIANTS / n_kinds, kind = first_kind + i / each, epoch = 1 + i % each;
        pixels += bytes;
        status = mlp_augment(images, sample, (enum mlp_augmentation)kind, options->augment_strength,
                             options->seed, epoch, pixels);
    }
    return status;
}

static enum mlp_status draw(const struct cli_job *job, struct draw_variants *v, uint8_t *pixels,
                            struct mlp_error *error)
{
    const struct cli_options *options = job->options;
    uint32_t samples[ORIGINALS_MAX];
    uint32_t first = cli_options_typed(options, "augment") ? options->augment : 1;
    size_t bytes = (size_t)v->n_rows * v->n_cols;
    enum mlp_status status = MLP_OK;
    struct mlp_picture picture = {0};
    v->n_originals = choose_originals(job, samples);
    for (uint32_t i = 0; i < v->n_originals && status == MLP_OK; i++)
        status = make_line(job, samples[i], first, v->n_kinds, pixels + i * (1 + VARIANTS) * bytes);
    v->kinds = names + first;
    v->pixels = pixels;
    if (status == MLP_OK)
        status = draw_variants(&picture, v);
    if (status == MLP_OK) {
        status = mlp_picture_write(&picture, options->preview, error);
    } else {
        error_set(error, status, options->preview, -1);
        error_found(error, "a picture of %" PRIu32 "x%" PRIu32 " images cannot be drawn", v->n_rows,
                    v->n_cols);
    }
    mlp_picture_free(&picture);
    return status;
}

static enum mlp_status preview(const struct cli_job *job, struct mlp_error *error)
{
    const struct cli_options *options = job->options;
    const struct mlp_images *images = &job->dataset.train;
    char title[256], subtitle[256], strength[32];
    struct draw_variants variants = {
        .title = title,
        .subtitle = subtitle,
        .n_kinds = cli_options_typed(options, "augment") ? 1 : MLP_AUGMENT_ELASTIC,
        .n_rows = images->n_rows,
        .n_cols = images->n_cols};
    variants.n_each = VARIANTS / variants.n_kinds;
    cli_rate_format(options->augment_strength, strength, sizeof strength);
    snprintf(title, sizeof title, "Augmentation of %s", job->dataset.name);
    snprintf(subtitle, sizeof subtitle,
             "strength %s, seed %" PRIu64 ": what training sees in epochs 1 to %" PRIu32, strength,
             options->seed, variants.n_each);
    size_t bytes = (size_t)images->n_rows * images->n_cols * ORIGINALS_MAX * (1 + VARIANTS);
    uint8_t *pixels = memory_new(bytes);
    if (pixels == NULL)
        return error_memory(error, bytes);
    enum mlp_status status = draw(job, &variants, pixels, error);
    memory_free(pixels);
    return status;
}

int cli_augment(const struct cli_options *options)
{
    if (cli_options_typed(options, "augment") && options->augment == MLP_AUGMENT_NONE) {
        cli_warn("--augment: 'none' leaves nothing to show; wanted shift, affine or elastic");
        return MLP_E_USAGE;
    }
    struct cli_job job;
    struct mlp_error error = {0};
    int code = cli_job_open_data(&job, options, options->preview);
    if (code == 0) {
        cli_data_notice(job.source, options->quiet);
        code = preview(&job, &error) == MLP_OK ? 0 : cli_fail(&error);
    }
    if (code == 0)
        cli_say_path(options->preview);
    cli_job_close(&job);
    return code;
}
