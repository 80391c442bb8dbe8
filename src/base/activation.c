/* activation.c - the names of activations, as files and options have them. */
#include "mlp.h"

#include <string.h>

static const char *const names[] = {[MLP_RELU] = "relu",
                                    [MLP_LEAKY_RELU] = "leaky-relu",
                                    [MLP_GELU] = "gelu",
                                    [MLP_TANH] = "tanh",
                                    [MLP_SIGMOID] = "sigmoid"};

const char *mlp_activation_name(enum mlp_activation activation)
{
    return names[activation];
}

bool mlp_activation_find(const char *name, enum mlp_activation *activation)
{
    for (int i = MLP_RELU; i <= MLP_SIGMOID; i++)
        if (strcmp(name, names[i]) == 0) {
            *activation = (enum mlp_activation)i;
            return true;
        }
    return false;
}
