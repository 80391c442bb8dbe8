/* zip_write.c - the archive is made in memory, and only then becomes a file: libzip's own way of
 * replacing one does not make sure that it is on the disk. */
#include "io/zip_write.h"

#include "base/error.h"

#include <stdlib.h>
#include <zip.h>

/* 1 January 1980, the first day that a zip archive can name: the time of writing would make the
 * files of identical runs differ. Bits 5 to 8 are the month, 0 to 4 the day. */
enum { DOS_TIME = 0, DOS_DATE = 1 << 5 | 1 };

/* We own the members' bytes: when libzip 1.7 fails to take them over, it frees them or not. */
struct io_zip_block {
    struct io_zip_block *next;
    uint8_t bytes[];
};

static enum mlp_status fail(zip_error_t *cause, struct mlp_error *error)
{
    bool memory = zip_error_code_zip(cause) == ZIP_ER_MEMORY;
    error_set(error, memory ? MLP_E_MEMORY : MLP_E_OUTPUT, NULL, -1);
    error_found(error, "cannot make a zip archive: %s", zip_error_strerror(cause));
    return memory ? MLP_E_MEMORY : MLP_E_OUTPUT;
}

enum mlp_status io_zip_writer_init(struct io_zip_writer *writer, struct mlp_error *error)
{
    enum mlp_status status = MLP_OK;
    zip_error_t cause;
    zip_error_init(&cause);
    *writer = (struct io_zip_writer){.source = zip_source_buffer_create(NULL, 0, 0, &cause)};
    if (writer->source != NULL)
        writer->archive = zip_open_from_source(writer->source, ZIP_TRUNCATE, &cause);
    if (writer->archive == NULL) {
        status = fail(&cause, error);
        zip_source_free(writer->source);
        writer->source = NULL;
    } else {
        zip_source_keep(writer->source); /* the archive has one reference, we have the other */
    }
    zip_error_fini(&cause);
    return status;
}

enum mlp_status io_zip_writer_add(struct io_zip_writer *writer, const char *name, size_t n,
                                  uint8_t **bytes, struct mlp_error *error)
{
    struct io_zip_block *block = n < SIZE_MAX / 2 ? calloc(1, sizeof *block + n) : NULL;
    if (block == NULL)
        return error_memory(error, n);
    block->next = writer->blocks;
    writer->blocks = block;
    *bytes = block->bytes;
    zip_source_t *source = zip_source_buffer(writer->archive, block->bytes, n, 0);
    if (source == NULL)
        return fail(zip_get_error(writer->archive), error);
    zip_int64_t i = zip_file_add(writer->archive, name, source, ZIP_FL_ENC_UTF_8);
    if (i < 0) {
        enum mlp_status status = fail(zip_get_error(writer->archive), error);
        zip_source_free(source);
        return status;
    }
    if (zip_set_file_compression(writer->archive, (zip_uint64_t)i, ZIP_CM_STORE, 0) != 0 ||
        zip_file_set_dostime(writer->archive, (zip_uint64_t)i, DOS_TIME, DOS_DATE, 0) != 0)
        return fail(zip_get_error(writer->archive), error);
    return MLP_OK;
}

/* Takes the finished archive out of its source. */
static enum mlp_status take_bytes(zip_source_t *source, uint8_t **bytes, size_t *n,
                                  struct mlp_error *error)
{
    zip_stat_t stat;
    if (zip_source_stat(source, &stat) != 0 || (stat.valid & ZIP_STAT_SIZE) == 0)
        return fail(zip_source_error(source), error);
    uint8_t *copy = malloc(stat.size);
    if (copy == NULL)
        return error_memory(error, stat.size);
    if (zip_source_open(source) != 0) {
        free(copy);
        return fail(zip_source_error(source), error);
    }
    zip_int64_t got = zip_source_read(source, copy, stat.size);
    zip_source_close(source);
    if (got < 0 || (zip_uint64_t)got != stat.size) {
        free(copy);
        return fail(zip_source_error(source), error);
    }
    *bytes = copy;
    *n = stat.size;
    return MLP_OK;
}

static void free_blocks(struct io_zip_writer *writer)
{
    while (writer->blocks != NULL) {
        struct io_zip_block *next = writer->blocks->next;
        free(writer->blocks);
        writer->blocks = next;
    }
}

enum mlp_status io_zip_writer_finish(struct io_zip_writer *writer, uint8_t **bytes, size_t *n,
                                     struct mlp_error *error)
{
    if (zip_close(writer->archive) != 0)
        return fail(zip_get_error(writer->archive), error);
    writer->archive = NULL;
    free_blocks(writer); /* the archive has copies of them, and needs another */
    return take_bytes(writer->source, bytes, n, error);
}

void io_zip_writer_fini(struct io_zip_writer *writer)
{
    if (writer->archive != NULL)
        zip_discard(writer->archive);
    writer->archive = NULL;
    zip_source_free(writer->source);
    writer->source = NULL;
    free_blocks(writer);
}
