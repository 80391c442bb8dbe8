/* hash.h - a fast 64-bit hash that tells data sets apart. Not cryptographic. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* hash_bytes - continues from `hash` (start with 0), over n bytes; the same on any machine of
 * either byte order. hash_bytes(hash_bytes(0, a), b) depends on where a ends. */
uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t n);

#endif
