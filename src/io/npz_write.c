/* npz_write.c - a model to an .npz: W1, b1, W2, b2, ... and then what is known about them, so that
 * the layers are the first thing that `unzip -l` or np.load shows. */
#include "base/error.h"
#include "base/file.h"
#include "io/metadata.h"
#include "io/npy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Copies floats as NumPy's "<f4". */
static void store_floats(uint8_t *to, const float *from, size_t n)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(to, from, n * sizeof *from);
#else
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &from[i], sizeof bits);
        bits = __builtin_bswap32(bits);
        memcpy(to + i * sizeof bits, &bits, sizeof bits);
    }
#endif
}

static enum mlp_status add_array(struct io_zip_writer *writer, char letter, uint32_t number,
                                 const float *values, uint32_t n_dims, const uint32_t *shape,
                                 struct mlp_error *error)
{
    char header[192], name[32];
    size_t n_header = io_npy_header(header, "<f4", n_dims, shape);
    size_t n = n_dims == 1 ? shape[0] : (size_t)shape[0] * shape[1];
    uint8_t *bytes;
    snprintf(name, sizeof name, "%c%u.npy", letter, number);
    enum mlp_status status =
        io_zip_writer_add(writer, name, n_header + n * sizeof *values, &bytes, error);
    if (status == MLP_OK) {
        memcpy(bytes, header, n_header);
        store_floats(bytes + n_header, values, n);
    }
    return status;
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
