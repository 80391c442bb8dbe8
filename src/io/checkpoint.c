#include "io/checkpoint.h"

#include "base/error.h"
#include "base/memory.h"
#include "io/array.h"
#include "io/fields.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* Which arrays there are, a bit for each: a missing one would mean something else. */
struct presence {
    uint32_t arrays;
};
static const struct io_field presence_field = IO_FIELD(presence, "resume_arrays", IO_U32, arrays);

enum mlp_status io_checkpoint_write(struct io_zip_writer *writer,
                                    const struct mlp_checkpoint *checkpoint,
                                    struct mlp_error *error)
{
    enum mlp_status status = io_fields_write(writer, fields, N_FIELDS, checkpoint, error);
    struct presence presence = {0};
    for (int i = 0; i < MLP_CHECKPOINT_ARRAYS; i++)
        presence.arrays |= (uint32_t)(checkpoint->arrays[i] != NULL) << i;
    if (status == MLP_OK)
        status = io_fields_write(writer, &presence_field, 1, &presence, error);
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

static enum mlp_status find(const struct io_zip *zip, const char *name, uint32_t *member,
                            struct mlp_error *error)
{
    if (io_zip_find(zip, name, member))
        return MLP_OK;
    error_set(error, MLP_E_MODEL, zip->path, -1);
    error_found(error, "resume_step, but no %.*s", (int)strlen(name) - 4, name);
    error_wanted(error, "all that belongs to a training that was interrupted, or nothing");
    return MLP_E_MODEL;
}

/* All of them: without one, training would go on another way than it began. */
static enum mlp_status read_fields(struct io_zip *zip, struct mlp_checkpoint *checkpoint,
                                   struct presence *presence, struct mlp_error *error)
{
    enum mlp_status status = find(zip, "resume_arrays.npy", &(uint32_t){0}, error);
    for (size_t i = 0; status == MLP_OK && i < N_FIELDS; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s.npy", fields[i].name);
        status = find(zip, name, &(uint32_t){0}, error);
    }
    if (status == MLP_OK)
        status = io_fields_read(zip, &presence_field, 1, presence, error);
    return status == MLP_OK ? io_fields_read(zip, fields, N_FIELDS, checkpoint, error) : status;
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
    struct presence presence = {0};
    enum mlp_status status = read_fields(zip, result, &presence, error);
    if (status == MLP_OK && presence.arrays >> MLP_CHECKPOINT_ARRAYS != 0) {
        status = error_set(error, MLP_E_MODEL, zip->path, -1);
        error_found(error, "resume_arrays %" PRIu32, presence.arrays);
        error_wanted(error, "less than %d", 1 << MLP_CHECKPOINT_ARRAYS);
        error_hint(error, "a newer version of this program may go on with it");
    }
    for (int i = 0; status == MLP_OK && i < MLP_CHECKPOINT_ARRAYS; i++)
        if ((presence.arrays >> i & 1) != 0) {
            status = find(zip, arrays[i], &member, error);
            if (status == MLP_OK)
                status = read_array(zip, member, n_parameters, &result->arrays[i], error);
        }
    if (status == MLP_OK)
        *checkpoint = result;
    else
        mlp_checkpoint_free(result);
    return status;
}
