/* idx.c - IDX headers, and why one is not.
 *
 * Nothing that a header claims is believed: the product of its dimensions must be a size, and the
 * file must be able to hold it, before memory is taken. A raw file must have exactly that size; of
 * a packed one only its end tells. */
#include "io/idx.h"

#include "base/error.h"
#include "base/memory.h"
#include "io/foreign.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MAGIC_BYTES = 4, TYPE_UINT8 = 8, MAX_HEADER_BYTES = 16 };

enum mlp_status io_idx_fail(const struct io_idx *idx, uint64_t offset_bytes,
                            struct mlp_error *error, const char *found_format, ...)
{
    char found[256];
    va_list arguments;
    va_start(arguments, found_format);
    vsnprintf(found, sizeof found, found_format, arguments);
    va_end(arguments);
    error_set(error, MLP_E_DATA, idx->source.path, (int64_t)offset_bytes);
    /* Offsets count unpacked bytes; whoever looks with a hex editor should know. */
    error_found(error, "%s%s", idx->source.gzip != NULL ? "unpacked: " : "", found);
    return MLP_E_DATA;
}

static uint32_t load_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static const char *kind_name(int n_dims)
{
    return n_dims == IO_IDX_IMAGES ? "images" : n_dims == IO_IDX_LABELS ? "labels" : "other data";
}

/* An IDX magic number, but not the one that was wanted. */
static enum mlp_status explain_idx(const struct io_idx *idx, const uint8_t *magic,
                                   struct mlp_error *error)
{
    if (magic[2] != TYPE_UINT8) {
        io_idx_fail(idx, 2, error, "element type 0x%02x", magic[2]);
        error_wanted(error, "0x08, unsigned bytes");
        error_hint(error, "convert the pixels to 0..255, one byte each");
        return MLP_E_DATA;
    }
    io_idx_fail(idx, 3, error, "%u dimension%s, IDX %s", magic[3], magic[3] == 1 ? "" : "s",
                kind_name(magic[3]));
    error_wanted(error, "%d, IDX %s", idx->kind, kind_name((int)idx->kind));
    if (magic[3] == IO_IDX_IMAGES || magic[3] == IO_IDX_LABELS)
        error_hint(error, "perhaps the image file and the label file were exchanged");
    else if (magic[3] == 4)
        error_hint(error, "colour images must be converted to grey ones");
    return MLP_E_DATA;
}

/* The first four bytes are not those wanted: says what they are, if it is anything well known. */
static enum mlp_status explain_magic(const struct io_idx *idx, const uint8_t *head, size_t n,
                                     struct mlp_error *error)
{
    if (head[0] == 0 && head[1] == 0 && head[2] >= TYPE_UINT8 && head[2] <= 0x0e)
        return explain_idx(idx, head, error);
    const struct io_foreign *foreign = io_foreign_recognise(head, n);
    if (foreign != NULL) {
        io_idx_fail(idx, 0, error, "%s", foreign->what);
        error_hint(error, "%s", foreign->hint);
    } else if (head[3] == 0 && head[2] == 0 && head[1] == TYPE_UINT8) {
        io_idx_fail(idx, 0, error, "a byte-swapped IDX header");
        error_hint(error, "write the numbers of the header most significant byte first");
    } else {
        io_idx_fail(idx, 0, error, "the bytes %02x %02x %02x %02x", head[0], head[1], head[2],
                    head[3]);
    }
    error_wanted(error, "00 00 08 %02x, IDX %s", idx->kind, kind_name((int)idx->kind));
    return MLP_E_DATA;
}

/* At the first byte that is missing. */
static enum mlp_status fail_end(const struct io_idx *idx, struct mlp_error *error)
{
    io_idx_fail(idx, idx->source.n_read, error, "%s",
                idx->source.n_read == 0 ? "an empty file" : "the file ends");
    error_hint(error, "copy or download it again");
    return MLP_E_DATA;
}

/* Reads the header into numbers and checks its magic and that it is whole. */
static enum mlp_status read_header(struct io_idx *idx, uint8_t header[MAX_HEADER_BYTES],
                                   struct mlp_error *error)
{
    uint8_t head[MAX_HEADER_BYTES + IO_FOREIGN_BYTES];
    size_t n, n_more = 0;
    enum mlp_status status = io_source_read(&idx->source, head, idx->header_bytes, &n, error);
    if (status != MLP_OK)
        return status;
    const uint8_t magic[MAGIC_BYTES] = {0, 0, TYPE_UINT8, (uint8_t)idx->kind};
    if (n >= MAGIC_BYTES && memcmp(head, magic, sizeof magic) != 0) {
        /* A little more tells what it is instead; if that fails, less will do. */
        if (io_source_read(&idx->source, head + n, IO_FOREIGN_BYTES, &n_more, NULL) != MLP_OK)
            n_more = 0;
        return explain_magic(idx, head, n + n_more, error);
    }
    if (n < idx->header_bytes) {
        fail_end(idx, error);
        error_wanted(error, "%zu bytes of IDX header", idx->header_bytes);
        return MLP_E_DATA;
    }
    memcpy(header, head, idx->header_bytes);
    return MLP_OK;
}

/* The size that the header announces, in the words of the header. */
static void want_body(const struct io_idx *idx, struct mlp_error *error)
{
    size_t total = idx->header_bytes + idx->body_bytes;
    if (idx->kind == IO_IDX_LABELS)
        error_wanted(error, "%zu bytes for %u labels", total, idx->n_items);
    else
        error_wanted(error, "%zu bytes for %u images of %u x %u", total, idx->n_items, idx->n_rows,
                     idx->n_cols);
}

static enum mlp_status fail_longer(const struct io_idx *idx, struct mlp_error *error)
{
    io_idx_fail(idx, idx->header_bytes + idx->body_bytes, error,
                "more bytes than the header announces");
    want_body(idx, error);
    error_hint(error, "the header's counts are wrong, or the file is two in a row");
    return MLP_E_DATA;
}

/* The dimensions: none is zero, their product is a size, and the file can hold it. */
static enum mlp_status check_dimensions(struct io_idx *idx, struct mlp_error *error)
{
    const uint32_t dims[3] = {idx->n_items, idx->n_rows, idx->n_cols};
    const char *names[3] = {idx->kind == IO_IDX_LABELS ? "labels" : "images", "rows", "columns"};
    for (int i = 0; i < 3; i++)
        if (dims[i] == 0) {
            io_idx_fail(idx, MAGIC_BYTES + 4 * (uint64_t)i, error, "0 %s", names[i]);
            error_wanted(error, "at least 1");
            return MLP_E_DATA;
        }
    size_t image_bytes;
    if (!memory_size(idx->n_rows, idx->n_cols, &image_bytes) || image_bytes > UINT32_MAX ||
        !memory_size(idx->n_items, image_bytes, &idx->body_bytes) ||
        idx->body_bytes > SIZE_MAX - idx->header_bytes) {
        io_idx_fail(idx, MAGIC_BYTES, error, "%u images of %u x %u, whose size overflows",
                    idx->n_items, idx->n_rows, idx->n_cols);
        error_wanted(error, "dimensions that the file can hold");
        error_hint(error, "the header is damaged; copy or download the file again");
        return MLP_E_DATA;
    }
    uint64_t total = idx->header_bytes + idx->body_bytes;
    if (total <= io_source_limit_bytes(&idx->source))
        return idx->source.gzip == NULL && total < idx->source.size_bytes ? fail_longer(idx, error)
                                                                          : MLP_OK;
    if (idx->source.gzip == NULL) {
        io_idx_fail(idx, idx->source.size_bytes, error, "the file ends");
        want_body(idx, error);
        error_hint(error, "copy or download it again");
    } else {
        io_idx_fail(idx, MAGIC_BYTES, error, "%u images of %u x %u", idx->n_items, idx->n_rows,
                    idx->n_cols);
        error_wanted(error, "no more than %llu bytes, the most that gzip data of this size holds",
                     (unsigned long long)io_source_limit_bytes(&idx->source));
    }
    return MLP_E_DATA;
}

enum mlp_status io_idx_open(struct io_idx *idx, const char *path, enum io_idx_kind kind,
                            struct mlp_error *error)
{
    *idx = (struct io_idx){.kind = kind, .header_bytes = MAGIC_BYTES + 4 * (size_t)kind};
    enum mlp_status status = io_source_open(&idx->source, path, error);
    if (status != MLP_OK)
        return status;
    uint8_t header[MAX_HEADER_BYTES];
    status = read_header(idx, header, error);
    if (status == MLP_OK) {
        idx->n_items = load_be32(header + 4);
        idx->n_rows = kind == IO_IDX_IMAGES ? load_be32(header + 8) : 1;
        idx->n_cols = kind == IO_IDX_IMAGES ? load_be32(header + 12) : 1;
        status = check_dimensions(idx, error);
    }
    if (status != MLP_OK)
        io_idx_close(idx);
    return status;
}

void io_idx_close(struct io_idx *idx)
{
    io_source_close(&idx->source);
}

enum mlp_status io_idx_read(struct io_idx *idx, uint8_t **body, struct mlp_error *error)
{
    uint8_t *bytes = memory_new_unset(idx->body_bytes), extra;
    if (bytes == NULL)
        return error_memory(error, idx->body_bytes);
    size_t n, n_extra = 0;
    enum mlp_status status = io_source_read(&idx->source, bytes, idx->body_bytes, &n, error);
    /* One byte more than there should be: sees what follows, and lets gzip check its sums. */
    if (status == MLP_OK && n == idx->body_bytes)
        status = io_source_read(&idx->source, &extra, 1, &n_extra, error);
    if (status == MLP_OK && n < idx->body_bytes) {
        status = fail_end(idx, error);
        want_body(idx, error);
    } else if (status == MLP_OK && n_extra > 0) {
        status = fail_longer(idx, error);
    }
    if (status == MLP_OK) {
        *body = bytes;
        return MLP_OK;
    }
    memory_free(bytes);
    return status;
}
