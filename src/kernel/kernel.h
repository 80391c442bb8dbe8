/* kernel.h - what one instruction set offers: one descriptor a kernel, one table of them. */
#ifndef KERNEL_KERNEL_H
#define KERNEL_KERNEL_H

#include "kernel/panel.h"

/* kernel_product - C = init + A B for a block of 16 rows and n panels of C.
 * Shapes   A (16, k)  B (k, 16 n)  C (16, 16 n); B and C in panels
 *          by rows:    A(r, k) = a[(k / 16) * a_stride + r * 16 + k % 16]   (A in panels)
 *          by columns: A(r, k) = a[k * 16 + r]                              (A^T in one panel)
 *          init (16 n), added to every row; NULL: C itself
 * Each element is one chain of fused multiply-adds over k = 0, 1, 2, ..., begun with init. */
typedef void kernel_product(uint32_t k, const float *a, size_t a_stride, const float *b,
                            size_t b_stride, float *c, size_t c_stride, const float *init);

enum { KERNEL_PANELS_MAX = 4 };
enum kernel_order { KERNEL_BY_ROWS, KERNEL_BY_COLUMNS };

/* One group of 16 samples on its way from logits to gradients; see softmax.h. */
struct kernel_softmax {
    uint32_t n_classes;
    float *z; /* (16, C) logits in panels; overwritten: dL/dz */
    size_t z_stride;
    float *zt; /* (C, 16) transposed, one panel, C rounded up to 16; overwritten: dL/dz */
    const uint8_t *label; /* (16) */
    float scale;          /* of the gradient: 1 / B for the mean loss over a batch */
    float *loss;          /* (16) cross-entropy in nats */
    float *prediction;    /* (16) class number, the lowest of equals */
};

/* A step's numbers for the update rules; see update.h. */
struct kernel_update {
    float rate, shrink, beta1, beta2, root, epsilon;
};

/* kernel_update_rule - updates lines of 16 weights w by their mean gradients g; m and v are the
 * moments that the rule keeps (NULL if it keeps none). */
typedef void kernel_update_rule(const struct kernel_update *update, uint32_t lines, float *w,
                                const float *g, float *m, float *v);

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

    uint32_t panels;                               /* widest product below */
    kernel_product *product[2][KERNEL_PANELS_MAX]; /* [enum kernel_order][n - 1] */
    /* y = init + x W for one sample: x (k) plain, W (k, 16 n) and y (16 n) in panels */
    void (*product_one)(uint32_t k, const float *x, const float *w, size_t w_stride, uint32_t n,
                        float *y, const float *init);

    void (*relu)(uint32_t rows, uint32_t n, float *c, size_t c_stride);
    /* d(r, c) = y(r, c) > 0 ? dt(c, r) : 0 for a 16 x 16 block, and its transpose back into dt */
    void (*relu_gradient)(float *dt, const float *y, float *d);
    void (*softmax_gradient)(const struct kernel_softmax *softmax);
    void (*softmax)(uint32_t n_classes, float *zt);  /* logits to probabilities, in place */
    void (*transpose)(const float *from, float *to); /* 16 x 16 */
    void (*column_sums)(uint32_t rows, const float *panel, float *sums); /* (rows, 16) -> (16) */
    kernel_update_rule *update[4];                                       /* [enum mlp_optimizer] */
    /* 16 bytes to 16 floats, times scale, for n rows: to[16 r ..] = from[r][0..15] * scale */
    void (*from_bytes)(uint32_t n, const uint8_t *const *from, float scale, float *to);
    void (*warp)(const struct kernel_warp *warp, uint8_t *to); /* to (rows, cols) */
};

/* kernel_find - by name, NULL or "auto" for the best that this CPU runs; NULL if there is none of
 * that name. It may need features that this CPU lacks: see kernel_runs. */
const struct kernel *kernel_find(const char *name);

/* kernel_table - the i-th kernel, best first; NULL beyond the last. */
const struct kernel *kernel_table(uint32_t i);

bool kernel_runs(const struct kernel *kernel);

#endif
