/* npy.h - the header of a .npy file: what an array's bytes mean.
 *
 * Source  NEP 1 and numpy.lib.format: "\x93NUMPY", version, length of the header, then a Python
 *         dictionary in ASCII (version 3: UTF-8), padded with spaces, then the elements. */
#ifndef IO_NPY_H
#define IO_NPY_H

#include "mlp.h"

enum {
    IO_NPY_MAX_DIMS = 8,           /* NumPy allows 32; weights have 2 */
    IO_NPY_MAX_HEADER_BYTES = 4096 /* plain types need 128; far more only for structures */
};

struct io_npy {
    char kind; /* NumPy's letter: f float, i, u integer, b bool, U text, O object... */
    bool big_endian;
    bool fortran_order; /* the first dimension runs fastest */
    uint32_t item_bytes;
    uint32_t n_dims;
    uint64_t shape[IO_NPY_MAX_DIMS];
    uint64_t n_items; /* the product of the shape */
    uint32_t data_at; /* where the elements begin */
    uint64_t data_bytes /* and how many bytes they are; 0 for objects, which are a pickle */;
};

/* io_npy_parse - the header at the beginning of a file of total_bytes, of which the first n are at
 *                hand (IO_NPY_MAX_HEADER_BYTES are enough). Elements must fill the file exactly.
 * Returns  MLP_OK; MLP_E_MODEL with `file` and the offset in it */
enum mlp_status io_npy_parse(struct io_npy *npy, const uint8_t *bytes, size_t n,
                             uint64_t total_bytes, const char *file,
                             struct mlp_error *error) MLP_MUST_USE;

/* io_npy_header - a version 1 header for an array in C order, into text; its length is a multiple
 * of 64, as NumPy likes it. descr is "<f4" and the like, n_dims at most 2. */
size_t io_npy_header(char text[192], const char *descr, uint32_t n_dims, const uint64_t *shape);

/* io_npy_describe - "float32 (784, 256)" for messages. */
void io_npy_describe(const struct io_npy *npy, char *text, size_t size);

#endif
