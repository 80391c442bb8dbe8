/* tiles.c - bf16: rounding and packing of tiles, against plain loops over tile.h's index formulas.
 */
#include "tiles.h"

#include <math.h>
#include <string.h>

enum { BLOCK = PANEL * PANEL };

/* Half a tile by rows: what is positive, and what is not. */
static void fill_signs(bf16 *where)
{
    static const bf16 values[] = {0,      0x8000, 0x3f80, 0xbf80, 1,     0x7f7f,
                                  0x7f80, 0x7f81, 0x7fff, 0xff80, 0xffff};
    for (uint32_t i = 0; i < TILE_ELEMENTS; i++)
        where[i] = values[i % (sizeof values / sizeof values[0])];
}

/* Element (r, c) of a block that was packed into the second half of a tile by rows, of one in
 * pairs, or of both; the first halves are as they were. */
static void check_halves(struct check *check, bool by_rows, bool in_pairs, const bf16 *rows,
                         const bf16 *pairs, bf16 want, uint32_t r, uint32_t c)
{
    if (by_rows)
        check_bf16(check, rows[rows_index(r, PANEL + c)], want, r, c);
    if (in_pairs)
        check_bf16(check, pairs[pairs_index(PANEL + r, c)], want, r, c);
    if (rows[rows_index(r, c)] != POISON || pairs[pairs_index(r, c)] != POISON)
        check_fail(check, "(%u, %u) of the other half was written to", r, c);
}

/* Into the second half of a tile by rows and of one in pairs. */
static void check_packing(struct check *check, enum contents contents, bool by_rows, bool in_pairs,
                          bool masked)
{
    check_case(check, "pack, contents %d,%s%s%s", contents, by_rows ? " by rows" : "",
               in_pairs ? " in pairs" : "", masked ? " where positive" : "");
    struct operand block = operand_new(check, PANEL, PANEL, 0);
    operand_fill(check, &block, contents, 0);
    operand_keep(&block);
    struct guarded rows = tiles_new(check, TILE_ELEMENTS), pairs = tiles_new(check, TILE_ELEMENTS);
    struct guarded where = tiles_new(check, TILE_ELEMENTS);
    fill_signs(where.data);
    check->kernel->bf16.pack(block.m.data, masked ? (bf16 *)where.data + TILE_HALF : NULL,
                             by_rows ? (bf16 *)rows.data + TILE_HALF : NULL,
                             in_pairs ? (bf16 *)pairs.data + TILE_ELEMENTS / 2 : NULL);
    for (uint32_t r = 0; r < PANEL; r++)
        for (uint32_t c = 0; c < PANEL; c++) {
            bool on = !masked || to_float(((bf16 *)where.data)[rows_index(r, PANEL + c)]) > 0;
            bf16 want = on ? rounded(check, *operand_at(&block, r, c)) : 0;
            check_halves(check, by_rows, in_pairs, rows.data, pairs.data, want, r, c);
        }
    operand_check_kept(check, &block, 0, 0, "block");
    operand_free(&block);
    tiles_end(check, &rows, "rows");
    tiles_end(check, &pairs, "pairs");
    tiles_end(check, &where, "where");
}

/* Each number that lies halfway between two bf16, and its neighbours: rounding at its hardest. Of
 * the NaNs those that arithmetic makes. */
static void check_ties(struct check *check)
{
    for (uint32_t first = 0; first < 1u << 16; first += 64) {
        check_case(check, "rounding of ties after %04x", first);
        float block[BLOCK];
        bf16 tile[TILE_ELEMENTS];
        for (uint32_t i = 0; i < BLOCK; i++) {
            uint32_t bits =
                ((first + i / 4) << 16) + (uint32_t[]){0, 0x7fff, 0x8000, 0x8001}[i % 4];
            memcpy(&block[i], &bits, sizeof bits);
            if (isnan(block[i]) && (bits >> 16 & 0x7fff) != 0x7fc0)
                block[i] = NAN;
        }
        check->kernel->bf16.pack(block, NULL, tile, NULL);
        for (uint32_t i = 0; i < BLOCK; i++)
            check_bf16(check, tile[rows_index(i / PANEL, i % PANEL)], rounded(check, block[i]),
                       i / PANEL, i % PANEL);
    }
}

static void check_tile_transpose(struct check *check)
{
    check_case(check, "transpose of a tile");
    bf16 from[TILE_ELEMENTS];
    struct guarded to = tiles_new(check, TILE_ELEMENTS);
    for (uint32_t i = 0; i < TILE_ELEMENTS; i++)
        from[i] = (bf16)(i * 97);
    check->kernel->bf16.transpose(from, to.data);
    for (uint32_t r = 0; r < PANEL; r++)
        for (uint32_t k = 0; k < TILE_K; k++)
            if (((bf16 *)to.data)[pairs_index(k, r)] != from[rows_index(r, k)])
                check_fail(check, "(%u, %u) is in the wrong place", r, k);
    tiles_end(check, &to, "the transpose");
}

static void check_turn(struct check *check)
{
    check_case(check, "turn");
    enum { STRIDE = 3 * TILE_ELEMENTS };
    struct guarded x = tiles_new(check, STRIDE + TILE_ELEMENTS);
    struct guarded xt = tiles_new(check, STRIDE + TILE_ELEMENTS);
    for (uint32_t i = 0; i < STRIDE + TILE_ELEMENTS; i++)
        ((bf16 *)x.data)[i] = (bf16)i;
    check->kernel->bf16.turn(x.data, STRIDE, xt.data, STRIDE);
    for (uint32_t s = 0; s < TILE_K; s++)
        for (uint32_t p = 0; p < TILE_K; p++) {
            bf16 *at = (bf16 *)x.data + s / PANEL * (size_t)STRIDE + rows_index(s % PANEL, p);
            bf16 *t = (bf16 *)xt.data + p / PANEL * (size_t)STRIDE + rows_index(p % PANEL, s);
            if (*t != *at)
                check_fail(check, "(%u, %u) is in the wrong place", s, p);
        }
    tiles_end(check, &x, "x");
    tiles_end(check, &xt, "xt");
}

static void check_scale(struct check *check, enum contents contents)
{
    check_case(check, "scale, contents %d", contents);
    struct operand block = operand_new(check, PANEL, PANEL, 0);
    struct operand shift = operand_new(check, 1, PANEL, 0);
    operand_fill(check, &block, contents, 0);
    operand_fill(check, &shift, contents, 1);
    operand_keep(&block);
    operand_keep(&shift);
    check->kernel->bf16.scale(block.m.data, 0.3f, shift.m.data);
    for (uint32_t i = 0; i < BLOCK; i++) {
        double want = (double)0.3f * (double)block.before[i] + (double)shift.before[i % PANEL];
        float exactly = fmaf(block.before[i], 0.3f, shift.before[i % PANEL]);
        if (check->kernel->fma)
            check_bits(check, block.m.data[i], exactly, i / PANEL, i % PANEL);
        else if (contents != SPECIALS)
            check_near(check, block.m.data[i], want,
                       0x1p-23 * (fabs((double)block.before[i]) + fabs(want)), i / PANEL,
                       i % PANEL);
    }
    operand_check_kept(check, &block, PANEL, PANEL, "block");
    operand_check_kept(check, &shift, 0, 0, "shift");
    operand_free(&block);
    operand_free(&shift);
}

static void check_pack_relu(struct check *check, enum contents contents, bool in_pairs)
{
    check_case(check, "pack_relu, contents %d%s", contents, in_pairs ? ", in pairs" : "");
    const float factor = 0.3f;
    struct operand block = operand_new(check, PANEL, PANEL, 0);
    struct operand shift = operand_new(check, 1, PANEL, 0);
    struct guarded rows = tiles_new(check, TILE_ELEMENTS), pairs = tiles_new(check, TILE_ELEMENTS);
    operand_fill(check, &block, contents, 0);
    operand_fill(check, &shift, contents, 1);
    operand_keep(&block);
    operand_keep(&shift);
    check->kernel->bf16.pack_relu(block.m.data, factor, shift.m.data, (bf16 *)rows.data + TILE_HALF,
                                  in_pairs ? (bf16 *)pairs.data + TILE_ELEMENTS / 2 : NULL);
    for (uint32_t r = 0; r < PANEL; r++)
        for (uint32_t c = 0; c < PANEL; c++) {
            float x = *operand_at(&block, r, c), s = *operand_at(&shift, 0, c);
            float z = check->kernel->fma ? fmaf(x, factor, s) : x * factor + s;
            bf16 want = rounded(check, z < 0 ? 0 : z);
            check_halves(check, true, in_pairs, rows.data, pairs.data, want, r, c);
        }
    operand_check_kept(check, &block, 0, 0, "block");
    operand_check_kept(check, &shift, 0, 0, "shift");
    operand_free(&block);
    operand_free(&shift);
    tiles_end(check, &rows, "rows");
    tiles_end(check, &pairs, "pairs");
}

static bf16 *in_pairs(bf16 *tiles, size_t stride, uint32_t k, uint32_t c)
{
    return tiles + c / PANEL * stride + (size_t)(k / TILE_K) * TILE_ELEMENTS +
           pairs_index(k % TILE_K, c % PANEL);
}

static void check_tile_sums(struct check *check, uint32_t k_tiles, uint32_t n)
{
    check_case(check, "sums over %u tiles of %u blocks", k_tiles, n);
    const uint32_t rows = k_tiles * TILE_K, cols = n * PANEL;
    const size_t stride = (size_t)(k_tiles + 1) * TILE_ELEMENTS; /* a batch may be a short one */
    struct guarded tiles = tiles_new(check, n * stride - TILE_ELEMENTS);
    struct operand values = operand_new(check, rows, cols, 0);
    struct operand sums = operand_new(check, n, PANEL, 0); /* a row for each block */
    operand_fill(check, &values, REALS, 0);
    operand_keep(&sums);
    for (uint32_t k = 0; k < rows; k++)
        for (uint32_t c = 0; c < cols; c++)
            *in_pairs(tiles.data, stride, k, c) = rounded(check, *operand_at(&values, k, c));
    check->kernel->bf16.sums(k_tiles, n, tiles.data, stride, sums.m.data);
    for (uint32_t c = 0; c < cols; c++) {
        float sum = 0; /* in the order of k: part of the contract */
        for (uint32_t k = 0; k < rows; k++)
            sum += to_float(*in_pairs(tiles.data, stride, k, c));
        check_bits(check, *operand_at(&sums, c / PANEL, c % PANEL), sum, 0, c);
    }
    operand_check_kept(check, &sums, n, PANEL, "sums");
    operand_free(&values);
    operand_free(&sums);
    tiles_end(check, &tiles, "tiles");
}

void check_tiles(struct check *check)
{
    const struct kernel_bf16 *kernel = &check->kernel->bf16;
    if (kernel->begin != NULL)
        kernel->begin();
    for (enum contents contents = INTEGERS; contents <= SPECIALS; contents++) {
        for (int masked = 0; masked < 2; masked++) {
            check_packing(check, contents, true, true, masked);
            check_packing(check, contents, true, false, masked);
            check_packing(check, contents, false, true, masked);
        }
        check_scale(check, contents);
        check_pack_relu(check, contents, true);
        check_pack_relu(check, contents, false);
    }
    check_ties(check);
    check_tile_transpose(check);
    check_turn(check);
    for (uint32_t k_tiles = 1; k_tiles <= 9; k_tiles++)
        for (uint32_t n = 1; n <= 8; n += 1 + 2 * (n > 1)) /* 1, 2, 5, 8 */
            check_tile_sums(check, k_tiles, n);
    check_tile_products(check);
    if (kernel->end != NULL)
        kernel->end();
}
