/* gzip.h - unpacks a gzip file piece by piece, straight to where the bytes are wanted. */
#ifndef IO_GZIP_H
#define IO_GZIP_H

#include "mlp.h"

struct io_gzip;

/* io_gzip_new - reads from fd, which it does not own, and names `path` in errors. NULL: no memory.
 * Source   RFC 1952: a file may be several members in a row */
struct io_gzip *io_gzip_new(int fd, const char *path);
void io_gzip_free(struct io_gzip *gzip);

/* io_gzip_read - n unpacked bytes, or fewer where the data ends. To see a bad checksum or garbage
 * behind the data, read until it yields nothing.
 * Returns  MLP_OK; MLP_E_DATA, with the offset in the packed file; MLP_E_MEMORY */
enum mlp_status io_gzip_read(struct io_gzip *gzip, void *bytes, size_t n, size_t *n_read,
                             struct mlp_error *error) MLP_MUST_USE;

#endif
