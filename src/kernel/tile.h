/* tile.h - the memory layout of bf16 matrices, and how many numbers at a time.
 *
 * Products of bf16 operands read tiles of 16 lines of 64 bytes, 1 KiB, in which k runs from 0
 * to 31. The left operand A (m, k) lies by rows, the right one B (k, n) in pairs along k, which is
 * what dot-product and tile instructions want in one 32-bit lane:
 *
 *     by rows    A(r, k)  in block r / 16, tile k / 32,  at  (r % 16) * 32 + k % 32
 *     in pairs   B(k, c)  in block c / 16, tile k / 32,  at  (k % 32 / 2) * 32 + (c % 16) * 2 + k %
 * 2
 *
 * The tiles of a block lie one after the other. A tile by rows of M and one in pairs of M^T hold
 * the same numbers, and one is the other transposed as 16 x 16 lanes of 32 bits. What pads a matrix
 * along k is zero. See docs/design.md. */
#ifndef KERNEL_TILE_H
#define KERNEL_TILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint16_t bf16; /* the upper half of an f32: 1 sign, 8 exponent and 7 mantissa bits */

enum { TILE_K = 32, TILE_ELEMENTS = 16 * TILE_K, TILE_HALF = TILE_K / 2 };

struct tiles {
    bf16 *data;
    uint32_t blocks;  /* of 16 rows, or columns */
    uint32_t k_tiles; /* in each: memory for so many; the mathematics may use fewer */
};

/* The inputs of a first layer, in the order in which a batch X has them as columns: the n that are
 * not zero in at least one of its samples, ascending, and then the others, of which X has none. */
struct live {
    uint32_t n;
    const uint32_t *inputs;
    struct tiles xt; /* (n, B) X transposed by rows, k_tiles those of B; no data: nobody has yet */
};

static inline uint32_t tile_count(uint32_t k)
{
    return k / TILE_K + (k % TILE_K != 0);
}

static inline size_t tile_stride(const struct tiles *t)
{
    return (size_t)t->k_tiles * TILE_ELEMENTS;
}

static inline bf16 *tile_at(const struct tiles *t, uint32_t block, uint32_t k_tile)
{
    return t->data + block * tile_stride(t) + (size_t)k_tile * TILE_ELEMENTS;
}

/* Where 16 consecutive k, group k / 16, begin: the left half of a tile by rows, or the upper half
 * of one in pairs. */
static inline bf16 *tile_rows_half(const struct tiles *t, uint32_t block, uint32_t k_group)
{
    return tile_at(t, block, k_group / 2) + (size_t)(k_group % 2) * TILE_HALF;
}

static inline bf16 *tile_pairs_half(const struct tiles *t, uint32_t block, uint32_t k_group)
{
    return tile_at(t, block, k_group / 2) + (size_t)(k_group % 2) * (TILE_ELEMENTS / 2);
}

#endif
