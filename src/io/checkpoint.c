#include "io/checkpoint.h"

#include "base/error.h"
#include "base/memory.h"
#include "io/array.h"
#include "io/fields.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define FIELD(name, kind) IO_FIELD(mlp_checkpoint, "resume_" #name, kind, name)
static const struct io_field fields[] = {
    FIELD(step, IO_U64),         FIELD(epoch, IO_U32),           FIELD(n_epochs, IO_U32),
    FIELD(n_correct, IO_U64),    FIELD(loss_sum, IO_NUMBER),     FIELD(best_epoch, IO_U32),
    FIELD(best_loss, IO_NUMBER), FIELD(best_accuracy, IO_SHARE),
};
#undef FIELD
enum { N_FIELDS = sizeof fields / sizeof fields[0] };

static const char *const arrays[MLP_CHECKPOINT_ARRAYS] = {
    [MLP_CHECKPOINT_WEIGHTS] = "resume_weights.npy",
    [MLP_CHECKPOINT_AVERAGE] = "resume_average.npy",
    [MLP_CHECKPOINT_M] = "resume_m.npy",
    [MLP_CHECKPOINT_V] = "resume_v.npy",
};

enum mlp_status io_checkpoint_write(struct io_zip_writer *writer,
                                    const struct mlp_checkpoint *checkpoint,
                                    struct mlp_error *error)
{
    enum mlp_status status = io_fields_write(writer, fields, N_FIELDS, checkpoint, error);
    for (int i = 0; status == MLP_OK && i < MLP_CHECKPOINT_ARRAYS; i++)
        if (checkpoint->arrays[i] != NULL)
            status = io_array_write(writer, arrays[i], checkpoint->arrays[i], 1,
                                    &checkpoint->n_parameters, error);
    return status;
}

/* An array of all parameters. */
static enum mlp_status read_array(struct io_zip *zip, uint32_t member, uint64_t n, float **to,
                                  struct mlp_error *error)
{
    struct io_array array;
    enum mlp_status status = io_array_describe(&array, zip, member, error);
    if (status != MLP_OK)
        return status;
    const struct io_npy *npy = &array.npy;
    bool floats = npy->kind == 'f' && (npy->item_bytes == 4 || npy->item_bytes == 8);
    if (!floats || npy->n_dims != 1 || npy->n_items != n) {
        char text[128];
        io_npy_describe(npy, text, sizeof text);
        io_array_fail(&array, zip, error, "%s", text);
        error_wanted(error, "float32 (%" PRIu64 ",), a number for each parameter", n);
        return MLP_E_MODEL;
    }
    *to = memory_new(n * sizeof **to);
    if (*to == NULL)
        return error_memory(error, n * sizeof **to);
    return io_array_read(&array, zip, *to, 1, n, false, error);
}

enum mlp_status io_checkpoint_read(struct io_zip *zip, uint64_t n_parameters,
                                   struct mlp_checkpoint **checkpoint, struct mlp_error *error)
{
    uint32_t member;
    *checkpoint = NULL;
    if (!io_zip_find(zip, "resume_step.npy", &member))
        return MLP_OK;
    struct mlp_checkpoint *result = calloc(1, sizeof *result);
    if (result == NULL)
        return error_memory(error, sizeof *result);
    result->n_parameters = n_parameters;
    enum mlp_status status = io_fields_read(zip, fields, N_FIELDS, result, error);
    for (int i = 0; status == MLP_OK && i < MLP_CHECKPOINT_ARRAYS; i++)
        if (io_zip_find(zip, arrays[i], &member))
            status = read_array(zip, member, n_parameters, &result->arrays[i], error);
    if (status == MLP_OK)
        *checkpoint = result;
    else
        mlp_checkpoint_free(result);
    return status;
}
