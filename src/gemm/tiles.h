/* tiles.h - products of bf16 tiles (kernel/tile.h): the blocked loops around a kernel's bf16
 * product.
 *
 * C = A B with A by rows and B in pairs. C is never stored: the epilogue sees each block of it, and
 * runs in parts while the kernel makes the next ones. What is read only once need not be
 * stored either: A or B can be made just before the kernel reads it. */
#ifndef GEMM_TILES_H
#define GEMM_TILES_H

#include "gemm/gemm.h"
#include "kernel/tile.h"

/* Up to 2 x 2 finished blocks of C, of 16 x 16 floats each, row after row: a column of blocks lies
 * there as 32 rows of 16. */
struct tiles_block {
    uint32_t row, col; /* of the first one, in blocks of 16 */
    uint32_t m, n;     /* rows and columns of blocks, 1 or 2 each */
    float *c;          /* block (i, j) at c + (i + 2 j) * 256 */
};

static inline float *tiles_block_at(const struct tiles_block *block, uint32_t i, uint32_t j)
{
    return block->c + (size_t)(i + 2 * j) * PANEL * PANEL;
}

struct gemm_tiles {
    const struct tiles *a, *b;
    uint32_t k_tiles;
    /* Without a: its blocks row, row + 1 (row is even) when they are needed, k_tiles each, made in
     * a or lying somewhere already. */
    const bf16 *(*make_rows)(void *context, uint32_t row, bf16 *a);
    /* Without b: tiles k..k_end-1 of its block col, again for every GEMM_TILES_PAIRS of rows. */
    void (*make_column)(void *context, uint32_t col, uint32_t k, uint32_t k_end, bf16 *b);
    /* Part 0..n_parts-1 of what is to be done with a block. */
    void (*epilogue)(void *context, const struct tiles_block *block, uint32_t part);
    uint32_t n_parts;
    void *context;
};

/* gemm_tiles_slice - as gemm_slice, in blocks of 16 x 16, begun at even ones: two blocks along k
 * make one tile of the next product. */
struct gemm_slice gemm_tiles_slice(const struct team *team, uint32_t row_blocks,
                                   uint32_t col_blocks, enum gemm_cut cut);

/* gemm_tiles_run - the slice's part, its rows and panels being blocks of 16. scratch has
 * gemm_tiles_scratch floats; aside is called now and then, and may be NULL. Sequential;
 * each element is summed in one order, whatever the slice. */
void gemm_tiles_run(const struct kernel *kernel, const struct gemm_tiles *product,
                    const struct gemm_slice *slice, float *scratch, const struct gemm_aside *aside);

/* Measured: bench, rows "large". Two columns of so many tiles, 32 of L1's 48 KiB, stay there while
 * rows pass by; so many pairs of rows of A, and their partial sums, stay in L2 while columns pass
 * by. */
enum { GEMM_TILES_K = 16, GEMM_TILES_PAIRS = 8 };

/* gemm_tiles_scratch - floats for products with up to so many tiles of k where A is made: sums, and
 * beside them two blocks of A or of B. */
static inline size_t gemm_tiles_scratch(uint32_t k_tiles)
{
    return (size_t)2 * GEMM_TILES_PAIRS * 4 * PANEL * PANEL +
           (size_t)(k_tiles > GEMM_TILES_K ? k_tiles : GEMM_TILES_K) * TILE_ELEMENTS;
}

#endif
