#include "cli/overwrite.h"

#include "base/error.h"
#include "base/file.h"
#include "io/contents.h"

static enum mlp_status refuse(const char *path, const char *found, struct mlp_error *error)
{
    error_set(error, MLP_E_USAGE, path, -1);
    error_found(error, "%s in this file, and would be overwritten", found);
    error_hint(error, "give the output another name");
    return MLP_E_USAGE;
}

enum mlp_status cli_overwrite_apart(const char *weights, const char *out, struct mlp_error *error)
{
    return weights == NULL || out == NULL || !file_same(weights, out)
               ? MLP_OK
               : refuse(out, "weights are", error);
}

enum mlp_status cli_overwrite_check(const char *model, const char *out, struct mlp_error *error)
{
    static const char *const found[] = {"", "weights are", "data are", "something else is"};
    enum io_contents in_model = model == NULL ? IO_NOTHING : io_contents_of(model);
    enum io_contents in_out = out == NULL ? IO_NOTHING : io_contents_of(out);
    if (cli_overwrite_apart(model, out, error) != MLP_OK)
        return MLP_E_USAGE;
    if (in_model != IO_NOTHING && in_model != IO_WEIGHTS)
        return refuse(model, found[in_model], error);
    if (in_out == IO_WEIGHTS || in_out == IO_DATA)
        return refuse(out, found[in_out], error);
    if (model != NULL && file_replaceable(model, error) != MLP_OK)
        return MLP_E_OUTPUT;
    return out == NULL ? MLP_OK : file_replaceable(out, error);
}
