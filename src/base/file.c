#include "base/file.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum mlp_status fail_errno(struct mlp_error *error, enum mlp_status status, const char *path,
                                  const char *doing)
{
    int cause = errno;
    error_set(error, status, path, -1);
    error_found(error, "%s: %s", doing, strerror(cause));
    return status;
}

enum mlp_status file_read(const char *path, enum mlp_status status, uint8_t **bytes, size_t *n,
                          struct mlp_error *error)
{
    enum mlp_status result = status;
    uint8_t *data = NULL;
    size_t size = 0, room = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail_errno(error, status, path, "cannot open");
    struct stat info;
    if (fstat(fd, &info) != 0) {
        fail_errno(error, status, path, "cannot read");
        goto out;
    }
    if (S_ISDIR(info.st_mode)) {
        error_set(error, status, path, -1);
        error_found(error, "a folder");
        error_wanted(error, "a file");
        goto out;
    }
    room = info.st_size > 0 ? (size_t)info.st_size + 1 : 65536; /* + 1: sees the end in one call */
    for (;;) {
        if (data == NULL || size == room) {
            if (data != NULL)
                room *= 2;
            uint8_t *more = realloc(data, room);
            if (more == NULL) {
                result = error_memory(error, room);
                goto out;
            }
            data = more;
        }
        ssize_t got = read(fd, data + size, room - size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            fail_errno(error, status, path, "cannot read");
            goto out;
        }
        if (got == 0)
            break;
        size += (size_t)got;
    }
    *bytes = data;
    *n = size;
    data = NULL;
    result = MLP_OK;
out:
    free(data);
    close(fd);
    return result;
}

/* The folder part of path: "." or "/" where there is none. */
static void folder_of(const char *path, char *folder, size_t size)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        snprintf(folder, size, ".");
    else if (slash == path)
        snprintf(folder, size, "/");
    else
        snprintf(folder, size, "%.*s", (int)(slash - path), path);
}

static int write_all(int fd, const uint8_t *bytes, size_t n)
{
    while (n > 0) {
        ssize_t put = write(fd, bytes, n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return -1;
        bytes += put;
        n -= (size_t)put;
    }
    return 0;
}

/* Opens a temporary file beside path; its name goes into temporary. */
static int open_temporary(const char *path, char *temporary, size_t size)
{
    if (snprintf(temporary, size, "%s.tmp-XXXXXX", path) >= (int)size) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return mkstemp(temporary);
}

static enum mlp_status fail_output(struct mlp_error *error, const char *path, const char *doing)
{
    int cause = errno;
    fail_errno(error, MLP_E_OUTPUT, path, doing);
    if (cause == ENOENT)
        error_hint(error, "make its folder first");
    else if (cause == ENOSPC || cause == EDQUOT)
        error_hint(error, "free some space; the old file, if any, is untouched");
    return MLP_E_OUTPUT;
}

/* Renaming a file over /dev/full, a pipe or a folder would make it vanish, or fail late. */
static enum mlp_status refuse_special(const char *path, struct mlp_error *error)
{
    struct stat info;
    if (stat(path, &info) != 0 || S_ISREG(info.st_mode))
        return MLP_OK;
    error_set(error, MLP_E_OUTPUT, path, -1);
    error_found(error, "cannot write: %s",
                S_ISDIR(info.st_mode) ? "a folder" : "not a regular file");
    error_wanted(error, "the name of a file");
    return MLP_E_OUTPUT;
}

enum mlp_status file_replace(const char *path, const void *bytes, size_t n, struct mlp_error *error)
{
    char temporary[4096], folder[4096];
    if (refuse_special(path, error) != MLP_OK)
        return MLP_E_OUTPUT;
    int fd = open_temporary(path, temporary, sizeof temporary);
    if (fd < 0)
        return fail_output(error, path, "cannot write");
    mode_t mask = umask(0); /* mkstemp makes 0600; the file shall be as if open had made it */
    umask(mask);
    struct stat old;
    mode_t mode = stat(path, &old) == 0 ? old.st_mode & 0777 : 0666 & ~mask;
    bool ok = fchmod(fd, mode) == 0 && write_all(fd, bytes, n) == 0 && fsync(fd) == 0;
    if (close(fd) != 0)
        ok = false;
    if (!ok || rename(temporary, path) != 0) {
        enum mlp_status status = fail_output(error, path, "cannot write");
        unlink(temporary);
        return status;
    }
    folder_of(path, folder, sizeof folder);
    int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir >= 0) {
        (void)fsync(dir); /* some file systems cannot; the rename itself is done */
        close(dir);
    }
    return MLP_OK;
}

enum mlp_status file_replaceable(const char *path, struct mlp_error *error)
{
    char temporary[4096];
    if (refuse_special(path, error) != MLP_OK)
        return MLP_E_OUTPUT;
    int fd = open_temporary(path, temporary, sizeof temporary);
    if (fd < 0)
        return fail_output(error, path, "cannot write");
    close(fd);
    unlink(temporary);
    return MLP_OK;
}

static const char *name_in_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

bool file_same(const char *a, const char *b)
{
    char folders[2][4096];
    struct stat info[2];
    folder_of(a, folders[0], sizeof folders[0]);
    folder_of(b, folders[1], sizeof folders[1]);
    if (strcmp(name_in_folder(a), name_in_folder(b)) != 0)
        return false;
    if (stat(folders[0], &info[0]) != 0 || stat(folders[1], &info[1]) != 0)
        return strcmp(a, b) == 0;
    return info[0].st_dev == info[1].st_dev && info[0].st_ino == info[1].st_ino;
}
