/* input.h - opening and reading files that others wrote. */
#ifndef IO_INPUT_H
#define IO_INPUT_H

#include "mlp.h"

/* The longest path that is looked at (Linux's PATH_MAX). */
enum { IO_PATH_BYTES = 4096 };

/* No deflate stream unpacks to more than this many times its size: a match of 258 bytes takes at
 * least two bits. Source: Mark Adler, https://zlib.net/zlib_tech.html, "Maximum Compression". */
enum { IO_DEFLATE_RATIO = 1032 };

/* io_input_open - opens a regular file for reading; anything else (a folder, a pipe, a device) is
 * refused with `status`, and never waited for.
 * Owner    the caller closes *fd */
enum mlp_status io_input_open(const char *path, enum mlp_status status, int *fd,
                              uint64_t *size_bytes, struct mlp_error *error) MLP_MUST_USE;

/* io_input_read - n bytes, or fewer where the file ends; false with errno set if it fails. */
bool io_input_read(int fd, void *bytes, size_t n, size_t *n_read);

#endif
