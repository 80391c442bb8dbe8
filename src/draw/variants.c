/* variants.c - originals and variants side by side:
 *
 *     Title
 *     subtitle
 *     original  kind                    kind
 *     [=====]   [     ] [     ] [     ] [     ] [     ] [     ] */
#include "draw/variants.h"

#include "draw/colour.h"
#include "draw/text.h"
#include "draw/tile.h"

/* Pixels; tiles of 28x28 digits measure 4 x 28. */
enum {
    MARGIN = 48,
    TILE = 112,
    GAP = 10,       /* between tiles */
    GROUP_GAP = 38, /* more, where another kind begins */
    FRAME = 4,      /* around an original */
    TITLE_HEIGHT = 36,
    SUBTITLE_HEIGHT = 56,
    HEADING_HEIGHT = 18 /* from its baseline to the tiles */
};

struct layout {
    int tile_width, tile_height, top;
    int64_t width, height;
};

static int column_left(const struct layout *at, uint32_t n_each, uint32_t column)
{
    uint32_t groups = column == 0 ? 0 : 1 + (column - 1) / n_each;
    return MARGIN + (int)column * (at->tile_width + GAP) + (int)groups * (GROUP_GAP - GAP);
}

static struct layout lay_out(const struct draw_variants *v)
{
    struct layout at;
    draw_tile_size(v->n_rows, v->n_cols, TILE, &at.tile_width, &at.tile_height);
    uint32_t last = v->n_kinds * v->n_each;
    at.width = (int64_t)column_left(&at, v->n_each, last) + at.tile_width + MARGIN;
    at.top =
        MARGIN + TITLE_HEIGHT + SUBTITLE_HEIGHT + draw_cap_height(DRAW_SMALL_BOLD) + HEADING_HEIGHT;
    at.height = at.top + (int64_t)v->n_originals * (at.tile_height + GAP) - GAP + MARGIN;
    return at;
}

static void draw_fitted(struct draw_canvas *canvas, struct draw_style style, int x, int baseline,
                        int room, const char *text)
{
    char fitted[256];
    draw_text_fit(style.face, text, room, fitted, sizeof fitted);
    draw_text(canvas, style, x, baseline, fitted);
}

static void draw_words(struct draw_canvas *canvas, const struct layout *at,
                       const struct draw_variants *v)
{
    const struct draw_style title = {DRAW_TITLE, DRAW_LEFT, DRAW_INK};
    const struct draw_style subtitle = {DRAW_SMALL, DRAW_LEFT, DRAW_GREY};
    const struct draw_style original = {DRAW_SMALL_BOLD, DRAW_LEFT, DRAW_BLUE};
    const struct draw_style kind = {DRAW_SMALL_BOLD, DRAW_LEFT, DRAW_INK};
    int room = (int)at->width - 2 * MARGIN, baseline = MARGIN + draw_cap_height(DRAW_TITLE);
    draw_fitted(canvas, title, MARGIN, baseline, room, v->title);
    draw_fitted(canvas, subtitle, MARGIN, baseline + TITLE_HEIGHT, room, v->subtitle);
    baseline = at->top - HEADING_HEIGHT;
    draw_fitted(canvas, original, MARGIN, baseline, at->tile_width + GROUP_GAP - GAP, "original");
    for (uint32_t k = 0; k < v->n_kinds; k++)
        draw_fitted(canvas, kind, column_left(at, v->n_each, 1 + k * v->n_each), baseline,
                    (int)v->n_each * (at->tile_width + GAP), v->kinds[k]);
}

static void draw_images(struct draw_canvas *canvas, const struct layout *at,
                        const struct draw_variants *v)
{
    struct draw_image image = {v->pixels, v->n_rows, v->n_cols};
    for (uint32_t i = 0; i < v->n_originals; i++)
        for (uint32_t j = 0; j <= v->n_kinds * v->n_each; j++) {
            struct draw_box box = {column_left(at, v->n_each, j),
                                   at->top + (int)i * (at->tile_height + GAP), at->tile_width,
                                   at->tile_height};
            draw_tile(canvas, box, image, DRAW_PAPER, DRAW_INK);
            draw_frame(canvas, box, j == 0 ? FRAME : 1, j == 0 ? DRAW_BLUE : DRAW_PEER);
            image.pixels += (size_t)v->n_rows * v->n_cols;
        }
}

enum mlp_status draw_variants(struct mlp_picture *picture, const struct draw_variants *v)
{
    if (v->n_originals == 0 || v->n_kinds == 0 || v->n_each == 0 || v->n_rows == 0 ||
        v->n_cols == 0)
        return MLP_E_USAGE;
    struct layout at = lay_out(v);
    struct draw_canvas canvas;
    enum mlp_status status = draw_canvas_new(&canvas, at.width, at.height, DRAW_PAPER);
    if (status != MLP_OK)
        return status;
    draw_words(&canvas, &at, v);
    draw_images(&canvas, &at, v);
    draw_canvas_finish(&canvas, picture);
    return MLP_OK;
}
