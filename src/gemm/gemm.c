#include "gemm/gemm.h"

#include "base/least.h"
#include "base/memory.h"

/* Rows of B in a block: three panels of it (192 bytes a row) and the lines of A that meet them
 * shall sit in an L1 cache of 32 to 48 KiB. Measured: bench, rows "products". */
enum { K_BLOCK = 8 * PANEL };

/* The same, where zeros are left out: whole words of notes. With 8 panels 64 KiB (96 for a last
 * block of three words), of whose lines each image meets a fifth; measured: half or twice as many
 * rows make an epoch 4 to 6 % longer. */
enum { K_BLOCK_NONZERO = 2 * WORD };

/* What goes to scratch goes on from there, and needs no wide tiles: they would double it. */
enum { SCRATCH_PANELS = 4 };

size_t gemm_scratch_floats(uint32_t rows)
{
    return (size_t)panel_count(rows) * PANEL * PANEL * SCRATCH_PANELS;
}

static uint32_t divide_up(uint32_t n, uint32_t d)
{
    return n / d + (n % d != 0);
}

/* Whether it is known where A has anything but zeros. */
static bool leaves_out(const struct gemm *g)
{
    return g->a->nonzeros.bytes != NULL;
}

/* Asks for the notes of a row group, those in words of k from `word` on: until one is there the CPU
 * does not know how to go on. Measured: an epoch on two threads is 2 % shorter. */
static void prefetch_notes(const struct nonzeros *a, uint32_t group, uint32_t word, uint32_t words)
{
    enum { NOTES_IN_LINE = 64 / sizeof *a->of_rows };
    for (uint32_t w = word; w < word + words; w++)
        for (uint32_t row = group * PANEL; row < (group + 1) * PANEL; row += NOTES_IN_LINE)
            __builtin_prefetch(a->of_rows + w * (size_t)a->row_stride + row);
}

/* Of 16 rows of C, from the bytes and notes of A. */
static void multiply_nonzeros(const struct kernel *kernel, const struct gemm *g, uint32_t group,
                              uint32_t n, uint32_t k_begin, uint32_t k_end, const float *b,
                              float *c, size_t c_stride, const float *init)
{
    const struct nonzeros *a = &g->a->nonzeros;
    uint32_t word = k_begin / WORD, words = divide_up(k_end - k_begin, WORD);
    if (g->order == KERNEL_BY_ROWS && (group + 1) * PANEL < a->row_stride)
        prefetch_notes(a, group + 1, word, words);
    kernel->product_nonzero[g->order][n - 1](a, group, word, words, b, g->b->stride, c, c_stride,
                                             init);
}

/* Of 16 rows of C. */
static void multiply(const struct kernel *kernel, const struct gemm *g, uint32_t group, uint32_t n,
                     uint32_t k_begin, uint32_t k_end, const float *b, float *c, size_t c_stride,
                     const float *init)
{
    bool by_rows = g->order == KERNEL_BY_ROWS;
    const float *a =
        by_rows ? panel_at(g->a, group * PANEL, k_begin / PANEL) : panel_at(g->a, k_begin, group);
    kernel->product[g->order][n - 1](k_end - k_begin, a, g->a->stride, b, g->b->stride, c, c_stride,
                                     init);
}

/* One block of B (k_begin.., n panels) against all row groups of the slice. */
static void multiply_block(const struct kernel *kernel, const struct gemm *g,
                           const struct gemm_slice *slice, uint32_t panel, uint32_t n,
                           uint32_t k_begin, uint32_t k_end, float *scratch,
                           const struct gemm_aside *aside)
{
    static const float zeros[KERNEL_PANELS_MAX * PANEL];
    const float *b = panel_at(g->b, k_begin, panel);
    const float *init = k_begin > 0 ? NULL : g->init != NULL ? g->init + panel * PANEL : zeros;
    bool whole_k = k_begin == 0 && k_end == g->k; /* then one block of scratch serves all groups */
    for (uint32_t group = slice->row_begin; group < slice->row_end; group++) {
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
        if (leaves_out(g))
            multiply_nonzeros(kernel, g, group, n, k_begin, k_end, b, c, c_stride, init);
        else
            multiply(kernel, g, group, n, k_begin, k_end, b, c, c_stride, init);
        if (k_end == g->k && g->epilogue != NULL)
            g->epilogue(g->context, group * PANEL, panel, n, c, c_stride);
    }
}

/* Where the block of k that begins there ends: a short last one would load and store C for little
 * work. */
static uint32_t k_block_end(const struct gemm *g, uint32_t k)
{
    if (leaves_out(g)) /* a last word alone goes with the two before it */
        return g->k - k <= K_BLOCK_NONZERO + WORD ? g->k : k + K_BLOCK_NONZERO;
    uint32_t n_blocks = divide_up(g->k, K_BLOCK);
    return least(k + divide_up(divide_up(g->k, n_blocks), PANEL) * PANEL, g->k);
}

void gemm_run(const struct kernel *kernel, const struct gemm *g, const struct gemm_slice *slice,
              float *scratch, const struct gemm_aside *aside)
{
    uint32_t widest = leaves_out(g) ? kernel->nonzero_panels[g->order] : kernel->panels;
    if (g->c == NULL)
        widest = least(widest, SCRATCH_PANELS);
    /* L2: the slice's panels of B, a few at a time. L1: a block of their rows. */
    for (uint32_t panel = slice->panel_begin; panel < slice->panel_end;) {
        /* 4 panels as 2 + 2, not 3 + 1: narrow tiles load as much of A for less work. */
        uint32_t rest = slice->panel_end - panel, groups = divide_up(rest, widest);
        uint32_t n = divide_up(rest, groups);
        for (uint32_t k = 0, end; k < g->k; k = end) {
            end = k_block_end(g, k);
            multiply_block(kernel, g, slice, panel, n, k, end, scratch, aside);
        }
        panel += n;
    }
}
