#include "data/batcher.h"

#include "base/memory.h"
#include "base/random.h"

#include <string.h>

void data_shuffle(uint32_t *order, uint32_t n, uint64_t seed, uint32_t epoch)
{
    struct random_key key = {.seed = seed, .purpose = RANDOM_SHUFFLE, .epoch = epoch};
    uint32_t random[4] = {0};
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    for (uint32_t i = 0; i + 1 < n; i++) {
        if (i % 4 == 0)
            random_u32x4(&key, i / 4, random);
        uint32_t j = i + random_below(random[i % 4], n - i), other = order[j];
        order[j] = order[i];
        order[i] = other;
    }
}

#define PIXEL_SCALE (1.0f / 255.0f)

bool data_batch_new(struct batch *batch, uint32_t batch_max, uint32_t inputs, bool nonzeros)
{
    *batch = (struct batch){0};
    batch->x =
        (struct panels){.rows = batch_max, .cols = inputs, .stride = panel_stride(batch_max)};
    batch->labels = memory_new((size_t)panel_count(batch_max) * PANEL);
    bool ok;
    if (nonzeros) {
        ok = nonzeros_new(&batch->x.nonzeros, batch_max, inputs, PIXEL_SCALE);
    } else {
        batch->x.data = memory_new(panel_floats(batch_max, inputs) * sizeof(float));
        ok = batch->x.data != NULL;
    }
    if (ok && batch->labels != NULL)
        return true;
    data_batch_free(batch);
    return false;
}

bool data_batch_new_tiles(struct batch *batch, uint32_t batch_max, uint32_t inputs)
{
    *batch = (struct batch){.x = {.rows = batch_max, .cols = inputs}};
    /* Whole pairs of blocks of samples, since 32 are converted at once. */
    struct tiles *x = &batch->x16;
    *x = (struct tiles){.blocks = 2 * tile_count(batch_max), .k_tiles = tile_count(inputs)};
    x->data = memory_new(x->blocks * tile_stride(x) * sizeof(bf16));
    batch->labels = memory_new((size_t)panel_count(batch_max) * PANEL);
    if (x->data != NULL && batch->labels != NULL)
        return true;
    data_batch_free(batch);
    return false;
}

void data_batch_free(struct batch *batch)
{
    nonzeros_free(&batch->x.nonzeros);
    memory_free(batch->x16.data);
    memory_free(batch->x.data);
    memory_free(batch->labels);
    *batch = (struct batch){0};
}

/* A unit of gathering: some columns of a few rows, so that its lines stay in L1 beside a product's
 * operands. In panels a cache line of pixels of 8 rows, in tiles one tile of 32 rows. */
enum { UNIT_ROWS = NONZEROS_ROWS, UNIT_PANELS = WORD / PANEL, PIXEL_LINE = 64 };

static bool in_tiles(const struct batch *batch)
{
    return batch->x16.data != NULL;
}

static uint32_t unit_rows(const struct gather *g)
{
    return in_tiles(g->batch) ? TILE_K : UNIT_ROWS;
}

/* Of a panel, or of a tile. */
static uint32_t width(const struct batch *batch)
{
    return in_tiles(batch) ? TILE_K : PANEL;
}

static uint32_t unit_panels(const struct batch *batch)
{
    return in_tiles(batch) ? 1 : UNIT_PANELS;
}

static const uint8_t *source_row(const struct gather *g, uint32_t r)
{
    size_t pixels = (size_t)g->images->n_rows * g->images->n_cols;
    return g->images->pixels + pixels * (g->samples == NULL ? g->first + r : g->samples[r]);
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static void convert(const struct gather *g, const uint8_t **at, uint32_t n, uint32_t panel)
{
    static const uint8_t nothing[TILE_K];
    const struct batch *batch = g->batch;
    if (!in_tiles(batch)) {
        g->kernel->from_bytes(n, at, 0, 1, PIXEL_SCALE, panel_at(&batch->x, g->row, panel), 0);
        return;
    }
    for (; n < TILE_K; n++) /* beyond the batch */
        at[n] = nothing;
    g->kernel->bf16.from_bytes(at, tile_at(&batch->x16, g->row / PANEL, panel),
                               tile_stride(&batch->x16));
}

/* A panel of n rows, or a tile; the last one of an odd width is copied first, since its bytes would
 * reach beyond the row. */
static void gather_panel(const struct gather *g, const uint8_t *const *from, uint32_t n,
                         uint32_t panel)
{
    uint32_t whole = width(g->batch), column = panel * whole, columns = g->batch->x.cols - column;
    const uint8_t *at[TILE_K];
    uint8_t padded[TILE_K][TILE_K];
    for (uint32_t r = 0; r < n; r++) {
        at[r] = from[r] + column;
        if (columns < whole) {
            memset(padded[r], 0, whole);
            memcpy(padded[r], at[r], columns);
            at[r] = padded[r];
        }
    }
    convert(g, at, n, panel);
}

/* The unit's panels but a last one of an odd width; the first that is left returned. */
static uint32_t gather_whole_panels(const struct gather *g, uint32_t n, uint32_t end)
{
    const struct panels *x = &g->batch->x;
    uint32_t whole = least(end, x->cols / PANEL);
    if (whole <= g->panel)
        return g->panel;
    g->kernel->from_bytes(n, g->from[0], (size_t)g->panel * PANEL, whole - g->panel, PIXEL_SCALE,
                          panel_at(x, g->row, g->panel), x->stride);
    return whole;
}

static void gather_nonzeros(const struct gather *g, uint32_t n)
{
    const struct panels *x = &g->batch->x;
    uint32_t column = g->panel * PANEL;
    nonzeros_keep(&x->nonzeros, g->kernel, g->row, n, column, least(WORD, x->cols - column),
                  g->from[0]);
}

/* Where the images of the unit's rows from `row` on begin. */
static void find_rows(struct gather *g, uint32_t row, const uint8_t **from)
{
    for (uint32_t r = row; r < row + unit_rows(g) && r < g->n; r++)
        from[r - row] = source_row(g, r);
}

/* Asks memory for the rows of a unit two lines ahead: they are random rows of a large set, and
 * waiting for each would take longer than converting it. Inlined by force: gcc 12 finds that a
 * function which only prefetches has no effect, and drops the call. */
static inline __attribute__((always_inline)) void prefetch_unit(const struct gather *g)
{
    uint32_t rows = unit_rows(g), whole = width(g->batch), line = PIXEL_LINE / whole;
    uint32_t panel = g->panel + 2 * line, next = 0;
    if ((g->panel - g->panel_begin) % line != 0) /* its line was asked for */
        return;
    if (panel >= g->panel_end) {
        next = 1;
        panel = g->panel_begin;
    }
    uint32_t row = g->row + next * rows, n = row < g->n ? least(rows, g->n - row) : 0;
    for (uint32_t r = 0; r < n; r++)
        __builtin_prefetch(g->from[next][r] + (size_t)panel * whole);
}

bool data_gather_some(struct gather *g)
{
    if (g->row >= g->n || g->panel >= g->panel_end)
        return false;
    uint32_t rows = unit_rows(g);
    prefetch_unit(g);
    uint32_t end = least(g->panel + unit_panels(g->batch), g->panel_end);
    uint32_t n = least(rows, g->n - g->row), panel = g->panel;
    if (g->batch->x.nonzeros.bytes != NULL) {
        gather_nonzeros(g, n);
        panel = end;
    } else if (!in_tiles(g->batch)) {
        panel = gather_whole_panels(g, n, end);
    }
    for (; panel < end; panel++)
        gather_panel(g, g->from[0], n, panel);
    g->panel = end;
    if (end == g->panel_end) {
        g->panel = g->panel_begin;
        g->row += rows;
        memcpy(g->from[0], g->from[1], sizeof g->from[0]);
        find_rows(g, g->row + rows, g->from[1]);
    }
    return true;
}

struct gather data_gather_begin(struct batch *batch, const struct kernel *kernel,
                                const struct team *team, const struct mlp_images *images,
                                const uint32_t *samples, uint32_t first, uint32_t n)
{
    struct gather g = {.batch = batch,
                       .kernel = kernel,
                       .images = images,
                       .samples = samples,
                       .first = first,
                       .n = n};
    /* Whole units, since members do not share words of notes. */
    uint32_t unit = unit_panels(batch);
    uint32_t panels = in_tiles(batch) ? tile_count(batch->x.cols) : panel_count(batch->x.cols);
    team_share(team, panels / unit + (panels % unit != 0), &g.panel_begin, &g.panel_end);
    g.panel = g.panel_begin *= unit;
    g.panel_end = least(g.panel_end * unit, panels);
    find_rows(&g, 0, g.from[0]);
    find_rows(&g, unit_rows(&g), g.from[1]);
    if (team->id == 0 && n > 0) {
        batch->x.rows = n;
        for (uint32_t r = 0; r < n && images->labels != NULL; r++)
            batch->labels[r] = images->labels[samples == NULL ? first + r : samples[r]];
    }
    return g;
}

void data_gather(struct batch *batch, const struct kernel *kernel, const struct team *team,
                 const struct mlp_images *images, const uint32_t *samples, uint32_t first,
                 uint32_t n)
{
    struct gather g = data_gather_begin(batch, kernel, team, images, samples, first, n);
    while (data_gather_some(&g))
        ;
}

void data_pixels(const struct kernel *kernel, const uint8_t *pixels, uint32_t n, float *x)
{
    uint8_t rest[PANEL] = {0};
    for (uint32_t at = 0; at < n; at += PANEL) {
        const uint8_t *from = pixels + at;
        if (n - at < PANEL)
            from = memcpy(rest, from, n - at);
        kernel->from_bytes(1, &from, 0, 1, PIXEL_SCALE, x + at, 0);
    }
}
