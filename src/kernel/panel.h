/* panel.h - the memory layout of f32 matrices that kernels read and write, and of images as bytes.
 *
 * A matrix M (rows, cols) is cut into panels of 16 columns; a panel holds its rows one after the
 * other, 16 floats (one cache line) each:
 *
 *     M(r, c)  at  data[(c / 16) * stride + r * 16 + c % 16]
 *
 * A line is one AVX-512 vector, two of AVX2, four of SSE2 or NEON, so every kernel reads the same
 * layout. See docs/design.md for the three products in terms of it. */
#ifndef KERNEL_PANEL_H
#define KERNEL_PANEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PANEL = 16 }; /* floats in a cache line of 64 bytes */

/* Images that are mostly zeros stay the bytes that they are, a quarter of the memory, beside notes
 * of where anything else stands:
 *
 *     M(r, c)  is  values[bytes[(c / 64 * row_stride + r) * 64 + c % 64]]
 *
 *     for row r and column k            in word  of_rows[k / 64 * row_stride + r],  bit k % 64
 *     for columns c, c + 1 and row k    in word  of_columns[k / 64 * column_stride + c / 2]
 *
 * is set if it is not zero, and products leave out the k whose bit is not (product_nonzero.h).
 * Images of 28 x 28 digits are four fifths background. */
enum { PAIR = 2, WORD = 64 };

struct nonzeros {
    uint8_t *bytes;
    uint64_t *of_rows, *of_columns;
    uint32_t row_stride, column_stride; /* from a word to the next */
    float *values;                      /* (256) */
    uint32_t *columns; /* in the order in which products by columns take them, pairs as pairs; all,
                          up to whole words */
};

struct panels {
    float *data;         /* NULL: elsewhere, as in nonzeros */
    uint32_t rows, cols; /* as the mathematics sees them; what is beyond is zero or ignored */
    size_t stride;       /* floats from a panel to the next */
    struct nonzeros nonzeros;
};

static inline uint32_t panel_count(uint32_t n)
{
    return n / PANEL + (n % PANEL != 0);
}

static inline uint32_t word_count(uint32_t n)
{
    return n / WORD + (n % WORD != 0);
}

/* Rows are rounded up to whole groups of 16, so that kernels need no ragged edges, and on to an odd
 * multiple of 8 lines: the lines of one row block in consecutive panels then fall into different
 * sets of the L1 cache, where a power of two would put them all into the same ones. */
static inline size_t panel_stride(uint32_t rows)
{
    return ((size_t)panel_count(rows) * PANEL + 8) * PANEL;
}

static inline size_t panel_floats(uint32_t rows, uint32_t cols)
{
    return panel_stride(rows) * panel_count(cols);
}

static inline float *panel_at(const struct panels *m, uint32_t row, uint32_t panel)
{
    return m->data + panel * m->stride + (size_t)row * PANEL;
}

static inline uint8_t *nonzeros_at(const struct nonzeros *m, uint32_t row, uint32_t column)
{
    return m->bytes + (column / WORD * (size_t)m->row_stride + row) * WORD + column % WORD;
}

#endif
