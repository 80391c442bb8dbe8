/* idx.h - one IDX file of unsigned bytes.
 *
 * Source  http://yann.lecun.com/exdb/mnist/, "the IDX file format": two zero bytes, the type (8 is
 *         unsigned byte), the number of dimensions, each dimension as a big-endian 32-bit number,
 *         then the elements, the last dimension running fastest. */
#ifndef IO_IDX_H
#define IO_IDX_H

#include "io/source.h"

/* The value is the number of dimensions. */
enum io_idx_kind { IO_IDX_LABELS = 1, IO_IDX_IMAGES = 3 };

/* A file whose header has been read and found good. */
struct io_idx {
    struct io_source source;
    enum io_idx_kind kind;
    uint32_t n_items;        /* images or labels */
    uint32_t n_rows, n_cols; /* 1 and 1 for labels */
    size_t header_bytes, body_bytes;
};

/* io_idx_open - reads and checks the header; the body that it announces is no larger than what the
 *               file can hold.
 * Owner    path must outlive *idx; close with io_idx_close, unless this fails
 * Returns  MLP_OK; MLP_E_DATA; MLP_E_MEMORY */
enum mlp_status io_idx_open(struct io_idx *idx, const char *path, enum io_idx_kind kind,
                            struct mlp_error *error) MLP_MUST_USE;
void io_idx_close(struct io_idx *idx);

/* io_idx_read - the elements, all of them, and makes sure that nothing follows.
 * Owner    the caller frees *body with memory_free; untouched on error */
enum mlp_status io_idx_read(struct io_idx *idx, uint8_t **body,
                            struct mlp_error *error) MLP_MUST_USE;

/* io_idx_fail - MLP_E_DATA at a byte of the (unpacked) file; the caller adds wanted and hint. */
enum mlp_status io_idx_fail(const struct io_idx *idx, uint64_t offset_bytes,
                            struct mlp_error *error, const char *found_format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
