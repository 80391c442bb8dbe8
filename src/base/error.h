/* error.h - fills struct mlp_error; the text is made in one place, mlp_error_format. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "mlp.h"

/* error_set - fills *error (may be NULL) and returns status, so that callers can write
 * `return error_set(...)`. file may be NULL, offset_bytes negative: "does not apply". The text
 * parts are added with the functions below. Clears what was there. */
enum mlp_status error_set(struct mlp_error *error, enum mlp_status status, const char *file,
                          int64_t offset_bytes);

/* error_found, error_wanted, error_hint - printf into one part; error may be NULL. */
void error_found(struct mlp_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void error_wanted(struct mlp_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void error_hint(struct mlp_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* error_errno - what errno, as the last call left it, says came of `doing` ("cannot open") with a
 * file, and what to do about it. Returns status. */
enum mlp_status error_errno(struct mlp_error *error, enum mlp_status status, const char *file,
                            const char *doing);

/* error_memory - MLP_E_MEMORY, with the size that could not be had. */
enum mlp_status error_memory(struct mlp_error *error, uint64_t size_bytes);

#endif
