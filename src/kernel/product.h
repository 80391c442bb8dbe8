/* product.h - the microkernel: a tile of C stays in registers while k runs.
 *
 * A template: each kernel_<isa>.c includes it after its simd_<isa>.h, which gives the vector type
 * vf with VL lanes and the primitives v_*. A step of k loads one line of each of n panels of B, and
 * multiplies it by `rows` elements of A, each spread over a whole vector:
 *
 *     C(r, :) += A(r, k) * B(k, :)
 */
enum { VECTORS = PANEL / VL }; /* vectors in a line */

/* Lines of A asked for ahead of their use. Measured: bench, rows "products". */
enum { A_AHEAD = 16 };

#define INLINE static inline __attribute__((always_inline))

enum { TILE_ROWS_MAX = 8 };
_Static_assert(TILE_ROWS <= TILE_ROWS_MAX && NONZERO_COLUMNS <= TILE_ROWS_MAX, "tiles are larger");

/* C's tile of `rows` rows and n panels, on its way through the registers. */
struct c_tile {
    vf c[TILE_ROWS_MAX][KERNEL_PANELS_MAX * VECTORS];
};

INLINE void tile_begin(int rows, int n, struct c_tile *t, const float *c, size_t c_stride,
                       const float *init)
{
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 16
        for (int j = 0; j < n * VECTORS; j++)
            t->c[r][j] = init != NULL
                             ? v_load(init + j * VL)
                             : v_load(c + j / VECTORS * c_stride + r * PANEL + j % VECTORS * VL);
}

/* One k: n lines of B, */
struct b_lines {
    vf line[KERNEL_PANELS_MAX * VECTORS];
};

INLINE void tile_lines(int n, const float *b, size_t b_stride, struct b_lines *l)
{
#pragma GCC unroll 16
    for (int j = 0; j < n * VECTORS; j++)
        l->line[j] = v_load(b + j / VECTORS * b_stride + j % VECTORS * VL);
}

/* times an element of A for row r. */
INLINE void tile_row(int r, int n, float a, const struct b_lines *l, struct c_tile *t)
{
    vf x = v_set1(a);
#pragma GCC unroll 16
    for (int j = 0; j < n * VECTORS; j++)
        t->c[r][j] = v_fma(x, l->line[j], t->c[r][j]);
}

INLINE void tile_end(int rows, int n, const struct c_tile *t, float *c, size_t c_stride)
{
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 16
        for (int j = 0; j < n * VECTORS; j++)
            v_store(c + j / VECTORS * c_stride + r * PANEL + j % VECTORS * VL, t->c[r][j]);
}

INLINE void product_steps(int rows, int n, int row_step, uint32_t steps, int k_step, const float *a,
                          const float *b, size_t b_stride, struct c_tile *t)
{
    for (uint32_t k = 0; k < steps; k++) {
        if (row_step == 1) /* by columns each step reads a new line of A */
            __builtin_prefetch(a + (ptrdiff_t)A_AHEAD * PANEL);
        struct b_lines l;
        tile_lines(n, b, b_stride, &l);
#pragma GCC unroll 16
        for (int r = 0; r < rows; r++)
            tile_row(r, n, a[r * row_step], &l, t);
        a += k_step;
        b += PANEL;
    }
}

/* The lines of A that the next tile reads. On two threads the other core may have written those of
 * hidden layers: measured where no pixel is zero, an epoch is 1.7 % shorter there, and on one
 * thread as long. */
INLINE void prefetch_rows(int rows, const float *a)
{
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++)
        __builtin_prefetch(a + (ptrdiff_t)r * PANEL);
}

INLINE void product_tile(int rows, int n, enum kernel_order order, uint32_t k, const float *a,
                         size_t a_stride, const float *b, size_t b_stride, float *c,
                         size_t c_stride, const float *init)
{
    struct c_tile t;
    tile_begin(rows, n, &t, c, c_stride, init);
    if (order == KERNEL_BY_COLUMNS) {
        product_steps(rows, n, 1, k, PANEL, a, b, b_stride, &t);
    } else {
        for (; k >= PANEL; k -= PANEL) {
            prefetch_rows(rows, a + (size_t)rows * PANEL);
            product_steps(rows, n, PANEL, PANEL, 1, a, b, b_stride, &t);
            a += a_stride;
            b += PANEL * PANEL;
        }
        product_steps(rows, n, PANEL, k, 1, a, b, b_stride, &t);
    }
    tile_end(rows, n, &t, c, c_stride);
}

/* 16 rows as full tiles and, where TILE_ROWS does not divide 16, one smaller tile. */
INLINE void product_block(int n, enum kernel_order order, uint32_t k, const float *a,
                          size_t a_stride, const float *b, size_t b_stride, float *c,
                          size_t c_stride, const float *init)
{
    const int row_step = order == KERNEL_BY_ROWS ? PANEL : 1;
    int r = 0;
    for (; r + TILE_ROWS <= PANEL; r += TILE_ROWS)
        product_tile(TILE_ROWS, n, order, k, a + r * row_step, a_stride, b, b_stride, c + r * PANEL,
                     c_stride, init);
    if (PANEL % TILE_ROWS != 0)
        product_tile(PANEL % TILE_ROWS, n, order, k, a + r * row_step, a_stride, b, b_stride,
                     c + r * PANEL, c_stride, init);
}

#define PRODUCT(n, name, order)                                                                    \
    static void product_##name##_##n(uint32_t k, const float *a, size_t a_stride, const float *b,  \
                                     size_t b_stride, float *c, size_t c_stride,                   \
                                     const float *init)                                            \
    {                                                                                              \
        product_block(n, order, k, a, a_stride, b, b_stride, c, c_stride, init);                   \
    }
#define PRODUCTS(n) PRODUCT(n, rows, KERNEL_BY_ROWS) PRODUCT(n, columns, KERNEL_BY_COLUMNS)

/* One sample: y is a row of n lines, W is read once from front to back, where x is not zero. */
INLINE void product_one_lines(int n, uint32_t k, const float *x, const float *w, size_t w_stride,
                              float *y, const float *init)
{
    vf acc[ONE_PANELS * VECTORS];
#pragma GCC unroll 16
    for (int j = 0; j < n * VECTORS; j++)
        acc[j] = v_load(init + j * VL);
    for (uint32_t i = 0; i < k; i++) {
        if (x[i] == 0) /* background, or a neuron at rest; see product_nonzero.h */
            continue;
        vf xi = v_set1(x[i]);
#pragma GCC unroll 16
        for (int j = 0; j < n * VECTORS; j++)
            acc[j] =
                v_fma(xi, v_load(w + j / VECTORS * w_stride + (size_t)i * PANEL + j % VECTORS * VL),
                      acc[j]);
    }
#pragma GCC unroll 16
    for (int j = 0; j < n * VECTORS; j++)
        v_store(y + j * VL, acc[j]);
}

static void product_one(uint32_t k, const float *x, const float *w, size_t w_stride, uint32_t n,
                        float *y, const float *init)
{
    uint32_t p = 0;
    for (; p + ONE_PANELS <= n; p += ONE_PANELS)
        product_one_lines(ONE_PANELS, k, x, w + p * w_stride, w_stride, y + p * PANEL,
                          init + p * PANEL);
    for (; p < n; p++)
        product_one_lines(1, k, x, w + p * w_stride, w_stride, y + p * PANEL, init + p * PANEL);
}
