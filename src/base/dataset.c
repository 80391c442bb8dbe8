#include "base/dataset.h"

#include "base/hash.h"
#include "base/memory.h"

#include <string.h>

static uint64_t hash_images(uint64_t hash, const struct mlp_images *images)
{
    size_t n_pixels = (size_t)images->n_samples * images->n_rows * images->n_cols;
    hash = hash_bytes(hash, images->pixels, n_pixels);
    return hash_bytes(hash, images->labels, images->n_samples);
}

uint64_t dataset_fingerprint(const struct mlp_dataset *dataset)
{
    return hash_images(hash_images(0, &dataset->train), &dataset->test);
}

void mlp_dataset_free(struct mlp_dataset *dataset)
{
    if (dataset == NULL)
        return;
    memory_free(dataset->train.pixels);
    memory_free(dataset->train.labels);
    memory_free(dataset->test.pixels);
    memory_free(dataset->test.labels);
    memset(dataset, 0, sizeof *dataset); /* a second call frees nothing */
}
