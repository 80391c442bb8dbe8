/* source.c - the one place that knows whether a file is packed. */
#include "io/source.h"

#include "base/error.h"
#include "io/input.h"

#include <unistd.h>

enum mlp_status io_source_open(struct io_source *source, const char *path, struct mlp_error *error)
{
    *source = (struct io_source){.path = path, .fd = -1};
    enum mlp_status status =
        io_input_open(path, MLP_E_DATA, &source->fd, &source->size_bytes, error);
    if (status != MLP_OK)
        return status;
    uint8_t magic[2];
    if (pread(source->fd, magic, 2, 0) != 2 || magic[0] != 0x1f || magic[1] != 0x8b)
        return MLP_OK; /* a failing read is found again, and told, at the first real one */
    source->gzip = io_gzip_new(source->fd, path);
    if (source->gzip == NULL) {
        io_source_close(source);
        return error_memory(error, sizeof *source);
    }
    return MLP_OK;
}

void io_source_close(struct io_source *source)
{
    io_gzip_free(source->gzip);
    source->gzip = NULL;
    if (source->fd >= 0)
        close(source->fd);
    source->fd = -1;
}

enum mlp_status io_source_read(struct io_source *source, void *bytes, size_t n, size_t *n_read,
                               struct mlp_error *error)
{
    enum mlp_status status = MLP_OK;
    if (source->gzip != NULL)
        status = io_gzip_read(source->gzip, bytes, n, n_read, error);
    else if (!io_input_read(source->fd, bytes, n, n_read))
        status = error_errno(error, MLP_E_DATA, source->path, "cannot read");
    if (status == MLP_OK)
        source->n_read += *n_read;
    return status;
}

uint64_t io_source_limit_bytes(const struct io_source *source)
{
    uint64_t ratio = source->gzip != NULL ? IO_DEFLATE_RATIO : 1, limit;
    return __builtin_mul_overflow(source->size_bytes, ratio, &limit) ? UINT64_MAX : limit;
}
