/* bf16.h - bf16 operands: rounding, packing into tiles, and their product in plain f32 arithmetic;
 * a template like product.h. Layouts: tile.h. */

#ifndef WHERE_HIGH
INLINE vf v_where_high_positive(const bf16 *y, vf x)
{
    return v_where_positive(v_from_high(y), x);
}
#endif

INLINE void bf16_pack_as(const float *block, const bf16 *where, bf16 *rows, bf16 *pairs)
{
    for (int r = 0; r < PANEL; r += 2)
        for (int j = 0; j < PANEL; j += VL) {
            const int at = r * TILE_K + j;
            vf even = v_load(block + r * PANEL + j), odd = v_load(block + (r + 1) * PANEL + j);
            if (where != NULL) {
                even = v_where_high_positive(where + at, even);
                odd = v_where_high_positive(where + at + TILE_K, odd);
            }
            if (rows != NULL && pairs != NULL) {
                bf16_store_both(rows + at, pairs + r / 2 * TILE_K + 2 * j, even, odd);
            } else if (pairs != NULL) {
                bf16_store_pair(pairs + r / 2 * TILE_K + 2 * j, even, odd);
            } else {
                bf16_store(rows + at, even);
                bf16_store(rows + at + TILE_K, odd);
            }
        }
}

/* By what is NULL, so that the loops need not ask. */
static void bf16_pack(const float *block, const bf16 *where, bf16 *rows, bf16 *pairs)
{
    if (where != NULL && pairs != NULL)
        bf16_pack_as(block, where, rows, pairs);
    else if (where != NULL)
        bf16_pack_as(block, where, rows, NULL);
    else if (rows == NULL)
        bf16_pack_as(block, NULL, NULL, pairs);
    else if (pairs == NULL)
        bf16_pack_as(block, NULL, rows, NULL);
    else
        bf16_pack_as(block, NULL, rows, pairs);
}

static void bf16_transpose(const bf16 *from, bf16 *to)
{
    transpose((const float *)(const void *)from, (float *)(void *)to);
}

INLINE void bf16_pack_two(const float *even, const float *odd, bf16 *to)
{
    for (int j = 0; j < PANEL; j += VL)
        bf16_store_pair(to + 2 * j, v_load(even + j), v_load(odd + j));
}

/* Unrolled for a whole tile, which nearly all are. Measured: mlp train --preset classic. */
static void bf16_pack_lines(const float *panel, uint32_t n, const uint32_t *lines, bf16 *to)
{
    static const float nothing[PANEL];
    if (n == TILE_K) {
#pragma GCC unroll 16
        for (int r = 0; r < TILE_K; r += 2)
            bf16_pack_two(panel + (size_t)lines[r] * PANEL, panel + (size_t)lines[r + 1] * PANEL,
                          to + r / 2 * TILE_K);
        return;
    }
    for (uint32_t r = 0; r < TILE_K; r += 2)
        bf16_pack_two(r < n ? panel + (size_t)lines[r] * PANEL : nothing,
                      r + 1 < n ? panel + (size_t)lines[r + 1] * PANEL : nothing,
                      to + r / 2 * TILE_K);
}

/* Bytes have at most eight significant bits: as bf16 they are exact. */
#ifndef BF16_SELECT
#    define BF16_SELECT bf16_select
static void bf16_select(uint32_t n_rows, const uint8_t *const *from, uint32_t width, uint32_t n,
                        const uint32_t *columns, bf16 *x, size_t x_stride)
{
    (void)width;
    for (uint32_t s = 0; s < n_rows; s++) {
        bf16 *to = x + s / PANEL * x_stride + s % PANEL * TILE_K;
        uint8_t bytes[TILE_K] = {0};
        for (uint32_t j = 0; j < n; j++)
            bytes[j] = from[s][columns[j]];
        for (int j = 0; j < TILE_K; j += VL)
            v_store_high(to + j, v_bits(v_from_bytes(bytes + j)));
    }
}
#endif

#ifndef BF16_SIDES
/* Two rows of 32 in pairs, the left 16 and the right 16. */
INLINE void bf16_store_sides(bf16 *left, bf16 *right, const bf16 *even, const bf16 *odd)
{
    for (int j = 0; j < TILE_K; j += VL)
        vi_store((j < PANEL ? left : right) + 2 * (j % PANEL),
                 bf16_pair(v_bits(v_from_high(even + j)), v_bits(v_from_high(odd + j))));
}
#endif

/* Rows in pairs side by side, then transposed as pairs. */
static void bf16_turn(const bf16 *from, size_t from_stride, bf16 *to, size_t to_stride)
{
    _Alignas(64) bf16 pairs[2][TILE_ELEMENTS];
    for (int s = 0; s < TILE_K; s += 2) {
        const bf16 *row = from + (s < PANEL ? 0 : from_stride) + s % PANEL * TILE_K;
        bf16_store_sides(pairs[0] + s / 2 * TILE_K, pairs[1] + s / 2 * TILE_K, row, row + TILE_K);
    }
    bf16_transpose(pairs[0], to);
    bf16_transpose(pairs[1], to + to_stride);
}

static void bf16_scale(float *block, float factor, const float *shift)
{
    vf f = v_set1(factor);
    for (int j = 0; j < PANEL; j += VL) {
        vf s = v_load(shift + j);
        for (int r = 0; r < PANEL; r++)
            v_store(block + r * PANEL + j, v_fma(v_load(block + r * PANEL + j), f, s));
    }
}

INLINE void bf16_pack_relu_as(const float *block, float factor, const float *shift, bf16 *rows,
                              bf16 *pairs)
{
    vf f = v_set1(factor);
    for (int j = 0; j < PANEL; j += VL) {
        vf s = v_load(shift + j);
        for (int r = 0; r < PANEL; r += 2) {
            vf even = v_relu(v_fma(v_load(block + r * PANEL + j), f, s));
            vf odd = v_relu(v_fma(v_load(block + (r + 1) * PANEL + j), f, s));
            bf16 *to = rows + r * TILE_K + j;
            if (pairs != NULL) {
                bf16_store_both(to, pairs + r / 2 * TILE_K + 2 * j, even, odd);
            } else {
                bf16_store(to, even);
                bf16_store(to + TILE_K, odd);
            }
        }
    }
}

static void bf16_pack_relu(const float *block, float factor, const float *shift, bf16 *rows,
                           bf16 *pairs)
{
    if (pairs != NULL)
        bf16_pack_relu_as(block, factor, shift, rows, pairs);
    else
        bf16_pack_relu_as(block, factor, shift, rows, NULL);
}

/* The two factors or terms of a lane. */
INLINE vf bf16_even(vi pair)
{
    return v_from_bits(v_shift_left_16(pair));
}

INLINE vf bf16_odd(vi pair)
{
    return v_from_bits(vi_and(pair, vi_set1(-0x10000)));
}

INLINE void bf16_sums_of(int n, uint32_t k_tiles, const bf16 *tiles, size_t stride, float *sums)
{
    vf sum[SUMS_AT_ONCE * VECTORS];
#pragma GCC unroll 16
    for (int j = 0; j < n * VECTORS; j++)
        sum[j] = v_set1(0);
    for (size_t line = 0; line < (size_t)k_tiles * PANEL; line++, tiles += TILE_K) {
#pragma GCC unroll 16
        for (int j = 0; j < n * VECTORS; j++) {
            vi pair = vi_load(tiles + j / VECTORS * stride + j % VECTORS * VL * 2);
            sum[j] = v_add(v_add(sum[j], bf16_even(pair)), bf16_odd(pair));
        }
    }
#pragma GCC unroll 16
    for (int j = 0; j < n * VECTORS; j++)
        v_store(sums + j * VL, sum[j]);
}

static void bf16_sums(uint32_t k_tiles, uint32_t n, const bf16 *tiles, size_t stride, float *sums)
{
    for (; n >= SUMS_AT_ONCE; n -= SUMS_AT_ONCE) {
        bf16_sums_of(SUMS_AT_ONCE, k_tiles, tiles, stride, sums);
        tiles += SUMS_AT_ONCE * stride;
        sums += SUMS_AT_ONCE * PANEL;
    }
    for (; n > 0; n--, tiles += stride, sums += PANEL)
        bf16_sums_of(1, k_tiles, tiles, stride, sums);
}

/* Some rows of a block of C: one chain of fused multiply-adds over k for each element. */
INLINE void bf16_rows(int rows, uint32_t k_tiles, const bf16 *a, const bf16 *b, float *c, bool add)
{
    vf acc[BF16_ROWS][VECTORS];
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 16
        for (int j = 0; j < VECTORS; j++)
            acc[r][j] = add ? v_load(c + r * PANEL + j * VL) : v_set1(0);
    for (uint32_t t = 0; t < k_tiles; t++, a += TILE_ELEMENTS, b += TILE_ELEMENTS)
        for (int pair = 0; pair < TILE_K / 2; pair++) {
            vf even[VECTORS], odd[VECTORS];
#pragma GCC unroll 16
            for (int j = 0; j < VECTORS; j++) {
                vi line = vi_load(b + pair * TILE_K + j * VL * 2);
                even[j] = bf16_even(line);
                odd[j] = bf16_odd(line);
            }
#pragma GCC unroll 16
            for (int r = 0; r < rows; r++) {
                int32_t two;
                memcpy(&two, a + r * TILE_K + 2 * pair, sizeof two);
                vf x = bf16_even(vi_set1(two)), y = bf16_odd(vi_set1(two));
#pragma GCC unroll 16
                for (int j = 0; j < VECTORS; j++)
                    acc[r][j] = v_fma(y, odd[j], v_fma(x, even[j], acc[r][j]));
            }
        }
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 16
        for (int j = 0; j < VECTORS; j++)
            v_store(c + r * PANEL + j * VL, acc[r][j]);
}

#ifndef BF16_PRODUCT
static float *bf16_product(const struct kernel_tiles *p, float *pending)
{
    (void)pending;
    for (uint32_t i = 0; i < p->m; i++)
        for (uint32_t j = 0; j < p->n; j++)
            for (int r = 0; r < PANEL; r += BF16_ROWS)
                bf16_rows(BF16_ROWS, p->k_tiles, p->a + i * p->a_stride + r * TILE_K,
                          p->b + j * p->b_stride,
                          p->c + (size_t)(i + 2 * j) * PANEL * PANEL + r * PANEL, p->add);
    for (uint32_t t = 0; t < p->n_asides; t++)
        p->aside(p->context);
    return NULL;
}
#endif
