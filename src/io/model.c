/* model.c - the arrays between files and networks. Aligned memory: they may be copied, or computed
 * on, by vectors. */
#include "base/error.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static enum mlp_status fail_widths(struct mlp_error *error, const char *found)
{
    error_set(error, MLP_E_USAGE, NULL, -1);
    error_found(error, "%s", found);
    error_wanted(error, "at least one layer, of widths from 1 up to what memory holds");
    return MLP_E_USAGE;
}

/* The bytes of all weights and biases. */
static enum mlp_status check_widths(const uint32_t *widths, uint32_t n_layers,
                                    struct mlp_error *error)
{
    size_t total = 0, bytes;
    if (n_layers == 0)
        return fail_widths(error, "no layers");
    for (uint32_t l = 0; l < n_layers; l++) {
        if (widths[l] == 0 || widths[l + 1] == 0)
            return fail_widths(error, "a layer of width 0");
        if (!memory_size((size_t)widths[l] + 1, widths[l + 1], &bytes) ||
            !memory_size(bytes, sizeof(float), &bytes) ||
            __builtin_add_overflow(total, bytes, &total))
            return fail_widths(error, "widths whose product overflows");
    }
    if (total > memory_machine_bytes())
        return error_memory(error, total);
    return MLP_OK;
}

enum mlp_status mlp_model_new(struct mlp_model *model, const uint32_t *widths, uint32_t n_layers,
                              struct mlp_error *error)
{
    enum mlp_status status = check_widths(widths, n_layers, error);
    if (status != MLP_OK)
        return status;
    struct mlp_model result = {.n_layers = n_layers};
    result.widths = malloc(((size_t)n_layers + 1) * sizeof *result.widths);
    result.weights = calloc(n_layers, sizeof *result.weights);
    result.biases = calloc(n_layers, sizeof *result.biases);
    bool ok = result.widths != NULL && result.weights != NULL && result.biases != NULL;
    size_t bytes = 0;
    if (ok)
        memcpy(result.widths, widths, ((size_t)n_layers + 1) * sizeof *widths);
    for (uint32_t l = 0; ok && l < n_layers; l++) {
        bytes = (size_t)widths[l] * widths[l + 1] * sizeof(float);
        result.weights[l] = memory_new(bytes);
        result.biases[l] = memory_new(widths[l + 1] * sizeof(float));
        ok = result.weights[l] != NULL && result.biases[l] != NULL;
    }
    if (!ok) {
        mlp_model_free(&result);
        return error_memory(error, bytes);
    }
    *model = result;
    return MLP_OK;
}

void mlp_model_free(struct mlp_model *model)
{
    if (model == NULL)
        return;
    for (uint32_t l = 0; l < model->n_layers; l++) {
        if (model->weights != NULL)
            memory_free(model->weights[l]);
        if (model->biases != NULL)
            memory_free(model->biases[l]);
    }
    mlp_checkpoint_free(model->checkpoint);
    free(model->weights);
    free(model->biases);
    free(model->widths);
    memset(model, 0, sizeof *model); /* a second call frees nothing */
}
