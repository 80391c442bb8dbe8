/* products.c - the products of a kernel against sums in double.
 *
 * The bound of k fused multiply-adds is (k + 2) 2^-24 sum |a b|: each rounds once, sse2 twice; and
 * 2^-149 a step, since what underflows is rounded to a multiple of that. */
#include "check.h"

#include <math.h>
#include <string.h>

static const uint32_t K[] = {1, 2, 15, 16, 17, 31, 32, 33, 127, 128, 129, 784};
enum { N_K = sizeof K / sizeof K[0] };

/* A (rows, k), whichever way it lies in memory, B (k, cols), C = init + A B. */
struct product {
    uint32_t rows, k, cols;
    bool by_columns; /* A^T is stored */
    enum contents contents;
    struct operand a, b, c;
    struct operand init; /* (1, cols) */
    bool has_init;       /* else C itself */
};

static float a_of(const struct product *p, uint32_t r, uint32_t k)
{
    return p->by_columns ? *operand_at(&p->a, k, r) : *operand_at(&p->a, r, k);
}

static float start_of(const struct product *p, uint32_t r, uint32_t c)
{
    size_t at = c / PANEL * p->c.m.stride + (size_t)r * PANEL + c % PANEL;
    return p->has_init ? *operand_at(&p->init, 0, c) : p->c.before[at];
}

static void prepare(const struct check *check, struct product *p, bool gaps)
{
    p->a = p->by_columns ? operand_new(check, p->k, p->rows, 0)
                         : operand_new(check, p->rows, p->k, gaps ? 3 * PANEL : 0);
    p->b = operand_new(check, p->k, p->cols, gaps ? 5 * PANEL : 0);
    p->c = operand_new(check, p->rows, p->cols, gaps ? 7 * PANEL : 0);
    p->init = operand_new(check, 1, p->cols, 0);
    operand_fill(check, &p->a, p->contents, 0);
    operand_fill(check, &p->b, p->contents == ONE_HOT ? COUNTING : p->contents, 1);
    enum contents start = p->contents == ONE_HOT ? INTEGERS : p->contents;
    if (!p->has_init) /* else C stays POISON: it is to be written and not read */
        operand_fill(check, &p->c, start, 2);
    operand_fill(check, &p->init, start, 3);
    operand_keep(&p->a);
    operand_keep(&p->b);
    operand_keep(&p->c);
    operand_keep(&p->init);
}

static void compare_with_double(struct check *check, const struct product *p)
{
    for (uint32_t r = 0; r < p->rows; r++)
        for (uint32_t c = 0; c < p->cols; c++) {
            double sum = (double)start_of(p, r, c), size = fabs(sum);
            for (uint32_t k = 0; k < p->k; k++) {
                double ab = (double)a_of(p, r, k) * (double)*operand_at(&p->b, k, c);
                sum += ab;
                size += fabs(ab);
            }
            double bound = p->contents >= REALS ? (p->k + 2) * (0x1p-24 * size + 0x1p-149) : 0;
            check_near(check, *operand_at(&p->c, r, c), sum, bound, r, c);
        }
}

/* The scalar kernel's product of the same operands, one panel at a time. */
static void compare_with_scalar(struct check *check, struct product *p)
{
    kernel_product *product = check->scalar->product[p->by_columns][0];
    for (uint32_t panel = 0; panel < p->cols / PANEL; panel++) {
        float want[PANEL * PANEL];
        for (uint32_t i = 0; i < PANEL * PANEL; i++)
            want[i] = start_of(p, i / PANEL, panel * PANEL + i % PANEL);
        product(p->k, p->a.m.data, p->a.m.stride, panel_at(&p->b.m, 0, panel), p->b.m.stride, want,
                0, NULL);
        for (uint32_t i = 0; i < p->rows * PANEL; i++)
            check_bits(check, *operand_at(&p->c, i / PANEL, panel * PANEL + i % PANEL), want[i],
                       i / PANEL, panel * PANEL + i % PANEL);
    }
}

static void finish(struct check *check, struct product *p)
{
    compare_with_double(check, p);
    operand_check_kept(check, &p->a, 0, 0, "A");
    operand_check_kept(check, &p->b, 0, 0, "B");
    operand_check_kept(check, &p->init, 0, 0, "init");
    operand_check_kept(check, &p->c, p->rows, p->cols, "C");
    operand_free(&p->a);
    operand_free(&p->b);
    operand_free(&p->c);
    operand_free(&p->init);
}

static struct product block_of(enum kernel_order order, uint32_t n, uint32_t k,
                               enum contents contents, bool has_init)
{
    return (struct product){.rows = PANEL,
                            .k = k,
                            .cols = n * PANEL,
                            .by_columns = order == KERNEL_BY_COLUMNS,
                            .contents = contents,
                            .has_init = has_init};
}

static void check_block(struct check *check, enum kernel_order order, uint32_t n, uint32_t k,
                        enum contents contents, bool gaps, bool has_init)
{
    check_case(check, "product by %s, %u panels, k %u, contents %d, %s, init %s",
               order == KERNEL_BY_ROWS ? "rows" : "columns", n, k, contents,
               gaps ? "gaps between panels" : "no gaps", has_init ? "given" : "NULL");
    struct product p = block_of(order, n, k, contents, has_init);
    prepare(check, &p, gaps);
    check->kernel->product[order][n - 1](k, p.a.m.data, p.a.m.stride, p.b.m.data, p.b.m.stride,
                                         p.c.m.data, p.c.m.stride, has_init ? p.init.m.data : NULL);
    if (check->kernel->fma && contents >= REALS)
        compare_with_scalar(check, &p);
    finish(check, &p);
}

static float *a_at(const struct product *p, uint32_t r, uint32_t k)
{
    return p->by_columns ? operand_at(&p->a, k, r) : operand_at(&p->a, r, k);
}

/* A as a part of a matrix of bytes: its second 16 rows or columns, and k from its second word on.
 * What is left out is zero for the double reference and the scalar kernel, and stands for a NaN for
 * the kernel, which must not look at it; one that takes four columns together meets zeros of two
 * beside the others. */
enum { GROUP = 1, FIRST_WORD = 1, WORDS_MAX = 13 + FIRST_WORD, LEFT_OUT = UINT8_MAX };
enum { ROW_STRIDE = 2 * PANEL + 2, COLUMN_STRIDE = 2 * WORD / PAIR };

struct bytes {
    struct nonzeros m;
    uint64_t bits[WORDS_MAX * COLUMN_STRIDE];
    float values[UINT8_MAX + 1];
    uint32_t columns[2 * PANEL];
    struct guarded memory;
};

_Static_assert(ROW_STRIDE <= COLUMN_STRIDE, "bits are for both");

/* Pairs far from one another, in two words. */
static void choose_columns(struct bytes *b)
{
    for (uint32_t i = 0; i < 2 * PANEL; i++)
        b->columns[i] = i / PAIR * 29 % (2 * WORD / PAIR) * PAIR + i % PAIR;
}

/* Where M has element (r, k) of A: its row and its column. */
static uint32_t row_of(const struct product *p, uint32_t r, uint32_t k)
{
    return p->by_columns ? FIRST_WORD * WORD + k : GROUP * PANEL + r;
}

static uint32_t column_of(const struct product *p, const struct bytes *b, uint32_t r, uint32_t k)
{
    return p->by_columns ? b->columns[GROUP * PANEL + r] : FIRST_WORD * WORD + k;
}

static uint64_t *bits_of(const struct product *p, struct bytes *b, uint32_t r, uint32_t k)
{
    uint32_t word = FIRST_WORD + k / WORD;
    return b->bits + (p->by_columns ? word * COLUMN_STRIDE + column_of(p, b, r, k) / PAIR
                                    : word * ROW_STRIDE + row_of(p, r, k));
}

/* Which k of a row, or of two columns, are not left out: none, all, or every third at random. */
static void choose_bits(const struct check *check, const struct product *p, int density, uint32_t r,
                        struct bytes *b)
{
    for (uint32_t k = 0; k < p->k; k++) {
        uint32_t hash = (k + 1) * (check->n_cases + 7 + 1009 * r) * 2654435761u >> 16;
        if (density == 1 || (density == 2 && hash % 3 == 0))
            *bits_of(p, b, r, k) |= (uint64_t)1 << k % WORD;
    }
}

static bool is_in(const struct product *p, struct bytes *b, uint32_t r, uint32_t k)
{
    return *bits_of(p, b, r, k) >> k % WORD & 1;
}

static size_t bytes_of(const struct product *p, const struct bytes *b)
{
    size_t end = 0;
    for (uint32_t r = 0; r < PANEL; r++) {
        uint8_t *last = nonzeros_at(&b->m, row_of(p, r, p->k - 1), column_of(p, b, r, p->k - 1));
        size_t at = (size_t)(last - b->m.bytes) + 1;
        end = at > end ? at : end;
    }
    return end;
}

static void choose_bytes(const struct check *check, struct product *p, int density, struct bytes *b)
{
    uint32_t together = p->by_columns ? PAIR : 1, words = (p->k + WORD - 1) / WORD;
    memset(b, 0, sizeof *b);
    choose_columns(b);
    for (uint32_t r = 0; r < PANEL; r += together)
        choose_bits(check, p, r < 2 * together ? density : 2, r, b);
    for (uint32_t i = 1; i < LEFT_OUT; i++) /* some of A's elements, and 0 */
        b->values[i] = *a_at(p, i % PANEL, i / PANEL % p->k);
    b->values[LEFT_OUT] = NAN;
    static uint8_t nowhere[1]; /* so that bytes_of can tell how far it is to the last one */
    b->m = (struct nonzeros){.bytes = nowhere,
                             .of_rows = b->bits,
                             .of_columns = b->bits,
                             .row_stride = p->by_columns ? (FIRST_WORD + words) * WORD : ROW_STRIDE,
                             .column_stride = COLUMN_STRIDE,
                             .values = b->values,
                             .columns = b->columns};
    size_t size = bytes_of(p, b);
    b->memory = guarded_new(size, check->n_cases % 2 == 0 ? GUARDED_END : GUARDED_START);
    memset(b->memory.data, LEFT_OUT, size);
    b->m.bytes = b->memory.data;
    for (uint32_t k = 0; k < p->k; k++)
        for (uint32_t r = 0; r < PANEL; r++) {
            uint8_t byte = (uint8_t)((k * 29 + r * 101 + check->n_cases) % LEFT_OUT);
            bool in = is_in(p, b, r, k);
            /* with the pair before or after it */
            bool beside = p->by_columns && is_in(p, b, r ^ PAIR, k);
            *a_at(p, r, k) = in ? b->values[byte] : 0;
            *nonzeros_at(&b->m, row_of(p, r, k), column_of(p, b, r, k)) = in       ? byte
                                                                          : beside ? 0
                                                                                   : LEFT_OUT;
        }
    operand_keep(&p->a);
}

static void check_nonzero(struct check *check, enum kernel_order order, uint32_t n, uint32_t k,
                          enum contents contents, int density, bool has_init)
{
    check_case(check, "product_nonzero by %s, %u panels, k %u, contents %d, density %d, init %s",
               order == KERNEL_BY_ROWS ? "rows" : "columns", n, k, contents, density,
               has_init ? "given" : "NULL");
    struct product p = block_of(order, n, k, contents, has_init);
    struct bytes bytes;
    prepare(check, &p, true);
    choose_bytes(check, &p, density, &bytes);
    check->kernel->product_nonzero[order][n - 1](&bytes.m, GROUP, FIRST_WORD, (k + WORD - 1) / WORD,
                                                 p.b.m.data, p.b.m.stride, p.c.m.data, p.c.m.stride,
                                                 has_init ? p.init.m.data : NULL);
    if (check->kernel->fma && contents >= REALS)
        compare_with_scalar(check, &p);
    if (!guarded_intact(&bytes.memory))
        check_fail(check, "memory around the bytes was written to");
    guarded_free(&bytes.memory);
    finish(check, &p);
}

static void check_one(struct check *check, uint32_t n, uint32_t k, enum contents contents,
                      bool gaps)
{
    check_case(check, "product_one, %u panels, k %u, contents %d, %s", n, k, contents,
               gaps ? "gaps between panels" : "no gaps");
    struct product p = {
        .rows = 1, .k = k, .cols = n * PANEL, .contents = contents, .has_init = true};
    prepare(check, &p, gaps);
    struct guarded x = guarded_new(k * sizeof(float), GUARDED_END); /* plain, not in panels */
    for (uint32_t i = 0; i < k; i++)
        ((float *)x.data)[i] = *operand_at(&p.a, 0, i);
    struct guarded y = guarded_new(n * PANEL * sizeof(float), GUARDED_END);
    check->kernel->product_one(k, x.data, p.b.m.data, p.b.m.stride, n, y.data, p.init.m.data);
    for (uint32_t c = 0; c < p.cols; c++)
        *operand_at(&p.c, 0, c) = ((float *)y.data)[c];
    if (check->kernel->fma && contents >= REALS) {
        float want[16 * PANEL];
        check->scalar->product_one(k, x.data, p.b.m.data, p.b.m.stride, n, want, p.init.m.data);
        for (uint32_t c = 0; c < p.cols; c++)
            check_bits(check, ((float *)y.data)[c], want[c], 0, c);
    }
    if (!guarded_intact(&x) || !guarded_intact(&y))
        check_fail(check, "memory around x or y was written to");
    guarded_free(&x);
    guarded_free(&y);
    finish(check, &p);
}

void check_products(struct check *check)
{
    for (uint32_t i = 0; i < N_K; i++)
        for (enum contents contents = INTEGERS; contents <= TINY; contents++) {
            if (contents == COUNTING)
                continue; /* stands against ONE_HOT */
            for (uint32_t n = 1; n <= check->kernel->panels; n++)
                for (int variant = 0; variant<4; variant += K[i]> 100 ? 3 : 1) { /* gaps, init */
                    check_block(check, KERNEL_BY_ROWS, n, K[i], contents, variant & 1, variant & 2);
                    check_block(check, KERNEL_BY_COLUMNS, n, K[i], contents, variant & 1,
                                variant & 2);
                }
            for (int order = 0; order < 2 && contents != ONE_HOT; order++)
                for (uint32_t n = 1; n <= check->kernel->nonzero_panels[order]; n++)
                    for (int variant = 0; variant < 6; variant++)
                        check_nonzero(check, order, n, K[i], contents, variant / 2, variant % 2);
            /* Up to 8 panels go together. */
            for (uint32_t n = 1; n <= 9; n += K[i] > 100 ? 4 : 1)
                check_one(check, n, K[i], contents, n % 2 == 0);
        }
}
