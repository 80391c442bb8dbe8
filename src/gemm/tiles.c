#include "gemm/tiles.h"

/* A product in progress. */
struct run {
    const struct kernel_bf16 *kernel;
    const struct gemm_tiles *product;
    const struct gemm_aside *aside;
    struct tiles_block waiting; /* for its epilogue */
    uint32_t part;              /* of the epilogue that comes next */
};

/* Called by the kernel while its tiles are at work. */
static void meanwhile(void *context)
{
    struct run *run = context;
    if (run->part < run->product->n_parts)
        run->product->epilogue(run->product->context, &run->waiting, run->part++);
    else if (run->aside != NULL)
        run->aside->run(run->aside->context);
}

static void finish_waiting(struct run *run)
{
    while (run->part < run->product->n_parts)
        meanwhile(run);
}

static void multiply(struct run *run, const struct tiles_block *block, uint32_t k, uint32_t k_end)
{
    const struct tiles *a = run->product->a, *b = run->product->b;
    run->kernel->product(block->m, block->n, k_end - k, tile_at(a, block->row, k), tile_stride(a),
                         tile_at(b, block->col, k), tile_stride(b), block->c, k > 0, meanwhile,
                         run);
    if (k_end < run->product->k_tiles)
        return;
    finish_waiting(run);
    run->waiting = *block;
    run->part = 0;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Two columns of B, a block of its k in L1 at a time, against some pairs of rows. */
static void multiply_columns(struct run *run, struct tiles_block block, uint32_t row_end,
                             float *scratch)
{
    uint32_t row_begin = block.row, k_tiles = run->product->k_tiles;
    uint32_t n_blocks = (k_tiles + GEMM_TILES_K - 1) / GEMM_TILES_K;
    uint32_t k_step = (k_tiles + n_blocks - 1) / n_blocks;
    for (uint32_t k = 0; k < k_tiles; k += k_step) {
        block.c = scratch;
        for (block.row = row_begin; block.row < row_end; block.row += block.m) {
            block.m = least(2, row_end - block.row);
            multiply(run, &block, k, least(k + k_step, k_tiles));
            block.c += 4 * PANEL * PANEL;
        }
    }
}

void gemm_tiles_run(const struct kernel *kernel, const struct gemm_tiles *product,
                    const struct gemm_slice *slice, float *scratch, const struct gemm_aside *aside)
{
    struct run run = {
        .kernel = &kernel->bf16, .product = product, .aside = aside, .part = product->n_parts};
    /* Where k is one block no sums wait, and few blocks of C are under way: they stay in L1. */
    uint32_t pairs = product->k_tiles <= GEMM_TILES_K ? 1 : GEMM_TILES_PAIRS;
    bool other = false; /* the epilogue still reads one half of scratch */
    struct tiles_block block = {.col = slice->panel_begin};
    for (; block.col < slice->panel_end; block.col += block.n) {
        block.n = least(2, slice->panel_end - block.col);
        for (uint32_t row = slice->row_begin; row < slice->row_end; row += 2 * pairs) {
            block.row = row;
            multiply_columns(&run, block, least(row + 2 * pairs, slice->row_end),
                             scratch + (other ? (size_t)pairs * 4 * PANEL * PANEL : 0));
            other = !other;
        }
    }
    finish_waiting(&run);
}
