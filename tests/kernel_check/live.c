/* live.c - what fills the tiles of live inputs: bytes united and selected, and lines of W packed.
 */
#include "tiles.h"

#include <string.h>

/* Rows end, or begin, at a guard page: nothing beyond the last pixel may be read. */
static void check_select(struct check *check, uint32_t n_rows, uint32_t width, uint32_t n,
                         uint32_t gap)
{
    check_case(check, "select %u of %u pixels of %u rows, gaps of %u", n, width, n_rows, gap);
    enum { STRIDE = 3 * TILE_ELEMENTS };
    uint32_t blocks = panel_count(n_rows), columns[TILE_K];
    struct guarded x = tiles_new(check, (blocks - 1) * (size_t)STRIDE + TILE_ELEMENTS);
    struct guarded rows[TILE_K + PANEL];
    const uint8_t *from[TILE_K + PANEL];
    for (uint32_t s = 0; s < n_rows; s++) {
        rows[s] = guarded_new(width, s % 2 == 0 ? GUARDED_END : GUARDED_START);
        from[s] = rows[s].data;
        for (uint32_t k = 0; k < width; k++)
            ((uint8_t *)rows[s].data)[k] = (uint8_t)(s * 37 + k * 151 + check->n_cases);
    }
    for (uint32_t j = 0; j < n; j++) /* the last pixel among them; without gaps: one is left out */
        columns[j] = gap > 0 ? width - 1 - (n - 1 - j) * gap : j + (j > n / 2);
    check->kernel->bf16.select(n_rows, from, width, n, columns, x.data, STRIDE);
    for (uint32_t s = 0; s < blocks * PANEL; s++)
        for (uint32_t j = 0; j < TILE_K; j++) {
            bf16 *at = (bf16 *)x.data + s / PANEL * (size_t)STRIDE + rows_index(s % PANEL, j);
            if (s >= n_rows && *at != POISON)
                check_fail(check, "row %u was written", s);
            if (s < n_rows)
                check_bf16(check, *at, rounded(check, j < n ? from[s][columns[j]] : 0), s, j);
        }
    tiles_end(check, &x, "x");
    for (uint32_t s = 0; s < n_rows; s++)
        tiles_end(check, &rows[s], "a row");
}

/* An image of so many pixels of which so many of 100 are not zero, without the others, and back: of
 * pixels that others have, too. */
static void check_compact(struct check *check, uint32_t n, uint32_t percent)
{
    check_case(check, "compact and expand %u pixels, %u %% not zero", n, percent);
    enum { MAX = 1000, WORDS = MAX / WORD + 1, BEYOND = 64 };
    uint32_t words = (n + WORD - 1) / WORD, n_live = 0, n_pixels = 0;
    uint64_t live[WORDS] = {0}, notes[WORDS] = {0};
    uint8_t want[MAX + TILE_K] = {0}, packed[MAX];
    struct guarded pixels = guarded_new(n, check->n_cases % 2 == 0 ? GUARDED_END : GUARDED_START);
    for (uint32_t k = 0; k < n; k++) {
        uint32_t hash = (k + 1) * (check->n_cases + 11) * 2654435761u >> 8;
        uint8_t pixel = hash % 100 < percent ? (uint8_t)(1 + (k * 37 + percent) % 255) : 0;
        ((uint8_t *)pixels.data)[k] = pixel;
        notes[k / WORD] |= (uint64_t)(pixel != 0) << k % WORD;
        live[k / WORD] |= (uint64_t)(pixel != 0 || hash % 7 == 0) << k % WORD;
        if (live[k / WORD] >> k % WORD & 1)
            want[n_live++] = pixel;
        if (pixel != 0)
            packed[n_pixels++] = pixel;
    }
    size_t size = words * sizeof *notes + n_pixels;
    size_t whole = (size + BEYOND + 7) / 8 * 8;
    struct guarded image = guarded_new(whole, GUARDED_END);
    memset(image.data, 0xee, whole);
    if (check->kernel->bf16.compact(n, pixels.data, NULL) != size ||
        check->kernel->bf16.compact(n, pixels.data, image.data) != size ||
        memcmp(image.data, notes, words * sizeof *notes) != 0 ||
        memcmp((uint8_t *)image.data + words * sizeof *notes, packed, n_pixels) != 0)
        check_fail(check, "the image is not the bitmap and its pixels");
    for (uint32_t i = 0; i < BEYOND; i++)
        if (((uint8_t *)image.data)[size + i] != 0xee)
            check_fail(check, "byte %u beyond the image was written", i);
    uint32_t k_tiles = tile_count(n_live) + (n_live == 0);
    struct guarded x = tiles_new(check, (size_t)k_tiles * TILE_ELEMENTS);
    struct guarded room = guarded_new((size_t)words * WORD + WORD, GUARDED_END);
    memset(room.data, 0xee, (size_t)words * WORD + WORD);
    check->kernel->bf16.expand(words, live, image.data, room.data, k_tiles, x.data);
    for (uint32_t i = 0; i < k_tiles * TILE_ELEMENTS; i++) {
        uint32_t line = i % TILE_ELEMENTS / TILE_K, k = i / TILE_ELEMENTS * TILE_K + i % TILE_K;
        bf16 got = ((bf16 *)x.data)[i];
        if (line > 0 && got != POISON)
            check_fail(check, "line %u was written", line);
        if (line == 0)
            check_bf16(check, got, rounded(check, k < n_live ? want[k] : 0), 0, k);
    }
    tiles_end(check, &x, "x");
    tiles_end(check, &room, "room");
    tiles_end(check, &image, "the image");
    tiles_end(check, &pixels, "pixels");
}

static void check_pack_lines(struct check *check, uint32_t n)
{
    check_case(check, "pack_lines, %u lines", n);
    uint32_t lines[TILE_K];
    struct operand panel = operand_new(check, 2 * TILE_K, PANEL, 0);
    struct guarded pairs = tiles_new(check, TILE_ELEMENTS);
    operand_fill(check, &panel, SPECIALS, 0);
    operand_keep(&panel);
    for (uint32_t i = 0; i < n; i++)
        lines[i] = (i * 29 + 5) % (2 * TILE_K);
    check->kernel->bf16.pack_lines(panel.m.data, n, lines, pairs.data);
    for (uint32_t r = 0; r < TILE_K; r++)
        for (uint32_t c = 0; c < PANEL; c++)
            check_bf16(check, ((bf16 *)pairs.data)[pairs_index(r, c)],
                       r < n ? rounded(check, *operand_at(&panel, lines[r], c)) : 0, r, c);
    operand_check_kept(check, &panel, 0, 0, "panel");
    operand_free(&panel);
    tiles_end(check, &pairs, "pairs");
}

static void check_unite(struct check *check, uint32_t n, uint32_t width)
{
    check_case(check, "unite %u rows of %u", n, width);
    struct guarded any = guarded_new(width, GUARDED_END), rows[8];
    const uint8_t *from[8];
    uint8_t want[512];
    for (uint32_t k = 0; k < width; k++)
        ((uint8_t *)any.data)[k] = want[k] = (uint8_t)(k % 5 == 0 ? k : 0);
    for (uint32_t r = 0; r < n; r++) {
        rows[r] = guarded_new(width, r % 2 == 0 ? GUARDED_END : GUARDED_START);
        from[r] = rows[r].data;
        for (uint32_t k = 0; k < width; k++) {
            uint8_t pixel = (uint8_t)((k + r) % 3 == 0 ? k * 7 + r : 0);
            ((uint8_t *)rows[r].data)[k] = pixel;
            want[k] |= pixel;
        }
    }
    check->kernel->unite(n, from, width, any.data);
    for (uint32_t k = 0; k < width; k++)
        check_bits(check, ((uint8_t *)any.data)[k], want[k], 0, k);
    for (uint32_t r = 0; r < n; r++)
        tiles_end(check, &rows[r], "a row");
    tiles_end(check, &any, "what is united");
}

void check_live(struct check *check)
{
    /* Widths, pixels, and how far they are apart: one word, one line of 64, and several. */
    static const uint32_t selections[][3] = {
        {1, 1, 1},    {33, 32, 0},   {32, 32, 1},   {64, 32, 2},   {65, 32, 2},   {99, 5, 21},
        {130, 32, 4}, {784, 32, 25}, {784, 13, 63}, {784, 13, 64}, {2100, 32, 65}};
    for (uint32_t n = 1; n <= TILE_K; n += n == 1 ? 1 : 15)
        check_pack_lines(check, n);
    static const uint32_t percents[] = {0, 1, 20, 60, 100};
    for (uint32_t n = 1; n <= 1000 && check->kernel->bf16.compact != NULL; n += n < 140 ? 1 : 43)
        for (uint32_t i = 0; i < sizeof percents / sizeof percents[0]; i++)
            check_compact(check, n, percents[i]);
    for (uint32_t n = 1; n <= 8; n += 7)
        for (uint32_t width = 1; width <= 512; width = width * 5 / 2 + 1)
            check_unite(check, n, width);
    for (uint32_t i = 0; i < sizeof selections / sizeof selections[0]; i++)
        for (uint32_t n_rows = 1; n_rows <= TILE_K + PANEL; n_rows += 15)
            check_select(check, n_rows, selections[i][0], selections[i][1], selections[i][2]);
}
