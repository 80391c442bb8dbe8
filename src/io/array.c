/* array.c - elements to floats, a chunk at a time.
 *
 * An array is never held whole beside the model that it goes into: a file of weights costs its own
 * size in memory and one chunk. The checksum is compared after the last element, so what a damaged
 * file leaves in the destination is thrown away by the caller. */
#include "io/array.h"

#include "base/error.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum mlp_status io_array_fail(const struct io_array *array, const struct io_zip *zip,
                              struct mlp_error *error, const char *found_format, ...)
{
    char file[1024], found[256];
    va_list arguments;
    va_start(arguments, found_format);
    vsnprintf(found, sizeof found, found_format, arguments);
    va_end(arguments);
    snprintf(file, sizeof file, "%.880s, member %s", zip->path, array->name);
    error_set(error, MLP_E_MODEL, file, -1);
    error_found(error, "%s", found);
    return MLP_E_MODEL;
}

/* Read apart from the elements, since all shapes must be known and found consistent before memory
 * is taken for any of them. */
enum mlp_status io_array_describe(struct io_array *array, struct io_zip *zip, uint32_t i,
                                  struct mlp_error *error)
{
    struct io_member member;
    uint8_t head[IO_NPY_MAX_HEADER_BYTES];
    array->member = i;
    io_zip_name(zip, i, array->name);
    enum mlp_status status = io_member_open(&member, zip, i, error);
    if (status != MLP_OK)
        return status;
    size_t n = member.size_bytes < sizeof head ? (size_t)member.size_bytes : sizeof head;
    status = io_member_read(&member, head, n, error);
    if (status == MLP_OK)
        status = io_npy_parse(&array->npy, head, n, member.size_bytes, member.name, error);
    io_member_close(&member);
    return status;
}

/* Opens the array's member and skips its header. */
static enum mlp_status open_data(const struct io_array *array, struct io_zip *zip,
                                 struct io_member *member, struct mlp_error *error)
{
    uint8_t head[IO_NPY_MAX_HEADER_BYTES];
    enum mlp_status status = io_member_open(member, zip, array->member, error);
    if (status != MLP_OK)
        return status;
    status = io_member_read(member, head, array->npy.data_at, error);
    if (status != MLP_OK)
        io_member_close(member);
    return status;
}

uint64_t io_load_integer(const struct io_npy *npy, const uint8_t *element)
{
    uint32_t n = npy->item_bytes;
    uint64_t value = 0;
    if (n == 0)
        return 0;
    for (uint32_t i = 0; i < n; i++)
        value = value << 8 | element[npy->big_endian ? i : n - 1 - i];
    uint64_t sign = (uint64_t)1 << (8 * n - 1);
    return npy->kind == 'i' ? (value ^ sign) - sign : value;
}

double io_load_float(const struct io_npy *npy, const uint8_t *element)
{
    uint64_t bits = 0;
    for (uint32_t i = 0; i < npy->item_bytes; i++)
        bits |= (uint64_t)element[npy->big_endian ? npy->item_bytes - 1 - i : i] << (8 * i);
    if (npy->item_bytes == sizeof(double)) {
        double value;
        memcpy(&value, &bits, sizeof value);
        return value;
    }
    uint32_t bits32 = (uint32_t)bits;
    float value;
    memcpy(&value, &bits32, sizeof value);
    return (double)value;
}

/* The k-th element in the order of the file, so that the offset is one in the member. */
static enum mlp_status fail_value(const struct io_array *array, const struct io_zip *zip,
                                  uint64_t k, double value, struct mlp_error *error)
{
    io_array_fail(array, zip, error, isfinite(value) ? "%g, too large for float32" : "%g", value);
    error_wanted(error, "finite numbers");
    if (error != NULL)
        error->offset_bytes = (int64_t)(array->npy.data_at + k * array->npy.item_bytes);
    return MLP_E_MODEL;
}

enum mlp_status io_array_read(const struct io_array *array, struct io_zip *zip, float *to,
                              size_t n_rows, size_t n_cols, bool transposed,
                              struct mlp_error *error)
{
    uint8_t chunk[32768]; /* a multiple of each element's size */
    struct io_member member;
    const struct io_npy *npy = &array->npy;
    enum mlp_status status = open_data(array, zip, &member, error);
    if (status != MLP_OK)
        return status;
    /* Elements come in the order of to, or of its transpose: Fortran order is the transpose of a
     * transposed shape, so two of them cancel. */
    bool columns_first = npy->fortran_order != transposed;
    size_t at = 0, row = 0;
    for (uint64_t k = 0, n; status == MLP_OK && k < npy->n_items; k += n) {
        n = sizeof chunk / npy->item_bytes;
        n = n < npy->n_items - k ? n : npy->n_items - k;
        status = io_member_read(&member, chunk, n * npy->item_bytes, error);
        for (uint64_t i = 0; status == MLP_OK && i < n; i++) {
            double value = io_load_float(npy, chunk + i * npy->item_bytes);
            if (fabs(value) <= (double)FLT_MAX)
                to[at] = (float)value;
            else /* NaN as well, which is in no order */
                status = fail_value(array, zip, k + i, value, error);
            if (!columns_first)
                at++;
            else if (++row < n_rows)
                at += n_cols;
            else
                at = at + 1 - (n_rows - 1) * n_cols, row = 0;
        }
    }
    if (status == MLP_OK)
        status = io_member_finish(&member, error);
    io_member_close(&member);
    return status;
}

enum mlp_status io_array_bytes(const struct io_array *array, struct io_zip *zip, uint8_t *bytes,
                               size_t size, struct mlp_error *error)
{
    struct io_member member;
    if (array->npy.data_bytes > size) {
        io_array_fail(array, zip, error, "%llu bytes", (unsigned long long)array->npy.data_bytes);
        error_wanted(error, "at most %zu", size);
        return MLP_E_MODEL;
    }
    enum mlp_status status = open_data(array, zip, &member, error);
    if (status != MLP_OK)
        return status;
    status = io_member_read(&member, bytes, (size_t)array->npy.data_bytes, error);
    if (status == MLP_OK)
        status = io_member_finish(&member, error);
    io_member_close(&member);
    return status;
}

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

enum mlp_status io_array_write(struct io_zip_writer *writer, const char *name, const float *values,
                               uint32_t n_dims, const uint64_t *shape, struct mlp_error *error)
{
    char header[192];
    size_t n_header = io_npy_header(header, "<f4", n_dims, shape);
    size_t n = (size_t)(n_dims == 1 ? shape[0] : shape[0] * shape[1]);
    uint8_t *bytes;
    enum mlp_status status =
        io_zip_writer_add(writer, name, n_header + n * sizeof *values, &bytes, error);
    if (status == MLP_OK) {
        memcpy(bytes, header, n_header);
        store_floats(bytes + n_header, values, n);
    }
    return status;
}
