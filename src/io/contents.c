#include "io/contents.h"

#include "io/input.h"

#include <string.h>
#include <unistd.h>

/* A zip archive, which .npz files are, IDX of bytes, and gzip, which IDX files may be in
 * (APPNOTE.TXT 4.3.7; LeCun's format; RFC 1952, 2.3.1). */
static const struct {
    const char *magic;
    size_t n;
    enum io_contents contents;
} magics[] = {{"PK\3\4", 4, IO_WEIGHTS}, {"\0\0\x08", 3, IO_DATA}, {"\x1f\x8b", 2, IO_DATA}};

enum io_contents io_contents_of(const char *path)
{
    int fd;
    uint64_t size_bytes;
    char bytes[4];
    size_t n;
    if (io_input_open(path, MLP_E_DATA, &fd, &size_bytes, NULL) != MLP_OK)
        return IO_NOTHING;
    bool known = io_input_read(fd, bytes, sizeof bytes, &n);
    close(fd);
    if (!known || n == 0)
        return IO_NOTHING;
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++)
        if (n >= magics[i].n && memcmp(bytes, magics[i].magic, magics[i].n) == 0)
            return magics[i].contents;
    return IO_OTHER;
}
