#include "toy.h"

#include "base/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROWS = 9, COLS = 11, PIXELS = ROWS * COLS, CLASSES = 5, N_TRAIN = 700, N_TEST = 300 };

const uint32_t toy_widths[TOY_LAYERS + 1] = {PIXELS, 33, 17, CLASSES};

static void *must(void *memory)
{
    if (memory == NULL) {
        perror("toy");
        exit(EXIT_FAILURE);
    }
    return memory;
}

/* Integer arithmetic only. Sample s of the whole: noise in 0..159, and 96 more on the third of the
 * pixels that belong to its class. */
static struct mlp_images make_images(uint32_t first, uint32_t n)
{
    struct mlp_images images = {.n_samples = n, .n_rows = ROWS, .n_cols = COLS};
    images.pixels = must(malloc((size_t)n * PIXELS));
    images.labels = must(malloc(n));
    for (uint32_t s = 0; s < n; s++) {
        struct random_key noise = {.seed = 1, .purpose = RANDOM_TEST, .sample = first + s};
        struct random_key pattern = {.seed = 2, .purpose = RANDOM_TEST};
        uint32_t random[4], label = (first + s) % CLASSES;
        images.labels[s] = (uint8_t)label;
        pattern.sample = label;
        for (uint32_t i = 0; i < PIXELS; i++) {
            random_u32x4(&pattern, i, random);
            uint32_t in_pattern = random_below(random[0], 3) == 0;
            random_u32x4(&noise, i, random);
            images.pixels[s * PIXELS + i] =
                (uint8_t)(random_below(random[0], 160) + 96 * in_pattern);
        }
    }
    return images;
}

struct mlp_dataset toy_dataset(void)
{
    struct mlp_dataset dataset = {.n_classes = CLASSES, .name = "toy"};
    dataset.train = make_images(0, N_TRAIN);
    dataset.test = make_images(N_TRAIN, N_TEST);
    return dataset;
}

void toy_dataset_free(struct mlp_dataset *dataset)
{
    free(dataset->train.pixels);
    free(dataset->train.labels);
    free(dataset->test.pixels);
    free(dataset->test.labels);
}

struct mlp_train_options toy_options(void)
{
    struct mlp_train_options options = mlp_train_defaults();
    options.n_epochs = 3;
    options.batch = 150;
    options.learning_rate = 0.1f;
    options.seed = 1;
    options.n_threads = 1;
    options.eval_every = 0;
    return options;
}

struct mlp_net *toy_net(void)
{
    struct mlp_net *net = NULL;
    if (mlp_net_new(&net, toy_widths, TOY_LAYERS, 1, NULL) != MLP_OK)
        abort();
    return net;
}

float *toy_parameters(const struct mlp_net *net, size_t *n)
{
    uint32_t n_layers = mlp_net_n_layers(net);
    float *all = must(calloc(mlp_net_n_parameters(net), sizeof *all)), *at = all;
    struct mlp_model model = {.n_layers = n_layers};
    model.widths = must(calloc(n_layers + 1, sizeof *model.widths));
    model.weights = must(calloc(n_layers, sizeof *model.weights));
    model.biases = must(calloc(n_layers, sizeof *model.biases));
    for (uint32_t l = 0; l <= n_layers; l++)
        model.widths[l] = mlp_net_width(net, l);
    for (uint32_t l = 0; l < n_layers; l++) {
        model.weights[l] = at;
        at += (size_t)model.widths[l] * model.widths[l + 1];
        model.biases[l] = at;
        at += model.widths[l + 1];
    }
    if (mlp_net_store(net, &model) != MLP_OK)
        abort();
    free(model.widths);
    free(model.weights);
    free(model.biases);
    *n = (size_t)(at - all);
    return all;
}

/* Lets the sha256sum program read it from a file that has no name any more. */
static bool sha256(const void *bytes, size_t n, char *hex)
{
    FILE *file = tmpfile();
    if (file == NULL)
        return false;
    bool ok = fwrite(bytes, 1, n, file) == n && fflush(file) == 0;
    char command[64];
    snprintf(command, sizeof command, "sha256sum < /dev/fd/%d", fileno(file));
    rewind(file);
    FILE *program = ok ? popen(command, "r") : NULL;
    ok = program != NULL && fread(hex, 1, TOY_SHA256_SIZE - 1, program) == TOY_SHA256_SIZE - 1;
    hex[TOY_SHA256_SIZE - 1] = '\0';
    if (program != NULL)
        ok = pclose(program) == 0 && ok;
    fclose(file);
    return ok;
}

float *toy_trained(const char *kernel, int n_threads, uint32_t n_epochs, size_t *n)
{
    struct mlp_dataset dataset = toy_dataset();
    struct mlp_train_options options = toy_options();
    options.n_epochs = n_epochs;
    options.n_threads = n_threads;
    struct mlp_net *net = toy_net();
    float *parameters = NULL;
    if (mlp_net_use_kernel(net, kernel, NULL) == MLP_OK &&
        mlp_train(net, &dataset, &options, NULL) == MLP_OK)
        parameters = toy_parameters(net, n);
    mlp_net_free(net);
    toy_dataset_free(&dataset);
    return parameters;
}

bool toy_sha256(const float *parameters, size_t n, char *hex)
{
    uint8_t *bytes = must(malloc(n * 4));
    for (size_t i = 0; i < 4 * n; i++) {
        uint32_t word;
        memcpy(&word, &parameters[i / 4], sizeof word);
        bytes[i] = (uint8_t)(word >> 8 * (i % 4)); /* little-endian */
    }
    bool ok = sha256(bytes, n * 4, hex);
    free(bytes);
    return ok;
}

bool toy_weights_sha256(const char *kernel, int n_threads, char *hex)
{
    size_t n;
    float *parameters = toy_trained(kernel, n_threads, toy_options().n_epochs, &n);
    bool ok = parameters != NULL && toy_sha256(parameters, n, hex);
    free(parameters);
    return ok;
}
