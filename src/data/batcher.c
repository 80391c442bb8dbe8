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

bool data_batch_new(struct batch *batch, uint32_t batch_max, uint32_t inputs)
{
    batch->x =
        (struct panels){.rows = batch_max, .cols = inputs, .stride = panel_stride(batch_max)};
    batch->x.data = memory_new(panel_floats(batch_max, inputs) * sizeof(float));
    batch->labels = memory_new((size_t)panel_count(batch_max) * PANEL);
    if (batch->x.data != NULL && batch->labels != NULL)
        return true;
    data_batch_free(batch);
    return false;
}

void data_batch_free(struct batch *batch)
{
    memory_free(batch->x.data);
    memory_free(batch->labels);
    *batch = (struct batch){0};
}

#define PIXEL_SCALE (1.0f / 255.0f)

/* Rows at a time, so that their sources stay in L1 from one panel to the next: four panels share a
 * cache line of pixels. */
enum { GATHER_ROWS = 64 };

/* Columns [16 panel, ...) of n rows; the last panel of an odd width is copied first, since its 16
 * bytes would reach beyond the row. */
static void gather_panel(struct batch *batch, const struct kernel *kernel, uint32_t row,
                         const uint8_t *const *from, uint32_t n, uint32_t panel)
{
    uint32_t column = panel * PANEL, columns = batch->x.cols - column;
    const uint8_t *at[GATHER_ROWS];
    uint8_t padded[GATHER_ROWS][PANEL];
    for (uint32_t r = 0; r < n; r++) {
        at[r] = from[r] + column;
        if (columns < PANEL) {
            memset(padded[r], 0, PANEL);
            memcpy(padded[r], at[r], columns);
            at[r] = padded[r];
        }
    }
    kernel->from_bytes(n, at, PIXEL_SCALE, panel_at(&batch->x, row, panel));
}

void data_gather(struct batch *batch, const struct kernel *kernel, const struct team *team,
                 const struct mlp_images *images, const uint32_t *samples, uint32_t first,
                 uint32_t n)
{
    size_t pixels = (size_t)images->n_rows * images->n_cols;
    uint32_t begin, end;
    team_share(team, panel_count(batch->x.cols), &begin, &end);
    if (team->id == 0) {
        batch->x.rows = n;
        for (uint32_t r = 0; r < n; r++)
            batch->labels[r] = images->labels[samples == NULL ? first + r : samples[r]];
    }
    for (uint32_t row = 0; row < n; row += GATHER_ROWS) {
        uint32_t rows = n - row < GATHER_ROWS ? n - row : GATHER_ROWS;
        const uint8_t *from[GATHER_ROWS];
        for (uint32_t r = 0; r < rows; r++)
            from[r] =
                images->pixels + pixels * (samples == NULL ? first + row + r : samples[row + r]);
        for (uint32_t panel = begin; panel < end; panel++)
            gather_panel(batch, kernel, row, from, rows, panel);
    }
}

void data_pixels(const struct kernel *kernel, const uint8_t *pixels, uint32_t n, float *x)
{
    uint8_t rest[PANEL] = {0};
    for (uint32_t at = 0; at < n; at += PANEL) {
        const uint8_t *from = pixels + at;
        if (n - at < PANEL)
            from = memcpy(rest, from, n - at);
        kernel->from_bytes(1, &from, PIXEL_SCALE, x + at);
    }
}
