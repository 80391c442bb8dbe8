/* metadata.c - one table says what is written and read.
 *
 * Whoever adds a field adds a row. A reader takes what it finds and leaves the rest at "unknown",
 * so files stay readable both ways; format_version is raised only when weights mean something
 * else. */
#include "io/metadata.h"

#include "base/error.h"
#include "io/fields.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FORMAT_VERSION = 1 };
#define INPUT_SCALE (1.0 / 255)

#define FIELD(name, kind, member) IO_FIELD(mlp_metadata, name, kind, member)
static const struct io_field fields[] = {
    FIELD("format_version", IO_U32, format_version),
    FIELD("activation", IO_STRING, activation),
    FIELD("seed", IO_U64, seed),
    FIELD("data_fingerprint", IO_U64, fingerprint),
    FIELD("dataset", IO_STRING, dataset),
    FIELD("recipe", IO_STRING, recipe),
    FIELD("n_rows", IO_U32, n_rows),
    FIELD("n_cols", IO_U32, n_cols),
    FIELD("label_base", IO_LABEL, label_base),
    FIELD("train_accuracy", IO_SHARE, train_accuracy),
    FIELD("test_accuracy", IO_SHARE, test_accuracy),
    FIELD("validation_accuracy", IO_SHARE, validation_accuracy),
    FIELD("n_test", IO_U32, n_test),
};
#undef FIELD
enum { N_FIELDS = sizeof fields / sizeof fields[0] };

/* What is the same in all files of this version; the program's own is only written. */
struct constants {
    double input_scale;
    char mlp_version[16];
};
static const struct io_field constant_fields[] = {
    IO_FIELD(constants, "input_scale", IO_SHARE, input_scale),
    IO_FIELD(constants, "mlp_version", IO_STRING, mlp_version),
};
enum { N_CONSTANTS = 2, N_CONSTANTS_READ = 1 };

enum mlp_status io_metadata_write(struct io_zip_writer *writer, const struct mlp_metadata *metadata,
                                  struct mlp_error *error)
{
    static const struct constants constants = {INPUT_SCALE, MLP_VERSION};
    struct mlp_metadata written = *metadata;
    written.format_version = FORMAT_VERSION;
    if (written.activation[0] == '\0')
        strcpy(written.activation, "relu");
    enum mlp_status status = io_fields_write(writer, fields, N_FIELDS, &written, error);
    return status == MLP_OK
               ? io_fields_write(writer, constant_fields, N_CONSTANTS, &constants, error)
               : status;
}

__attribute__((format(printf, 4, 5))) static enum mlp_status
fail_unsupported(const struct io_zip *zip, const char *wanted, struct mlp_error *error,
                 const char *found_format, ...)
{
    char found[128];
    va_list arguments;
    va_start(arguments, found_format);
    vsnprintf(found, sizeof found, found_format, arguments);
    va_end(arguments);
    error_set(error, MLP_E_MODEL, zip->path, -1);
    error_found(error, "%s", found);
    error_wanted(error, "%s", wanted);
    error_hint(error, "a newer version of this program may read it");
    return MLP_E_MODEL;
}

/* What another version may have changed and this one does not know how to compute. */
static enum mlp_status check_supported(struct io_zip *zip, const struct mlp_metadata *metadata,
                                       struct mlp_error *error)
{
    struct constants constants = {.input_scale = INPUT_SCALE};
    if (metadata->format_version != FORMAT_VERSION)
        return fail_unsupported(zip, "1", error, "format_version %u", metadata->format_version);
    enum mlp_activation activation;
    if (!mlp_activation_find(metadata->activation, &activation))
        return fail_unsupported(zip, "relu, leaky-relu, gelu, tanh or sigmoid", error,
                                "activation \"%s\"", metadata->activation);
    enum mlp_status status =
        io_fields_read(zip, constant_fields, N_CONSTANTS_READ, &constants, error);
    double scale = constants.input_scale;
    if (status == MLP_OK && fabs(scale / INPUT_SCALE - 1) > 1e-6) /* as float32 it is a bit off */
        status =
            fail_unsupported(zip, "1/255, for pixels of 0 to 255", error, "input_scale %g", scale);
    return status;
}

bool io_metadata_has(const struct io_zip *zip)
{
    uint32_t i;
    return io_zip_find(zip, "format_version.npy", &i);
}

enum mlp_status io_metadata_read(struct io_zip *zip, struct mlp_metadata *metadata,
                                 struct mlp_error *error)
{
    struct mlp_metadata result = {
        .train_accuracy = -1, .test_accuracy = -1, .validation_accuracy = -1, .activation = "relu"};
    result.present = io_metadata_has(zip);
    enum mlp_status status = MLP_OK;
    if (result.present)
        status = io_fields_read(zip, fields, N_FIELDS, &result, error);
    if (result.present && status == MLP_OK)
        status = check_supported(zip, &result, error);
    if (status == MLP_OK)
        *metadata = result;
    return status;
}
