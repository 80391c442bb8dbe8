/* metadata.c - one table says what is written and read.
 *
 * Whoever adds a field adds a row. A reader takes what it finds and leaves the rest at "unknown",
 * so files stay readable both ways; format_version is raised only when weights mean something
 * else. */
#include "io/metadata.h"

#include "base/error.h"
#include "io/array.h"
#include "io/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FORMAT_VERSION = 1, MAX_TEXT_BYTES = 4096 };
static const double INPUT_SCALE = 1.0 / 255;

enum kind { LABEL, U32, U64, REAL, TEXT }; /* a label is a byte in IDX files, kept in 32 bits */

static const struct field {
    const char *name;
    enum kind kind;
    size_t offset, size; /* in struct mlp_metadata */
} fields[] = {
#define FIELD(name, kind, member)                                                                  \
    {                                                                                              \
        name, kind, offsetof(struct mlp_metadata, member),                                         \
            sizeof((struct mlp_metadata *)NULL)->member                                            \
    }
    FIELD("format_version", U32, format_version),
    FIELD("activation", TEXT, activation),
    FIELD("seed", U64, seed),
    FIELD("data_fingerprint", U64, fingerprint),
    FIELD("dataset", TEXT, dataset),
    FIELD("recipe", TEXT, recipe),
    FIELD("n_rows", U32, n_rows),
    FIELD("n_cols", U32, n_cols),
    FIELD("label_base", LABEL, label_base),
    FIELD("train_accuracy", REAL, train_accuracy),
    FIELD("test_accuracy", REAL, test_accuracy),
    FIELD("validation_accuracy", REAL, validation_accuracy),
    FIELD("n_test", U32, n_test),
#undef FIELD
};
enum { N_FIELDS = sizeof fields / sizeof fields[0] };

/* ---- writing ---------------------------------------------------------------------------- */

/* Adds an array without dimensions, of one element. */
static enum mlp_status add_scalar(struct io_zip_writer *writer, const char *name, const char *descr,
                                  const void *element, size_t n, struct mlp_error *error)
{
    char header[192], member[64];
    size_t n_header = io_npy_header(header, descr, 0, NULL);
    uint8_t *bytes;
    snprintf(member, sizeof member, "%s.npy", name);
    enum mlp_status status = io_zip_writer_add(writer, member, n_header + n, &bytes, error);
    if (status == MLP_OK) {
        memcpy(bytes, header, n_header);
        memcpy(bytes + n_header, element, n);
    }
    return status;
}

/* Little-endian, as all descrs here begin with "<". */
static enum mlp_status add_u64(struct io_zip_writer *writer, const char *name, const char *descr,
                               uint64_t value, struct mlp_error *error)
{
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    return add_scalar(writer, name, descr, bytes, sizeof bytes, error);
}

static enum mlp_status add_real(struct io_zip_writer *writer, const char *name, double value,
                                struct mlp_error *error)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return add_u64(writer, name, "<f8", bits, error);
}

static enum mlp_status add_text(struct io_zip_writer *writer, const char *name, const char *text,
                                struct mlp_error *error)
{
    char descr[32];
    size_t room = 4 * strlen(text) + 4;
    uint8_t *characters = calloc(room, 1);
    if (characters == NULL)
        return error_memory(error, room);
    size_t n = io_text_encode(text, characters);
    if (n == 0)
        n = 1; /* NumPy has no strings of no characters: a zero stands for the empty one */
    snprintf(descr, sizeof descr, "<U%zu", n);
    enum mlp_status status = add_scalar(writer, name, descr, characters, 4 * n, error);
    free(characters);
    return status;
}

static enum mlp_status add_field(struct io_zip_writer *writer, const struct field *field,
                                 const struct mlp_metadata *metadata, struct mlp_error *error)
{
    const char *at = (const char *)metadata + field->offset;
    uint32_t u32;
    uint64_t u64;
    double real;
    switch (field->kind) {
    case LABEL:
    case U32:
        memcpy(&u32, at, sizeof u32);
        return add_u64(writer, field->name, "<i8", u32, error);
    case U64:
        memcpy(&u64, at, sizeof u64);
        return add_u64(writer, field->name, "<u8", u64, error);
    case REAL:
        memcpy(&real, at, sizeof real);
        return add_real(writer, field->name, real, error);
    default:
        return add_text(writer, field->name, at, error);
    }
}

enum mlp_status io_metadata_write(struct io_zip_writer *writer, const struct mlp_metadata *metadata,
                                  struct mlp_error *error)
{
    struct mlp_metadata written = *metadata;
    written.format_version = FORMAT_VERSION;
    if (written.activation[0] == '\0')
        strcpy(written.activation, "relu");
    enum mlp_status status = MLP_OK;
    for (size_t i = 0; status == MLP_OK && i < N_FIELDS; i++)
        status = add_field(writer, &fields[i], &written, error);
    if (status == MLP_OK)
        status = add_real(writer, "input_scale", INPUT_SCALE, error);
    if (status == MLP_OK)
        status = add_text(writer, "mlp_version", MLP_VERSION, error);
    return status;
}

/* ---- reading ---------------------------------------------------------------------------- */

/* The array has a type or shape that its name does not have. */
static enum mlp_status fail_type(const struct io_array *array, const struct io_zip *zip,
                                 const char *wanted, struct mlp_error *error)
{
    char text[128];
    io_npy_describe(&array->npy, text, sizeof text);
    io_array_fail(array, zip, error, "%s", text);
    error_wanted(error, "%s", wanted);
    return MLP_E_MODEL;
}

/* Any width and sign will do: who rewrites a file with NumPy gets int64 for everything. */
static enum mlp_status read_integer(const struct io_array *array, const struct io_zip *zip,
                                    const uint8_t *element, uint64_t most, uint64_t *value,
                                    struct mlp_error *error)
{
    const struct io_npy *npy = &array->npy;
    if ((npy->kind != 'i' && npy->kind != 'u') || npy->item_bytes < 1 || npy->item_bytes > 8)
        return fail_type(array, zip, "an integer", error);
    *value = io_load_integer(npy, element);
    bool negative = npy->kind == 'i' && (int64_t)*value < 0;
    if (!negative && *value <= most)
        return MLP_OK;
    io_array_fail(array, zip, error, negative ? "%lld" : "%llu", (long long)*value);
    error_wanted(error, "0 to %llu", (unsigned long long)most);
    return MLP_E_MODEL;
}

static enum mlp_status read_real(const struct io_array *array, const struct io_zip *zip,
                                 const uint8_t *element, double *value, struct mlp_error *error)
{
    const struct io_npy *npy = &array->npy;
    if (npy->kind != 'f' || (npy->item_bytes != 4 && npy->item_bytes != 8))
        return fail_type(array, zip, "float32 or float64", error);
    *value = io_load_float(npy, element);
    if (*value <= 1 && isfinite(*value)) /* the scale and accuracies: none is larger */
        return MLP_OK;
    io_array_fail(array, zip, error, "%g", *value);
    error_wanted(error, "at most 1");
    return MLP_E_MODEL;
}

/* Finds a scalar by name and reads its bytes; found tells whether it is there. */
static enum mlp_status read_scalar(struct io_zip *zip, const char *name, struct io_array *array,
                                   uint8_t bytes[MAX_TEXT_BYTES], bool *found,
                                   struct mlp_error *error)
{
    char member[64];
    uint32_t i;
    snprintf(member, sizeof member, "%s.npy", name);
    *found = io_zip_find(zip, member, &i);
    if (!*found)
        return MLP_OK;
    enum mlp_status status = io_array_describe(array, zip, i, error);
    if (status == MLP_OK && (array->npy.n_items != 1 || array->npy.kind == 'O'))
        return fail_type(array, zip, "a single number or string", error);
    if (status == MLP_OK)
        status = io_array_bytes(array, zip, bytes, MAX_TEXT_BYTES, error);
    return status;
}

static enum mlp_status read_field(struct io_zip *zip, const struct field *field,
                                  struct mlp_metadata *metadata, struct mlp_error *error)
{
    struct io_array array;
    uint8_t bytes[MAX_TEXT_BYTES];
    bool found;
    uint64_t u64 = 0;
    double real = 0;
    enum mlp_status status = read_scalar(zip, field->name, &array, bytes, &found, error);
    if (status != MLP_OK || !found)
        return status;
    char *to = (char *)metadata + field->offset;
    if (field->kind == TEXT) {
        if (array.npy.kind != 'U')
            return fail_type(&array, zip, "a string", error);
        io_text_decode(&array.npy, bytes, to, field->size);
    } else if (field->kind == REAL) {
        status = read_real(&array, zip, bytes, &real, error);
        memcpy(to, &real, sizeof real);
    } else {
        static const uint64_t most[] = {
            [LABEL] = UINT8_MAX, [U32] = UINT32_MAX, [U64] = UINT64_MAX};
        status = read_integer(&array, zip, bytes, most[field->kind], &u64, error);
        uint32_t u32 = (uint32_t)u64;
        memcpy(to, field->kind == U64 ? (void *)&u64 : (void *)&u32, field->size);
    }
    return status;
}

__attribute__((format(printf, 4, 5))) static enum mlp_status
fail_unsupported(const struct io_zip *zip, const char *wanted, struct mlp_error *error,
                 const char *found_format, ...)
{
    char found[128];
    va_list arguments;
    va_start(arguments, found_format);
    vsnprintf(found, sizeof found, found_format, arguments);
    va_end(arguments);
    error_set(error, MLP_E_MODEL, zip->path, -1);
    error_found(error, "%s", found);
    error_wanted(error, "%s", wanted);
    error_hint(error, "a newer version of this program may read it");
    return MLP_E_MODEL;
}

/* What another version may have changed and this one does not know how to compute. */
static enum mlp_status check_supported(struct io_zip *zip, const struct mlp_metadata *metadata,
                                       struct mlp_error *error)
{
    struct io_array array;
    uint8_t bytes[MAX_TEXT_BYTES];
    bool found;
    double scale = INPUT_SCALE;
    if (metadata->format_version != FORMAT_VERSION)
        return fail_unsupported(zip, "1", error, "format_version %u", metadata->format_version);
    enum mlp_activation activation;
    if (!mlp_activation_find(metadata->activation, &activation))
        return fail_unsupported(zip, "relu, leaky-relu, gelu, tanh or sigmoid", error,
                                "activation \"%s\"", metadata->activation);
    enum mlp_status status = read_scalar(zip, "input_scale", &array, bytes, &found, error);
    if (status == MLP_OK && found)
        status = read_real(&array, zip, bytes, &scale, error);
    if (status == MLP_OK && fabs(scale / INPUT_SCALE - 1) > 1e-6) /* as float32 it is a bit off */
        status =
            fail_unsupported(zip, "1/255, for pixels of 0 to 255", error, "input_scale %g", scale);
    return status;
}

bool io_metadata_has(const struct io_zip *zip)
{
    uint32_t i;
    return io_zip_find(zip, "format_version.npy", &i);
}

enum mlp_status io_metadata_read(struct io_zip *zip, struct mlp_metadata *metadata,
                                 struct mlp_error *error)
{
    struct mlp_metadata result = {
        .train_accuracy = -1, .test_accuracy = -1, .validation_accuracy = -1, .activation = "relu"};
    result.present = io_metadata_has(zip);
    enum mlp_status status = MLP_OK;
    for (size_t i = 0; result.present && status == MLP_OK && i < N_FIELDS; i++)
        status = read_field(zip, &fields[i], &result, error);
    if (result.present && status == MLP_OK)
        status = check_supported(zip, &result, error);
    if (status == MLP_OK)
        *metadata = result;
    return status;
}
