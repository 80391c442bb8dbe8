/* mixed_update.c - the weight gradient of mixed.h, and the step of the weights with it. */
#include "base/least.h"
#include "net/lead.h"
#include "net/mixed.h"

#include <string.h>

struct update {
    const struct kernel *kernel;
    const struct net_layer *layer;
    const struct mixed_layer *to;
    const struct optimizer *optimizer;
    struct kernel_update numbers; /* without an optimizer the factor of dW alone */
    const struct tiles *x;        /* the first layer's (B,I) by rows */
    const struct live *live;      /* and its columns; otherwise NULL */
    uint32_t k_tiles;
    uint32_t at_once; /* blocks, one above the other, 1 or 2 */
};

/* Columns 16 row.. to 16 row + 31 of x, of all samples. */
static const bf16 *turn_rows(void *context, uint32_t row, bf16 *a)
{
    const struct update *u = context;
    if (u->live != NULL && u->live->xt.data != NULL)
        return tile_at(&u->live->xt, row, 0);
    for (uint32_t k = 0; k < u->k_tiles; k++)
        u->kernel->bf16.turn(tile_at(u->x, 2 * k, row / 2), tile_stride(u->x),
                             a + (size_t)k * TILE_ELEMENTS, (size_t)u->k_tiles * TILE_ELEMENTS);
    return a;
}

/* The step of n inputs' weights, of 16 outputs from 16 col on, by the sums of dW; without an
 * optimizer dW is kept in their place. inputs: which ones; NULL: the first n of w. */
static void step_weights(const struct update *u, uint32_t n, const uint32_t *inputs, float *w,
                         float *sums, bf16 *pairs)
{
    if (u->optimizer != NULL) {
        optimizer_apply(u->optimizer, u->kernel, &u->numbers, n, inputs, w, sums, pairs);
        return;
    }
    static const float zeros[PANEL];
    for (uint32_t r = 0; r < n; r += PANEL)
        u->kernel->bf16.scale(sums + (size_t)r * PANEL, u->numbers.factor, zeros);
    for (uint32_t r = 0; r < n; r++)
        memcpy(w + (size_t)(inputs == NULL ? r : inputs[r]) * PANEL, sums + (size_t)r * PANEL,
               PANEL * sizeof *w);
}

/* Up to how many bytes of W two blocks are updated at a time: that is fewer calls, but what comes
 * from beyond L2 is better asked for little by little. Measured, with plain SGD: mlp train --preset
 * classic, and the deep net of bench's rows "large". */
enum { NEAR_BYTES = 1 << 20 };

static uint32_t blocks_at_once(const struct net_layer *layer)
{
    return (uint64_t)layer->inputs * layer->outputs * sizeof(float) <= NEAR_BYTES ? 2 : 1;
}

/* A part of a block of dW, n blocks one above the other: the step of their weights, which are then
 * rounded for the next products. */
static void step_blocks(const struct update *u, uint32_t n, float *sums, uint32_t row, uint32_t col)
{
    float *w = panel_at(&u->layer->w, row * PANEL, col);
    bool applies = u->optimizer != NULL;
    step_weights(u, n * PANEL, NULL, w, sums,
                 applies ? tile_pairs_half(&u->to->w, col, row) : NULL);
    for (uint32_t i = 0; i < n && applies && u->to->wt.data != NULL; i++)
        u->kernel->bf16.pack(w + (size_t)i * PANEL * PANEL, NULL,
                             tile_rows_half(&u->to->wt, row + i, col), NULL);
}

/* The same of live inputs. Their W is rounded again when the next step reads it. */
static void step_live(const struct update *u, uint32_t n, float *sums, uint32_t row, uint32_t col)
{
    uint32_t begin = row * PANEL;
    step_weights(u, least(n * PANEL, u->live->n - begin), u->live->inputs + begin,
                 panel_at(&u->layer->w, 0, col), sums, NULL);
}

/* Parts are columns of blocks, or single blocks, column after column. */
static void after_weight_gradient(void *context, const struct tiles_block *block, uint32_t part)
{
    const struct update *u = context;
    uint32_t first = part * u->at_once, i = first % 2, j = first / 2;
    if (i >= block->m || j >= block->n)
        return;
    uint32_t n = least(u->at_once, block->m - i), row = block->row + i, col = block->col + j;
    if (u->live != NULL)
        step_live(u, n, tiles_block_at(block, i, j), row, col);
    else
        step_blocks(u, n, tiles_block_at(block, i, j), row, col);
}

/* Inputs that are zero in the whole batch: so is the gradient of their weights. */
static void step_others(const struct update *u, const struct gemm_slice *slice)
{
    if (u->optimizer != NULL && optimizer_rests(u->optimizer))
        return;
    uint32_t all = u->layer->inputs;
    float zeros[PANEL * PANEL] = {0};
    for (uint32_t col = slice->panel_begin; col < slice->panel_end; col++)
        for (uint32_t i = u->live->n; i < all; i += PANEL)
            step_weights(u, least(PANEL, all - i), u->live->inputs + i,
                         panel_at(&u->layer->w, 0, col), zeros, NULL);
}

static void step_bias(const struct update *u, const struct tiles *dz,
                      const struct gemm_slice *slice)
{
    struct kernel_update numbers = {0};
    if (u->optimizer != NULL)
        numbers = optimizer_numbers(u->optimizer, 1, false);
    float sums[BIAS_PANELS * PANEL];
    for (uint32_t p = slice->panel_begin, n; p < slice->panel_end; p += n) {
        float *bias = u->layer->bias + (size_t)p * PANEL;
        n = least(BIAS_PANELS, slice->panel_end - p);
        u->kernel->bf16.sums(u->k_tiles, n, tile_at(dz, p, 0), tile_stride(dz), sums);
        if (u->optimizer != NULL)
            optimizer_apply(u->optimizer, u->kernel, &numbers, n, NULL, bias, sums, NULL);
        else
            memcpy(bias, sums, n * PANEL * sizeof *sums);
    }
}

void mixed_weight_gradient(const struct worker *worker, struct net_layer *layer, uint32_t l,
                           const struct mixed *m, const struct tiles *x, const struct live *live,
                           uint32_t rows, const struct optimizer *optimizer)
{
    const struct tiles *dz = &m->layers[l].dz;
    struct update context = {.kernel = worker->kernel,
                             .layer = layer,
                             .to = &m->layers[l],
                             .optimizer = optimizer,
                             .numbers = {.factor = mixed_factor(l)},
                             .x = x,
                             .live = live,
                             .k_tiles = tile_count(rows),
                             .at_once = blocks_at_once(layer)};
    if (optimizer != NULL)
        context.numbers = optimizer_numbers(optimizer, mixed_factor(l), true);
    struct gemm_tiles product = {.a = l == 0 ? NULL : &m->layers[l - 1].yt,
                                 .make_rows = turn_rows,
                                 .b = dz,
                                 .k_tiles = tile_count(rows),
                                 .epilogue = after_weight_gradient,
                                 .n_parts = 4 / context.at_once,
                                 .context = &context};
    uint32_t row_blocks = panel_count(live != NULL ? live->n : layer->inputs);
    uint32_t col_blocks = panel_count(layer->outputs);
    struct gemm_slice slice =
        l == 0 ? lead_slice(worker->lead, worker->team, row_blocks, col_blocks)
               : gemm_tiles_slice(worker->team, row_blocks, col_blocks, GEMM_CUT_ROWS);
    gemm_tiles_run(worker->kernel, &product, &slice, worker->scratch, worker->aside);
    if (slice.row_begin > 0) /* one member a column takes what is left of it */
        return;
    if (live != NULL)
        step_others(&context, &slice);
    step_bias(&context, dz, &slice);
}
