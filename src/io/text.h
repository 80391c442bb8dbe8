/* text.h - NumPy's strings are arrays of 32-bit characters, ours are UTF-8. */
#ifndef IO_TEXT_H
#define IO_TEXT_H

#include "io/npy.h"

/* io_text_decode - the string that element holds, cut to what fits into size bytes (at least 4)
 * with its end mark. Control characters come as question marks: the text goes to terminals. */
void io_text_decode(const struct io_npy *npy, const uint8_t *element, char *text, size_t size);

/* io_text_encode - little-endian characters of UTF-8 text into `to`, which has room for
 * 4 * strlen(text) bytes; returns how many characters. What is not UTF-8 becomes U+FFFD. */
size_t io_text_encode(const char *text, uint8_t *to);

#endif
