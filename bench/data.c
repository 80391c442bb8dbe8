/* data.c - the data set that everything is trained on, and the files that peers read it from. */
#include "base/error.h"
#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#ifndef BENCH_BUILD
#    define BENCH_BUILD "build"
#endif

/* As MNIST: speed must not depend on which data set was at hand. */
enum { N_TRAIN = 60000, N_TEST = 10000, QUICK_TRAIN = 2000 };

static void read_folder(struct bench *bench, const char *folder)
{
    const struct mlp_label_options labels = {0, 0};
    struct mlp_error error = {.status = MLP_OK};
    if (mlp_dataset_read(&bench->dataset, folder, &labels, &error) != MLP_OK) {
        char text[2048];
        mlp_error_format(&error, text, sizeof text);
        fprintf(stderr, "mlp-bench: %s\n", text);
        exit(MLP_E_DATA);
    }
}

static void write_big_endian(uint8_t *bytes, uint32_t n)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(n >> (24 - 8 * i));
}

/* Source: http://yann.lecun.com/exdb/mnist/: magic 0x0800 + dimensions, each dimension, bytes. */
static bool write_idx(const char *folder, const char *name, const uint32_t *dims, int n_dims,
                      const uint8_t *bytes)
{
    char path[512];
    uint8_t header[16];
    size_t n = 1, header_bytes = 4 + 4 * (size_t)n_dims;
    write_big_endian(header, 0x800u + (uint32_t)n_dims);
    for (int i = 0; i < n_dims; i++) {
        write_big_endian(header + 4 + 4 * i, dims[i]);
        n *= dims[i];
    }
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wbe");
    if (file == NULL)
        return false;
    bool ok =
        fwrite(header, 1, header_bytes, file) == header_bytes && fwrite(bytes, 1, n, file) == n;
    return fclose(file) == 0 && ok;
}

/* Peers know one network only, 784 inputs and 10 classes; other data sets go without them. */
static void write_for_peers(struct bench *bench)
{
    const struct mlp_images *train = &bench->dataset.train;
    const char *folder = bench->work_folder;
    uint32_t dims[3] = {train->n_samples, train->n_rows, train->n_cols};
    if (train->n_rows * train->n_cols != 784 || bench->dataset.n_classes != 10 || folder[0] == '\0')
        return;
    bench->for_peers = write_idx(folder, "train-images-idx3-ubyte", dims, 3, train->pixels) &&
                       write_idx(folder, "train-labels-idx1-ubyte", dims, 1, train->labels);
    if (!bench->for_peers)
        bench_note("cannot write into %s: no trainers to compare with", folder);
}

/* Shares of the peak are measured on these: of others, products leave out what is zero. */
static void make_no_zeros(struct bench *bench)
{
    struct mlp_images *to = &bench->no_zeros;
    *to = bench->dataset.train;
    size_t bytes = (size_t)to->n_samples * to->n_rows * to->n_cols;
    to->pixels = malloc(bytes);
    if (to->pixels == NULL) {
        fprintf(stderr, "mlp-bench: no memory for images without zeros\n");
        exit(EXIT_FAILURE);
    }
    for (size_t i = 0; i < bytes; i++)
        to->pixels[i] = bench->dataset.train.pixels[i] | (bench->dataset.train.pixels[i] == 0);
}

void bench_data(struct bench *bench)
{
    const char *folder = bench->options.data, *environment = getenv("MNIST_DIR");
    if (folder == NULL && environment != NULL && environment[0] != '\0')
        folder = environment;
    if (folder == NULL && mlp_dataset_present("data"))
        folder = "data";
    uint32_t n_train = bench->options.quick ? QUICK_TRAIN : N_TRAIN;
    if (folder != NULL) {
        read_folder(bench, folder);
    } else if (mlp_dataset_builtin(&bench->dataset, 1, n_train, N_TEST, bench_threads(bench),
                                   NULL) != MLP_OK) {
        fprintf(stderr, "mlp-bench: no memory for the built-in digits\n");
        exit(EXIT_FAILURE);
    }
    if (bench->dataset.train.n_samples > n_train && bench->options.quick)
        bench->dataset.train.n_samples = n_train;
    make_no_zeros(bench);
    snprintf(bench->data_name, sizeof bench->data_name, "%s", bench->dataset.name);
    mkdir(BENCH_BUILD, 0777);
    if (mkdir(BENCH_BUILD "/bench-data", 0777) == 0 || errno == EEXIST)
        snprintf(bench->work_folder, sizeof bench->work_folder, "%s", BENCH_BUILD "/bench-data");
    if (bench->options.peers)
        write_for_peers(bench);
}
