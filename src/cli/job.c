#include "cli/job.h"

#include "base/error.h"
#include "cli/model_file.h"
#include "cli/output.h"
#include "cli/overwrite.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void begin(struct cli_job *job, const struct cli_options *options)
{
    *job = (struct cli_job){.options = options,
                            .threads =
                                mlp_threads_choose((int)options->threads, options->force_threads)};
}

/* The built-in digits have ten classes, 0..9, whatever is typed; more may be left empty. */
static enum mlp_status relabel_builtin(struct cli_job *job, struct mlp_error *error)
{
    uint32_t classes = job->options->classes, base = job->options->label_base;
    if (job->source != CLI_SOURCE_BUILTIN || (base == 0 && classes == 0))
        return MLP_OK;
    if (base != 0 || classes < job->dataset.n_classes) {
        error_set(error, MLP_E_USAGE, NULL, -1);
        error_found(error, "%s %" PRIu32, base != 0 ? "--label-base" : "--classes",
                    base != 0 ? base : classes);
        error_wanted(error, "none: the built-in digits have ten classes, from 0");
        return MLP_E_USAGE;
    }
    job->dataset.n_classes = classes;
    return MLP_OK;
}

static enum mlp_status read_data(struct cli_job *job, uint32_t label_base, struct mlp_error *error)
{
    struct mlp_label_options labels = {job->options->classes, label_base};
    enum mlp_status status =
        cli_data_read(&job->dataset, &job->source, job->options, &labels, job->threads.n, error);
    return status == MLP_OK ? relabel_builtin(job, error) : status;
}

/* bf16 is for who asks for it: by name, or by auto where the CPU computes with it. */
static enum mlp_precision choose_precision(uint32_t asked)
{
    struct mlp_kernel_info info;
    if (asked != CLI_PRECISION_AUTO)
        return (enum mlp_precision)asked;
    for (uint32_t i = 0; mlp_kernel_info(i, &info); i++)
        if (info.only_bf16 && info.available)
            return MLP_BF16;
    return MLP_F32;
}

static enum mlp_status make_net(struct cli_job *job, const uint32_t *widths, uint32_t n_layers,
                                struct mlp_error *error)
{
    enum mlp_status status = mlp_net_new(&job->net, widths, n_layers, job->options->seed, error);
    if (status != MLP_OK)
        return status;
    mlp_net_use_precision(job->net, choose_precision(job->options->precision));
    status = mlp_net_use_kernel(job->net, job->options->kernel, error);
    if (status != MLP_OK && strstr(error->found, "bf16") != NULL)
        error_hint(error, "add --precision bf16");
    return status;
}

/* A new network for these data, with the hidden layers that were typed. */
static enum mlp_status new_net(struct cli_job *job, struct mlp_error *error)
{
    const struct cli_layers *layers = &job->options->layers;
    const struct mlp_images *images = &job->dataset.train;
    uint32_t widths[CLI_HIDDEN_MAX + 2];
    if ((uint64_t)images->n_rows * images->n_cols > UINT32_MAX) {
        error_set(error, MLP_E_DATA, job->dataset.origin, -1);
        error_found(error, "images of %" PRIu32 "x%" PRIu32, images->n_rows, images->n_cols);
        error_wanted(error, "less than 2^32 pixels");
        return MLP_E_DATA;
    }
    widths[0] = images->n_rows * images->n_cols;
    memcpy(widths + 1, layers->widths, layers->n * sizeof widths[0]);
    widths[layers->n + 1] = job->dataset.n_classes;
    enum mlp_status status = make_net(job, widths, layers->n + 1, error);
    if (status == MLP_OK) {
        if (job->options->init != MLP_HE) /* which it has */
            mlp_net_init(job->net, (enum mlp_init)job->options->init, job->options->seed);
        mlp_net_use_activation(job->net, (enum mlp_activation)job->options->activation);
    }
    return status;
}

/* --activation is for files that do not say; one that says otherwise would compute nonsense. */
static enum mlp_status choose_activation(struct cli_job *job, const char *path,
                                         struct mlp_error *error)
{
    enum mlp_activation typed = (enum mlp_activation)job->options->activation;
    if (!cli_options_typed(job->options, "activation") || typed == mlp_net_activation(job->net))
        return MLP_OK;
    if (!job->origin.present) {
        mlp_net_use_activation(job->net, typed);
        return MLP_OK;
    }
    error_set(error, MLP_E_MODEL, path, -1);
    error_found(error, "weights for --activation %s",
                mlp_activation_name(mlp_net_activation(job->net)));
    error_wanted(error, "%s, as typed", mlp_activation_name(typed));
    error_hint(error, "leave --activation out: the file says it");
    return MLP_E_MODEL;
}

static enum mlp_status load_net(struct cli_job *job, const struct mlp_model *model,
                                const char *path, struct mlp_error *error)
{
    enum mlp_status status = cli_model_fits(model, &job->dataset, path, error);
    if (status == MLP_OK)
        status = make_net(job, model->widths, model->n_layers, error);
    if (status == MLP_OK && mlp_net_load(job->net, model) != MLP_OK) {
        status = error_set(error, MLP_E_INTERNAL, path, -1);
        error_found(error, "the weights could not be copied into the network");
    }
    job->origin = model->metadata;
    return status == MLP_OK ? choose_activation(job, path, error) : status;
}

/* --layers beside --init-from must say what the file says. */
static enum mlp_status check_layers(const struct cli_job *job, const struct mlp_model *model,
                                    struct mlp_error *error)
{
    const struct cli_layers *layers = &job->options->layers;
    if (!cli_options_typed(job->options, "layers") ||
        (model->n_layers == layers->n + 1 &&
         memcmp(model->widths + 1, layers->widths, layers->n * sizeof layers->widths[0]) == 0))
        return MLP_OK;
    error_set(error, MLP_E_MODEL, job->options->init_from, -1);
    error_found(error, "other hidden layers than --layers says");
    error_hint(error, "leave --layers out: the file has them");
    return MLP_E_MODEL;
}

static enum mlp_status check_validation(const struct cli_job *job, struct mlp_error *error)
{
    uint32_t n = job->dataset.train.n_samples;
    if (job->options->validation < n)
        return MLP_OK;
    error_set(error, MLP_E_USAGE, NULL, -1);
    error_found(error, "--validation %" PRIu32 " of %" PRIu32 " training images",
                job->options->validation, n);
    error_wanted(error, "at most %" PRIu32 ", so that some are left to train on", n - 1);
    return MLP_E_USAGE;
}

int cli_job_open_train(struct cli_job *job, const struct cli_options *options, const char *model,
                       const char *out)
{
    begin(job, options);
    struct mlp_error error = {0};
    struct mlp_model start = {0};
    enum mlp_status status = cli_overwrite_apart(options->init_from, out, &error);
    if (status == MLP_OK)
        status = cli_overwrite_check(model, out, &error);
    if (status == MLP_OK && options->init_from != NULL)
        status = mlp_model_read(&start, options->init_from, &error);
    if (status == MLP_OK && options->init_from != NULL)
        status = check_layers(job, &start, &error);
    if (status == MLP_OK)
        status = read_data(job, options->label_base, &error);
    if (status == MLP_OK)
        status = check_validation(job, &error);
    if (status == MLP_OK)
        status = options->init_from == NULL ? new_net(job, &error)
                                            : load_net(job, &start, options->init_from, &error);
    mlp_model_free(&start);
    return status == MLP_OK ? 0 : cli_fail(&error);
}

/* Other images would make other weights. */
static enum mlp_status check_same_data(const struct cli_job *job, const struct mlp_metadata *origin,
                                       struct mlp_error *error)
{
    const struct mlp_dataset *dataset = &job->dataset;
    if (dataset->fingerprint == origin->fingerprint)
        return MLP_OK;
    error_set(error, MLP_E_MODEL, job->options->model, -1);
    error_found(error, "a training on other data: %s, fingerprint %016" PRIx64, origin->dataset,
                origin->fingerprint);
    error_wanted(error, "one on %s, fingerprint %016" PRIx64, dataset->name, dataset->fingerprint);
    error_hint(error, "name the folder of its data with --data");
    return MLP_E_MODEL;
}

int cli_job_open_resumed(struct cli_job *job, const struct cli_options *options,
                         const struct mlp_model *model)
{
    begin(job, options);
    job->checkpoint = model->checkpoint;
    struct mlp_error error = {0};
    enum mlp_status status = cli_overwrite_check(options->model, NULL, &error);
    if (status == MLP_OK)
        status = read_data(job, options->label_base, &error);
    if (status == MLP_OK)
        status = check_same_data(job, &model->metadata, &error);
    if (status == MLP_OK)
        status = check_validation(job, &error);
    if (status == MLP_OK)
        status = load_net(job, model, options->model, &error);
    return status == MLP_OK ? 0 : cli_fail(cli_model_blamed(&error, options->model));
}

int cli_job_open_use(struct cli_job *job, const struct cli_options *options, const char *output)
{
    begin(job, options);
    struct mlp_error error = {0};
    struct mlp_model model = {0};
    enum mlp_status status = cli_overwrite_apart(options->model, output, &error);
    if (status == MLP_OK)
        status = cli_overwrite_check(NULL, output, &error);
    if (status == MLP_OK)
        status = mlp_model_read(&model, options->model, &error);
    if (status == MLP_E_MODEL && !cli_options_typed(options, "model") &&
        (error.hint[0] == '\0' || access(options->model, F_OK) != 0))
        error_hint(&error, "`mlp train` makes it; or name another with --model");
    if (status == MLP_OK) /* labels are called what they were called in training */
        status = read_data(job,
                           cli_options_typed(options, "label-base") ? options->label_base
                                                                    : model.metadata.label_base,
                           &error);
    if (status == MLP_OK)
        status = load_net(job, &model, options->model, &error);
    mlp_model_free(&model);
    return status == MLP_OK ? 0 : cli_fail(&error);
}

int cli_job_open_data(struct cli_job *job, const struct cli_options *options, const char *output)
{
    begin(job, options);
    struct mlp_error error = {0};
    enum mlp_status status = cli_overwrite_check(NULL, output, &error);
    if (status == MLP_OK)
        status = read_data(job, options->label_base, &error);
    return status == MLP_OK ? 0 : cli_fail(&error);
}

void cli_job_close(struct cli_job *job)
{
    mlp_net_free(job->net);
    mlp_dataset_free(&job->dataset);
    *job = (struct cli_job){0};
}
