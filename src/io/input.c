/* input.c - open and read with what the C library leaves out: what kind of file it is, calls that a
 * signal interrupts, and ends that come early. */
#include "io/input.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum mlp_status io_input_open(const char *path, enum mlp_status status, int *fd,
                              uint64_t *size_bytes, struct mlp_error *error)
{
    /* Without O_NONBLOCK, opening a named pipe waits for a writer, perhaps for ever. */
    int opened = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (opened < 0)
        return error_errno(error, status, path, "cannot open");
    struct stat info;
    if (fstat(opened, &info) != 0) {
        error_errno(error, status, path, "cannot read");
        goto fail;
    }
    if (!S_ISREG(info.st_mode)) {
        error_set(error, status, path, -1);
        error_found(error, S_ISDIR(info.st_mode) ? "a folder" : "not a regular file");
        error_wanted(error, "a file");
        goto fail;
    }
    *fd = opened;
    *size_bytes = (uint64_t)info.st_size;
    return MLP_OK;
fail:
    close(opened);
    return status;
}

bool io_input_read(int fd, void *bytes, size_t n, size_t *n_read)
{
    uint8_t *to = bytes;
    *n_read = 0;
    while (*n_read < n) {
        ssize_t got = read(fd, to + *n_read, n - *n_read);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return false;
        if (got == 0)
            break;
        *n_read += (size_t)got;
    }
    return true;
}
