/* elementwise.h - ReLU, its gradient, sums, transposes and pixels; a template like product.h.
 *
 *     relu            y = max(0, z)
 *     relu_gradient   dL/dz = dL/dy where y > 0, else 0
 */

static void relu(uint32_t rows, uint32_t n, float *c, size_t c_stride)
{
    for (uint32_t p = 0; p < n; p++)
        for (size_t i = 0; i < (size_t)rows * PANEL; i += VL) {
            float *at = c + p * c_stride + i;
            v_store(at, v_relu(v_load(at)));
        }
}

static void transpose(const float *from, float *to)
{
    for (int r = 0; r < PANEL; r += VL)
        for (int c = 0; c < PANEL; c += VL)
            v_transpose(from + r * PANEL + c, to + c * PANEL + r);
}

static void relu_gradient(float *dt, const float *y, float *d)
{
    transpose(dt, d);
    for (int i = 0; i < PANEL * PANEL; i += VL)
        v_store(d + i, v_where_positive(v_load(y + i), v_load(d + i)));
    transpose(d, dt);
}

/* Sums over the rows (samples) in the order of the rows, each column in its lane. */
static void column_sums(uint32_t rows, const float *panel, float *sums)
{
    vf sum[VECTORS];
    for (int j = 0; j < VECTORS; j++)
        sum[j] = v_set1(0);
    for (uint32_t r = 0; r < rows; r++)
        for (int j = 0; j < VECTORS; j++)
            sum[j] = v_add(sum[j], v_load(panel + (size_t)r * PANEL + j * VL));
    for (int j = 0; j < VECTORS; j++)
        v_store(sums + j * VL, sum[j]);
}

static void from_bytes(uint32_t n, const uint8_t *const *from, float scale, float *to)
{
    vf s = v_set1(scale);
    for (uint32_t r = 0; r < n; r++)
        for (int j = 0; j < PANEL; j += VL)
            v_store(to + (size_t)r * PANEL + j, v_mul(v_from_bytes(from[r] + j), s));
}
