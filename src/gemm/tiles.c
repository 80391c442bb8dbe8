#include "gemm/tiles.h"

#include "base/least.h"

/* A product in progress. */
struct run {
    const struct kernel_bf16 *kernel;
    const struct gemm_tiles *product;
    const struct gemm_aside *aside;
    float *pending;             /* sums that the kernel has not stored yet; see kernel.h */
    struct tiles_block waiting; /* for its epilogue */
    uint32_t part;              /* of the epilogue that comes next */
    uint32_t n_done;            /* blocks so far */
    uint32_t n_asides;          /* chances for one */

    /* What of B comes next, of two columns: asked for while the tiles are at work, since a large
     * one comes from beyond L2. Measured: bench, rows "large". */
    bool far;
    const char *next[2];
    uint32_t next_lines, next_at, lines_each_time;
};

/* Half of a usual L2 cache: what is larger has left it when it is read again. */
enum { FAR_BYTES = 1 << 20 };
enum { LINE_BYTES = 64, TILE_LINES = TILE_ELEMENTS * sizeof(bf16) / LINE_BYTES };

/* Two columns from `col` on, so many tiles of k, while n_pairs of rows meet the ones before. */
static void expect(struct run *run, uint32_t col, uint32_t k, uint32_t k_tiles, uint32_t n_pairs)
{
    const struct tiles *b = run->product->b;
    if (!run->far || col >= b->blocks)
        return;
    run->next[0] = (const char *)tile_at(b, col, k);
    run->next[1] = (const char *)tile_at(b, col + 1 < b->blocks ? col + 1 : col, k);
    run->next_lines = k_tiles * TILE_LINES;
    run->next_at = 0;
    run->lines_each_time = (TILE_LINES + n_pairs - 1) / n_pairs;
}

/* Inlined by force, as in data/live.c. */
static inline __attribute__((always_inline)) void prefetch_some(struct run *run)
{
    uint32_t end = run->next_at + run->lines_each_time;
    for (; run->next_at < end && run->next_at < run->next_lines; run->next_at++)
        for (int i = 0; i < 2; i++)
            __builtin_prefetch(run->next[i] + (size_t)run->next_at * LINE_BYTES, 0, 2);
}

/* Called by the kernel while its tiles are at work. */
static void meanwhile(void *context)
{
    struct run *run = context;
    prefetch_some(run);
    if (run->part < run->product->n_parts)
        run->product->epilogue(run->product->context, &run->waiting, run->part++);
    else if (run->aside != NULL && run->n_asides++ % 2 == 0) /* small parts, far between */
        run->aside->run(run->aside->context);
}

/* Once the next product, or store, has stored the sums of the block that waits. */
static void finish_waiting(struct run *run)
{
    while (run->part < run->product->n_parts)
        meanwhile(run);
}

static void finish(struct run *run)
{
    if (run->pending != NULL)
        run->kernel->store(run->pending);
    finish_waiting(run);
}

/* How often the next product of so many tiles is to call: calls that find nothing to do took 1 to
 * 2 % of an epoch on one thread. Measured: mlp train --preset classic. */
static uint32_t count_asides(const struct run *run, uint32_t k_tiles)
{
    if (run->aside != NULL || run->next_at < run->next_lines)
        return k_tiles;
    return least(run->product->n_parts - run->part, k_tiles);
}

/* Tiles k..k_end-1 of the operands. */
static void multiply(struct run *run, const struct tiles_block *block, struct kernel_tiles *o,
                     uint32_t k, uint32_t k_end)
{
    o->m = block->m;
    o->n = block->n;
    o->k_tiles = k_end - k;
    o->c = block->c;
    o->add = k > 0;
    o->n_asides = count_asides(run, o->k_tiles);
    o->aside = meanwhile;
    o->context = run;
    run->pending = run->kernel->product(o, run->pending);
    if (k_end < run->product->k_tiles)
        return;
    finish_waiting(run);
    run->waiting = *block;
    run->part = 0;
    run->n_done++;
}

/* What is made comes after the sums in scratch. */
static bf16 *made(float *scratch)
{
    return (bf16 *)(scratch + (size_t)2 * GEMM_TILES_PAIRS * 4 * PANEL * PANEL);
}

/* Tiles k..k_end-1 of the block's columns. */
static void find_columns(const struct run *run, const struct tiles_block *block, uint32_t k,
                         uint32_t k_end, bf16 *to, struct kernel_tiles *o)
{
    const struct gemm_tiles *product = run->product;
    if (product->b != NULL) {
        o->b = tile_at(product->b, block->col, k);
        o->b_stride = tile_stride(product->b);
        return;
    }
    o->b = to;
    o->b_stride = (size_t)(k_end - k) * TILE_ELEMENTS;
    for (uint32_t j = 0; j < block->n; j++)
        product->make_column(product->context, block->col + j, k, k_end, to + j * o->b_stride);
}

/* Two columns of B, a block of its k in L1 at a time, against some pairs of rows. Each pair's sums
 * have a place of their own; where k is one block, two places take turns and stay in L1. */
static void multiply_columns(struct run *run, struct tiles_block block, uint32_t row_end,
                             float *sums, bf16 *columns)
{
    uint32_t row_begin = block.row, k_tiles = run->product->k_tiles;
    uint32_t n_blocks = (k_tiles + GEMM_TILES_K - 1) / GEMM_TILES_K;
    uint32_t k_step = (k_tiles + n_blocks - 1) / n_blocks;
    uint32_t n_pairs = (row_end - row_begin + 1) / 2;
    const struct tiles *a = run->product->a;
    struct kernel_tiles o = {.a_stride = tile_stride(a)};
    for (uint32_t k = 0; k < k_tiles; k += k_step) {
        bool last = k + k_step >= k_tiles;
        uint32_t next_k = last ? 0 : k + k_step, k_end = least(k + k_step, k_tiles);
        find_columns(run, &block, k, k_end, columns, &o);
        expect(run, block.col + (last ? 2 : 0), next_k, least(k_step, k_tiles - next_k), n_pairs);
        for (uint32_t i = 0, row = row_begin; row < row_end; row += 2, i++) {
            block.row = row;
            block.m = least(2, row_end - row);
            block.c = sums + (size_t)(n_blocks == 1 ? run->n_done % 2 : i) * 4 * PANEL * PANEL;
            o.a = tile_at(a, row, k);
            multiply(run, &block, &o, k, k_end);
        }
    }
}

/* Rows that are made as they are needed, for all columns at once: so it is A that stays in L1. */
static void multiply_made_rows(struct run *run, const struct gemm_slice *slice, float *scratch)
{
    const struct gemm_tiles *product = run->product;
    bf16 *a = made(scratch);
    struct kernel_tiles o = {.a_stride = (size_t)product->k_tiles * TILE_ELEMENTS,
                             .b_stride = tile_stride(product->b),
                             .b_passes = true};
    struct tiles_block block = {.row = slice->row_begin};
    for (; block.row < slice->row_end; block.row += 2) {
        block.m = least(2, slice->row_end - block.row);
        o.a = product->make_rows(product->context, block.row, a);
        for (block.col = slice->panel_begin; block.col < slice->panel_end; block.col += 2) {
            block.n = least(2, slice->panel_end - block.col);
            block.c = scratch + (size_t)(run->n_done % 2) * 4 * PANEL * PANEL;
            o.b = tile_at(product->b, block.col, 0);
            multiply(run, &block, &o, 0, product->k_tiles);
        }
    }
    finish(run);
}

void gemm_tiles_run(const struct kernel *kernel, const struct gemm_tiles *product,
                    const struct gemm_slice *slice, float *scratch, const struct gemm_aside *aside)
{
    struct run run = {
        .kernel = &kernel->bf16, .product = product, .aside = aside, .part = product->n_parts};
    if (product->a == NULL) {
        multiply_made_rows(&run, slice, scratch);
        return;
    }
    run.far = product->b != NULL && (size_t)(slice->panel_end - slice->panel_begin) *
                                            product->k_tiles * TILE_ELEMENTS * sizeof(bf16) >
                                        FAR_BYTES;
    bool other = false; /* the epilogue still reads one half of scratch */
    for (uint32_t row = slice->row_begin; row < slice->row_end; row += 2 * GEMM_TILES_PAIRS) {
        struct tiles_block block = {.row = row, .col = slice->panel_begin};
        for (; block.col < slice->panel_end; block.col += block.n) {
            block.n = least(2, slice->panel_end - block.col);
            multiply_columns(&run, block, least(row + 2 * GEMM_TILES_PAIRS, slice->row_end),
                             scratch + (other ? (size_t)GEMM_TILES_PAIRS * 4 * PANEL * PANEL : 0),
                             made(scratch));
            other = !other && product->k_tiles > GEMM_TILES_K;
        }
    }
    finish(&run);
}
