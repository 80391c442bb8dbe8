/* zip_read.h - reads the members of a zip archive, and believes none of its sizes. */
#ifndef IO_ZIP_READ_H
#define IO_ZIP_READ_H

#include "mlp.h"

struct zip;
struct zip_file;

struct io_zip {
    struct zip *archive;
    const char *path;      /* not owned */
    uint64_t size_bytes;   /* of the archive */
    uint64_t budget_bytes; /* what may still be unpacked */
    uint32_t n_members;
};

/* io_zip_open - Owner: path must outlive *zip; close with io_zip_close, unless this fails.
 * Returns  MLP_OK; MLP_E_MODEL, explained if it is some well known file that is not a zip */
enum mlp_status io_zip_open(struct io_zip *zip, const char *path,
                            struct mlp_error *error) MLP_MUST_USE;
void io_zip_close(struct io_zip *zip);

enum { IO_ZIP_NAME_BYTES = 128 };

/* io_zip_name - the name of member i, "W1.npy", cut if it is too long. Control characters come as
 * question marks, for names get into messages, and messages to terminals. */
void io_zip_name(const struct io_zip *zip, uint32_t i, char name[IO_ZIP_NAME_BYTES]);

/* io_zip_find - the number of the member of that name; false if there is none. */
bool io_zip_find(const struct io_zip *zip, const char *name, uint32_t *i);

/* A member while it is read. */
struct io_member {
    struct io_zip *zip;
    struct zip_file *file;
    uint64_t size_bytes; /* unpacked; no more than the packed bytes can hold */
    char name[1024];     /* "model.npz, member W1.npy", for errors */
};

/* io_member_open - begins to read member i; close it with io_member_close, unless this fails. */
enum mlp_status io_member_open(struct io_member *member, struct io_zip *zip, uint32_t i,
                               struct mlp_error *error) MLP_MUST_USE;

/* io_member_read - exactly n more bytes. */
enum mlp_status io_member_read(struct io_member *member, void *bytes, size_t n,
                               struct mlp_error *error) MLP_MUST_USE;

/* io_member_finish - makes sure that all has been read and that its checksum is right. */
enum mlp_status io_member_finish(struct io_member *member, struct mlp_error *error) MLP_MUST_USE;
void io_member_close(struct io_member *member);

#endif
