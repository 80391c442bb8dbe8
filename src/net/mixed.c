#include "net/mixed.h"

#include "base/memory.h"
#include "net/lead.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = PANEL * PANEL };

/* ---- memory ----------------------------------------------------------------------------- */

/* Takes tiles from the block, or, with memory NULL, only counts. */
static void take(struct tiles *t, uint32_t rows, uint32_t k, bf16 *memory, size_t *at)
{
    *t = (struct tiles){memory == NULL ? NULL : memory + *at, panel_count(rows), tile_count(k)};
    *at += t->blocks * tile_stride(t);
}

static size_t lay_out(struct mixed *m, const struct mlp_net *net, uint32_t batch,
                      enum mixed_purpose purpose, bool with_weights, bf16 *memory)
{
    bool training = purpose != MIXED_FORWARD;
    size_t at = 0;
    for (uint32_t l = 0; l < m->n_layers; l++) {
        struct mixed_layer *layer = &m->layers[l];
        uint32_t inputs = net->layers[l].inputs, outputs = net->layers[l].outputs;
        bool first = l == 0 && purpose != MIXED_TO_DATA, last = l + 1 == m->n_layers;
        if (with_weights && !(first && training))
            take(&layer->w, outputs, inputs, memory, &at);
        if (with_weights && training && !first)
            take(&layer->wt, inputs, outputs, memory, &at);
        /* Whole tiles, since 32 x 32 are transposed at once. */
        if (!last)
            take(&layer->y, tile_count(batch) * TILE_K, outputs, memory, &at);
        if (!last && training)
            take(&layer->yt, tile_count(outputs) * TILE_K, batch, memory, &at);
        if (training)
            take(&layer->dz, outputs, batch, memory, &at);
        if (training && !first)
            take(&layer->dzt, batch, outputs, memory, &at);
    }
    return at;
}

struct mixed *mixed_new(const struct mlp_net *net, uint32_t batch_max, enum mixed_purpose purpose,
                        bool with_weights)
{
    struct mixed *m = calloc(1, sizeof *m);
    if (m == NULL)
        return NULL;
    m->n_layers = net->n_layers;
    m->layers = calloc(net->n_layers, sizeof *m->layers);
    if (m->layers != NULL) {
        size_t n = lay_out(m, net, batch_max, purpose, with_weights, NULL);
        m->memory = memory_new(n * sizeof *m->memory);
        if (m->memory != NULL) {
            lay_out(m, net, batch_max, purpose, with_weights, m->memory);
            return m;
        }
    }
    mixed_free(m);
    return NULL;
}

void mixed_free(struct mixed *m)
{
    if (m == NULL)
        return;
    memory_free(m->memory);
    free(m->layers);
    free(m);
}

void mixed_begin(const struct kernel *kernel)
{
    if (kernel->bf16.begin != NULL)
        kernel->bf16.begin();
}

void mixed_end(const struct kernel *kernel)
{
    if (kernel->bf16.end != NULL)
        kernel->bf16.end();
}

/* ---- weights ---------------------------------------------------------------------------- */

/* Inputs 16 row.. and outputs 16 col.. of layer l, rounded for the next products. */
static void pack_weights(const struct kernel *kernel, const struct net_layer *layer,
                         const struct mixed_layer *to, uint32_t row, uint32_t col)
{
    const float *w = panel_at(&layer->w, row * PANEL, col);
    bf16 *pairs = to->w.data == NULL ? NULL : tile_pairs_half(&to->w, col, row);
    bf16 *rows = to->wt.data == NULL ? NULL : tile_rows_half(&to->wt, row, col);
    if (rows != NULL || pairs != NULL)
        kernel->bf16.pack(w, NULL, rows, pairs);
}

void mixed_pack_weights(const struct mlp_net *net, const struct mixed *weights,
                        const struct team *team)
{
    for (uint32_t l = 0; l < net->n_layers; l++) {
        const struct net_layer *layer = &net->layers[l];
        uint32_t begin, end;
        team_share(team, panel_count(layer->outputs), &begin, &end);
        for (uint32_t col = begin; col < end; col++)
            for (uint32_t row = 0; row < panel_count(layer->inputs); row++)
                pack_weights(net->kernel, layer, &weights->layers[l], row, col);
    }
}

/* ---- forward ---------------------------------------------------------------------------- */

struct forward {
    const struct kernel *kernel;
    const struct net_layer *layer;
    const struct mixed_layer *to;
    bool transposed; /* yt is wanted, besides y */
    const struct activation *activation;
    struct panels *logits;   /* instead, for the last layer */
    float factor;            /* of the sums */
    const struct live *live; /* the columns of x, if not all inputs */
};

/* One block of 16 samples x 16 outputs: z = sum + b, y = f(z); pairs gets it, too. */
static void forward_block(const struct forward *f, float *c, uint32_t row, uint32_t col,
                          bf16 *pairs)
{
    const struct kernel_bf16 *kernel = &f->kernel->bf16;
    const struct activation *activation = f->activation;
    const float *bias = f->layer->bias + (size_t)col * PANEL;
    if (activation != NULL && activation_is_relu(activation)) {
        kernel->pack_relu(c, f->factor, bias, tile_rows_half(&f->to->y, row, col), pairs);
        return;
    }
    kernel->scale(c, f->factor, bias);
    if (activation == NULL) {
        memcpy(panel_at(f->logits, row * PANEL, col), c, BLOCK * sizeof *c);
        return;
    }
    activation_forward(activation, f->kernel, row * PANEL, col, 1, c, 0);
    kernel->pack(c, NULL, tile_rows_half(&f->to->y, row, col), pairs);
}

/* A column of blocks: its 32 samples make up one tile of y transposed. */
static void after_forward(void *context, const struct tiles_block *block, uint32_t j)
{
    const struct forward *f = context;
    uint32_t col = block->col + j;
    _Alignas(64) bf16 pairs[TILE_ELEMENTS];
    if (j >= block->n)
        return;
    for (uint32_t i = 0; i < block->m; i++)
        forward_block(f, tiles_block_at(block, i, j), block->row + i, col,
                      f->transposed ? pairs + i * TILE_ELEMENTS / 2 : NULL);
    if (!f->transposed)
        return;
    if (block->m < 2)
        memset(pairs + TILE_ELEMENTS / 2, 0, TILE_ELEMENTS / 2 * sizeof *pairs);
    f->kernel->bf16.transpose(pairs, tile_at(&f->to->yt, col, block->row / 2));
}

/* W of live inputs, which are all that is wanted of it, and once for every 256 samples. */
static void make_column(void *context, uint32_t col, uint32_t k, uint32_t k_end, bf16 *b)
{
    const struct forward *f = context;
    for (; k < k_end; k++, b += TILE_ELEMENTS) {
        uint32_t begin = k * TILE_K, n = f->live->n - begin < TILE_K ? f->live->n - begin : TILE_K;
        f->kernel->bf16.pack_lines(panel_at(&f->layer->w, 0, col), n, f->live->inputs + begin, b);
    }
}

void mixed_forward(const struct worker *worker, const struct mlp_net *net, uint32_t l,
                   const struct mixed *weights, const struct mixed *activations,
                   const struct tiles *x, const struct live *live, uint32_t rows,
                   struct panels *logits, const struct activation *activation)
{
    const struct net_layer *layer = &net->layers[l];
    const struct tiles *w = &weights->layers[l].w;
    struct forward context = {.kernel = worker->kernel,
                              .layer = layer,
                              .to = &activations->layers[l],
                              .transposed = activations->layers[l].yt.data != NULL &&
                                            (l > 0 || worker->lead == NULL),
                              .activation = activation,
                              .logits = logits,
                              .factor = mixed_factor(l),
                              .live = live};
    struct gemm_tiles product = {.a = x,
                                 .b = w->data == NULL ? NULL : w,
                                 .make_column = make_column,
                                 .k_tiles = tile_count(live == NULL ? layer->inputs : live->n),
                                 .epilogue = after_forward,
                                 .n_parts = 2,
                                 .context = &context};
    struct gemm_slice slice = lead_slice(l == 0 ? worker->lead : NULL, worker->team,
                                         panel_count(rows), panel_count(layer->outputs));
    gemm_tiles_run(worker->kernel, &product, &slice, worker->scratch, worker->aside);
}

void mixed_transpose(const struct kernel *kernel, const struct mixed *m, uint32_t l, uint32_t rows)
{
    const struct tiles *y = &m->layers[l].y, *yt = &m->layers[l].yt;
    for (uint32_t k = 0; k < y->k_tiles; k++)
        for (uint32_t s = 0; s < tile_count(rows); s++)
            kernel->bf16.turn(tile_at(y, 2 * s, k), tile_stride(y), tile_at(yt, 2 * k, s),
                              tile_stride(yt));
}

/* ---- backward --------------------------------------------------------------------------- */

void mixed_loss(const struct kernel *kernel, const struct mixed *m, struct panels *z,
                struct panels *zt, uint32_t group, uint32_t rows)
{
    const struct mixed_layer *last = &m->layers[m->n_layers - 1];
    for (uint32_t p = 0; p < last->dz.blocks; p++) {
        float *block = panel_at(z, group * PANEL, p), *transposed = panel_at(zt, p * PANEL, group);
        for (uint32_t r = rows - group * PANEL; r < PANEL; r++) /* beyond the batch */
            for (uint32_t c = 0; c < PANEL; c++)
                block[r * PANEL + c] = transposed[c * PANEL + r] = 0;
        kernel->bf16.pack(block, NULL, NULL, tile_pairs_half(&last->dz, p, group));
        if (group % 2 == 0 && (group + 1) * PANEL >= rows) /* nobody fills the tile's other half */
            memset(tile_pairs_half(&last->dz, p, group + 1), 0, TILE_ELEMENTS / 2 * sizeof(bf16));
        if (last->dzt.data != NULL)
            kernel->bf16.pack(transposed, NULL, NULL, tile_pairs_half(&last->dzt, group, p));
    }
}

struct backward {
    const struct kernel *kernel;
    const struct mixed_layer *below;
    const struct panels *slope; /* of its activation; NULL: a plain ReLU */
};

/* One block of 16 outputs of the layer below x 16 samples: dL/dz = dL/dy f'(z), into rows, too. */
static void backward_block(const struct backward *b, float *c, uint32_t row, uint32_t col,
                           bf16 *rows)
{
    const struct mixed_layer *below = b->below;
    const bf16 *y = b->slope == NULL ? tile_rows_half(&below->yt, row, col) : NULL;
    if (b->slope != NULL) {
        float *d = panel_at(b->slope, col * PANEL, row);
        activation_backward(b->kernel, c, NULL, d);
        b->kernel->transpose(d, c);
    }
    b->kernel->bf16.pack(c, y, rows,
                         below->dzt.data == NULL ? NULL : tile_pairs_half(&below->dzt, col, row));
}

/* A row of blocks: its 32 samples make up one tile of dz. */
static void after_input_gradient(void *context, const struct tiles_block *block, uint32_t i)
{
    const struct backward *b = context;
    uint32_t row = block->row + i;
    _Alignas(64) bf16 rows[TILE_ELEMENTS];
    if (i >= block->m)
        return;
    if (block->n < 2)
        memset(rows, 0, sizeof rows);
    for (uint32_t j = 0; j < block->n; j++)
        backward_block(b, tiles_block_at(block, i, j), row, block->col + j,
                       rows + (size_t)j * TILE_HALF);
    b->kernel->bf16.transpose(rows, tile_at(&b->below->dz, row, block->col / 2));
}

/* Computed transposed, dX^T = W dZ^T: so its blocks meet the mask as yt has it. */
void mixed_input_gradient(const struct worker *worker, const struct mlp_net *net, uint32_t l,
                          const struct mixed *m, uint32_t rows, const struct panels *slope)
{
    const struct net_layer *layer = &net->layers[l];
    struct backward context = {
        .kernel = worker->kernel, .below = &m->layers[l - 1], .slope = slope};
    struct gemm_tiles product = {.a = &m->layers[l].wt,
                                 .b = &m->layers[l].dzt,
                                 .k_tiles = tile_count(layer->outputs),
                                 .epilogue = after_input_gradient,
                                 .n_parts = 2,
                                 .context = &context};
    uint32_t row_blocks = panel_count(layer->inputs), col_blocks = panel_count(rows);
    struct gemm_slice slice =
        l == 1 && worker->lead != NULL
            ? lead_rows(worker->lead, worker->team, row_blocks, col_blocks)
            : gemm_tiles_slice(worker->team, row_blocks, col_blocks, GEMM_CUT_ROWS);
    gemm_tiles_run(worker->kernel, &product, &slice, worker->scratch, worker->aside);
}

static void keep_block(void *context, const struct tiles_block *block, uint32_t part)
{
    const struct panels *dxt = context;
    uint32_t i = part / 2, j = part % 2;
    if (i < block->m && j < block->n)
        memcpy(panel_at(dxt, (block->row + i) * PANEL, block->col + j), tiles_block_at(block, i, j),
               BLOCK * sizeof(float));
}

void mixed_data_gradient(const struct worker *worker, const struct mlp_net *net,
                         const struct mixed *m, uint32_t rows, struct panels *dxt)
{
    const struct net_layer *layer = &net->layers[0];
    struct gemm_tiles product = {.a = &m->layers[0].wt,
                                 .b = &m->layers[0].dzt,
                                 .k_tiles = tile_count(layer->outputs),
                                 .epilogue = keep_block,
                                 .n_parts = 4,
                                 .context = dxt};
    struct gemm_slice slice = gemm_tiles_slice(worker->team, panel_count(layer->inputs),
                                               panel_count(rows), GEMM_CUT_ROWS);
    gemm_tiles_run(worker->kernel, &product, &slice, worker->scratch, worker->aside);
}
