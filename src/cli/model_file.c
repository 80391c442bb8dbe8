#include "cli/model_file.h"

#include "base/error.h"
#include "cli/recipe.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FORMAT_VERSION = 1 };

enum mlp_status cli_model_fits(const struct mlp_model *model, const struct mlp_dataset *dataset,
                               const char *path, struct mlp_error *error)
{
    const struct mlp_images *images = &dataset->test;
    uint64_t pixels = (uint64_t)images->n_rows * images->n_cols;
    uint32_t inputs = model->widths[0], classes = model->widths[model->n_layers];
    if (inputs == pixels && classes == dataset->n_classes)
        return MLP_OK;
    error_set(error, MLP_E_MODEL, path, -1);
    error_found(error, "weights for %" PRIu32 " pixels and %" PRIu32 " classes", inputs, classes);
    error_wanted(error,
                 "%" PRIu64 " pixels (%" PRIu32 "x%" PRIu32 ") and %" PRIu32
                 " classes, as in the data (%s)",
                 pixels, images->n_rows, images->n_cols, dataset->n_classes, dataset->name);
    if (inputs == pixels && classes > dataset->n_classes)
        error_hint(error, "if they were trained with --classes %" PRIu32 ", say so again", classes);
    else
        error_hint(error, "train on these data, or name the data of these weights with --data");
    return MLP_E_MODEL;
}

struct mlp_error *cli_model_blamed(struct mlp_error *error, const char *path)
{
    if (error->status != MLP_E_USAGE)
        return error;
    error->status = MLP_E_MODEL;
    snprintf(error->file, sizeof error->file, "%s", path);
    return error;
}

static void describe(struct mlp_metadata *metadata, const struct cli_job *job, uint32_t n_epochs)
{
    const struct mlp_dataset *dataset = &job->dataset;
    *metadata = (struct mlp_metadata){
        .present = true,
        .format_version = FORMAT_VERSION,
        .seed = job->options->seed,
        .fingerprint = dataset->fingerprint,
        .n_rows = dataset->train.n_rows,
        .n_cols = dataset->train.n_cols,
        .label_base = dataset->label_base,
    };
    snprintf(metadata->activation, sizeof metadata->activation, "%s",
             mlp_activation_name(mlp_net_activation(job->net)));
    snprintf(metadata->dataset, sizeof metadata->dataset, "%s", dataset->name);
    cli_recipe(job, n_epochs, metadata->recipe, sizeof metadata->recipe);
}

enum mlp_status cli_model_save(const struct cli_job *job, const struct mlp_net *net,
                               uint32_t n_epochs, const struct cli_figures *figures,
                               const struct mlp_checkpoint *checkpoint, struct mlp_error *error)
{
    uint32_t n_layers = mlp_net_n_layers(net);
    uint32_t *widths = calloc((size_t)n_layers + 1, sizeof *widths);
    if (widths == NULL)
        return error_memory(error, ((uint64_t)n_layers + 1) * sizeof *widths);
    for (uint32_t i = 0; i <= n_layers; i++)
        widths[i] = mlp_net_width(net, i);
    struct mlp_model model = {0};
    enum mlp_status status = mlp_model_new(&model, widths, n_layers, error);
    if (status != MLP_OK)
        goto out;
    status = mlp_net_store(net, &model);
    if (status != MLP_OK) {
        error_set(error, status, job->options->model, -1);
        error_found(error, "the network's weights could not be copied");
        goto out;
    }
    describe(&model.metadata, job, n_epochs);
    model.metadata.train_accuracy = figures->train;
    model.metadata.test_accuracy = figures->test;
    model.metadata.validation_accuracy = figures->validation;
    model.metadata.n_test = job->dataset.test.n_samples;
    model.checkpoint = (struct mlp_checkpoint *)checkpoint; /* lent */
    status = mlp_model_write(&model, job->options->model, error);
    model.checkpoint = NULL;
out:
    mlp_model_free(&model);
    free(widths);
    return status;
}
