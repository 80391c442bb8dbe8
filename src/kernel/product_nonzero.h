/* product_nonzero.h - products of a matrix that is mostly zeros; a template, after product.h.
 *
 * Rows of A leave out every k where they are zero (panel.h tells how that is known): 0 times a
 * finite number changes no sum, so the bits are those of product.h. The rest is the same chain of
 * fused multiply-adds in the same order.
 *
 * By rows, which are images, each goes alone, against many panels of B: rows that go together leave
 * out only what is zero in all of them, and for four images that is a quarter less. By columns,
 * which are pixels, two or four go together, since neighbours mostly are zero together, and their
 * bytes lie side by side. */

/* Bytes from B's first panel to the others. gcc shall not know that they are multiples of one
 * another: it would make each address from the one before, by an instruction for each
 * multiplication, where one with a register more in its address is all that it takes. */
struct b_panels {
    size_t offset[KERNEL_PANELS_MAX];
};

INLINE void nonzero_panels(int n, size_t b_stride, struct b_panels *panels)
{
#pragma GCC unroll 16
    for (int j = 1; j < n; j++) {
        panels->offset[j] = (size_t)j * b_stride * sizeof(float);
        __asm__("" : "+r"(panels->offset[j]));
    }
}

INLINE void nonzero_lines(int n, const float *b, const struct b_panels *panels, struct b_lines *l)
{
#pragma GCC unroll 16
    for (int j = 0; j < n * VECTORS; j++) {
        size_t offset = j < VECTORS ? 0 : panels->offset[j / VECTORS];
        l->line[j] = v_load((const float *)((const char *)b + offset) + j % VECTORS * VL);
    }
}

INLINE void nonzero_tile(int rows, int n, enum kernel_order order, uint32_t words,
                         const uint64_t *bits, size_t bits_stride, const uint8_t *a,
                         const float *values, const float *b, size_t b_stride, float *c,
                         size_t c_stride, const float *init)
{
    const bool by_rows = order == KERNEL_BY_ROWS;
    struct c_tile t;
    tile_begin(rows, n, &t, c, c_stride, init);
    struct b_panels panels;
    nonzero_panels(n, b_stride, &panels);
    for (uint32_t w = 0; w < words; w++) {
        uint64_t left = bits[0];
        for (int i = 1; i < rows / PAIR; i++) /* pairs of columns */
            left |= bits[i];
        for (; left != 0; left &= left - 1) {
            size_t k = (uint32_t)__builtin_ctzll(left);
            const float *bk = b + k * PANEL;
            /* Nor shall gcc know what this is made of: the first address, too, would be a sum of
             * two registers. */
            __asm__("" : "+r"(bk));
            const uint8_t *ak = a + k * (by_rows ? 1 : WORD);
            struct b_lines l;
            nonzero_lines(n, bk, &panels, &l);
#pragma GCC unroll 16
            for (int r = 0; r < rows; r++)
                tile_row(r, n, values[ak[r]], &l, &t);
        }
        bits += bits_stride;
        a += WORD * (by_rows ? bits_stride : WORD);
        b += WORD * PANEL;
    }
    tile_end(rows, n, &t, c, c_stride);
}

INLINE void nonzero_block(int rows, int n, enum kernel_order order, uint32_t words,
                          const uint64_t *bits, size_t bits_stride, const uint8_t *a,
                          const float *values, const float *b, size_t b_stride, float *c,
                          size_t c_stride, const float *init)
{
    const bool by_rows = order == KERNEL_BY_ROWS;
    for (int r = 0; r < PANEL; r += rows)
        nonzero_tile(rows, n, order, words, bits + (by_rows ? r : r / PAIR), bits_stride,
                     a + r * (by_rows ? WORD : 1), values, b, b_stride, c + r * PANEL, c_stride,
                     init);
}

#define NONZERO(rows, n, name, order)                                                              \
    static void nonzero_##name##_##n(uint32_t words, const uint64_t *bits, size_t bits_stride,     \
                                     const uint8_t *a, const float *values, const float *b,        \
                                     size_t b_stride, float *c, size_t c_stride,                   \
                                     const float *init)                                            \
    {                                                                                              \
        nonzero_block(rows, n, order, words, bits, bits_stride, a, values, b, b_stride, c,         \
                      c_stride, init);                                                             \
    }
