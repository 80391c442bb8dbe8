#include "gemm/gemm.h"

#include "base/memory.h"

/* Rows of B in a block: three panels of it (192 bytes a row) and the lines of A that meet them
 * shall sit in an L1 cache of 32 to 48 KiB. Measured: bench, rows "products". */
enum { K_BLOCK = 8 * PANEL };

size_t gemm_scratch_floats(uint32_t rows)
{
    return (size_t)panel_count(rows) * PANEL * PANEL * KERNEL_PANELS_MAX;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t divide_up(uint32_t n, uint32_t d)
{
    return n / d + (n % d != 0);
}

/* One block of B (k_begin.., n panels) against all row groups of the slice. */
static void multiply_block(const struct kernel *kernel, const struct gemm *g,
                           const struct gemm_slice *slice, uint32_t panel, uint32_t n,
                           uint32_t k_begin, uint32_t k_end, float *scratch,
                           const struct gemm_aside *aside)
{
    static const float zeros[KERNEL_PANELS_MAX * PANEL];
    kernel_product *product = kernel->product[g->order][n - 1];
    const float *b = panel_at(g->b, k_begin, panel);
    const float *init = k_begin > 0 ? NULL : g->init != NULL ? g->init + panel * PANEL : zeros;
    bool whole_k = k_begin == 0 && k_end == g->k; /* then one block of scratch serves all groups */
    for (uint32_t group = slice->row_begin; group < slice->row_end; group++) {
        const float *a = g->order == KERNEL_BY_ROWS ? panel_at(g->a, group * PANEL, k_begin / PANEL)
                                                    : panel_at(g->a, k_begin, group);
        float *c = scratch;
        size_t c_stride = PANEL * PANEL;
        if (g->c != NULL) {
            c = panel_at(g->c, group * PANEL, panel);
            c_stride = g->c->stride;
        } else if (!whole_k) {
            c += (size_t)(group - slice->row_begin) * n * PANEL * PANEL;
        }
        if (aside != NULL)
            aside->run(aside->context);
        product(k_end - k_begin, a, g->a->stride, b, g->b->stride, c, c_stride, init);
        if (k_end == g->k && g->epilogue != NULL)
            g->epilogue(g->context, group * PANEL, panel, n, c, c_stride);
    }
}

void gemm_run(const struct kernel *kernel, const struct gemm *g, const struct gemm_slice *slice,
              float *scratch, const struct gemm_aside *aside)
{
    /* Even blocks: a short last one would load and store C for little work. */
    uint32_t n_blocks = divide_up(g->k, K_BLOCK);
    uint32_t k_step = n_blocks == 0 ? 1 : divide_up(divide_up(g->k, n_blocks), PANEL) * PANEL;
    /* L2: the slice's panels of B, a few at a time. L1: a block of their rows. */
    for (uint32_t panel = slice->panel_begin; panel < slice->panel_end;) {
        /* 4 panels as 2 + 2, not 3 + 1: narrow tiles load as much of A for less work. */
        uint32_t rest = slice->panel_end - panel, groups = divide_up(rest, kernel->panels);
        uint32_t n = divide_up(rest, groups);
        for (uint32_t k = 0; k < g->k; k += k_step)
            multiply_block(kernel, g, slice, panel, n, k, least(k + k_step, g->k), scratch, aside);
        panel += n;
    }
}
