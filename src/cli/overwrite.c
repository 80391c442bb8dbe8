#include "cli/overwrite.h"

#include "base/error.h"
#include "base/file.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

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

enum kind { NOTHING, WEIGHTS, DATA, OTHER };

/* By its first bytes: zip and gzip (APPNOTE.TXT 4.3.7; RFC 1952, 2.3.1), IDX of bytes (LeCun). What
 * is no plain file holds nothing. */
static enum kind kind_of(const char *path)
{
    static const struct {
        const char *magic;
        size_t length;
        enum kind kind;
    } magics[] = {{"PK\3\4", 4, WEIGHTS}, {"\0\0\10", 3, DATA}, {"\37\213", 2, DATA}};
    char bytes[4] = {0};
    struct stat info;
    if (path == NULL || stat(path, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size == 0)
        return NOTHING;
    FILE *file = fopen(path, "rb");
    size_t n = file == NULL ? 0 : fread(bytes, 1, sizeof bytes, file);
    if (file != NULL)
        fclose(file);
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++)
        if (n >= magics[i].length && memcmp(bytes, magics[i].magic, magics[i].length) == 0)
            return magics[i].kind;
    return OTHER;
}

enum mlp_status cli_overwrite_check(const char *model, const char *out, struct mlp_error *error)
{
    static const char *const found[] = {"", "weights are", "data are", "something else is"};
    enum kind there = kind_of(model);
    if (cli_overwrite_apart(model, out, error) != MLP_OK)
        return MLP_E_USAGE;
    if (there == DATA || there == OTHER)
        return refuse(model, found[there], error);
    there = kind_of(out);
    if (there == DATA || there == WEIGHTS)
        return refuse(out, found[there], error);
    if (model != NULL && file_replaceable(model, error) != MLP_OK)
        return MLP_E_OUTPUT;
    return out == NULL ? MLP_OK : file_replaceable(out, error);
}
