/* tile.h - one grey image, enlarged or shrunk onto a canvas. */
#ifndef DRAW_TILE_H
#define DRAW_TILE_H

#include "draw/canvas.h"

struct draw_image {
    const uint8_t *pixels; /* (n_rows, n_cols), 0 is paper and 255 is ink; not owned */
    uint32_t n_rows, n_cols;
};

/* draw_tile_size - width and height at which to show an image whose longer side shall measure at
 * most max_px: whole multiples where one is large enough, else exactly max_px. */
void draw_tile_size(uint32_t n_rows, uint32_t n_cols, int max_px, int *width, int *height);

/* draw_tile - fills the box with the image; every pixel of the box is the mean of the part of the
 * image below it, so whole multiples show square pixels and shrinking drops nothing. */
void draw_tile(struct draw_canvas *canvas, struct draw_box box, struct draw_image image,
               uint32_t paper, uint32_t ink);

#endif
