/* product_nonzero.h - products of a matrix that is mostly zeros; a template, after product.h.
 *
 * Rows of A leave out every k where they are zero (panel.h tells how that is known): 0 times a
 * finite number changes no sum, so the bits are those of product.h. The rest is the same chain of
 * fused multiply-adds in the same order.
 *
 * By rows, which are images, each goes alone, against many panels of B: rows that go together leave
 * out only what is zero in all of them, and for four images that is a quarter less. By columns,
 * which are pixels, a pair or two go together, since neighbours mostly are zero together. */

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

/* Rows of A that go together, one or pairs: for each of these its next word of notes, and its bytes
 * there. */
struct a_rows {
    const uint64_t *bits[TILE_ROWS_MAX / PAIR];
    const uint8_t *bytes[TILE_ROWS_MAX / PAIR];
    size_t bits_stride, bytes_stride; /* from a word to the next */
};

INLINE void nonzero_tile(int rows, int n, enum kernel_order order, uint32_t words, struct a_rows a,
                         const float *values, const float *b, size_t b_stride, float *c,
                         size_t c_stride, const float *init)
{
    const int together = rows < PAIR ? rows : PAIR;
    const size_t k_step = order == KERNEL_BY_ROWS ? 1 : WORD;
    struct c_tile t;
    tile_begin(rows, n, &t, c, c_stride, init);
    struct b_panels panels;
    nonzero_panels(n, b_stride, &panels);
    for (uint32_t w = 0; w < words; w++) {
        uint64_t left = *a.bits[0];
        for (int i = 1; i < rows / together; i++)
            left |= *a.bits[i];
        for (; left != 0; left &= left - 1) {
            size_t k = (uint32_t)__builtin_ctzll(left);
            const float *bk = b + k * PANEL;
            /* Nor shall gcc know what this is made of: the first address, too, would be a sum of
             * two registers. */
            __asm__("" : "+r"(bk));
            struct b_lines l;
            nonzero_lines(n, bk, &panels, &l);
#pragma GCC unroll 16
            for (int r = 0; r < rows; r++)
                tile_row(r, n, values[a.bytes[r / together][k * k_step + r % together]], &l, &t);
        }
        for (int i = 0; i < rows / together; i++) {
            a.bits[i] += a.bits_stride;
            a.bytes[i] += a.bytes_stride;
        }
        b += WORD * PANEL;
    }
    tile_end(rows, n, &t, c, c_stride);
}

INLINE void nonzero_rows(int n, const struct nonzeros *m, uint32_t group, uint32_t word,
                         uint32_t words, const float *b, size_t b_stride, float *c, size_t c_stride,
                         const float *init)
{
    struct a_rows a = {.bits = {m->of_rows + word * (size_t)m->row_stride + (size_t)group * PANEL},
                       .bytes = {nonzeros_at(m, group * PANEL, word * WORD)},
                       .bits_stride = m->row_stride,
                       .bytes_stride = (size_t)m->row_stride * WORD};
    for (int r = 0; r < PANEL; r++) {
        nonzero_tile(1, n, KERNEL_BY_ROWS, words, a, m->values, b, b_stride, c + r * PANEL,
                     c_stride, init);
        a.bits[0]++;
        a.bytes[0] += WORD;
    }
}

INLINE void nonzero_columns(int n, const struct nonzeros *m, uint32_t group, uint32_t word,
                            uint32_t words, const float *b, size_t b_stride, float *c,
                            size_t c_stride, const float *init)
{
    for (int r = 0; r < PANEL; r += NONZERO_COLUMNS) {
        const uint32_t *columns = m->columns + (size_t)group * PANEL + r;
        struct a_rows a = {.bits_stride = m->column_stride, .bytes_stride = WORD * WORD};
        for (int i = 0; i < NONZERO_COLUMNS; i += PAIR) {
            a.bits[i / PAIR] = m->of_columns + word * (size_t)m->column_stride + columns[i] / PAIR;
            a.bytes[i / PAIR] = nonzeros_at(m, word * WORD, columns[i]);
        }
        nonzero_tile(NONZERO_COLUMNS, n, KERNEL_BY_COLUMNS, words, a, m->values, b, b_stride,
                     c + r * PANEL, c_stride, init);
    }
}

#define NONZERO(n, order)                                                                          \
    static void nonzero_##order##_##n(const struct nonzeros *m, uint32_t group, uint32_t word,     \
                                      uint32_t words, const float *b, size_t b_stride, float *c,   \
                                      size_t c_stride, const float *init)                          \
    {                                                                                              \
        nonzero_##order(n, m, group, word, words, b, b_stride, c, c_stride, init);                 \
    }
