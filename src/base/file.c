#include "base/file.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* PATH_MAX, and the kernel's limit: path_resolution(7). Names of temporary files that are tried,
 * where a killed process of the same number left some, or other threads have theirs. */
enum { PATH_ROOM = 4096, LINKS_MAX = 40, TEMPORARY_MAX = 1000 };

enum mlp_status file_read(const char *path, enum mlp_status status, uint8_t **bytes, size_t *n,
                          struct mlp_error *error)
{
    enum mlp_status result = status;
    uint8_t *data = NULL;
    size_t size = 0, room = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_errno(error, status, path, "cannot open");
    struct stat info;
    if (fstat(fd, &info) != 0) {
        error_errno(error, status, path, "cannot read");
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
            error_errno(error, status, path, "cannot read");
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

/* Opens a temporary file beside path, which nobody else has; its name goes into temporary. Not
 * mkstemp: its files are 0600, and only the kernel can apply the umask without a moment in which
 * other threads have none. */
static int open_temporary(const char *path, char temporary[PATH_ROOM])
{
    int fd = -1;
    for (int i = 0; i < TEMPORARY_MAX; i++) {
        if (snprintf(temporary, PATH_ROOM, "%s.tmp-%ld-%d", path, (long)getpid(), i) >= PATH_ROOM) {
            errno = ENAMETOOLONG;
            return -1;
        }
        fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return fd;
}

/* end: what path leads to. */
static enum mlp_status fail_output(struct mlp_error *error, const char *path, const char *end)
{
    int cause = errno;
    bool link = strcmp(path, end) != 0;
    error_errno(error, MLP_E_OUTPUT, path, "cannot write");
    if (cause == ENOENT && link)
        error_hint(error, "it is a link to %s: make that one's folder first", end);
    else if (cause == ENOENT)
        error_hint(error, "make its folder first");
    else if (cause == EACCES)
        error_hint(error, "its folder is write-protected; choose another");
    else if (cause == ENOSPC || cause == EDQUOT)
        error_hint(error, "free some space; the old file, if any, is untouched");
    else if (cause == EFBIG)
        error_hint(error, "raise the limit (`ulimit -f`); the old file, if any, is untouched");
    else if (cause == EROFS)
        error_hint(error, "its file system can only be read; choose another");
    return MLP_E_OUTPUT;
}

/* The file that a path leads to, by symbolic links, which the rename would replace. It need not
 * exist. */
static bool follow(const char *path, char end[PATH_ROOM])
{
    char folder[PATH_ROOM], target[PATH_ROOM];
    if (snprintf(end, PATH_ROOM, "%s", path) >= PATH_ROOM) {
        errno = ENAMETOOLONG;
        return false;
    }
    for (int links = 0; links < LINKS_MAX; links++) {
        ssize_t n = readlink(end, target, sizeof target - 1);
        if (n < 0) /* EINVAL: no link; others are found when it is opened */
            return true;
        target[n] = '\0';
        folder_of(end, folder, sizeof folder);
        int length = target[0] == '/' ? snprintf(end, PATH_ROOM, "%s", target)
                                      : snprintf(end, PATH_ROOM, "%s/%s", folder, target);
        if (length >= PATH_ROOM) {
            errno = ENAMETOOLONG;
            return false;
        }
    }
    errno = ELOOP;
    return false;
}

/* Renaming a file over /dev/full, a pipe or a folder would make it vanish, or fail late; over a
 * write-protected file it would succeed. */
static bool can_be_replaced(const char *path, struct mlp_error *error)
{
    struct stat info;
    if (stat(path, &info) != 0) /* as yet nothing, or open_temporary says it */
        return true;
    if (!S_ISREG(info.st_mode)) {
        error_set(error, MLP_E_OUTPUT, path, -1);
        error_found(error, "cannot write: %s",
                    S_ISDIR(info.st_mode) ? "a folder" : "not a regular file");
        error_wanted(error, "the name of a file");
        return false;
    }
    int fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC); /* access(2) asks for the real user */
    if (fd < 0) {
        error_errno(error, MLP_E_OUTPUT, path, "cannot write");
        error_hint(error, "it is write-protected: `chmod u+w` it, or choose another name");
        return false;
    }
    close(fd);
    return true;
}

/* What both below begin with: the file behind path, and a temporary one beside it, whose name is
 * put into `temporary`. Returns its descriptor; -1 after filling in error. */
static int begin_replacing(const char *path, char end[PATH_ROOM], char temporary[PATH_ROOM],
                           struct mlp_error *error)
{
    if (!can_be_replaced(path, error))
        return -1;
    int fd = follow(path, end) ? open_temporary(end, temporary) : -1;
    if (fd < 0)
        fail_output(error, path, end);
    return fd;
}

enum mlp_status file_replace(const char *path, const void *bytes, size_t n, struct mlp_error *error)
{
    char end[PATH_ROOM], temporary[PATH_ROOM], folder[PATH_ROOM];
    int fd = begin_replacing(path, end, temporary, error);
    if (fd < 0)
        return MLP_E_OUTPUT;
    struct stat old; /* whose permissions stay */
    bool ok = stat(end, &old) != 0 || fchmod(fd, old.st_mode & 0777) == 0;
    ok = ok && write_all(fd, bytes, n) == 0 && fsync(fd) == 0;
    if (close(fd) != 0)
        ok = false;
    if (!ok || rename(temporary, end) != 0) {
        enum mlp_status status = fail_output(error, path, end);
        unlink(temporary);
        return status;
    }
    folder_of(end, folder, sizeof folder);
    int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir >= 0) {
        (void)fsync(dir); /* some file systems cannot; the rename itself is done */
        close(dir);
    }
    return MLP_OK;
}

enum mlp_status file_replaceable(const char *path, struct mlp_error *error)
{
    char end[PATH_ROOM], temporary[PATH_ROOM];
    int fd = begin_replacing(path, end, temporary, error);
    if (fd < 0)
        return MLP_E_OUTPUT;
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
    char ends[2][PATH_ROOM], folders[2][PATH_ROOM];
    struct stat info[2];
    if (!follow(a, ends[0]) || !follow(b, ends[1]))
        return strcmp(a, b) == 0;
    if (strcmp(name_in_folder(ends[0]), name_in_folder(ends[1])) != 0)
        return false;
    folder_of(ends[0], folders[0], sizeof folders[0]);
    folder_of(ends[1], folders[1], sizeof folders[1]);
    if (stat(folders[0], &info[0]) != 0 || stat(folders[1], &info[1]) != 0)
        return strcmp(a, b) == 0;
    return info[0].st_dev == info[1].st_dev && info[0].st_ino == info[1].st_ino;
}
