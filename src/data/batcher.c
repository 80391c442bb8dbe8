#include "data/batcher.h"

#include "base/least.h"
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

bool data_batch_new(struct batch *batch, uint32_t batch_max, uint32_t rows, uint32_t cols,
                    bool nonzeros)
{
    uint32_t inputs = rows * cols;
    *batch = (struct batch){0};
    batch->x =
        (struct panels){.rows = batch_max, .cols = inputs, .stride = panel_stride(batch_max)};
    batch->labels = memory_new((size_t)panel_count(batch_max) * PANEL);
    bool ok;
    if (nonzeros) {
        ok = nonzeros_new(&batch->x.nonzeros, batch_max, inputs, cols, PIXEL_SCALE);
    } else {
        batch->x.data = memory_new(panel_floats(batch_max, inputs) * sizeof(float));
        ok = batch->x.data != NULL;
    }
    if (ok && batch->labels != NULL)
        return true;
    data_batch_free(batch);
    return false;
}

bool data_batch_new_tiles(struct batch *batch, uint32_t batch_max, struct live_batch *x16)
{
    *batch = (struct batch){.x = {.rows = batch_max, .cols = x16->n_inputs}, .x16 = x16};
    batch->labels = memory_new((size_t)panel_count(batch_max) * PANEL);
    return batch->labels != NULL;
}

void data_batch_free(struct batch *batch)
{
    nonzeros_free(&batch->x.nonzeros);
    memory_free(batch->x.data);
    memory_free(batch->labels);
    *batch = (struct batch){0};
}

/* A unit of gathering: some columns of a few rows, so that its lines stay in L1 beside a product's
 * operands; a cache line of pixels of 8 rows. */
enum { UNIT_ROWS = NONZEROS_ROWS, UNIT_PANELS = WORD / PANEL };

static const uint8_t *source_row(const struct gather *g, uint32_t r)
{
    size_t pixels = (size_t)g->images->n_rows * g->images->n_cols;
    return g->images->pixels + pixels * (g->samples == NULL ? g->first + r : g->samples[r]);
}

/* The last panel of n rows of an odd width is copied first, since its bytes would reach beyond the
 * row. */
static void gather_odd_panel(const struct gather *g, uint32_t n, uint32_t panel)
{
    uint32_t column = panel * PANEL, columns = g->batch->x.cols - column;
    const uint8_t *at[UNIT_ROWS];
    uint8_t padded[UNIT_ROWS][PANEL] = {{0}};
    for (uint32_t r = 0; r < n; r++)
        at[r] = memcpy(padded[r], g->from[0][r] + column, columns);
    g->kernel->from_bytes(n, at, 0, 1, PIXEL_SCALE, panel_at(&g->batch->x, g->row, panel), 0);
}

static void gather_panels(const struct gather *g, uint32_t n, uint32_t end)
{
    const struct panels *x = &g->batch->x;
    uint32_t whole = least(end, x->cols / PANEL);
    if (whole > g->panel)
        g->kernel->from_bytes(n, g->from[0], (size_t)g->panel * PANEL, whole - g->panel,
                              PIXEL_SCALE, panel_at(x, g->row, g->panel), x->stride);
    if (end > whole)
        gather_odd_panel(g, n, whole);
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
    for (uint32_t r = row; r < row + UNIT_ROWS && r < g->n; r++)
        from[r - row] = source_row(g, r);
}

/* Asks memory for the rows of a unit two lines ahead: they are random rows of a large set, and
 * waiting for each would take longer than converting it. Inlined by force, as in live.c. */
static inline __attribute__((always_inline)) void prefetch_unit(const struct gather *g)
{
    uint32_t panel = g->panel + 2 * UNIT_PANELS, next = 0;
    if (panel >= g->panel_end) {
        next = 1;
        panel = g->panel_begin;
    }
    uint32_t row = g->row + next * UNIT_ROWS, n = row < g->n ? least(UNIT_ROWS, g->n - row) : 0;
    for (uint32_t r = 0; r < n; r++)
        __builtin_prefetch(g->from[next][r] + (size_t)panel * PANEL);
}

static bool gather_live(struct gather *g)
{
    g->row = g->n;
    if (g->batch->x16->compact != NULL) {
        live_fill_compact(g->batch->x16, g->kernel, g->samples, g->n);
        return false;
    }
    for (uint32_t r = 0; r < g->n; r++)
        g->batch->x16->rows[r] = source_row(g, r);
    live_fill(g->batch->x16, g->kernel, g->n);
    return false;
}

bool data_gather_some(struct gather *g)
{
    if (g->row >= g->n || g->panel >= g->panel_end)
        return false;
    struct live_batch *x16 = g->batch->x16;
    if (x16 != NULL && x16->live.inputs != NULL)
        return gather_live(g);
    prefetch_unit(g);
    uint32_t end = least(g->panel + UNIT_PANELS, g->panel_end), n = least(UNIT_ROWS, g->n - g->row);
    if (x16 != NULL)
        live_select(x16, g->kernel, g->row, n, g->from[0], g->panel * PANEL, end * PANEL);
    else if (g->batch->x.nonzeros.bytes != NULL)
        gather_nonzeros(g, n);
    else
        gather_panels(g, n, end);
    g->panel = end;
    if (end == g->panel_end) {
        g->panel = g->panel_begin;
        g->row += UNIT_ROWS;
        memcpy(g->from[0], g->from[1], sizeof g->from[0]);
        find_rows(g, g->row + UNIT_ROWS, g->from[1]);
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
    uint32_t panels = panel_count(batch->x.cols);
    team_share(team, panels / UNIT_PANELS + (panels % UNIT_PANELS != 0), &g.panel_begin,
               &g.panel_end);
    g.panel = g.panel_begin *= UNIT_PANELS;
    g.panel_end = least(g.panel_end * UNIT_PANELS, panels);
    find_rows(&g, 0, g.from[0]);
    find_rows(&g, UNIT_ROWS, g.from[1]);
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
