/* elementwise.h - gradients of activations, sums, transposes and pixels; a template like product.h.
 *
 *     relu_gradient    dL/dz = dL/dy where y > 0, else 0
 *     slope_gradient   dL/dz = dL/dy dy/dz
 */

/* Panels whose sums grow side by side, in half of the registers at most: each addition waits for
 * the one before. */
enum { SUMS_AT_ONCE = VL >= 8 ? 4 : 2 };

static void transpose(const float *from, float *to)
{
    for (int r = 0; r < PANEL; r += VL)
        for (int c = 0; c < PANEL; c += VL)
            v_transpose(from + r * PANEL + c, to + c * PANEL + r);
}

static void relu_gradient(const float *dt, const float *y, float *d)
{
    transpose(dt, d);
    for (int i = 0; i < PANEL * PANEL; i += VL)
        v_store(d + i, v_where_positive(v_load(y + i), v_load(d + i)));
}

static void slope_gradient(const float *dt, float *d)
{
    float slope[PANEL * PANEL];
    memcpy(slope, d, sizeof slope);
    transpose(dt, d);
    for (int i = 0; i < PANEL * PANEL; i += VL)
        v_store(d + i, v_mul(v_load(slope + i), v_load(d + i)));
}

/* Sums over the rows (samples) in the order of the rows, each column in its lane. */
INLINE void column_sums_of(int n, uint32_t rows, const float *panels, size_t stride, float *sums)
{
    vf sum[SUMS_AT_ONCE * VECTORS];
#pragma GCC unroll 16
    for (int j = 0; j < n * VECTORS; j++)
        sum[j] = v_set1(0);
    for (uint32_t r = 0; r < rows; r++) {
        const float *row = panels + (size_t)r * PANEL;
#pragma GCC unroll 16
        for (int j = 0; j < n * VECTORS; j++)
            sum[j] = v_add(sum[j], v_load(row + j / VECTORS * stride + j % VECTORS * VL));
    }
#pragma GCC unroll 16
    for (int j = 0; j < n * VECTORS; j++)
        v_store(sums + j * VL, sum[j]);
}

static void column_sums(uint32_t rows, uint32_t n, const float *panels, size_t stride, float *sums)
{
    for (; n >= SUMS_AT_ONCE; n -= SUMS_AT_ONCE) {
        column_sums_of(SUMS_AT_ONCE, rows, panels, stride, sums);
        panels += SUMS_AT_ONCE * stride;
        sums += SUMS_AT_ONCE * PANEL;
    }
    for (; n > 0; n--, panels += stride, sums += PANEL)
        column_sums_of(1, rows, panels, stride, sums);
}

/* In the order of the lines, each column in its lane. */
static void squares(uint32_t lines, const float *x, float *sums)
{
    vf sum[VECTORS];
    for (int j = 0; j < VECTORS; j++)
        sum[j] = v_set1(0);
    for (uint32_t r = 0; r < lines; r++)
        for (int j = 0; j < VECTORS; j++) {
            vf line = v_load(x + (size_t)r * PANEL + j * VL);
            sum[j] = v_fma(line, line, sum[j]);
        }
    for (int j = 0; j < VECTORS; j++)
        v_store(sums + j * VL, sum[j]);
}

/* n rows of some panels, whose lines are filled side by side. */
INLINE void from_bytes_panels(uint32_t panels, uint32_t n, const uint8_t *const *from,
                              size_t column, float scale, float *to, size_t to_stride)
{
    vf s = v_set1(scale);
    for (uint32_t r = 0; r < n; r++, to += PANEL) {
        const uint8_t *row = from[r] + column; /* a store might change from, for all that C says */
#pragma GCC unroll 4
        for (uint32_t p = 0; p < panels; p++)
#pragma GCC unroll 4
            for (int j = 0; j < PANEL; j += VL)
                v_store(to + p * to_stride + j, v_mul(v_from_bytes(row + p * PANEL + j), s));
    }
}

static void from_bytes(uint32_t n, const uint8_t *const *from, size_t column, uint32_t panels,
                       float scale, float *to, size_t to_stride)
{
    enum { SIDE_BY_SIDE = 4 }; /* a cache line of bytes */
    for (; panels >= SIDE_BY_SIDE; panels -= SIDE_BY_SIDE) {
        from_bytes_panels(SIDE_BY_SIDE, n, from, column, scale, to, to_stride);
        column += (size_t)SIDE_BY_SIDE * PANEL;
        to += SIDE_BY_SIDE * to_stride;
    }
    for (; panels > 0; panels--, column += PANEL, to += to_stride)
        from_bytes_panels(1, n, from, column, scale, to, to_stride);
}
