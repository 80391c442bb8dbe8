/* gradcheck.c - the gradient check as a lesson. */
#include "base/error.h"
#include "cli/command.h"
#include "cli/log.h"
#include "cli/output.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* N_TRIES parameters of each array: two passes of the network in double for each, and a wrong rule
 * is wrong almost everywhere. Limits: differences in double are good to about 1e-9 and floats to
 * 1e-6 of the largest weight; forgetting a factor or a term gives errors above 1e-2. */
enum { N_TRIES = 40, DIGITS_SEED = 1, LEAST_DIGITS = 10 };
static const double difference_limit = 1e-6, kernel_limit = 1e-5;

static void explain(const struct mlp_net *net, uint32_t n_digits)
{
    char widths[256];
    cli_log_widths(net, widths, sizeof widths);
    cli_say("Training follows the slope of the loss, so the slope had better be right. Here it is\n"
            "found in three ways, for a new network %s, %s, and %" PRIu32 "\n"
            "built-in digits:\n\n"
            "  backward    back-propagation, the chain rule, in double (src/net/reference.c)\n"
            "  difference  (L(w + h) - L(w - h)) / 2h, h = 2^-17, for one parameter at a time\n"
            "  kernel      what one step at rate 1 of the %s kernel, in float, takes off\n\n"
            "The last two are held against the first, a: the error of b is |a - b| / (|a| + |b|),\n"
            "over the parameters tried (kernel: over all). Parameters whose difference spans a\n"
            "kink of a ReLU are skipped.\n",
            widths, mlp_activation_name(mlp_net_activation(net)), n_digits, mlp_net_kernel(net));
}

/* One row; true if both errors are below their limits. */
static bool print_array(char name, uint32_t layer, const struct mlp_gradient_figures *figures)
{
    char label[32], n[32], tried[48];
    bool right = figures->difference_error < difference_limit &&
                 figures->kernel_error < kernel_limit; /* false for NaN */
    snprintf(label, sizeof label, "%c%" PRIu32, name, layer + 1);
    cli_grouped(figures->n_parameters, n);
    snprintf(tried, sizeof tried, "%" PRIu32, figures->n_tried);
    if (figures->n_kinks > 0)
        snprintf(tried, sizeof tried, "%" PRIu32 " (%" PRIu32 " skipped)", figures->n_tried,
                 figures->n_kinks);
    cli_say("  %-5s%12s  %-15s%10.2e%12.1e%12.1e  %s%s%s\n", label, n, tried, figures->norm,
            figures->difference_error, figures->kernel_error,
            cli_colour(right ? CLI_GREEN : CLI_RED), right ? "right" : "WRONG",
            cli_colour(CLI_PLAIN));
    return right;
}

static int print(const struct mlp_net *net, const struct mlp_gradient_layer *layers)
{
    bool right = true;
    cli_say("\n%s  %-5s%12s  %-15s%10s%12s%12s%s\n", cli_colour(CLI_DIM), "", "parameters", "tried",
            "|gradient|", "difference", "kernel", cli_colour(CLI_PLAIN));
    for (uint32_t l = 0; l < mlp_net_n_layers(net); l++) {
        right = print_array('W', l, &layers[l].w) && right;
        right = print_array('b', l, &layers[l].b) && right;
    }
    cli_say("\nAn error is right below %g (difference) and %g (kernel): the gradients %s.\n",
            difference_limit, kernel_limit, right ? "agree" : "DISAGREE");
    return right ? 0 : MLP_E_INTERNAL;
}

static enum mlp_status check(const struct cli_options *options, struct mlp_dataset *dataset,
                             struct mlp_net **net, struct mlp_gradient_layer *layers,
                             struct mlp_error *error)
{
    uint32_t widths[CLI_HIDDEN_MAX + 2], n_digits = options->batch;
    const struct cli_layers *hidden = &options->layers;
    enum mlp_status status =
        mlp_dataset_builtin(dataset, DIGITS_SEED, n_digits < LEAST_DIGITS ? LEAST_DIGITS : n_digits,
                            LEAST_DIGITS, 1, error);
    if (status != MLP_OK)
        return status;
    dataset->train.n_samples = n_digits;
    widths[0] = dataset->train.n_rows * dataset->train.n_cols;
    memcpy(widths + 1, hidden->widths, hidden->n * sizeof widths[0]);
    widths[hidden->n + 1] = dataset->n_classes;
    status = mlp_net_new(net, widths, hidden->n + 1, options->seed, error);
    if (status == MLP_OK)
        status = mlp_net_use_kernel(*net, options->kernel, error);
    if (status == MLP_OK) {
        mlp_net_init(*net, (enum mlp_init)options->init, options->seed);
        mlp_net_use_activation(*net, (enum mlp_activation)options->activation);
        explain(*net, n_digits);
        status = mlp_gradient_check(*net, &dataset->train, N_TRIES, options->seed, layers, error);
    }
    return status;
}

int cli_gradcheck(const struct cli_options *options)
{
    struct mlp_dataset dataset = {0};
    struct mlp_net *net = NULL;
    struct mlp_gradient_layer layers[CLI_HIDDEN_MAX + 1];
    struct mlp_error error = {0};
    enum mlp_status status = check(options, &dataset, &net, layers, &error);
    int code = status == MLP_OK ? print(net, layers) : cli_fail(&error);
    mlp_net_free(net);
    mlp_dataset_free(&dataset);
    return code;
}
