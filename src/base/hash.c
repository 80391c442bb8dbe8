#include "base/hash.h"

#include <string.h>

/* Odd 64-bit numbers: the golden ratio and sqrt(2), sqrt(3), sqrt(5) - 1.. as fractions. */
static const uint64_t K[4] = {0x9E3779B97F4A7C15u, 0x6A09E667F3BCC909u, 0xBB67AE8584CAA73Bu,
                              0x3C6EF372FE94F82Bu};

static uint64_t load_le64(const uint8_t *p)
{
    uint64_t word; /* as one load: GCC 12 does not make one out of eight shifted bytes */
    memcpy(&word, p, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static uint64_t mix(uint64_t h, uint64_t word, uint64_t k)
{
    h = (h ^ word) * k;
    return h ^ (h >> 29);
}

uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    uint64_t lane[4]; /* four chains, since one is bound by the latency of the multiplication */
    for (int i = 0; i < 4; i++)
        lane[i] = hash ^ K[i] ^ n;
    size_t at = 0;
    for (; at + 32 <= n; at += 32)
        for (int i = 0; i < 4; i++)
            lane[i] = mix(lane[i], load_le64(p + at + 8 * (size_t)i), K[i]);
    for (; at < n; at++)
        lane[at % 4] = mix(lane[at % 4], p[at], K[at % 4]);
    for (int i = 1; i < 4; i++)
        lane[0] = mix(lane[0], lane[i], K[i]);
    return mix(lane[0], n, K[0]);
}
