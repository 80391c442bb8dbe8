/* source.h - the bytes of a file, unpacked on the way if it is gzip. */
#ifndef IO_SOURCE_H
#define IO_SOURCE_H

#include "io/gzip.h"

struct io_source {
    const char *path; /* not owned */
    int fd;
    uint64_t size_bytes;  /* of the file as it lies there, packed or not */
    uint64_t n_read;      /* bytes handed out so far */
    struct io_gzip *gzip; /* NULL: raw */
};

/* io_source_open - recognises gzip by its first two bytes, whatever the file is called.
 * Owner    path must outlive the source; close with io_source_close, unless this fails
 * Returns  MLP_OK; MLP_E_DATA; MLP_E_MEMORY */
enum mlp_status io_source_open(struct io_source *source, const char *path,
                               struct mlp_error *error) MLP_MUST_USE;
void io_source_close(struct io_source *source);

/* io_source_read - n bytes, or fewer where the data ends. */
enum mlp_status io_source_read(struct io_source *source, void *bytes, size_t n, size_t *n_read,
                               struct mlp_error *error) MLP_MUST_USE;

/* io_source_limit_bytes - no more than this can be in it: what a size that the content claims is
 * held against before memory is taken for it. */
uint64_t io_source_limit_bytes(const struct io_source *source);

#endif
