#include "cli/log.h"

#include "cli/output.h"
#include "cli/recipe.h"
#include "cli/value.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void cli_log_line(const char *name, const char *format, ...)
{
    char text[9216];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    cli_printable(text);
    cli_say("  %s%-9s%s %s\n", cli_colour(CLI_DIM), name, cli_colour(CLI_PLAIN), text);
}

void cli_log_threads(const struct mlp_threads *threads, char *text, size_t size)
{
    static const char *const sources[] = {
        [MLP_THREADS_OPTION] = "--threads",
        [MLP_THREADS_OMP] = "OMP_NUM_THREADS",
        [MLP_THREADS_CORES] = "as many as usable cores",
    };
    const char *source = sources[threads->source];
    if (threads->n < threads->n_asked)
        snprintf(text, size, "%d, all usable cores (%s asked for %d; --force-threads takes them)",
                 threads->n, source, threads->n_asked);
    else if (threads->n > threads->n_cores)
        snprintf(text, size, "%d (%s, forced: more than the %d usable cores)", threads->n, source,
                 threads->n_cores);
    else
        snprintf(text, size, "%d (%s)", threads->n, source);
}

static void log_data(const struct cli_job *job)
{
    const struct mlp_dataset *dataset = &job->dataset;
    char n_train[32], n_test[32];
    cli_grouped(dataset->train.n_samples, n_train);
    cli_grouped(dataset->test.n_samples, n_test);
    cli_log_line("data",
                 "%s: %s training and %s test images, %" PRIu32 "x%" PRIu32 ", %" PRIu32 " classes",
                 dataset->name, n_train, n_test, dataset->train.n_rows, dataset->train.n_cols,
                 dataset->n_classes);
    cli_log_line("", "%s (%s), fingerprint %016" PRIx64, dataset->origin,
                 cli_source_text(job->source), dataset->fingerprint);
}

void cli_log_widths(const struct mlp_net *net, char *text, size_t size)
{
    size_t at = 0;
    for (uint32_t i = 0; i <= mlp_net_n_layers(net) && at < size; i++)
        at += (size_t)snprintf(text + at, size - at, "%s%" PRIu32, i == 0 ? "" : "-",
                               mlp_net_width(net, i));
    if (at >= size) /* deep ones: how deep says more than half a list */
        snprintf(text, size, "%" PRIu32 " layers", mlp_net_n_layers(net));
}

static void log_network(const struct cli_job *job)
{
    static const char *const activations[] = {[MLP_RELU] = "ReLU",
                                              [MLP_LEAKY_RELU] = "leaky ReLU",
                                              [MLP_GELU] = "GELU",
                                              [MLP_TANH] = "tanh",
                                              [MLP_SIGMOID] = "sigmoid"};
    char widths[256], n_parameters[32];
    cli_log_widths(job->net, widths, sizeof widths);
    cli_grouped(mlp_net_n_parameters(job->net), n_parameters);
    cli_log_line("network", "%s, %s parameters, %s, softmax cross-entropy", widths, n_parameters,
                 activations[mlp_net_activation(job->net)]);
}

static void log_split(const struct cli_job *job)
{
    char n_train[32], n_held_out[32];
    if (job->options->validation == 0)
        return;
    cli_grouped(job->dataset.train.n_samples - job->options->validation, n_train);
    cli_grouped(job->options->validation, n_held_out);
    cli_log_line("", "trained on the first %s, watched on the last %s", n_train, n_held_out);
}

static const char *kernel_remark(const struct mlp_net *net)
{
    struct mlp_kernel_info info = {0};
    if (mlp_net_precision(net) == MLP_F32)
        return strcmp(mlp_net_kernel(net), mlp_kernel_default()) == 0 ? ", the best for this CPU"
                                                                      : "";
    for (uint32_t i = 0; mlp_kernel_info(i, &info); i++)
        if (info.only_bf16 && strcmp(info.name, mlp_net_kernel(net)) == 0)
            return ", whose tiles multiply bf16";
    return ", which rounds to bf16 and multiplies in f32: slower than f32 alone";
}

static void log_machine(const struct cli_job *job)
{
    char threads[128];
    cli_log_threads(&job->threads, threads, sizeof threads);
    const char *kernel = mlp_net_kernel(job->net);
    if (mlp_net_precision(job->net) == MLP_BF16)
        cli_log_line("precision", "bf16 products with f32 sums, weights and updates");
    cli_log_line("kernel", "%s%s", kernel, kernel_remark(job->net));
    cli_log_line("threads", "%s", threads);
}

static void log_augmentation(const struct cli_options *options)
{
    static const char *const what[] = {
        [MLP_AUGMENT_SHIFT] = "shift: images moved",
        [MLP_AUGMENT_AFFINE] = "affine: images moved, turned, sheared and scaled",
        [MLP_AUGMENT_ELASTIC] = "elastic: images moved, turned, sheared, scaled and bent",
    };
    char strength[32];
    if (options->augment == MLP_AUGMENT_NONE && options->adversarial > 0)
        cli_log_line("", "train loss and accuracy are of the moved images");
    if (options->augment == MLP_AUGMENT_NONE)
        return;
    cli_rate_format(options->augment_strength, strength, sizeof strength);
    cli_log_line("augment", "%s, strength %s; train loss and accuracy are of these%s",
                 what[options->augment], strength, options->adversarial > 0 ? ", moved" : "");
}

void cli_log_checkpoint(const struct mlp_checkpoint *checkpoint, char *text, size_t size)
{
    bool within = checkpoint->loss_sum != 0 || checkpoint->n_correct != 0;
    snprintf(text, size, "%s epoch %" PRIu32 " of %" PRIu32 ", after %" PRIu64 " steps",
             within ? "in" : "after", checkpoint->epoch + within, checkpoint->n_epochs,
             checkpoint->step);
}

void cli_log_header(const struct cli_job *job)
{
    const struct cli_options *options = job->options;
    char optimizer[320], command[9000];
    cli_recipe_describe(options, optimizer, sizeof optimizer);
    cli_command_line(job, command, sizeof command);
    cli_say("%smlp %s%s\n\n", cli_colour(CLI_BOLD), MLP_VERSION, cli_colour(CLI_PLAIN));
    log_data(job);
    log_split(job);
    log_network(job);
    cli_log_line("start", "%s",
                 options->init_from != NULL    ? options->init_from
                 : options->init == MLP_XAVIER ? "Xavier initialisation"
                                               : "He initialisation");
    if (job->checkpoint != NULL) {
        char progress[128];
        cli_log_checkpoint(job->checkpoint, progress, sizeof progress);
        cli_log_line("resumed", "%s", progress);
    }
    cli_log_line("training", "%" PRIu32 " epoch%s, batch %" PRIu32 ", %s, seed %" PRIu64,
                 options->epochs, options->epochs == 1 ? "" : "s", options->batch, optimizer,
                 options->seed);
    log_augmentation(options);
    if (options->early_stop > 0)
        cli_log_line("",
                     "the best epoch is kept; ends after %" PRIu32 " epoch%s without a better one",
                     options->early_stop, options->early_stop == 1 ? "" : "s");
    log_machine(job);
    cli_log_line("weights", "%s", options->model);
    cli_log_line("repeat", "%s", command);
}

void cli_log_tune_header(const struct cli_job *job)
{
    cli_say("%smlp %s%s\n\n", cli_colour(CLI_BOLD), MLP_VERSION, cli_colour(CLI_PLAIN));
    log_data(job);
    log_split(job);
    log_network(job);
    log_machine(job);
}

void cli_log_use_header(const struct cli_job *job)
{
    cli_say("%smlp %s%s\n\n", cli_colour(CLI_BOLD), MLP_VERSION, cli_colour(CLI_PLAIN));
    log_data(job);
    log_network(job);
    if (!job->origin.present)
        cli_log_line("weights", "%s, by another program", job->options->model);
    else if (job->origin.fingerprint == job->dataset.fingerprint)
        cli_log_line("weights", "%s, trained on these data", job->options->model);
    else
        cli_log_line("weights", "%s, trained on other data: %s, fingerprint %016" PRIx64,
                     job->options->model, job->origin.dataset, job->origin.fingerprint);
    log_machine(job);
}

void cli_log_interval(int column, const struct mlp_evaluation *evaluation)
{
    double low, high;
    mlp_confidence_interval(evaluation->n_correct, evaluation->n_samples, &low, &high);
    cli_say("%-*s: %.2f%% to %.2f%% (Wilson)\n", column, "Interval (95%)", 100 * low, 100 * high);
}

void cli_log_columns(bool validation)
{
    cli_say("\n%s      epoch   train loss  accuracy  %s  accuracy   seconds    images/s%s\n",
            cli_colour(CLI_DIM), validation ? "valid loss" : " test loss", cli_colour(CLI_PLAIN));
}

void cli_log_epoch(const struct mlp_epoch_report *report)
{
    char epoch[32], speed[32], loss[32] = "-", accuracy[32] = "-";
    snprintf(epoch, sizeof epoch, "%" PRIu32 "/%" PRIu32, report->epoch, report->n_epochs);
    cli_grouped((uint64_t)report->images_per_second, speed);
    if (report->evaluated || report->validated) {
        snprintf(loss, sizeof loss, "%.4f",
                 report->validated ? report->validation_loss : report->test_loss);
        snprintf(accuracy, sizeof accuracy, "%.2f%%",
                 100 * (report->validated ? report->validation_accuracy : report->test_accuracy));
    }
    cli_say("%11s   %10.4f  %7.2f%%  %10s  %8s  %8.3f  %10s\n", epoch, report->train_loss,
            100 * report->train_accuracy, loss, accuracy, report->seconds, speed);
}
