/* array.h - one array of an .npz. */
#ifndef IO_ARRAY_H
#define IO_ARRAY_H

#include "io/npy.h"
#include "io/zip_read.h"
#include "io/zip_write.h"

struct io_array {
    uint32_t member;
    char name[IO_ZIP_NAME_BYTES]; /* "W1.npy" */
    struct io_npy npy;
};

/* io_array_describe - reads the header of a member. */
enum mlp_status io_array_describe(struct io_array *array, struct io_zip *zip, uint32_t member,
                                  struct mlp_error *error) MLP_MUST_USE;

/* io_array_read - the elements as finite float32; the array is float32 or float64, with
 *                 n_rows * n_cols elements.
 * Shapes   to (n_rows, n_cols); the array is (n_rows, n_cols), or (n_cols, n_rows) if transposed */
enum mlp_status io_array_read(const struct io_array *array, struct io_zip *zip, float *to,
                              size_t n_rows, size_t n_cols, bool transposed,
                              struct mlp_error *error) MLP_MUST_USE;

/* io_array_write - adds a float32 array of one or two dimensions, in C order. */
enum mlp_status io_array_write(struct io_zip_writer *writer, const char *name, const float *values,
                               uint32_t n_dims, const uint64_t *shape,
                               struct mlp_error *error) MLP_MUST_USE;

/* io_array_bytes - the raw elements of a small array: exactly as many as its header says, which
 * must not exceed size. */
enum mlp_status io_array_bytes(const struct io_array *array, struct io_zip *zip, uint8_t *bytes,
                               size_t size, struct mlp_error *error) MLP_MUST_USE;

/* io_array_fail - MLP_E_MODEL, naming the member; the caller adds wanted and hint. */
enum mlp_status io_array_fail(const struct io_array *array, const struct io_zip *zip,
                              struct mlp_error *error, const char *found_format, ...)
    __attribute__((format(printf, 4, 5)));

/* io_load_float, io_load_integer - one element of a float (4 or 8 bytes), or of an integer or bool
 * (1 to 8 bytes, sign extended), in either byte order. */
double io_load_float(const struct io_npy *npy, const uint8_t *element);
uint64_t io_load_integer(const struct io_npy *npy, const uint8_t *element);

#endif
