/* fields.h - numbers and strings of a struct as members of an .npz, by a table of them.
 *
 * Each is an array without dimensions, so that np.load gives it as a number or a string. */
#ifndef IO_FIELDS_H
#define IO_FIELDS_H

#include "io/array.h"
#include "io/zip_read.h"
#include "io/zip_write.h"

#include <stddef.h>

enum io_field_kind {
    IO_LABEL,  /* uint32_t, but a byte in IDX files; int64 in the file */
    IO_U32,    /* likewise; any */
    IO_U64,    /* uint64_t; uint64 */
    IO_SHARE,  /* double, at most 1; float64 */
    IO_NUMBER, /* double, finite; float64 */
    IO_STRING  /* char[]; str */
};

struct io_field {
    const char *name;
    enum io_field_kind kind;
    size_t offset, size; /* in its struct */
};

#define IO_FIELD(type, name, kind, member)                                                         \
    {                                                                                              \
        name, kind, offsetof(struct type, member), sizeof((struct type *)NULL)->member             \
    }

/* io_fields_write - adds the fields of *record. */
enum mlp_status io_fields_write(struct io_zip_writer *writer, const struct io_field *fields,
                                size_t n, const void *record, struct mlp_error *error) MLP_MUST_USE;

/* io_fields_read - into *record, whose other fields, which the file lacks, stay as they are.
 * Returns  MLP_OK; MLP_E_MODEL if a member is damaged or of another type or range */
enum mlp_status io_fields_read(struct io_zip *zip, const struct io_field *fields, size_t n,
                               void *record, struct mlp_error *error) MLP_MUST_USE;

#endif
