#include "data/live.h"

#include "base/least.h"
#include "base/memory.h"

#include <string.h>

bool live_new(struct live_batch *b, uint32_t batch_max, uint32_t n_inputs, bool all)
{
    *b = (struct live_batch){.n_inputs = n_inputs};
    /* Whole pairs of blocks of samples, since 32 are turned at once. */
    b->x = (struct tiles){.blocks = 2 * tile_count(batch_max), .k_tiles = tile_count(n_inputs)};
    b->x.data = memory_new(b->x.blocks * tile_stride(&b->x) * sizeof(bf16));
    b->inputs = b->lists = memory_new(3 * (size_t)n_inputs * sizeof *b->lists);
    b->any = memory_new(n_inputs);
    b->rows = memory_new(batch_max * sizeof *b->rows);
    if (b->x.data == NULL || b->lists == NULL || b->any == NULL || b->rows == NULL) {
        live_free(b);
        return false;
    }
    for (uint32_t i = 0; i < n_inputs; i++)
        b->inputs[i] = i;
    b->live = (struct live){.n = n_inputs, .inputs = all ? NULL : b->inputs};
    return true;
}

bool live_new_turned(struct live_batch *b)
{
    struct tiles *t = &b->turned;
    /* Each tile of x becomes half of two: 32 x 32 are turned at once. */
    *t = (struct tiles){.blocks = 2 * tile_count(b->n_inputs), .k_tiles = b->x.blocks / 2};
    t->data = memory_new(t->blocks * tile_stride(t) * sizeof(bf16));
    return t->data != NULL;
}

bool live_new_compact(struct live_batch *b, const struct compact *compact)
{
    b->compact = compact;
    b->notes = memory_new(word_count(b->n_inputs) * sizeof *b->notes);
    b->room = memory_new(((size_t)word_count(b->n_inputs) + 1) * WORD);
    return b->notes != NULL && b->room != NULL;
}

void live_free(struct live_batch *b)
{
    memory_free(b->room);
    memory_free(b->notes);
    memory_free(b->turned.data);
    memory_free(b->rows);
    memory_free(b->any);
    memory_free(b->lists);
    memory_free(b->x.data);
    *b = (struct live_batch){0};
}

/* Asks memory for some rows: they are random ones of a large set, and waiting for each would take
 * longer than reading it. Inlined by force: gcc 12 finds that a function which only prefetches has
 * no effect, and drops the call. */
static inline __attribute__((always_inline)) void prefetch(const struct live_batch *b, uint32_t row,
                                                           uint32_t end)
{
    enum { LINE_BYTES = 64 };
    for (; row < end; row++)
        for (uint32_t k = 0; k < b->n_inputs; k += LINE_BYTES)
            __builtin_prefetch(b->rows[row] + k);
}

/* Rows at a time, and how far ahead they are asked for. Measured: mlp train --preset classic. */
enum { UNITED = 8, AHEAD = 16 };

static void find_live(struct live_batch *b, const struct kernel *kernel, uint32_t n)
{
    memset(b->any, 0, b->n_inputs);
    prefetch(b, 0, least(AHEAD, n));
    for (uint32_t row = 0; row < n; row += UNITED) {
        prefetch(b, least(row + AHEAD, n), least(row + AHEAD + UNITED, n));
        kernel->unite(least(UNITED, n - row), b->rows + row, b->n_inputs, b->any);
    }
}

/* All of its lines; see prefetch. */
static inline __attribute__((always_inline)) void
prefetch_compact(const struct compact *c, const uint32_t *samples, uint32_t i, uint32_t end)
{
    for (; i < end; i++) {
        const uint64_t *line = compact_at(c, samples[i]), *next = compact_at(c, samples[i] + 1);
        for (; line < next; line += COMPACT_LINE)
            __builtin_prefetch(line);
    }
}

static void find_live_compact(struct live_batch *b, const uint32_t *samples, uint32_t n)
{
    uint32_t words = word_count(b->n_inputs);
    for (uint32_t i = 0; i < n; i++)
        __builtin_prefetch(&b->compact->lines[samples[i]]);
    memset(b->notes, 0, words * sizeof *b->notes);
    prefetch_compact(b->compact, samples, 0, least(AHEAD, n));
    for (uint32_t i = 0; i < n; i++) {
        prefetch_compact(b->compact, samples, least(i + AHEAD, n), least(i + AHEAD + 1, n));
        const uint64_t *image = compact_at(b->compact, samples[i]);
        for (uint32_t w = 0; w < words; w++)
            b->notes[w] |= image[w];
    }
}

/* Those that notes tell of, or, if NULL, any. Each input is written to both lists, since a branch
 * would often be mispredicted; in that which is not its own the next one takes its place. */
static void list_live(struct live_batch *b, const uint64_t *notes)
{
    uint32_t n = 0, *others = b->lists + 2 * (size_t)b->n_inputs;
    b->inputs = b->inputs == b->lists ? b->lists + b->n_inputs : b->lists;
    for (uint32_t k = 0; k < b->n_inputs; k++) {
        b->inputs[n] = others[k - n] = k;
        n += notes != NULL ? notes[k / WORD] >> k % WORD & 1 : b->any[k] != 0;
    }
    b->live.inputs = b->inputs;
    b->live.n = n > 0 ? n : 1; /* so that no product is empty: others[0] is input 0 then, too */
    memcpy(b->inputs + n, others, (b->n_inputs - n) * sizeof *others);
}

/* Rows at a time that stay in L1 while the inputs pass by. Measured: mlp train --preset classic. */
enum { FILLED = TILE_K };

void live_select(const struct live_batch *b, const struct kernel *kernel, uint32_t row, uint32_t n,
                 const uint8_t *const *from, uint32_t k, uint32_t end)
{
    for (end = least(end, b->live.n); k < end; k += TILE_K)
        kernel->bf16.select(n, from, b->n_inputs, least(TILE_K, end - k), b->inputs + k,
                            tile_at(&b->x, row / PANEL, k / TILE_K) + row % PANEL * TILE_K,
                            tile_stride(&b->x));
}

void live_fill(struct live_batch *b, const struct kernel *kernel, uint32_t n)
{
    find_live(b, kernel, n);
    list_live(b, NULL);
    b->x.k_tiles = tile_count(b->live.n); /* its tiles lie side by side */
    for (uint32_t row = 0; row < n; row += FILLED)
        live_select(b, kernel, row, least(FILLED, n - row), b->rows + row, 0, b->live.n);
}

void live_fill_compact(struct live_batch *b, const struct kernel *kernel, const uint32_t *samples,
                       uint32_t n)
{
    find_live_compact(b, samples, n);
    list_live(b, b->notes);
    b->x.k_tiles = tile_count(b->live.n);
    for (uint32_t i = 0; i < n; i++)
        kernel->bf16.expand(word_count(b->n_inputs), b->notes, compact_at(b->compact, samples[i]),
                            b->room, b->x.k_tiles,
                            tile_at(&b->x, i / PANEL, 0) + i % PANEL * TILE_K);
}

void live_turn(struct live_batch *b, const struct kernel *kernel, uint32_t n, struct live *live)
{
    live->xt = b->turned;
    live->xt.k_tiles = tile_count(n);
    for (uint32_t k = 0; k < tile_count(live->n); k++)
        for (uint32_t s = 0; s < live->xt.k_tiles; s++)
            kernel->bf16.turn(tile_at(&b->x, 2 * s, k), tile_stride(&b->x),
                              tile_at(&live->xt, 2 * k, s), tile_stride(&live->xt));
}
