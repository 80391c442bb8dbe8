/* tile.c - resamples by area: one rule for enlarging and shrinking, exact in integers. */
#include "draw/tile.h"

void draw_tile_size(uint32_t n_rows, uint32_t n_cols, int max_px, int *width, int *height)
{
    uint32_t longer = n_rows > n_cols ? n_rows : n_cols, max = (uint32_t)max_px;
    /* A whole multiple may be a tenth smaller than asked for: sharp pixels are worth that. */
    uint32_t multiple = max / longer * longer, side = multiple * 10 >= max * 9 ? multiple : max;
    *width = (int)((uint64_t)n_cols * side / longer);
    *height = (int)((uint64_t)n_rows * side / longer);
    if (*width < 1)
        *width = 1;
    if (*height < 1)
        *height = 1;
}

/* The mean ink under the box [x0,x1) x [y0,y1) of the image; bounds in units of 1/(width, height)
 * of an image pixel, so that all of it is exact. */
static int mean_ink(struct draw_image image, uint64_t x0, uint64_t x1, uint64_t width, uint64_t y0,
                    uint64_t y1, uint64_t height)
{
    uint64_t sum = 0;
    for (uint64_t row = y0 / height; row * height < y1; row++) {
        uint64_t top = row * height > y0 ? row * height : y0;
        uint64_t bottom = (row + 1) * height < y1 ? (row + 1) * height : y1;
        for (uint64_t col = x0 / width; col * width < x1; col++) {
            uint64_t left = col * width > x0 ? col * width : x0;
            uint64_t right = (col + 1) * width < x1 ? (col + 1) * width : x1;
            sum += (right - left) * (bottom - top) * image.pixels[row * image.n_cols + col];
        }
    }
    uint64_t area = (x1 - x0) * (y1 - y0);
    return (int)((sum + area / 2) / area);
}

void draw_tile(struct draw_canvas *canvas, struct draw_box box, struct draw_image image,
               uint32_t paper, uint32_t ink)
{
    uint64_t width = (uint64_t)box.width, height = (uint64_t)box.height;
    draw_fill(canvas, box, paper);
    if (image.n_rows == 0 || image.n_cols == 0)
        return;
    for (uint64_t y = 0; y < height; y++)
        for (uint64_t x = 0; x < width; x++)
            draw_blend(canvas, box.x + (int)x, box.y + (int)y, ink,
                       mean_ink(image, x * image.n_cols, (x + 1) * image.n_cols, width,
                                y * image.n_rows, (y + 1) * image.n_rows, height));
}
