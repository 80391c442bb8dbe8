/* gzip.c - inflate, straight into the memory where pixels stay.
 *
 * zlib's gzread would need two buffers in between, ignores what follows the data, and tells of data
 * that break off only when the file is closed. */
#include "io/gzip.h"

#include "base/error.h"
#include "io/input.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

/* Each return from inflate copies 32 KiB into its window; with steps of 256 KiB of packed bytes
 * that vanishes, and the buffer still fits into level 2 caches. */
enum { INPUT_BYTES = 256 * 1024 };

/* windowBits for inflateInit2: the largest window, and a gzip header instead of a zlib one. */
enum { WINDOW_BITS = 15 + 16 };

struct io_gzip {
    z_stream z;
    int fd;
    const char *path;
    uint64_t n_taken; /* packed bytes read from the file so far */
    bool ended;       /* the last member is complete, and nothing follows it */
    uint8_t input[INPUT_BYTES];
};

struct io_gzip *io_gzip_new(int fd, const char *path)
{
    struct io_gzip *gzip = malloc(sizeof *gzip);
    if (gzip == NULL)
        return NULL;
    gzip->z = (z_stream){0};
    gzip->fd = fd;
    gzip->path = path;
    gzip->n_taken = 0;
    gzip->ended = false;
    if (inflateInit2(&gzip->z, WINDOW_BITS) != Z_OK) {
        free(gzip);
        return NULL;
    }
    return gzip;
}

void io_gzip_free(struct io_gzip *gzip)
{
    if (gzip == NULL)
        return;
    inflateEnd(&gzip->z);
    free(gzip);
}

/* An error at the first packed byte that inflate has not used. */
static enum mlp_status fail(struct io_gzip *gzip, struct mlp_error *error, const char *found,
                            const char *wanted)
{
    int64_t offset = (int64_t)(gzip->n_taken - gzip->z.avail_in);
    error_set(error, MLP_E_DATA, gzip->path, offset);
    error_found(error, "%s", found);
    error_wanted(error, "%s", wanted);
    error_hint(error, "copy or download it again; `gzip -t` tells whether it is whole");
    return MLP_E_DATA;
}

/* Takes the next packed bytes if all are used; leaves avail_in at 0 where the file ends. */
static enum mlp_status fill(struct io_gzip *gzip, struct mlp_error *error)
{
    if (gzip->z.avail_in > 0)
        return MLP_OK;
    size_t n;
    if (!io_input_read(gzip->fd, gzip->input, sizeof gzip->input, &n))
        return error_errno(error, MLP_E_DATA, gzip->path, "cannot read");
    gzip->z.next_in = gzip->input;
    gzip->z.avail_in = (uInt)n;
    gzip->n_taken += n;
    return MLP_OK;
}

/* After the end of a member: nothing, another member, or garbage. */
static enum mlp_status next_member(struct io_gzip *gzip, struct mlp_error *error)
{
    enum mlp_status status = fill(gzip, error);
    if (status != MLP_OK)
        return status;
    gzip->ended = gzip->z.avail_in == 0;
    if (gzip->ended)
        return MLP_OK;
    if (gzip->z.next_in[0] != 0x1f)
        return fail(gzip, error, "garbage after the gzip data", "the end of the file");
    inflateReset(&gzip->z);
    return MLP_OK;
}

/* zlib says in a few words what it stumbled over; they help those who know the format. */
static enum mlp_status fail_inflate(struct io_gzip *gzip, int cause, struct mlp_error *error)
{
    if (cause == Z_MEM_ERROR)
        return error_memory(error, 1 << MAX_WBITS);
    fail(gzip, error, "", "whole gzip data");
    error_found(error, "corrupt gzip data (%s)",
                gzip->z.msg != NULL ? gzip->z.msg : "unexpected bytes");
    return MLP_E_DATA;
}

enum mlp_status io_gzip_read(struct io_gzip *gzip, void *bytes, size_t n, size_t *n_read,
                             struct mlp_error *error)
{
    uint8_t *to = bytes;
    *n_read = 0;
    while (*n_read < n && !gzip->ended) {
        enum mlp_status status = fill(gzip, error);
        if (status != MLP_OK)
            return status;
        if (gzip->z.avail_in == 0)
            return fail(gzip, error, "the gzip data breaks off", "the rest of it");
        size_t room = n - *n_read < UINT_MAX ? n - *n_read : UINT_MAX;
        gzip->z.next_out = to + *n_read;
        gzip->z.avail_out = (uInt)room;
        int result = inflate(&gzip->z, Z_NO_FLUSH);
        *n_read += room - gzip->z.avail_out;
        if (result == Z_STREAM_END)
            status = next_member(gzip, error);
        else if (result != Z_OK) /* there was input and room, so Z_BUF_ERROR is one too */
            status = fail_inflate(gzip, result, error);
        if (status != MLP_OK)
            return status;
    }
    return MLP_OK;
}
