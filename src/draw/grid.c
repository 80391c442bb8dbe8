/* grid.c - the picture of digits: what the network said of each, and whether it is true.
 *
 *     Title                                   one cell   +----------+
 *     subtitle                                           |  image   |  hatched frame if wrong
 *                                                        +----------+
 *     [cell] [cell] [cell] ...                           ==========---  bar: confidence
 *     [cell] [cell] ...                                  mark and prediction    percentage
 *                                                        true label
 *     legend
 *
 * Right and wrong differ three times: in colour, in the mark, in the frame. Images are shown as ink
 * on paper, 255 being ink: so they were before they were scanned. */
#include "draw/colour.h"
#include "draw/text.h"
#include "draw/tile.h"
#include "mlp.h"

#include <stdio.h>

/* Pixels. 28x28 digits get tiles of 5 x 28 = 140. */
enum {
    MARGIN = 48,
    TILE = 140,
    GAP_X = 36,
    GAP_Y = 38,
    FRAME = 7,       /* hatched, around a wrong digit */
    BAR_TOP = 13,    /* of the bar of confidence, from the tile's bottom */
    BAR = 6,         /* its height */
    FIRST_LINE = 46, /* from the tile's bottom to the first baseline of the caption */
    LINE = 25,       /* from baseline to baseline */
    CAPTION = FIRST_LINE + LINE,
    TITLE_HEIGHT = 36,
    SUBTITLE_HEIGHT = 30,
    LEGEND_HEIGHT = 56,
    PERCENT = 70,   /* room for ">99.9%" and a gap before it */
    MIN_WIDTH = 736 /* room for title and legend where there are few columns */
};

struct layout {
    int64_t columns, rows;
    int tile_width, tile_height; /* of an image */
    int tile;                    /* side of the square in which it stands */
    int top;                     /* of the first row */
    enum draw_face face;         /* of the predictions */
    int64_t width, height;       /* of the picture */
};

static bool is_right(const struct mlp_grid_cell *cell)
{
    return cell->prediction == cell->label;
}

/* The bar below the tile: as long as the confidence. */
static void draw_confidence(struct draw_canvas *canvas, struct draw_box track, float share,
                            uint32_t rgb)
{
    draw_fill(canvas, track, DRAW_RULE);
    track.width = (int)((float)track.width * share + 0.5F);
    draw_fill(canvas, track, rgb);
}

static void format_percent(char *text, size_t size, float share)
{
    /* No softmax is certain: what would round to 100.0 is shown as a bound. */
    if (share >= 0.9995F)
        snprintf(text, size, ">99.9%%");
    else
        snprintf(text, size, "%.1f%%", (double)share * 100);
}

static void format_prediction(char *text, size_t size, const struct mlp_grid_cell *cell)
{
    snprintf(text, size, "%s %u", is_right(cell) ? "\u2713" : "\u2717", cell->prediction);
}

/* The face in which every prediction fits beside its percentage; one for the whole picture. */
static enum draw_face prediction_face(const struct mlp_grid_cell *cells, uint32_t n_cells,
                                      int room_px)
{
    for (uint32_t i = 0; i < n_cells; i++) {
        char text[32];
        format_prediction(text, sizeof text, &cells[i]);
        if (draw_text_width(DRAW_TEXT_BOLD, text) > room_px)
            return DRAW_SMALL_BOLD;
    }
    return DRAW_TEXT_BOLD;
}

static struct layout lay_out(const struct mlp_grid_cell *cells, uint32_t n_cells, uint32_t columns,
                             uint32_t n_rows, uint32_t n_cols)
{
    struct layout at;
    at.columns = columns < n_cells ? columns : n_cells;
    at.rows = (n_cells + at.columns - 1) / at.columns;
    draw_tile_size(n_rows, n_cols, TILE, &at.tile_width, &at.tile_height);
    at.tile = at.tile_width > at.tile_height ? at.tile_width : at.tile_height;
    at.face = prediction_face(cells, n_cells, at.tile - PERCENT);
    at.top = MARGIN + TITLE_HEIGHT + SUBTITLE_HEIGHT + 28;
    at.width = 2 * MARGIN + at.columns * (at.tile + GAP_X) - GAP_X;
    if (at.width < MIN_WIDTH)
        at.width = MIN_WIDTH;
    at.height = at.top + at.rows * (at.tile + CAPTION + GAP_Y) - GAP_Y + LEGEND_HEIGHT + MARGIN;
    return at;
}

/* Mark and prediction, confidence; the true label below. x, y: where the first line begins. */
static void draw_caption(struct draw_canvas *canvas, const struct layout *at, int x, int y,
                         const struct mlp_grid_cell *cell, float share)
{
    bool right = is_right(cell);
    struct draw_style strong = {at->face, DRAW_LEFT, right ? DRAW_BLUE : DRAW_ORANGE};
    struct draw_style number = {DRAW_SMALL, DRAW_RIGHT, DRAW_GREY};
    struct draw_style truth = {right ? DRAW_SMALL : DRAW_SMALL_BOLD, DRAW_LEFT,
                               right ? DRAW_GREY : DRAW_INK};
    char text[32], fitted[40];
    format_prediction(text, sizeof text, cell);
    draw_text_fit(strong.face, text, at->tile - PERCENT, fitted, sizeof fitted);
    draw_text(canvas, strong, x, y, fitted);
    format_percent(text, sizeof text, share);
    draw_text(canvas, number, x + at->tile, y, text);
    snprintf(text, sizeof text, "true label %u", cell->label);
    draw_text_fit(truth.face, text, at->tile + GAP_X - 8, fitted, sizeof fitted);
    draw_text(canvas, truth, x, y + LINE, fitted);
}

static void draw_frame_of(struct draw_canvas *canvas, struct draw_box tile, bool right)
{
    if (!right) {
        struct draw_box outer = {tile.x - FRAME, tile.y - FRAME, tile.width + 2 * FRAME,
                                 tile.height + 2 * FRAME};
        draw_hatch(canvas, outer, 3, 4, DRAW_ORANGE);
        draw_frame(canvas, tile, 1, DRAW_ORANGE);
    } else
        draw_frame(canvas, tile, 1, DRAW_PEER);
}

static void draw_cell(struct draw_canvas *canvas, const struct layout *at, int x, int y,
                      const struct mlp_grid_cell *cell, struct draw_image image)
{
    struct draw_box tile = {x, y, at->tile, at->tile};
    draw_frame_of(canvas, tile, is_right(cell));
    draw_fill(canvas, tile, DRAW_PAPER);
    struct draw_box box = {x + (at->tile - at->tile_width) / 2,
                           y + (at->tile - at->tile_height) / 2, at->tile_width, at->tile_height};
    draw_tile(canvas, box, image, DRAW_PAPER, DRAW_INK);
    float share = cell->confidence >= 0 ? cell->confidence : 0; /* NaN too */
    share = share < 1 ? share : 1;
    struct draw_box track = {x, y + at->tile + BAR_TOP, at->tile, BAR};
    draw_confidence(canvas, track, share, is_right(cell) ? DRAW_BLUE : DRAW_ORANGE);
    draw_caption(canvas, at, x, y + at->tile + FIRST_LINE, cell, share);
}

/* Draws a line of text in the first face that fits, the last one cut if it must be. */
static void draw_shrunk(struct draw_canvas *canvas, const enum draw_face *faces, int n_faces,
                        uint32_t rgb, int baseline, const char *text)
{
    char fitted[512];
    double room = (double)canvas->picture.width - 2 * MARGIN;
    int i = 0;
    while (i + 1 < n_faces && draw_text_width(faces[i], text) > room)
        i++;
    draw_text_fit(faces[i], text, room, fitted, sizeof fitted);
    draw_text(canvas, (struct draw_style){faces[i], DRAW_LEFT, rgb}, MARGIN, baseline, fitted);
}

static void draw_header(struct draw_canvas *canvas, const char *title, const char *subtitle)
{
    static const enum draw_face title_faces[] = {DRAW_TITLE, DRAW_TEXT_BOLD, DRAW_SMALL_BOLD};
    static const enum draw_face subtitle_faces[] = {DRAW_TEXT, DRAW_SMALL};
    int baseline = MARGIN + draw_cap_height(DRAW_TITLE);
    draw_shrunk(canvas, title_faces, 3, DRAW_INK, baseline, title);
    draw_shrunk(canvas, subtitle_faces, 2, DRAW_GREY, baseline + TITLE_HEIGHT, subtitle);
}

/* Says how many of these digits are right and wrong, in the marks that the captions use. */
static void draw_legend(struct draw_canvas *canvas, const struct mlp_grid_cell *cells,
                        uint32_t n_cells)
{
    uint32_t n_right = 0;
    for (uint32_t i = 0; i < n_cells; i++)
        n_right += is_right(&cells[i]);
    int baseline = (int)canvas->picture.height - MARGIN;
    char text[32], fitted[64];
    struct draw_style style = {DRAW_SMALL_BOLD, DRAW_LEFT, DRAW_BLUE};
    snprintf(text, sizeof text, "\u2713 %u right", n_right);
    draw_text(canvas, style, MARGIN, baseline, text);
    double x = MARGIN + draw_text_width(style.face, text) + 28;
    style.rgb = DRAW_ORANGE;
    snprintf(text, sizeof text, "\u2717 %u wrong", n_cells - n_right);
    draw_text(canvas, style, x, baseline, text);
    x += draw_text_width(style.face, text) + 28;
    draw_text_fit(DRAW_SMALL, "prediction and its probability, true label below",
                  canvas->picture.width - MARGIN - x, fitted, sizeof fitted);
    draw_text(canvas, (struct draw_style){DRAW_SMALL, DRAW_LEFT, DRAW_GREY}, x, baseline, fitted);
}

enum mlp_status mlp_draw_grid(struct mlp_picture *picture, const struct mlp_grid_cell *cells,
                              uint32_t n_cells, uint32_t columns, uint32_t n_rows, uint32_t n_cols,
                              const char *title, const char *subtitle)
{
    if (n_cells == 0 || columns == 0 || n_rows == 0 || n_cols == 0)
        return MLP_E_USAGE;
    struct layout at = lay_out(cells, n_cells, columns, n_rows, n_cols);
    struct draw_canvas canvas;
    enum mlp_status status = draw_canvas_new(&canvas, at.width, at.height, DRAW_PAPER);
    if (status != MLP_OK)
        return status;
    draw_header(&canvas, title == NULL ? "" : title, subtitle == NULL ? "" : subtitle);
    for (uint32_t i = 0; i < n_cells; i++) {
        int x = MARGIN + (int)(i % at.columns) * (at.tile + GAP_X);
        int y = at.top + (int)(i / at.columns) * (at.tile + CAPTION + GAP_Y);
        struct draw_image image = {cells[i].pixels, n_rows, n_cols};
        draw_cell(&canvas, &at, x, y, &cells[i], image);
    }
    draw_legend(&canvas, cells, n_cells);
    draw_canvas_finish(&canvas, picture);
    return MLP_OK;
}
