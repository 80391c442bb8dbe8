/* foreign.c - a failed download or a forgotten unpacking has a face; this table knows the usual
 * ones, so that a message can say what to do instead of which bytes are wrong. */
#include "io/foreign.h"

#include <stdbool.h>
#include <string.h>

#define DOWNLOAD_HINT "what answered the download was not the file; download it again"

static const struct io_foreign web_page = {"an HTML or XML page", DOWNLOAD_HINT};

/* The magic numbers are those of file(1)'s database and of each format's specification. */
static const struct {
    const char *magic;
    size_t n;
    struct io_foreign foreign;
} magics[] = {
    {"\x1f\x8b", 2, {"gzip data", "unpack it once with gunzip"}},
    {"PK\3\4", 4, {"a zip archive", "unpack it with unzip"}},
    {"PK\5\6", 4, {"an empty zip archive", DOWNLOAD_HINT}},
    {"BZh", 3, {"bzip2 data", "unpack it with bunzip2"}},
    {"\xfd"
     "7zXZ",
     5,
     {"xz data", "unpack it with unxz"}},
    {"\x28\xb5\x2f\xfd", 4, {"zstd data", "unpack it with unzstd"}},
    {"version https://git-lfs", 23, {"a Git LFS pointer", "fetch the file itself: git lfs pull"}},
    {"\x93NUMPY", 6, {"a single NumPy array (.npy)", "np.savez puts several into one .npz"}},
    {"\x89HDF", 4, {"an HDF5 file", "export the arrays with np.savez"}},
    {"\x80\2", 2, {"a Python pickle", "it could run code; export the arrays with np.savez"}},
    {"\x80\3", 2, {"a Python pickle", "it could run code; export the arrays with np.savez"}},
    {"\x80\4", 2, {"a Python pickle", "it could run code; export the arrays with np.savez"}},
    {"\x80\5", 2, {"a Python pickle", "it could run code; export the arrays with np.savez"}},
    {"\x89PNG", 4, {"a PNG picture", "give the files of the data set"}},
    {"%PDF", 4, {"a PDF document", DOWNLOAD_HINT}},
    {"{", 1, {"JSON text", DOWNLOAD_HINT}},
};

/* Web pages begin with markup, perhaps after a byte order mark and white space. */
static bool is_markup(const uint8_t *bytes, size_t n)
{
    size_t at = n >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    while (at < n && bytes[at] != '\0' && strchr(" \t\r\n", bytes[at]) != NULL)
        at++;
    return at + 1 < n && bytes[at] == '<' && bytes[at + 1] != '\0' &&
           strchr("!?hHbB", bytes[at + 1]) != NULL;
}

const struct io_foreign *io_foreign_recognise(const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++)
        if (n >= magics[i].n && memcmp(bytes, magics[i].magic, magics[i].n) == 0)
            return &magics[i].foreign;
    return is_markup(bytes, n) ? &web_page : NULL;
}
