/* dataset.c - four IDX files to one data set.
 *
 * First all headers, then all bodies: what does not fit together, or not into memory, is told
 * before anything large is read. The bodies go straight to where they stay, in one pass; start-up
 * time is the time to copy 55 MB out of the page cache, or to inflate them. */
#include "base/dataset.h"
#include "base/cpu.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/team.h"
#include "io/find.h"
#include "io/labels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The fingerprint of MNIST as Yann LeCun published it: 60,000 and 10,000 images of 28 x 28. */
static const uint64_t MNIST_FINGERPRINT = 0x0016ff114a52ae09u;

/* Waking a second thread costs as long as reading some 100 KB; below this it does not pay. */
enum { TEAM_BYTES = 1 << 20 };

/* The four files while they are read. */
struct reading {
    char paths[IO_N_FILES][IO_PATH_BYTES];
    struct io_idx idx[IO_N_FILES];
    int n_open;
    uint8_t *bodies[IO_N_FILES];
    enum mlp_status status[IO_N_FILES];
    struct mlp_error errors[IO_N_FILES];
};

/* Opens as many as are good; n_open tells how many have to be closed. */
static enum mlp_status open_files(struct reading *reading, const char *folder,
                                  struct mlp_error *error)
{
    enum mlp_status status = io_find(folder, reading->paths, error);
    while (status == MLP_OK && reading->n_open < IO_N_FILES) {
        int i = reading->n_open;
        bool images = i == IO_TRAIN_IMAGES || i == IO_TEST_IMAGES;
        status = io_idx_open(&reading->idx[i], reading->paths[i],
                             images ? IO_IDX_IMAGES : IO_IDX_LABELS, error);
        if (status == MLP_OK)
            reading->n_open++;
    }
    return status;
}

/* The error names the label file: it is the one that is more easily confused. */
static enum mlp_status check_counts(const struct io_idx *images, const struct io_idx *labels,
                                    struct mlp_error *error)
{
    if (images->n_items == labels->n_items)
        return MLP_OK;
    io_idx_fail(labels, 4, error, "%u labels", labels->n_items);
    error_wanted(error, "%u, one for each image of %s", images->n_items, images->source.path);
    error_hint(error, "the files belong to different data sets");
    return MLP_E_DATA;
}

/* What the headers say must fit together, and into this machine, before memory is taken. */
static enum mlp_status check_headers(const struct io_idx *idx, struct mlp_error *error)
{
    const struct io_idx *train = &idx[IO_TRAIN_IMAGES], *test = &idx[IO_TEST_IMAGES];
    enum mlp_status status = check_counts(train, &idx[IO_TRAIN_LABELS], error);
    if (status == MLP_OK)
        status = check_counts(test, &idx[IO_TEST_LABELS], error);
    if (status != MLP_OK)
        return status;
    if (train->n_rows != test->n_rows || train->n_cols != test->n_cols) {
        io_idx_fail(test, 8, error, "images of %u x %u", test->n_rows, test->n_cols);
        error_wanted(error, "%u x %u, as in the training set", train->n_rows, train->n_cols);
        error_hint(error, "the files belong to different data sets");
        return MLP_E_DATA;
    }
    uint64_t left = memory_machine_bytes();
    for (int i = 0; i < IO_N_FILES; i++) {
        if (idx[i].body_bytes > left) {
            io_idx_fail(&idx[i], 4, error, "%.1f GiB of data", (double)idx[i].body_bytes * 0x1p-30);
            error_wanted(error, "a data set that fits into memory (%.1f GiB)",
                         (double)memory_machine_bytes() * 0x1p-30);
            return MLP_E_DATA;
        }
        left -= idx[i].body_bytes;
    }
    return MLP_OK;
}

/* The first member reads the training images, most of the bytes; the last one all the others. */
static void read_share(const struct team *team, void *context)
{
    struct reading *reading = context;
    for (int i = 0; i < IO_N_FILES; i++)
        if (team->id == (i == IO_TRAIN_IMAGES ? 0 : team->n - 1))
            reading->status[i] =
                io_idx_read(&reading->idx[i], &reading->bodies[i], &reading->errors[i]);
}

/* Which error is reported does not depend on which thread was faster. */
static enum mlp_status read_bodies(struct reading *reading, struct mlp_error *error)
{
    bool worth_it = reading->idx[IO_TRAIN_IMAGES].body_bytes >= TEAM_BYTES && cpu_cores() > 1;
    team_run(worth_it ? 2 : 1, read_share, reading);
    for (int i = 0; i < IO_N_FILES; i++)
        if (reading->status[i] != MLP_OK) {
            if (error != NULL)
                *error = reading->errors[i];
            return reading->status[i];
        }
    return MLP_OK;
}

/* The last component of the folder's path, whichever way the path is written. */
static void name_folder(const char *folder, char *name, size_t size)
{
    size_t end = strlen(folder);
    while (end > 0 && folder[end - 1] == '/')
        end--;
    size_t begin = end;
    while (begin > 0 && folder[begin - 1] != '/')
        begin--;
    size_t n = end - begin;
    bool dots = strspn(folder + begin, ".") >= n; /* "." or "..", or no component at all */
    char *real = dots ? realpath(folder, NULL) : NULL;
    if (real != NULL)
        snprintf(name, size, "%s", strrchr(real, '/') + 1);
    else
        snprintf(name, size, "%.*s", (int)n, folder + begin);
    free(real);
}

/* Sizes first: they cost nothing, and Fashion-MNIST has the same ones. */
static bool is_mnist(const struct mlp_dataset *dataset)
{
    return dataset->train.n_samples == 60000 && dataset->test.n_samples == 10000 &&
           dataset->train.n_rows == 28 && dataset->train.n_cols == 28 && dataset->n_classes == 10 &&
           dataset->fingerprint == MNIST_FINGERPRINT;
}

static struct mlp_images images_of(struct reading *reading, int images, int labels)
{
    const struct io_idx *idx = &reading->idx[images];
    struct mlp_images result = {.n_samples = idx->n_items,
                                .n_rows = idx->n_rows,
                                .n_cols = idx->n_cols,
                                .pixels = reading->bodies[images],
                                .labels = reading->bodies[labels]};
    reading->bodies[images] = reading->bodies[labels] = NULL; /* they have a new owner */
    return result;
}

static enum mlp_status check_options(const struct mlp_label_options *options,
                                     struct mlp_error *error)
{
    if (options->n_classes <= 256 && options->label_base <= 255)
        return MLP_OK;
    error_set(error, MLP_E_USAGE, NULL, -1);
    error_found(error, "%u classes from %u on", options->n_classes, options->label_base);
    error_wanted(error, "at most 256 classes, from 255 on at the most: labels are bytes");
    return MLP_E_USAGE;
}

enum mlp_status mlp_dataset_read(struct mlp_dataset *dataset, const char *folder,
                                 const struct mlp_label_options *labels, struct mlp_error *error)
{
    static const struct mlp_label_options defaults = {0, 0};
    const struct mlp_label_options *options = labels != NULL ? labels : &defaults;
    struct reading *reading = calloc(1, sizeof *reading);
    if (reading == NULL)
        return error_memory(error, sizeof *reading);
    struct mlp_dataset result = {.label_base = options->label_base};
    enum mlp_status status = check_options(options, error);
    if (status == MLP_OK)
        status = open_files(reading, folder, error);
    if (status == MLP_OK)
        status = check_headers(reading->idx, error);
    if (status == MLP_OK)
        status = read_bodies(reading, error);
    if (status == MLP_OK)
        status = io_labels_train(&reading->idx[IO_TRAIN_LABELS], reading->bodies[IO_TRAIN_LABELS],
                                 options, &result.n_classes, error);
    if (status == MLP_OK)
        status = io_labels_test(&reading->idx[IO_TEST_LABELS], reading->bodies[IO_TEST_LABELS],
                                options, result.n_classes, error);
    if (status == MLP_OK) {
        result.train = images_of(reading, IO_TRAIN_IMAGES, IO_TRAIN_LABELS);
        result.test = images_of(reading, IO_TEST_IMAGES, IO_TEST_LABELS);
        result.fingerprint = dataset_fingerprint(&result);
        snprintf(result.origin, sizeof result.origin, "%s", folder);
        if (is_mnist(&result))
            snprintf(result.name, sizeof result.name, "MNIST");
        else
            name_folder(folder, result.name, sizeof result.name);
        *dataset = result;
    }
    for (int i = 0; i < IO_N_FILES; i++)
        memory_free(reading->bodies[i]);
    for (int i = 0; i < reading->n_open; i++)
        io_idx_close(&reading->idx[i]);
    free(reading);
    return status;
}
