#include "cli/predictions.h"

#include "base/error.h"
#include "base/memory.h"

/* Enough for the threads to share, and 1 MiB of probabilities at 256 classes. */
enum { CHUNK = 1024 };

static uint32_t most_probable(const float *probabilities, uint32_t n)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < n; i++)
        if (probabilities[i] > probabilities[best])
            best = i;
    return best;
}

enum mlp_status cli_predictions_each(const struct cli_job *job,
                                     void (*take)(void *context, uint32_t sample,
                                                  const float *probabilities, uint32_t prediction),
                                     void *context, struct mlp_error *error)
{
    const struct mlp_images *images = &job->dataset.test;
    uint32_t classes = job->dataset.n_classes;
    size_t size_bytes = sizeof(float) * CHUNK * classes; /* classes <= 256 */
    float *probabilities = memory_new(size_bytes);
    if (probabilities == NULL)
        return error_memory(error, size_bytes);
    enum mlp_status status = MLP_OK;
    for (uint32_t first = 0; first < images->n_samples && status == MLP_OK; first += CHUNK) {
        uint32_t left = images->n_samples - first, n = left < CHUNK ? left : CHUNK;
        status = mlp_predict(job->net, images, first, n, job->threads.n, probabilities);
        for (uint32_t i = 0; i < n && status == MLP_OK; i++) {
            const float *row = probabilities + (size_t)i * classes;
            take(context, first + i, row, most_probable(row, classes));
        }
    }
    memory_free(probabilities);
    if (status != MLP_OK) {
        error_set(error, status, NULL, -1);
        error_found(error, "the network could not be applied to the test images");
    }
    return status;
}
