/* kernel.h - what one instruction set offers: one descriptor a kernel, one table of them. */
#ifndef KERNEL_KERNEL_H
#define KERNEL_KERNEL_H

#include "kernel/panel.h"
#include "kernel/tile.h"
#include "mlp.h"

/* kernel_product - C = init + A B for a block of 16 rows and n panels of C.
 * Shapes   A (16, k)  B (k, 16 n)  C (16, 16 n); B and C in panels
 *          by rows:    A(r, k) = a[(k / 16) * a_stride + r * 16 + k % 16]   (A in panels)
 *          by columns: A(r, k) = a[k * 16 + r]                              (A^T in one panel)
 *          init (16 n), added to every row; NULL: C itself
 * Each element is one chain of fused multiply-adds over k = 0, 1, 2, ..., begun with init. */
typedef void kernel_product(uint32_t k, const float *a, size_t a_stride, const float *b,
                            size_t b_stride, float *c, size_t c_stride, const float *init);

/* kernel_product_nonzero - the same over those k alone where A is not zero, for finite B, of a
 * matrix M as bytes, with k in `words` words of 64 from number `word` on; a kernel may take several
 * rows of A together, and then leaves out only what is zero in all of them.
 *          by rows:    A(r, k) = M(16 group + r, k)
 *          by columns: A(r, k) = M(k, columns[16 group + r])      (see panel.h) */
typedef void kernel_product_nonzero(const struct nonzeros *m, uint32_t group, uint32_t word,
                                    uint32_t words, const float *b, size_t b_stride, float *c,
                                    size_t c_stride, const float *init);

enum { KERNEL_PANELS_MAX = 8 };
enum kernel_order { KERNEL_BY_ROWS, KERNEL_BY_COLUMNS };

/* One group of 16 samples on its way from logits to gradients; see softmax.h. */
struct kernel_softmax {
    uint32_t n_classes;
    float *z; /* (16, C) logits in panels; overwritten: dL/dz */
    size_t z_stride;
    float *zt; /* (C, 16) transposed, one panel, C rounded up to 16; overwritten: dL/dz */
    const uint8_t *label; /* (16) */
    float scale;          /* of the gradient: 1 / B for the mean loss over a batch */
    float smoothing;      /* of the labels: share of the target that all classes share evenly */
    float *loss;          /* (16) cross-entropy in nats */
    float *prediction;    /* (16) class number, the lowest of equals */
};

/* kernel_activation - y = f(z) in place for rows x n panels, and its slope dy/dz likewise, unless
 * slope is NULL; see activation.h. */
typedef void kernel_activation(uint32_t rows, uint32_t n, float *z, size_t z_stride, float *slope,
                               size_t slope_stride);

/* Which units of 16 samples are dropped; see dropout.h. */
struct kernel_dropout {
    uint32_t key[PANEL]; /* a random number for each sample */
    uint32_t unit;       /* the number of the first */
    float share;         /* of the units that are dropped, 0..1 */
    float scale;         /* of the others: 1 / (1 - share) */
};

/* A step's numbers for the update rules; see update.h. */
struct kernel_update {
    float factor; /* of the gradient as it comes */
    float rate, shrink, beta1, beta2, spread, gain, root, epsilon;
};

/* kernel_update_rule - updates n lines of 16 weights w by their mean gradients g; m and v are the
 * moments that the rule keeps (NULL if it keeps none). lines: which ones of w, m and v they are
 * (all different), and pairs is then NULL; NULL: the first n. pairs, if not NULL, gets the new
 * weights as bf16, two lines in one; n is then even. */
typedef void kernel_update_rule(const struct kernel_update *update, uint32_t n,
                                const uint32_t *lines, float *w, const float *g, float *m, float *v,
                                bf16 *pairs);

/* C = A B, or C += A B if add, k_tiles >= 1: m x n blocks (1 or 2 each) of C, block (i, j) at c +
 * (i + 2 j) * 256; A by rows and B in pairs, strides in elements from a block to the next. aside is
 * called once for each of the first n_asides <= k_tiles tiles of k, so that something else can be
 * done while the sums are made. */
struct kernel_tiles {
    uint32_t m, n, k_tiles;
    const bf16 *a, *b;
    size_t a_stride, b_stride;
    bool
        b_passes; /* a hint: it is A that the next product reads again, and B need not stay in L1 */
    float *c;
    bool add;
    uint32_t n_asides;
    void (*aside)(void *context);
    void *context;
};

/* Products of bf16 operands with sums in f32, and the conversions around them; see tile.h. A block
 * is 16 x 16 floats, row after row. */
struct kernel_bf16 {
    bool native;         /* has instructions of its own for it */
    void (*begin)(void); /* each thread, before it calls product; NULL: nothing to do */
    void (*end)(void);   /* and after */
    /* Sums may stay in registers, so that the next product begins while they are stored: product
     * returns where they are to go, or NULL, and that is `pending` for whichever comes next,
     * another product, which has stored them when it calls aside, or store. */
    float *(*product)(const struct kernel_tiles *product, float *pending);
    void (*store)(float *pending); /* may be NULL if product never leaves anything */
    /* A block, rounded to nearest even: as half a tile by rows (its columns become k), and in pairs
     * (its rows do); one of them may be NULL. Zero where `where`, if not NULL, half a tile by rows,
     * is not positive. */
    void (*pack)(const float *block, const bf16 *where, bf16 *rows, bf16 *pairs);
    void (*transpose)(const bf16 *from, bf16 *to); /* a tile: by rows to in pairs, and back */
    /* n <= 32 lines of a panel in pairs, a tile; zeros from n on. */
    void (*pack_lines)(const float *panel, uint32_t n, const uint32_t *lines, bf16 *to);
    /* n <= 32 columns, in ascending order, of n_rows samples, exactly, into a line of a tile by
     * rows for each, zeros from n on; x_stride from a block of 16 samples to the next. A sample has
     * `width` pixels, beyond which nothing is read. */
    void (*select)(uint32_t n_rows, const uint8_t *const *from, uint32_t width, uint32_t n,
                   const uint32_t *columns, bf16 *x, size_t x_stride);
    /* An image of so many pixels without its zeros, see data/compact.h; returns its bytes. to may
     * be NULL. The next is that back: pixels that are live, exactly, into a line of each of k_tiles
     * tiles by rows, one after the other, and zeros from the last of them on. live has as many
     * words as the image, and all of its bits; read is up to 64 bytes beyond the image. room: 64
     * bytes for each word, and 64 more. NULL: no faster than select. */
    size_t (*compact)(uint32_t n_pixels, const uint8_t *pixels, uint64_t *to);
    void (*expand)(uint32_t words, const uint64_t *live, const uint64_t *image, uint8_t *room,
                   uint32_t k_tiles, bf16 *x);
    /* 32 x 32: tiles by rows of two blocks, to the two of the transpose. */
    void (*turn)(const bf16 *from, size_t from_stride, bf16 *to, size_t to_stride);
    /* c = factor c + shift(column) */
    void (*scale)(float *block, float factor, const float *shift);
    /* max(0, that) as pack does, without changing c; rows is not NULL */
    void (*pack_relu)(const float *block, float factor, const float *shift, bf16 *rows,
                      bf16 *pairs);
    /* sums (16 n) over k of n blocks in pairs, `stride` numbers apart, in the order of k */
    void (*sums)(uint32_t k_tiles, uint32_t n, const bf16 *tiles, size_t stride, float *sums);
};

/* Where the pixels of a warped image come from, see warp.h; coordinates along x and y in units of
 * 2^-KERNEL_WARP_BITS pixels. Whoever fills this sees to it that they stay within +-32767 pixels.
 */
enum { KERNEL_WARP_BITS = 16, KERNEL_WARP_GRID = 7 };

struct kernel_warp {
    uint32_t rows, cols;
    const uint8_t *from; /* (rows, cols) */
    int32_t origin[2];   /* of the first pixel: x, y */
    int32_t per_column[2], per_row[2];

    /* The elastic part: uniform cubic B-splines over a grid; NULL for none. */
    const float *grid;           /* (2, GRID, GRID): displacements along x, then y */
    const float *column_weights; /* (GRID, columns), columns rounded up to 16 */
    const float *row_weights;    /* (rows, 4), of the lines row_cells[y], ... + 3 of the grid */
    const uint8_t *row_cells;    /* (rows) */

    /* Scratch. */
    uint32_t pitch;  /* cols + 2, rounded up to 16 */
    uint8_t *framed; /* (rows + 2, pitch) and 16 more, zero at first */
    uint32_t *quads; /* (rows + 2, pitch), zero at first */
    float *lines;    /* (2, GRID, columns) */
};

struct kernel {
    const char *name;
    uint32_t needs; /* enum cpu_feature */
    bool fma;       /* has fused multiply-add: under the promise of equal bits */
    bool only_bf16; /* its f32 half is another kernel's: not to be chosen for f32 */

    uint32_t panels;                               /* widest product below */
    kernel_product *product[2][KERNEL_PANELS_MAX]; /* [enum kernel_order][n - 1] */
    uint32_t nonzero_panels[2];                    /* widest of the next */
    kernel_product_nonzero *product_nonzero[2][KERNEL_PANELS_MAX];
    /* Copies n <= 8 rows of 64 bytes from from[r] + column to `to`; and for each row a bit for each
     * byte that is not zero (none for rows from n on), for each two bytes a bit for each row that
     * has one. */
    void (*nonzeros)(uint32_t n, const uint8_t *const *from, size_t column, uint8_t *to,
                     uint64_t rows[8], uint8_t columns[WORD / PAIR]);
    /* y = init + x W for one sample, over those k where x is not 0, for finite W: x (k) plain, W
     * (k, 16 n) and y (16 n) in panels */
    void (*product_one)(uint32_t k, const float *x, const float *w, size_t w_stride, uint32_t n,
                        float *y, const float *init);

    kernel_activation *activation[5]; /* [enum mlp_activation] */
    /* d(r, c) = y(r, c) > 0 ? dt(c, r) : 0 for a 16 x 16 block */
    void (*relu_gradient)(const float *dt, const float *y, float *d);
    /* d(r, c) = d(r, c) * dt(c, r): d holds the slope before */
    void (*slope_gradient)(const float *dt, float *d);
    /* 16 rows of n panels of y, and of its slope: units that are dropped to 0, others scaled */
    void (*dropout)(const struct kernel_dropout *dropout, uint32_t n, float *y, size_t y_stride,
                    float *slope, size_t slope_stride);
    void (*softmax_gradient)(const struct kernel_softmax *softmax);
    void (*softmax)(uint32_t n_classes, float *zt);  /* logits to probabilities, in place */
    void (*transpose)(const float *from, float *to); /* 16 x 16 */
    /* sums (16 n) over the rows of n panels, `stride` floats apart, in the order of the rows */
    void (*column_sums)(uint32_t rows, uint32_t n, const float *panels, size_t stride, float *sums);
    kernel_update_rule *update[4]; /* [enum mlp_optimizer] */
    /* n lines of 16 as in kernel_update_rule; see update.h */
    void (*average)(float share, uint32_t n, const uint32_t *lines, const float *w, float *mean);
    /* sums of x^2 over lines, each of the 16 columns apart */
    void (*squares)(uint32_t lines, const float *x, float *sums);
    /* bytes to floats, times scale: n rows of some panels, which begin at that column of from[r] */
    void (*from_bytes)(uint32_t n, const uint8_t *const *from, size_t column, uint32_t panels,
                       float scale, float *to, size_t to_stride);
    /* any(k) |= row(k) for n rows of `width` bytes */
    void (*unite)(uint32_t n, const uint8_t *const *rows, uint32_t width, uint8_t *any);
    void (*warp)(const struct kernel_warp *warp, uint8_t *to); /* to (rows, cols) */

    struct kernel_bf16 bf16;
};

/* kernel_find - by name, NULL or "auto" for the best at f32 that this CPU runs; NULL if there is
 * none of that name. It may need features that this CPU lacks: see kernel_runs. */
const struct kernel *kernel_find(const char *name);

/* kernel_best - that this CPU runs, for products of that precision. */
const struct kernel *kernel_best(enum mlp_precision precision);

/* kernel_table - the i-th kernel, best first; NULL beyond the last. */
const struct kernel *kernel_table(uint32_t i);

bool kernel_runs(const struct kernel *kernel);

/* kernel_serves - runs here, and computes in that precision. */
bool kernel_serves(const struct kernel *kernel, enum mlp_precision precision);

#endif
