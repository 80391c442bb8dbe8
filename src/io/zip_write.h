/* zip_write.h - makes a zip archive in memory; the same members give the same bytes. */
#ifndef IO_ZIP_WRITE_H
#define IO_ZIP_WRITE_H

#include "mlp.h"

struct zip;
struct zip_source;

struct io_zip_block;

struct io_zip_writer {
    struct zip *archive;
    struct zip_source *source;   /* where libzip puts the finished archive */
    struct io_zip_block *blocks; /* the members' bytes */
};

/* io_zip_writer_init - Returns: MLP_OK; MLP_E_MEMORY. */
enum mlp_status io_zip_writer_init(struct io_zip_writer *writer,
                                   struct mlp_error *error) MLP_MUST_USE;

/* io_zip_writer_add - adds a member of n bytes, stored: weights hardly compress, and what deflate
 *                     makes of them depends on the version of zlib.
 * Owner    *bytes belongs to the writer; the caller fills it before io_zip_writer_finish */
enum mlp_status io_zip_writer_add(struct io_zip_writer *writer, const char *name, size_t n,
                                  uint8_t **bytes, struct mlp_error *error) MLP_MUST_USE;

/* io_zip_writer_finish - the archive. Owner: the caller frees *bytes with free. */
enum mlp_status io_zip_writer_finish(struct io_zip_writer *writer, uint8_t **bytes, size_t *n,
                                     struct mlp_error *error) MLP_MUST_USE;
void io_zip_writer_fini(struct io_zip_writer *writer);

#endif
