/* foreign.h - files that turn up under a name where something else was expected. */
#ifndef IO_FOREIGN_H
#define IO_FOREIGN_H

#include <stddef.h>
#include <stdint.h>

struct io_foreign {
    const char *what; /* "an HTML page" */
    const char *hint; /* how to get at what was wanted */
};

/* The longest beginning of a file that io_foreign_recognise can use. */
enum { IO_FOREIGN_BYTES = 32 };

/* io_foreign_recognise - tells from the first n bytes what a file really is; NULL if unknown. */
const struct io_foreign *io_foreign_recognise(const uint8_t *bytes, size_t n);

#endif
