/* tiles.c - bf16: rounding, packing and products of tiles, against plain loops over tile.h's index
 * formulas.
 *
 * The bound of a product of k terms is 2 (k + 2) 2^-24 sum |a b| of the rounded operands: each is
 * added with one rounding, in an order that hardware is free to choose. */
#include "tiles.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { BLOCK = PANEL * PANEL };

/* Half a tile by rows: what is positive, and what is not. */
static void fill_signs(bf16 *where)
{
    for (uint32_t i = 0; i < TILE_ELEMENTS; i++)
        where[i] = (bf16[]){0, 0x8000, 0x3f80, 0xbf80, 1, 0x7f80}[i % 6];
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
    const bf16 *r16 = rows.data, *p16 = pairs.data;
    fill_signs(where.data);
    check->kernel->bf16.pack(block.m.data, masked ? (bf16 *)where.data + TILE_HALF : NULL,
                             by_rows ? (bf16 *)rows.data + TILE_HALF : NULL,
                             in_pairs ? (bf16 *)pairs.data + TILE_ELEMENTS / 2 : NULL);
    for (uint32_t r = 0; r < PANEL; r++)
        for (uint32_t c = 0; c < PANEL; c++) {
            bool on = !masked || to_float(((bf16 *)where.data)[rows_index(r, PANEL + c)]) > 0;
            bf16 want = on ? rounded(check, *operand_at(&block, r, c)) : 0;
            if (by_rows)
                check_bf16(check, r16[rows_index(r, PANEL + c)], want, r, c);
            if (in_pairs)
                check_bf16(check, p16[pairs_index(PANEL + r, c)], want, r, c);
            if (r16[rows_index(r, c)] != POISON || p16[pairs_index(r, c)] != POISON)
                check_fail(check, "(%u, %u) of the other half was written to", r, c);
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

static void check_scale(struct check *check, enum contents contents, bool relu)
{
    check_case(check, "scale, contents %d%s", contents, relu ? ", relu" : "");
    struct operand block = operand_new(check, PANEL, PANEL, 0);
    struct operand shift = operand_new(check, 1, PANEL, 0);
    operand_fill(check, &block, contents, 0);
    operand_fill(check, &shift, contents, 1);
    operand_keep(&block);
    operand_keep(&shift);
    check->kernel->bf16.scale(block.m.data, 0.3f, shift.m.data, relu);
    for (uint32_t i = 0; i < BLOCK; i++) {
        double want = (double)0.3f * (double)block.before[i] + (double)shift.before[i % PANEL];
        float exactly = fmaf(block.before[i], 0.3f, shift.before[i % PANEL]);
        if (check->kernel->fma)
            check_bits(check, block.m.data[i], relu && exactly < 0 ? 0 : exactly, i / PANEL,
                       i % PANEL);
        else if (contents != SPECIALS)
            check_near(check, block.m.data[i], relu && want < 0 ? 0 : want,
                       0x1p-23 * (fabs((double)block.before[i]) + fabs(want)), i / PANEL,
                       i % PANEL);
    }
    operand_check_kept(check, &block, PANEL, PANEL, "block");
    operand_check_kept(check, &shift, 0, 0, "shift");
    operand_free(&block);
    operand_free(&shift);
}

static void check_tile_sums(struct check *check, uint32_t k_tiles)
{
    check_case(check, "sums over %u tiles", k_tiles);
    struct guarded tiles = tiles_new(check, (size_t)k_tiles * TILE_ELEMENTS);
    struct operand values = operand_new(check, k_tiles * TILE_K, PANEL, 0);
    struct operand sums = operand_new(check, 1, PANEL, 0);
    operand_fill(check, &values, REALS, 0);
    operand_keep(&sums);
    bf16 *at = tiles.data;
    for (uint32_t k = 0; k < k_tiles * TILE_K; k++)
        for (uint32_t c = 0; c < PANEL; c++)
            at[k / TILE_K * TILE_ELEMENTS + pairs_index(k % TILE_K, c)] =
                rounded(check, *operand_at(&values, k, c));
    check->kernel->bf16.sums(k_tiles, at, sums.m.data);
    for (uint32_t c = 0; c < PANEL; c++) {
        float sum = 0; /* in the order of k: part of the contract */
        for (uint32_t k = 0; k < k_tiles * TILE_K; k++)
            sum += to_float(at[k / TILE_K * TILE_ELEMENTS + pairs_index(k % TILE_K, c)]);
        check_bits(check, *operand_at(&sums, 0, c), sum, 0, c);
    }
    operand_check_kept(check, &sums, 1, PANEL, "sums");
    operand_free(&values);
    operand_free(&sums);
    tiles_end(check, &tiles, "tiles");
}

/* ---- the product ------------------------------------------------------------------------ */

struct tile_product {
    uint32_t m, n, k_tiles;
    enum contents contents;
    bool add, gaps;
    size_t a_stride, b_stride;
    struct guarded a, b, c;
    float before[4 * BLOCK]; /* C */
};

static bf16 a_element(const struct tile_product *p, uint32_t r, uint32_t k)
{
    return ((bf16 *)p->a.data)[r / PANEL * p->a_stride + k / TILE_K * TILE_ELEMENTS +
                               rows_index(r % PANEL, k % TILE_K)];
}

static bf16 b_element(const struct tile_product *p, uint32_t k, uint32_t c)
{
    return ((bf16 *)p->b.data)[c / PANEL * p->b_stride + k / TILE_K * TILE_ELEMENTS +
                               pairs_index(k % TILE_K, c % PANEL)];
}

static size_t c_index(uint32_t r, uint32_t c)
{
    return (size_t)(r / PANEL * 2 + c / PANEL) * BLOCK + r % PANEL * PANEL + c % PANEL;
}

static void prepare(struct check *check, struct tile_product *p)
{
    uint32_t k = p->k_tiles * TILE_K;
    struct operand a = operand_new(check, p->m * PANEL, k, 0);
    struct operand b = operand_new(check, k, p->n * PANEL, 0);
    operand_fill(check, &a, p->contents, 0);
    operand_fill(check, &b, p->contents == ONE_HOT ? INTEGERS : p->contents, 1);
    p->a_stride = p->b_stride = (size_t)(p->k_tiles + (p->gaps ? 2 : 0)) * TILE_ELEMENTS;
    p->a = tiles_new(check, (p->m - 1) * p->a_stride + (size_t)p->k_tiles * TILE_ELEMENTS);
    p->b = tiles_new(check, (p->n - 1) * p->b_stride + (size_t)p->k_tiles * TILE_ELEMENTS);
    for (uint32_t i = 0; i < k; i++) {
        for (uint32_t r = 0; r < p->m * PANEL; r++)
            ((bf16 *)p->a.data)[r / PANEL * p->a_stride + i / TILE_K * TILE_ELEMENTS +
                                rows_index(r % PANEL, i % TILE_K)] =
                rounded(check, *operand_at(&a, r, i));
        for (uint32_t c = 0; c < p->n * PANEL; c++)
            ((bf16 *)p->b.data)[c / PANEL * p->b_stride + i / TILE_K * TILE_ELEMENTS +
                                pairs_index(i % TILE_K, c % PANEL)] =
                rounded(check, *operand_at(&b, i, c));
    }
    operand_free(&a);
    operand_free(&b);
    p->c = guarded_new(sizeof p->before, GUARDED_END);
    for (uint32_t i = 0; i < 4 * BLOCK; i++) /* without add it is not read: NaN would show */
        p->before[i] = p->add ? (float)(i % 61) - 30 : NAN;
    memcpy(p->c.data, p->before, sizeof p->before);
}

static void compare(struct check *check, const struct tile_product *p)
{
    uint32_t k = p->k_tiles * TILE_K;
    for (uint32_t r = 0; r < p->m * PANEL; r++)
        for (uint32_t c = 0; c < p->n * PANEL; c++) {
            double sum = p->add ? (double)p->before[c_index(r, c)] : 0, size = fabs(sum);
            for (uint32_t i = 0; i < k; i++) {
                double ab =
                    (double)to_float(a_element(p, r, i)) * (double)to_float(b_element(p, i, c));
                sum += ab;
                size += fabs(ab);
            }
            /* Denormal sums and operands may be taken for zero. */
            double bound = p->contents < REALS ? 0 : 2 * (k + 2) * (0x1p-24 * size + 0x1p-126);
            check_near(check, ((float *)p->c.data)[c_index(r, c)], sum, bound, r, c);
        }
}

static void count(void *context)
{
    ++*(uint32_t *)context;
}

static struct kernel_tiles operands(const struct tile_product *p, float *c,
                                    void (*aside)(void *context), void *context)
{
    return (struct kernel_tiles){.m = p->m,
                                 .n = p->n,
                                 .k_tiles = p->k_tiles,
                                 .a = p->a.data,
                                 .b = p->b.data,
                                 .a_stride = p->a_stride,
                                 .b_stride = p->b_stride,
                                 .c = c,
                                 .add = p->add,
                                 .aside = aside,
                                 .context = context};
}

static void multiply(const struct kernel_bf16 *kernel, const struct kernel_tiles *operands,
                     float *pending)
{
    pending = kernel->product(operands, pending);
    if (pending != NULL)
        kernel->store(pending);
}

/* Kernels with fused multiply-add that compute in f32 agree to the bit. */
static void compare_tiles_with_scalar(struct check *check, struct tile_product *p)
{
    float want[4 * BLOCK];
    uint32_t n_asides = 0;
    memcpy(want, p->before, sizeof want);
    struct kernel_tiles o = operands(p, want, count, &n_asides);
    multiply(&check->scalar->bf16, &o, NULL);
    for (uint32_t r = 0; r < p->m * PANEL; r++)
        for (uint32_t c = 0; c < p->n * PANEL; c++)
            check_bits(check, ((float *)p->c.data)[c_index(r, c)], want[c_index(r, c)], r, c);
}

static void release(struct check *check, struct tile_product *p)
{
    tiles_end(check, &p->a, "A");
    tiles_end(check, &p->b, "B");
    tiles_end(check, &p->c, "C");
}

static void check_tile_product(struct check *check, uint32_t m, uint32_t n, uint32_t k_tiles,
                               enum contents contents, bool add, bool gaps)
{
    check_case(check, "bf16 product of %u x %u blocks, %u tiles of k, contents %d, %s, %s", m, n,
               k_tiles, contents, add ? "added to C" : "C not read", gaps ? "gaps" : "no gaps");
    struct tile_product p = {.m = m, .n = n, .k_tiles = k_tiles, .contents = contents};
    p.add = add;
    p.gaps = gaps;
    prepare(check, &p);
    uint32_t n_asides = 0;
    struct kernel_tiles o = operands(&p, p.c.data, count, &n_asides);
    multiply(&check->kernel->bf16, &o, NULL);
    if (n_asides != k_tiles)
        check_fail(check, "the aside was called %u times", n_asides);
    compare(check, &p);
    if (check->kernel->fma && !check->kernel->bf16.native)
        compare_tiles_with_scalar(check, &p);
    for (uint32_t i = 0; i < 4 * BLOCK; i++) /* blocks beyond m x n */
        if ((i / BLOCK / 2 >= m || i / BLOCK % 2 >= n) &&
            memcmp((float *)p.c.data + i, p.before + i, sizeof(float)) != 0)
            check_fail(check, "float %u of C was written to", i);
    release(check, &p);
}

/* What the sums of the product before are when a product calls its aside. */
struct seen {
    const float *c;
    float sums[4 * BLOCK];
    bool done;
};

static void see(void *context)
{
    struct seen *seen = context;
    if (!seen->done)
        memcpy(seen->sums, seen->c, sizeof seen->sums);
    seen->done = true;
}

/* Sums that may have stayed in registers are stored by the next product, whatever its shape. */
static void check_product_after(struct check *check, uint32_t m, uint32_t n, bool add)
{
    check_case(check, "bf16 product of %u x %u blocks after another, %s", m, n,
               add ? "added to C" : "C not read");
    struct tile_product first = {.m = 2, .n = 2, .k_tiles = 2, .contents = REALS};
    struct tile_product next = {.m = m, .n = n, .k_tiles = 3, .contents = INTEGERS, .add = add};
    prepare(check, &first);
    prepare(check, &next);
    uint32_t n_asides = 0;
    struct seen seen = {.c = first.c.data};
    struct kernel_tiles one = operands(&first, first.c.data, count, &n_asides);
    struct kernel_tiles two = operands(&next, next.c.data, see, &seen);
    multiply(&check->kernel->bf16, &two, check->kernel->bf16.product(&one, NULL));
    compare(check, &first);
    compare(check, &next);
    if (memcmp(seen.sums, first.c.data, sizeof seen.sums) != 0)
        check_fail(check, "sums of the first product come late");
    release(check, &first);
    release(check, &next);
}

/* A product that goes on from sums that are not stored yet. */
static void check_product_onto(struct check *check)
{
    check_case(check, "bf16 product added to the one before it");
    struct tile_product first = {.m = 2, .n = 2, .k_tiles = 2, .contents = INTEGERS};
    struct tile_product next = {.m = 2, .n = 2, .k_tiles = 3, .contents = INTEGERS, .add = true};
    prepare(check, &first);
    prepare(check, &next);
    const struct kernel_bf16 *kernel = &check->kernel->bf16;
    uint32_t n_asides = 0;
    struct kernel_tiles one = operands(&first, first.c.data, count, &n_asides);
    struct kernel_tiles two = operands(&next, first.c.data, count, &n_asides);
    multiply(kernel, &one, NULL);
    memcpy(next.before, first.c.data, sizeof next.before);
    memcpy(first.c.data, first.before, sizeof first.before);
    multiply(kernel, &two, kernel->product(&one, NULL));
    memcpy(next.c.data, first.c.data, sizeof next.before);
    compare(check, &next);
    release(check, &first);
    release(check, &next);
}

void check_tiles(struct check *check)
{
    static const uint32_t k_tiles[] = {1, 2, 3, 9};
    const struct kernel_bf16 *kernel = &check->kernel->bf16;
    if (kernel->begin != NULL)
        kernel->begin();
    for (enum contents contents = INTEGERS; contents <= SPECIALS; contents++) {
        for (int masked = 0; masked < 2; masked++) {
            check_packing(check, contents, true, true, masked);
            check_packing(check, contents, true, false, masked);
            check_packing(check, contents, false, true, masked);
        }
        check_scale(check, contents, false);
        check_scale(check, contents, true);
    }
    check_ties(check);
    check_tile_transpose(check);
    check_turn(check);
    for (uint32_t shape = 0; shape < 8; shape++)
        check_product_after(check, 1 + shape / 4, 1 + shape / 2 % 2, shape % 2);
    check_product_onto(check);
    for (uint32_t i = 0; i < sizeof k_tiles / sizeof k_tiles[0]; i++) {
        check_tile_sums(check, k_tiles[i]);
        for (enum contents contents = INTEGERS; contents <= TINY; contents++)
            for (uint32_t shape = 0; shape < 4; shape++)
                for (int variant = 0; variant < 4 && contents != COUNTING; variant++)
                    check_tile_product(check, 1 + shape / 2, 1 + shape % 2, k_tiles[i], contents,
                                       variant & 1, variant & 2);
    }
    if (kernel->end != NULL)
        kernel->end();
}
