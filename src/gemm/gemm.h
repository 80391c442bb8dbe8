/* gemm.h - matrix products over panels: the blocked loops around a kernel's microkernels.
 *
 * All three products of a dense layer are this one, C = init + A B, with A by rows or by columns
 * (kernel.h), and an epilogue that turns each finished block of C into what comes next. */
#ifndef GEMM_GEMM_H
#define GEMM_GEMM_H

#include "base/team.h"
#include "kernel/kernel.h"

/* Called for each finished block: C rows row..row+15, panels panel..panel+n-1, in panels at c. */
typedef void gemm_epilogue(void *context, uint32_t row, uint32_t panel, uint32_t n, float *c,
                           size_t c_stride);

struct gemm {
    enum kernel_order order; /* by rows: A in panels, or as bytes; by columns: A^T is. If as bytes,
                                row r of C then belongs to column nonzeros.columns[r] of A^T */
    const struct panels *a;
    const struct panels *b;
    uint32_t k;
    const float *init;       /* per column of C, padded to whole panels; NULL: zeros */
    struct panels *c;        /* NULL: blocks go to scratch, and only the epilogue sees them */
    gemm_epilogue *epilogue; /* may be NULL */
    void *context;
};

/* Something small to be done before each block, so that its waiting for memory overlaps with
 * arithmetic: filling the next batch. */
struct gemm_aside {
    void (*run)(void *context);
    void *context;
};

/* A part of C: groups of 16 rows [row_begin, row_end) and panels [panel_begin, panel_end). */
struct gemm_slice {
    uint32_t row_begin, row_end, panel_begin, panel_end;
};

/* gemm_slice - this member's part of a product with so many 16-row groups and panels. Where it
 * makes little other difference, rows are cut, or columns: what belongs to a neuron, of any
 * product, shall be in one core's cache. Or only rows are, or columns, as team_share says, so that
 * a member has the same part of several products. Where there are more members than parts, the rest
 * get a slice without rows and panels. */
enum gemm_cut { GEMM_CUT_ROWS, GEMM_CUT_COLUMNS, GEMM_ONLY_ROWS, GEMM_ONLY_COLUMNS };
struct gemm_slice gemm_slice(const struct kernel *kernel, const struct team *team,
                             uint32_t row_groups, uint32_t panels, enum gemm_cut prefer);

/* gemm_run - the slice's part of the product. scratch has gemm_scratch_floats; aside may be
 * NULL. Sequential; each element is one chain over k, whatever the slice. */
void gemm_run(const struct kernel *kernel, const struct gemm *gemm, const struct gemm_slice *slice,
              float *scratch, const struct gemm_aside *aside);

/* gemm_scratch_floats - enough for products with at most this many rows. */
size_t gemm_scratch_floats(uint32_t rows);

#endif
