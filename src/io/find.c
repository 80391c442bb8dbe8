/* find.c - the names that the four files go by.
 *
 * Kaggle's archive has each file twice, as "train-images.idx3-ubyte" and in a folder that has the
 * name that Yann LeCun gave the file, "train-images-idx3-ubyte/train-images-idx3-ubyte"; other
 * mirrors keep his names, with or without ".gz". */
#include "io/find.h"

#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#define ARCHIVE "archive.zip" /* what a browser calls Kaggle's download */

static const struct {
    const char *stem;
    int n_dims;
} files[IO_N_FILES] = {
    {"train-images", 3}, {"train-labels", 1}, {"t10k-images", 3}, {"t10k-labels", 1}};

/* The i-th spelling of a file's name; unpacked ones first, for they are read faster. */
enum { N_SPELLINGS = 4 };
static void spell(int file, int i, char *name, size_t size)
{
    static const char separators[2] = {'-', '.'};
    snprintf(name, size, "%s%cidx%d-ubyte%s", files[file].stem, separators[i % 2],
             files[file].n_dims, i / 2 == 0 ? "" : ".gz");
}

enum presence { ABSENT, FOLDER, HERE };

/* What is at folder/name; the path goes into path. What cannot be looked at counts as here, so that
 * opening it tells why. So does a link to nothing. */
static enum presence look(const char *folder, const char *name, char *path)
{
    struct stat info;
    if (snprintf(path, IO_PATH_BYTES, "%s/%s", folder, name) >= IO_PATH_BYTES)
        return ABSENT;
    if (stat(path, &info) == 0)
        return S_ISDIR(info.st_mode) ? FOLDER : HERE;
    bool missing = errno == ENOTDIR || (errno == ENOENT && lstat(path, &info) != 0);
    return missing ? ABSENT : HERE;
}

/* Looks for one file; a folder of its name that does not hold it is left in path. */
static enum presence find_file(const char *folder, int file, char *path)
{
    char name[64], inner_name[64], outer[IO_PATH_BYTES], inner[IO_PATH_BYTES];
    enum presence found = ABSENT;
    for (int i = 0; i < N_SPELLINGS; i++) {
        spell(file, i, name, sizeof name);
        enum presence here = look(folder, name, outer);
        if (here > found) {
            found = here;
            snprintf(path, IO_PATH_BYTES, "%s", outer);
        }
        if (found == HERE)
            return HERE;
        for (int k = 0; here == FOLDER && k < N_SPELLINGS; k++) {
            spell(file, k, inner_name, sizeof inner_name);
            if (look(outer, inner_name, inner) == HERE) {
                snprintf(path, IO_PATH_BYTES, "%s", inner);
                return HERE;
            }
        }
    }
    return found;
}

/* What is wrong with the folder itself, if anything is: better told than that a file is missing. */
static enum mlp_status check_folder(const char *folder, struct mlp_error *error)
{
    struct stat info;
    if (stat(folder, &info) != 0)
        return error_errno(error, MLP_E_DATA, folder, "cannot open");
    if (S_ISDIR(info.st_mode))
        return MLP_OK;
    error_set(error, MLP_E_DATA, folder, -1);
    error_found(error, "a file");
    error_wanted(error, "the folder that holds the four files of the data set");
    return MLP_E_DATA;
}

static enum mlp_status fail_missing(const char *folder, int file, struct mlp_error *error)
{
    char name[64], path[IO_PATH_BYTES];
    spell(file, 0, name, sizeof name);
    error_set(error, MLP_E_DATA, folder, -1);
    error_found(error, "no %s in this folder", name);
    error_wanted(error, "that file, or with a dot (%s.idx%d-ubyte), or either with .gz",
                 files[file].stem, files[file].n_dims);
    if (look(folder, ARCHIVE, path) == HERE)
        error_hint(error, "unpack the archive there first: unzip " ARCHIVE);
    return MLP_E_DATA;
}

enum mlp_status io_find(const char *folder, char paths[IO_N_FILES][IO_PATH_BYTES],
                        struct mlp_error *error)
{
    enum mlp_status status = check_folder(folder, error);
    for (int file = 0; status == MLP_OK && file < IO_N_FILES; file++) {
        enum presence found = find_file(folder, file, paths[file]);
        if (found == ABSENT)
            status = fail_missing(folder, file, error);
        else if (found == FOLDER) {
            status = error_set(error, MLP_E_DATA, paths[file], -1);
            error_found(error, "a folder without that file in it");
            error_wanted(error, "a file");
        }
    }
    return status;
}

bool mlp_dataset_present(const char *folder)
{
    char path[IO_PATH_BYTES];
    for (int file = 0; file < IO_N_FILES; file++)
        if (find_file(folder, file, path) == HERE)
            return true;
    return look(folder, ARCHIVE, path) == HERE;
}
