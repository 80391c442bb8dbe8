/* canvas.h - a picture being drawn: rectangles, anti-aliased lines, all clipped to the picture. */
#ifndef DRAW_CANVAS_H
#define DRAW_CANVAS_H

#include "mlp.h"

struct draw_box {
    int x, y, width, height; /* pixels */
};

struct draw_canvas {
    struct mlp_picture picture;
    struct draw_box clip; /* nothing outside it changes */
    uint8_t *mask;        /* (height, width), 0 between calls: coverage of the line being drawn */
};

struct draw_point {
    double x, y; /* pixels, the picture's corner is 0,0 and its first pixel's centre 0.5,0.5 */
};

/* draw_canvas_new - a canvas of one colour.
 * Returns  MLP_OK; MLP_E_USAGE if a side is 0 or above 16384; MLP_E_MEMORY */
enum mlp_status draw_canvas_new(struct draw_canvas *canvas, int64_t width, int64_t height,
                                uint32_t rgb) MLP_MUST_USE;
void draw_canvas_free(struct draw_canvas *canvas);

/* draw_canvas_finish - hands the picture over and frees the rest. */
void draw_canvas_finish(struct draw_canvas *canvas, struct mlp_picture *picture);

/* draw_canvas_box - all of it; draw_canvas_clip - confines what follows to a box. */
struct draw_box draw_canvas_box(const struct draw_canvas *canvas);
void draw_canvas_clip(struct draw_canvas *canvas, struct draw_box box);

/* draw_blend - mixes rgb into a pixel; coverage 0..255. */
void draw_blend(struct draw_canvas *canvas, int x, int y, uint32_t rgb, int coverage);

void draw_fill(struct draw_canvas *canvas, struct draw_box box, uint32_t rgb);

/* draw_frame - the border of a box, `thickness` pixels outwards. */
void draw_frame(struct draw_canvas *canvas, struct draw_box box, int thickness, uint32_t rgb);

/* draw_hatch - diagonal stripes over a box, the tone that needs no colour; both widths in pixels.
 */
void draw_hatch(struct draw_canvas *canvas, struct draw_box box, double stripe, double gap,
                uint32_t rgb);

/* draw_line - a line through n points with round ends and joints; one point gives a disc. */
void draw_line(struct draw_canvas *canvas, const struct draw_point *points, uint32_t n,
               double width, uint32_t rgb);

/* draw_disc - a disc, e.g. a data point. */
void draw_disc(struct draw_canvas *canvas, struct draw_point centre, double radius, uint32_t rgb);

/* draw_dashes - a dashed line, two pixels wide, straight down or across. */
void draw_dashes(struct draw_canvas *canvas, struct draw_box box, uint32_t rgb);

#endif
