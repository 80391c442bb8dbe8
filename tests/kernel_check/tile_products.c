/* tile_products.c - bf16: products of tiles, against plain loops over tile.h's index formulas.
 *
 * The bound of a product of k terms is 2 (k + 2) 2^-24 sum |a b| of the rounded operands: each is
 * added with one rounding, in an order that hardware is free to choose. */
#include "tiles.h"

#include <math.h>
#include <string.h>

enum { BLOCK = PANEL * PANEL };

struct tile_product {
    uint32_t m, n, k_tiles, n_asides;
    enum contents contents;
    bool add, gaps, b_passes;
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
    return (size_t)(r / PANEL + c / PANEL * 2) * BLOCK + r % PANEL * PANEL + c % PANEL;
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
                                 .b_passes = p->b_passes,
                                 .c = c,
                                 .add = p->add,
                                 .n_asides = p->n_asides,
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
                               enum contents contents, bool add, bool gaps, bool b_passes)
{
    check_case(check, "bf16 product of %u x %u blocks, %u tiles of k, contents %d, %s, %s, %s", m,
               n, k_tiles, contents, add ? "added to C" : "C not read", gaps ? "gaps" : "no gaps",
               b_passes ? "B passes" : "A passes");
    struct tile_product p = {.m = m, .n = n, .k_tiles = k_tiles, .contents = contents};
    p.add = add;
    p.gaps = gaps;
    p.b_passes = b_passes;
    p.n_asides = (k_tiles + gaps) / 2; /* some, or all or none of one */
    prepare(check, &p);
    uint32_t n_asides = 0;
    struct kernel_tiles o = operands(&p, p.c.data, count, &n_asides);
    multiply(&check->kernel->bf16, &o, NULL);
    if (n_asides != p.n_asides)
        check_fail(check, "the aside was called %u times", n_asides);
    compare(check, &p);
    if (check->kernel->fma && !check->kernel->bf16.native)
        compare_tiles_with_scalar(check, &p);
    for (uint32_t i = 0; i < 4 * BLOCK; i++) /* blocks beyond m x n */
        if ((i / BLOCK % 2 >= m || i / BLOCK / 2 >= n) &&
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
static void check_product_after(struct check *check, uint32_t m, uint32_t n, bool add,
                                bool b_passes)
{
    check_case(check, "bf16 product of %u x %u blocks after another, %s, %s", m, n,
               add ? "added to C" : "C not read", b_passes ? "B passes" : "A passes");
    struct tile_product first = {.m = 2, .n = 2, .k_tiles = 2, .contents = REALS};
    struct tile_product next = {
        .m = m, .n = n, .k_tiles = 3, .n_asides = 1, .contents = INTEGERS, .add = add};
    first.b_passes = next.b_passes = b_passes;
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

void check_tile_products(struct check *check)
{
    static const uint32_t k_tiles[] = {1, 2, 3, 9};
    for (uint32_t i = 0; i < sizeof k_tiles / sizeof k_tiles[0]; i++)
        for (enum contents contents = INTEGERS; contents <= TINY; contents++)
            for (uint32_t shape = 0; shape < 4; shape++)
                for (int variant = 0; variant < 8 && contents != COUNTING; variant++)
                    check_tile_product(check, 1 + shape / 2, 1 + shape % 2, k_tiles[i], contents,
                                       variant & 1, variant & 2, variant & 4);
    for (uint32_t shape = 0; shape < 16; shape++)
        check_product_after(check, 1 + shape / 8, 1 + shape / 4 % 2, shape / 2 % 2, shape % 2);
    check_product_onto(check);
}
