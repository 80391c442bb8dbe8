#include "io/fields.h"

#include "base/error.h"
#include "io/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TEXT_BYTES = 4096 };

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

static enum mlp_status add_field(struct io_zip_writer *writer, const struct io_field *field,
                                 const void *at, struct mlp_error *error)
{
    uint32_t u32;
    uint64_t u64;
    double real;
    switch (field->kind) {
    case IO_LABEL:
    case IO_U32:
        memcpy(&u32, at, sizeof u32);
        return add_u64(writer, field->name, "<i8", u32, error);
    case IO_U64:
        memcpy(&u64, at, sizeof u64);
        return add_u64(writer, field->name, "<u8", u64, error);
    case IO_SHARE:
    case IO_NUMBER:
        memcpy(&real, at, sizeof real);
        return add_real(writer, field->name, real, error);
    default:
        return add_text(writer, field->name, at, error);
    }
}

enum mlp_status io_fields_write(struct io_zip_writer *writer, const struct io_field *fields,
                                size_t n, const void *record, struct mlp_error *error)
{
    enum mlp_status status = MLP_OK;
    for (size_t i = 0; status == MLP_OK && i < n; i++)
        status = add_field(writer, &fields[i], (const char *)record + fields[i].offset, error);
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
                                 const uint8_t *element, enum io_field_kind kind, double *value,
                                 struct mlp_error *error)
{
    const struct io_npy *npy = &array->npy;
    if (npy->kind != 'f' || (npy->item_bytes != 4 && npy->item_bytes != 8))
        return fail_type(array, zip, "float32 or float64", error);
    *value = io_load_float(npy, element);
    if (isfinite(*value) && (kind != IO_SHARE || *value <= 1))
        return MLP_OK;
    io_array_fail(array, zip, error, "%g", *value);
    error_wanted(error, kind == IO_SHARE ? "at most 1" : "a finite number");
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

static enum mlp_status read_field(struct io_zip *zip, const struct io_field *field, void *to,
                                  struct mlp_error *error)
{
    struct io_array array;
    uint8_t bytes[MAX_TEXT_BYTES];
    bool found;
    uint64_t u64 = 0;
    double real = 0;
    enum mlp_status status = read_scalar(zip, field->name, &array, bytes, &found, error);
    if (status != MLP_OK || !found)
        return status;
    if (field->kind == IO_STRING) {
        if (array.npy.kind != 'U')
            return fail_type(&array, zip, "a string", error);
        io_text_decode(&array.npy, bytes, to, field->size);
    } else if (field->kind == IO_SHARE || field->kind == IO_NUMBER) {
        status = read_real(&array, zip, bytes, field->kind, &real, error);
        memcpy(to, &real, sizeof real);
    } else {
        static const uint64_t most[] = {
            [IO_LABEL] = UINT8_MAX, [IO_U32] = UINT32_MAX, [IO_U64] = UINT64_MAX};
        status = read_integer(&array, zip, bytes, most[field->kind], &u64, error);
        uint32_t u32 = (uint32_t)u64;
        memcpy(to, field->kind == IO_U64 ? (void *)&u64 : (void *)&u32, field->size);
    }
    return status;
}

enum mlp_status io_fields_read(struct io_zip *zip, const struct io_field *fields, size_t n,
                               void *record, struct mlp_error *error)
{
    enum mlp_status status = MLP_OK;
    for (size_t i = 0; status == MLP_OK && i < n; i++)
        status = read_field(zip, &fields[i], (char *)record + fields[i].offset, error);
    return status;
}
