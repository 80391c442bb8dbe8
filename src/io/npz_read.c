/* npz_read.c - an .npz to a model.
 *
 * In this order: what the metadata say (another version, another activation?), which arrays are
 * weights and biases, whether their shapes make a network and their types are ours, memory for it,
 * the elements. So nothing large is read or allocated for a file that could not be used anyway, and
 * pickles are refused without looking into them. */
#include "base/error.h"
#include "io/checkpoint.h"
#include "io/match.h"
#include "io/metadata.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An .npz while it is read. */
struct npz {
    struct io_zip zip;
    struct mlp_metadata metadata;
    struct io_array *arrays; /* those that may be weights and biases */
    uint32_t n_arrays;
    struct io_reading reading;
};

#define SAVE_HINT "save it with np.savez(file, W1=W1, b1=b1, W2=W2, b2=b2, ...)"

/* ---- which arrays ----------------------------------------------------------------------- */

/* Whether name is the letter, a number from 1 on, and ".npy". */
static bool is_numbered(const char *name, char letter)
{
    if (name[0] != letter || name[1] < '1' || name[1] > '9')
        return false;
    size_t n = strspn(name + 1, "0123456789");
    return strcmp(name + 1 + n, ".npy") == 0;
}

/* How many members are called W1, W2, ..., and how many b1, b2, ... */
static void count_named(const struct io_zip *zip, uint32_t *n_weights, uint32_t *n_biases)
{
    char name[IO_ZIP_NAME_BYTES];
    *n_weights = *n_biases = 0;
    for (uint32_t i = 0; i < zip->n_members; i++) {
        io_zip_name(zip, i, name);
        *n_weights += is_numbered(name, 'W');
        *n_biases += is_numbered(name, 'b');
    }
}

/* NumPy stores what has no numeric type, a list of matrices for instance, as a pickle. */
static enum mlp_status refuse_objects(const struct npz *npz, const struct io_array *array,
                                      struct mlp_error *error)
{
    if (array->npy.kind != 'O')
        return MLP_OK;
    io_array_fail(array, &npz->zip, error, "an object array, which is a pickle and could run code");
    error_wanted(error, "arrays of float32 or float64");
    error_hint(error, SAVE_HINT);
    return MLP_E_MODEL;
}

/* W1, b1, W2, b2, ...: as many as there are numbered names, without a gap. */
static enum mlp_status collect_named(struct npz *npz, uint32_t n_layers, struct mlp_error *error)
{
    enum mlp_status status = MLP_OK;
    for (uint32_t k = 0; status == MLP_OK && k < 2 * n_layers; k++) {
        char name[32];
        uint32_t member;
        snprintf(name, sizeof name, "%c%u.npy", k % 2 == 0 ? 'W' : 'b', k / 2 + 1);
        if (!io_zip_find(&npz->zip, name, &member)) {
            error_set(error, MLP_E_MODEL, npz->zip.path, -1);
            error_found(error, "no array %.*s", (int)strlen(name) - 4, name);
            error_wanted(error, "W1, b1, W2, b2, ... for each layer, each once");
            error_hint(error, SAVE_HINT);
            return MLP_E_MODEL;
        }
        struct io_array *array = &npz->arrays[npz->n_arrays++];
        status = io_array_describe(array, &npz->zip, member, error);
        if (status == MLP_OK)
            status = refuse_objects(npz, array, error);
    }
    return status;
}

/* All arrays of floating point numbers that have dimensions. */
static enum mlp_status collect_all(struct npz *npz, struct mlp_error *error)
{
    enum mlp_status status = MLP_OK;
    for (uint32_t i = 0; status == MLP_OK && i < npz->zip.n_members; i++) {
        struct io_array *array = &npz->arrays[npz->n_arrays];
        char name[IO_ZIP_NAME_BYTES];
        io_zip_name(&npz->zip, i, name);
        size_t n = strlen(name);
        if (n < 4 || strcmp(name + n - 4, ".npy") != 0)
            continue;
        status = io_array_describe(array, &npz->zip, i, error);
        if (status == MLP_OK)
            status = refuse_objects(npz, array, error);
        if (status == MLP_OK && array->npy.kind == 'f' && array->npy.n_dims > 0)
            npz->n_arrays++;
    }
    return status;
}

/* ---- what they are ---------------------------------------------------------------------- */

/* "conv (3, 3, 1), fc.weight (10, 64), ...": what there is, as far as it fits. */
static void list_arrays(const struct npz *npz, char *text, size_t size)
{
    size_t at = 0;
    text[0] = '\0';
    for (uint32_t i = 0; i < npz->n_arrays && at < size; i++) {
        char shape[128];
        const struct io_array *array = &npz->arrays[i];
        io_npy_describe(&array->npy, shape, sizeof shape);
        at += (size_t)snprintf(text + at, size - at, "%s%.*s %s", i == 0 ? "" : ", ",
                               (int)strlen(array->name) - 4, array->name, strchr(shape, '('));
    }
}

/* Nobody can tell from afar what such a file means, so the message shows what is in it. */
static enum mlp_status fail_match(const struct npz *npz, int n_fits, struct mlp_error *error)
{
    char list[200];
    uint32_t i;
    list_arrays(npz, list, sizeof list);
    error_set(error, MLP_E_MODEL, npz->zip.path, -1);
    if (npz->n_arrays == 0)
        error_found(error, "no arrays of floating point numbers");
    else
        error_found(error, "%s: %s",
                    n_fits == 0 ? "no network in these arrays"
                                : "more than one network in these arrays",
                    list);
    error_wanted(error, "weights (inputs, outputs) and biases (outputs,), layer after layer");
    if (npz->n_arrays == 0 && io_zip_find(&npz->zip, "archive/data.pkl", &i))
        error_hint(error, "it looks like a PyTorch checkpoint, a pickle that could run code; "
                          "export the arrays with np.savez");
    else
        error_hint(error, SAVE_HINT);
    return MLP_E_MODEL;
}

/* By name the order is known; the orientation is ours, (I,O), unless only the other one fits. */
static enum mlp_status match_named(struct npz *npz, struct mlp_error *error)
{
    struct io_misfit misfit;
    struct io_reading reading = {.n_layers = npz->n_arrays / 2, .order = IO_W_B_PAIRS};
    bool fits = io_reading_fits(&reading, npz->arrays, &misfit);
    if (!fits && !npz->metadata.present) {
        reading.transposed = true;
        fits = io_reading_fits(&reading, npz->arrays, NULL);
    }
    npz->reading = reading;
    if (fits)
        return MLP_OK;
    char shape[128];
    io_npy_describe(&misfit.array->npy, shape, sizeof shape);
    io_array_fail(misfit.array, &npz->zip, error, "shape %s", strchr(shape, '('));
    error_wanted(error, "%s", misfit.wanted);
    return MLP_E_MODEL;
}

/* By shape and order, if there is exactly one way. */
static enum mlp_status match_others(struct npz *npz, struct mlp_error *error)
{
    struct io_reading reading = {0};
    int n_fits = io_match(npz->arrays, npz->n_arrays, &reading);
    npz->reading = reading;
    return n_fits == 1 ? MLP_OK : fail_match(npz, n_fits, error);
}

static enum mlp_status find_arrays(struct npz *npz, struct mlp_error *error)
{
    uint32_t n_weights, n_biases;
    count_named(&npz->zip, &n_weights, &n_biases);
    bool named = n_weights > 0 || npz->metadata.present;
    uint32_t n_layers = n_weights > n_biases ? n_weights : n_biases;
    if (n_layers == 0)
        n_layers = 1; /* of which collect_named will miss the first */
    size_t room = named ? 2 * (size_t)n_layers : (size_t)npz->zip.n_members + 1;
    npz->arrays = calloc(room, sizeof *npz->arrays);
    if (npz->arrays == NULL)
        return error_memory(error, room * sizeof *npz->arrays);
    enum mlp_status status = named ? collect_named(npz, n_layers, error) : collect_all(npz, error);
    if (status != MLP_OK)
        return status;
    return named ? match_named(npz, error) : match_others(npz, error);
}

/* After the shapes: "shape (3,)" is the better message where both are wrong. */
static enum mlp_status check_types(const struct npz *npz, struct mlp_error *error)
{
    for (uint32_t i = 0; i < npz->n_arrays; i++) {
        const struct io_npy *npy = &npz->arrays[i].npy;
        if (npy->kind == 'f' && (npy->item_bytes == 4 || npy->item_bytes == 8))
            continue;
        char text[128];
        io_npy_describe(npy, text, sizeof text);
        io_array_fail(&npz->arrays[i], &npz->zip, error, "%s", text);
        error_wanted(error, "float32 or float64");
        error_hint(error, "convert it with .astype(np.float32)");
        return MLP_E_MODEL;
    }
    return MLP_OK;
}

/* ---- reading them ----------------------------------------------------------------------- */

/* The images' size is another way to say how many inputs there are; both must agree. */
static enum mlp_status new_model(const struct npz *npz, struct mlp_model *model,
                                 struct mlp_error *error)
{
    const struct mlp_metadata *metadata = &npz->metadata;
    uint32_t *widths = calloc((size_t)npz->reading.n_layers + 1, sizeof *widths);
    if (widths == NULL)
        return error_memory(error, npz->reading.n_layers);
    io_reading_widths(&npz->reading, npz->arrays, widths);
    uint64_t n_pixels = (uint64_t)metadata->n_rows * metadata->n_cols;
    enum mlp_status status = MLP_OK;
    if (n_pixels != 0 && n_pixels != widths[0]) {
        status = error_set(error, MLP_E_MODEL, npz->zip.path, -1);
        error_found(error, "images of %u x %u and %u inputs", metadata->n_rows, metadata->n_cols,
                    widths[0]);
        error_wanted(error, "an input for each pixel");
    } else {
        status = mlp_model_new(model, widths, npz->reading.n_layers, error);
    }
    free(widths);
    if (status == MLP_E_USAGE) { /* it was the file's wish, not the caller's */
        status = error_set(error, MLP_E_MODEL, npz->zip.path, -1);
        error_found(error, "a network whose size overflows");
    }
    return status;
}

static enum mlp_status read_arrays(struct npz *npz, struct mlp_model *model,
                                   struct mlp_error *error)
{
    enum mlp_status status = MLP_OK;
    for (uint32_t l = 0; status == MLP_OK && l < model->n_layers; l++) {
        const struct io_array *weight = io_reading_weight(&npz->reading, npz->arrays, l);
        const struct io_array *bias = io_reading_bias(&npz->reading, npz->arrays, l);
        status = io_array_read(weight, &npz->zip, model->weights[l], model->widths[l],
                               model->widths[l + 1], npz->reading.transposed, error);
        if (status == MLP_OK)
            status = io_array_read(bias, &npz->zip, model->biases[l], 1, model->widths[l + 1],
                                   false, error);
    }
    return status;
}

static uint64_t n_parameters(const struct mlp_model *model)
{
    uint64_t n = 0;
    for (uint32_t l = 0; l < model->n_layers; l++)
        n += ((uint64_t)model->widths[l] + 1) * model->widths[l + 1];
    return n;
}

enum mlp_status mlp_model_read(struct mlp_model *model, const char *path, struct mlp_error *error)
{
    struct npz npz = {0};
    struct mlp_model result = {0};
    enum mlp_status status = io_zip_open(&npz.zip, path, error);
    if (status != MLP_OK)
        return status;
    status = io_metadata_read(&npz.zip, &npz.metadata, error);
    if (status == MLP_OK)
        status = find_arrays(&npz, error);
    if (status == MLP_OK)
        status = check_types(&npz, error);
    if (status == MLP_OK)
        status = new_model(&npz, &result, error);
    if (status == MLP_OK)
        status = read_arrays(&npz, &result, error);
    if (status == MLP_OK && npz.metadata.present)
        status = io_checkpoint_read(&npz.zip, n_parameters(&result), &result.checkpoint, error);
    if (status == MLP_OK) {
        result.metadata = npz.metadata;
        *model = result;
    } else {
        mlp_model_free(&result);
    }
    free(npz.arrays);
    io_zip_close(&npz.zip);
    return status;
}
