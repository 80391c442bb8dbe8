#include "cli/command.h"

#include <string.h>

static const struct cli_command table[] = {
    {"run", CLI_RUN, cli_run, "Train, evaluate, and write a picture of 25 predictions"},
    {"train", CLI_TRAIN, cli_train, "Train a network and save its weights"},
    {"eval", CLI_EVAL, cli_eval, "Test saved weights: accuracy, overall and for each class"},
    {"predict", CLI_PREDICT, cli_predict, "Write a picture of 25 predictions by saved weights"},
    {"augment", CLI_AUGMENT, cli_augment, "Write a picture of what --augment does to images"},
    {"info", CLI_INFO, cli_info, "Show version, CPU, kernels, threads; with --model, its origin"},
    {"tune", CLI_TUNE, cli_tune, "Find a learning rate: by a sweep with a picture, or by a grid"},
    {"gradcheck", CLI_GRADCHECK, cli_gradcheck,
     "Check the gradients, layer by layer: a lesson in back-propagation"},
};

const struct cli_command *cli_command_at(size_t i)
{
    return i < sizeof table / sizeof table[0] ? &table[i] : NULL;
}

const struct cli_command *cli_command_find(const char *name)
{
    for (size_t i = 0; cli_command_at(i) != NULL; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}
