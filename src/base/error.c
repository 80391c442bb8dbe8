#include "base/error.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum mlp_status error_set(struct mlp_error *error, enum mlp_status status, const char *file,
                          int64_t offset_bytes)
{
    if (error != NULL) {
        memset(error, 0, sizeof *error);
        error->status = status;
        error->offset_bytes = offset_bytes;
        if (file != NULL)
            snprintf(error->file, sizeof error->file, "%s", file);
    }
    return status;
}

#define FILL(part)                                                                                 \
    do {                                                                                           \
        if (error == NULL)                                                                         \
            return;                                                                                \
        va_list arguments;                                                                         \
        va_start(arguments, format);                                                               \
        vsnprintf(error->part, sizeof error->part, format, arguments);                             \
        va_end(arguments);                                                                         \
    } while (0)

void error_found(struct mlp_error *error, const char *format, ...)
{
    FILL(found);
}

void error_wanted(struct mlp_error *error, const char *format, ...)
{
    FILL(wanted);
}

void error_hint(struct mlp_error *error, const char *format, ...)
{
    FILL(hint);
}

/* For files that are read; who writes knows more. */
static const char *hint_for(int cause)
{
    switch (cause) {
    case ENOENT:
    case ENOTDIR:
        return "check its name";
    case EACCES:
        return "you may not read it: ask its owner, or `chmod`";
    case ELOOP:
        return "its links lead in a circle: name the file itself";
    case ENAMETOOLONG:
        return "give it a shorter name";
    default:
        return "";
    }
}

enum mlp_status error_errno(struct mlp_error *error, enum mlp_status status, const char *file,
                            const char *doing)
{
    int cause = errno; /* error_set may change it */
    error_set(error, status, file, -1);
    error_found(error, "%s: %s", doing, strerror(cause));
    error_hint(error, "%s", hint_for(cause));
    return status;
}

enum mlp_status error_memory(struct mlp_error *error, uint64_t size_bytes)
{
    error_set(error, MLP_E_MEMORY, NULL, -1);
    error_found(error, "out of memory asking for %.1f MiB", (double)size_bytes / 1048576.0);
    return MLP_E_MEMORY;
}

/* Appends to text, as far as there is room, and returns the new length. */
static size_t append(char *text, size_t size, size_t at, const char *before, const char *part)
{
    if (part[0] == '\0' || at + 1 >= size)
        return at;
    int n = snprintf(text + at, size - at, "%s%s", at == 0 ? "" : before, part);
    return n < 0 ? at : (size_t)n >= size - at ? size - 1 : at + (size_t)n;
}

void mlp_error_format(const struct mlp_error *error, char *text, size_t size)
{
    if (size == 0)
        return;
    text[0] = '\0';
    size_t at = append(text, size, 0, "", error->file);
    if (error->offset_bytes >= 0) {
        char offset[48];
        snprintf(offset, sizeof offset, "at byte %" PRId64, error->offset_bytes);
        at = append(text, size, at, ": ", offset);
    }
    at = append(text, size, at, ": ", error->found);
    at = append(text, size, at, "; wanted ", error->wanted);
    append(text, size, at, "; ", error->hint);
}
