/* npz_write.c - a model to an .npz: W1, b1, W2, b2, ... and then what is known about them, so that
 * the layers are the first thing that `unzip -l` or np.load shows. */
#include "base/error.h"
#include "base/file.h"
#include "io/array.h"
#include "io/checkpoint.h"
#include "io/metadata.h"

#include <stdio.h>
#include <stdlib.h>

static enum mlp_status add_array(struct io_zip_writer *writer, char letter, uint32_t number,
                                 const float *values, uint32_t n_dims, const uint32_t *shape,
                                 struct mlp_error *error)
{
    char name[32];
    uint64_t shape64[2] = {0};
    for (uint32_t i = 0; i < n_dims; i++)
        shape64[i] = shape[i];
    snprintf(name, sizeof name, "%c%u.npy", letter, number);
    return io_array_write(writer, name, values, n_dims, shape64, error);
}

static enum mlp_status add_model(struct io_zip_writer *writer, const struct mlp_model *model,
                                 struct mlp_error *error)
{
    enum mlp_status status = MLP_OK;
    for (uint32_t l = 0; status == MLP_OK && l < model->n_layers; l++) {
        const uint32_t *shape = model->widths + l;
        status = add_array(writer, 'W', l + 1, model->weights[l], 2, shape, error);
        if (status == MLP_OK)
            status = add_array(writer, 'b', l + 1, model->biases[l], 1, shape + 1, error);
    }
    if (status == MLP_OK)
        status = io_metadata_write(writer, &model->metadata, error);
    if (status == MLP_OK && model->checkpoint != NULL)
        status = io_checkpoint_write(writer, model->checkpoint, error);
    return status;
}

enum mlp_status mlp_model_write(const struct mlp_model *model, const char *path,
                                struct mlp_error *error)
{
    struct io_zip_writer writer;
    uint8_t *bytes = NULL;
    size_t n = 0;
    enum mlp_status status = io_zip_writer_init(&writer, error);
    if (status != MLP_OK)
        return status;
    status = add_model(&writer, model, error);
    if (status == MLP_OK)
        status = io_zip_writer_finish(&writer, &bytes, &n, error);
    io_zip_writer_fini(&writer);
    if (status == MLP_OK)
        status = file_replace(path, bytes, n, error);
    free(bytes);
    return status;
}
