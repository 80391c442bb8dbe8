#include "net/net.h"

#include "base/error.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static size_t bias_floats(uint32_t outputs)
{
    return (size_t)panel_count(outputs) * PANEL;
}

/* Points the layers into the block, or, with block NULL, only counts. Returns the floats used. */
static size_t lay_out(struct mlp_net *net, float *block)
{
    size_t at = 0;
    for (uint32_t l = 0; l < net->n_layers; l++) {
        struct net_layer *layer = &net->layers[l];
        layer->w = (struct panels){.data = block == NULL ? NULL : block + at,
                                   .rows = layer->inputs,
                                   .cols = layer->outputs,
                                   .stride = panel_stride(layer->inputs)};
        at += panel_floats(layer->inputs, layer->outputs);
        layer->bias = block == NULL ? NULL : block + at;
        at += bias_floats(layer->outputs);
    }
    return at;
}

static enum mlp_status check_widths(const uint32_t *widths, uint32_t n_layers,
                                    struct mlp_error *error)
{
    double floats = 0; /* an estimate that cannot overflow */
    for (uint32_t l = 0; l < n_layers; l++)
        floats += ((double)widths[l] + 24) * ((double)widths[l + 1] + 15);
    double bytes = 4 * floats, machine = (double)memory_machine_bytes();
    bool empty = n_layers == 0;
    for (uint32_t l = 0; l <= n_layers; l++)
        empty = empty || widths[l] == 0;
    if (empty) {
        error_set(error, MLP_E_USAGE, NULL, -1);
        error_found(error, "a layer of width 0");
        error_wanted(error, "at least one layer, each of width 1 or more");
        return MLP_E_USAGE;
    }
    if (2 * bytes > machine) { /* training keeps the last good weights beside the current ones */
        error_set(error, MLP_E_USAGE, NULL, -1);
        error_found(error, "a network whose training takes %.1f GiB", 2 * bytes / 0x1p30);
        error_wanted(error, "at most the %.1f GiB of this machine", machine / 0x1p30);
        error_hint(error, "choose fewer or narrower layers");
        return MLP_E_USAGE;
    }
    return MLP_OK;
}

/* Zeroed parameters. */
static struct mlp_net *allocate(const uint32_t *widths, uint32_t n_layers)
{
    struct mlp_net *net = calloc(1, sizeof *net);
    if (net == NULL)
        return NULL;
    net->n_layers = n_layers;
    net->kernel = kernel_find(NULL);
    net->layers = calloc(n_layers, sizeof *net->layers);
    if (net->layers != NULL) {
        for (uint32_t l = 0; l < n_layers; l++) {
            net->layers[l].inputs = widths[l];
            net->layers[l].outputs = widths[l + 1];
        }
        net->n_floats = lay_out(net, NULL);
        net->parameters = memory_new(net->n_floats * sizeof(float));
        if (net->parameters != NULL) {
            lay_out(net, net->parameters);
            return net;
        }
    }
    mlp_net_free(net);
    return NULL;
}

enum mlp_status mlp_net_new(struct mlp_net **net, const uint32_t *widths, uint32_t n_layers,
                            uint64_t seed, struct mlp_error *error)
{
    enum mlp_status status = check_widths(widths, n_layers, error);
    if (status != MLP_OK)
        return status;
    struct mlp_net *made = allocate(widths, n_layers);
    if (made == NULL)
        return error_memory(error, 0);
    mlp_net_init(made, MLP_HE, seed);
    *net = made;
    return MLP_OK;
}

void mlp_net_free(struct mlp_net *net)
{
    if (net == NULL)
        return;
    memory_free(net->parameters);
    free(net->layers);
    free(net);
}

uint32_t mlp_net_n_layers(const struct mlp_net *net)
{
    return net->n_layers;
}

uint32_t mlp_net_width(const struct mlp_net *net, uint32_t layer)
{
    return layer == 0 ? net->layers[0].inputs : net->layers[layer - 1].outputs;
}

uint64_t mlp_net_n_parameters(const struct mlp_net *net)
{
    uint64_t n = 0;
    for (uint32_t l = 0; l < net->n_layers; l++)
        n += ((uint64_t)net->layers[l].inputs + 1) * net->layers[l].outputs;
    return n;
}

void net_copy_parameters(struct mlp_net *to, const struct mlp_net *from)
{
    memcpy(to->parameters, from->parameters, from->n_floats * sizeof(float));
}

bool net_block_is_finite(const struct mlp_net *net, const float *block)
{
    const uint32_t exponent = 0x7f800000; /* all ones in infinities and NaN */
    uint32_t found = 0;
    for (size_t i = 0; i < net->n_floats; i++) { /* no early exit: this way it is vectorised */
        uint32_t bits;
        memcpy(&bits, &block[i], sizeof bits);
        found |= (bits & exponent) == exponent;
    }
    return found == 0;
}

bool net_is_finite(const struct mlp_net *net)
{
    return net_block_is_finite(net, net->parameters);
}

struct mlp_net *net_clone(const struct mlp_net *net)
{
    uint32_t *widths = calloc((size_t)net->n_layers + 1, sizeof *widths);
    struct mlp_net *copy = NULL;
    if (widths != NULL) {
        for (uint32_t l = 0; l <= net->n_layers; l++)
            widths[l] = mlp_net_width(net, l);
        copy = allocate(widths, net->n_layers);
        free(widths);
    }
    if (copy != NULL) {
        net_copy_parameters(copy, net);
        copy->kernel = net->kernel;
        copy->kernel_named = net->kernel_named;
        copy->precision = net->precision;
        copy->activation = net->activation;
    }
    return copy;
}

enum mlp_status mlp_net_use_kernel(struct mlp_net *net, const char *name, struct mlp_error *error)
{
    bool any = name == NULL || strcmp(name, "auto") == 0;
    const struct kernel *kernel = any ? kernel_best(net->precision) : kernel_find(name);
    if (kernel != NULL && kernel_serves(kernel, net->precision)) {
        net->kernel = kernel;
        net->kernel_named = !any;
        return MLP_OK;
    }
    error_set(error, MLP_E_USAGE, NULL, -1);
    if (kernel == NULL)
        error_found(error, "there is no kernel \"%s\"", name);
    else if (kernel_runs(kernel))
        error_found(error, "kernel \"%s\" computes in bf16, and precision is f32", name);
    else
        error_found(error, "kernel \"%s\" needs CPU features that are not available here", name);
    char names[128] = "auto";
    for (uint32_t i = 0; (kernel = kernel_table(i)) != NULL; i++)
        if (kernel_serves(kernel, net->precision)) {
            strcat(names, ", ");
            strcat(names, kernel->name);
        }
    error_wanted(error, "one of %s", names);
    return MLP_E_USAGE;
}

void mlp_net_use_precision(struct mlp_net *net, enum mlp_precision precision)
{
    net->precision = precision;
    if (net->kernel_named && kernel_serves(net->kernel, precision))
        return;
    net->kernel = kernel_best(precision);
    net->kernel_named = false;
}

enum mlp_precision mlp_net_precision(const struct mlp_net *net)
{
    return net->precision;
}

void mlp_net_use_activation(struct mlp_net *net, enum mlp_activation activation)
{
    net->activation = activation;
}

enum mlp_activation mlp_net_activation(const struct mlp_net *net)
{
    return net->activation;
}

const char *mlp_net_kernel(const struct mlp_net *net)
{
    return net->kernel->name;
}
