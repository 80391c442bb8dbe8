/* file.h - whole files, and replacing one so that a crash leaves the old or the new, whole. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "mlp.h"

#include <stdbool.h>

/* file_read - the whole file, read(2) to its end (it may change under us, so no mmap).
 * Owner    the caller frees *bytes with free
 * Returns  MLP_OK; `status` if it cannot be read or is a folder; MLP_E_MEMORY */
enum mlp_status file_read(const char *path, enum mlp_status status, uint8_t **bytes, size_t *n,
                          struct mlp_error *error) MLP_MUST_USE;

/* file_replace - writes a temporary file beside path, fsync, rename, fsync of the folder. A
 *                symbolic link stays one: what it leads to is replaced. A write-protected file is
 *                not.
 * Returns  MLP_OK; MLP_E_OUTPUT, the old file is untouched and no temporary file stays */
enum mlp_status file_replace(const char *path, const void *bytes, size_t n,
                             struct mlp_error *error) MLP_MUST_USE;

/* file_replaceable - whether file_replace(path) can be expected to work: the folder exists and a
 * temporary file can be made in it. To be asked before hours of training, not after. */
enum mlp_status file_replaceable(const char *path, struct mlp_error *error) MLP_MUST_USE;

/* file_same - whether two names, of files that need not exist, lead to one entry of one folder, so
 * that file_replace of the one replaces the other. */
bool file_same(const char *a, const char *b);

#endif
