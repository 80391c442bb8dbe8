/* canvas.c - every drawing function ends in draw_blend, the one place that writes pixels and the
 * one that clips. */
#include "draw/canvas.h"

#include "base/math.h"
#include "base/memory.h"

#include <string.h>

/* 16384 x 16384 x 3 bytes are what the PNG encoder, which counts in int, can take. */
enum { MAX_SIDE = 16384, DASH_PX = 6, DASH_GAP_PX = 5 };

enum mlp_status draw_canvas_new(struct draw_canvas *canvas, int64_t width, int64_t height,
                                uint32_t rgb)
{
    if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE)
        return MLP_E_USAGE;
    size_t n_pixels = (size_t)width * (size_t)height;
    struct draw_canvas new = {
        .picture = {.width = (uint32_t)width, .height = (uint32_t)height},
    };
    new.picture.rgb = memory_new(n_pixels * 3);
    new.mask = memory_new(n_pixels);
    if (new.picture.rgb == NULL || new.mask == NULL) {
        draw_canvas_free(&new);
        return MLP_E_MEMORY;
    }
    new.clip = draw_canvas_box(&new);
    draw_fill(&new, new.clip, rgb);
    *canvas = new;
    return MLP_OK;
}

void mlp_picture_free(struct mlp_picture *picture)
{
    memory_free(picture->rgb);
    memset(picture, 0, sizeof *picture);
}

void draw_canvas_free(struct draw_canvas *canvas)
{
    mlp_picture_free(&canvas->picture);
    memory_free(canvas->mask);
    memset(canvas, 0, sizeof *canvas);
}

void draw_canvas_finish(struct draw_canvas *canvas, struct mlp_picture *picture)
{
    *picture = canvas->picture;
    memset(&canvas->picture, 0, sizeof canvas->picture);
    draw_canvas_free(canvas);
}

struct draw_box draw_canvas_box(const struct draw_canvas *canvas)
{
    return (struct draw_box){0, 0, (int)canvas->picture.width, (int)canvas->picture.height};
}

/* What two boxes share; width and height are 0 if nothing. */
static struct draw_box intersect(struct draw_box a, struct draw_box b)
{
    int64_t x = a.x > b.x ? a.x : b.x, y = a.y > b.y ? a.y : b.y;
    int64_t a_right = (int64_t)a.x + a.width, b_right = (int64_t)b.x + b.width;
    int64_t a_bottom = (int64_t)a.y + a.height, b_bottom = (int64_t)b.y + b.height;
    int64_t right = a_right < b_right ? a_right : b_right;
    int64_t bottom = a_bottom < b_bottom ? a_bottom : b_bottom;
    return (struct draw_box){(int)x, (int)y, right > x ? (int)(right - x) : 0,
                             bottom > y ? (int)(bottom - y) : 0};
}

void draw_canvas_clip(struct draw_canvas *canvas, struct draw_box box)
{
    canvas->clip = intersect(box, draw_canvas_box(canvas));
}

void draw_blend(struct draw_canvas *canvas, int x, int y, uint32_t rgb, int coverage)
{
    const struct mlp_picture *picture = &canvas->picture;
    const struct draw_box *clip = &canvas->clip;
    if (x < clip->x || y < clip->y || x >= clip->x + clip->width || y >= clip->y + clip->height)
        return;
    uint8_t *pixel = picture->rgb + ((size_t)y * picture->width + (size_t)x) * 3;
    for (int channel = 0; channel < 3; channel++) {
        int to = rgb >> (16 - 8 * channel) & 255, from = pixel[channel];
        pixel[channel] = (uint8_t)((from * (255 - coverage) + to * coverage + 127) / 255);
    }
}

void draw_fill(struct draw_canvas *canvas, struct draw_box box, uint32_t rgb)
{
    struct draw_box seen = intersect(canvas->clip, box);
    for (int y = seen.y; y < seen.y + seen.height; y++)
        for (int x = seen.x; x < seen.x + seen.width; x++)
            draw_blend(canvas, x, y, rgb, 255);
}

void draw_frame(struct draw_canvas *canvas, struct draw_box box, int thickness, uint32_t rgb)
{
    int t = thickness, width = box.width + 2 * t;
    draw_fill(canvas, (struct draw_box){box.x - t, box.y - t, width, t}, rgb);
    draw_fill(canvas, (struct draw_box){box.x - t, box.y + box.height, width, t}, rgb);
    draw_fill(canvas, (struct draw_box){box.x - t, box.y, t, box.height}, rgb);
    draw_fill(canvas, (struct draw_box){box.x + box.width, box.y, t, box.height}, rgb);
}

/* x in low..high; low if x is NaN, so that the result may be made an int. */
static double clamp(double x, double low, double high)
{
    return x > low ? (x < high ? x : high) : low;
}

void draw_hatch(struct draw_canvas *canvas, struct draw_box box, double stripe, double gap,
                uint32_t rgb)
{
    struct draw_box seen = intersect(canvas->clip, box);
    const double root_half = 0.7071067811865476; /* distance across stripes per step in x or y */
    for (int y = seen.y; y < seen.y + seen.height; y++)
        for (int x = seen.x; x < seen.x + seen.width; x++) {
            /* From the box's lower left corner, so that the pattern moves with the box. */
            double across = (x - box.x + box.y + box.height - y) * root_half;
            double period = stripe + gap;
            double at = across - period * (double)(int64_t)(across / period);
            double centre = stripe / 2, off = at > centre ? at - centre : centre - at;
            if (off > period / 2)
                off = period - off;
            draw_blend(canvas, x, y, rgb, (int)(255 * clamp(stripe / 2 - off + 0.5, 0, 1)));
        }
}

/* Raises the mask to the coverage of one segment: half its width minus the distance to it. */
static void mask_segment(struct draw_canvas *canvas, struct draw_point a, struct draw_point b,
                         double half, struct draw_box box)
{
    double dx = b.x - a.x, dy = b.y - a.y, length2 = dx * dx + dy * dy;
    for (int y = box.y; y < box.y + box.height; y++)
        for (int x = box.x; x < box.x + box.width; x++) {
            double px = x + 0.5 - a.x, py = y + 0.5 - a.y;
            double t = length2 > 0 ? clamp((px * dx + py * dy) / length2, 0, 1) : 0;
            double ex = px - t * dx, ey = py - t * dy;
            double distance = math_sqrt(ex * ex + ey * ey);
            int coverage = (int)(255 * clamp(half - distance + 0.5, 0, 1));
            uint8_t *mask = canvas->mask + (size_t)y * canvas->picture.width + (size_t)x;
            if (coverage > *mask)
                *mask = (uint8_t)coverage;
        }
}

/* The pixels that a segment can touch. Far-away ends are clamped: they fit an int. */
static struct draw_box segment_box(const struct draw_canvas *canvas, struct draw_point a,
                                   struct draw_point b, double half)
{
    double reach = half + 1, far = 2.0 * MAX_SIDE;
    double x0 = clamp((a.x < b.x ? a.x : b.x) - reach, -far, far);
    double y0 = clamp((a.y < b.y ? a.y : b.y) - reach, -far, far);
    double x1 = clamp((a.x < b.x ? b.x : a.x) + reach, -far, far);
    double y1 = clamp((a.y < b.y ? b.y : a.y) + reach, -far, far);
    return intersect(canvas->clip, (struct draw_box){(int)x0 - 1, (int)y0 - 1, (int)(x1 - x0) + 3,
                                                     (int)(y1 - y0) + 3});
}

/* The mask collects the maximum over all segments before any colour is mixed; else the joints of a
 * line would be mixed twice and grow lumps. */
void draw_line(struct draw_canvas *canvas, const struct draw_point *points, uint32_t n,
               double width, uint32_t rgb)
{
    for (uint32_t i = 0; i < n; i++) {
        struct draw_point a = points[i], b = points[i + 1 < n ? i + 1 : i];
        mask_segment(canvas, a, b, width / 2, segment_box(canvas, a, b, width / 2));
    }
    for (uint32_t i = 0; i < n; i++) {
        struct draw_point a = points[i], b = points[i + 1 < n ? i + 1 : i];
        struct draw_box box = segment_box(canvas, a, b, width / 2);
        for (int y = box.y; y < box.y + box.height; y++)
            for (int x = box.x; x < box.x + box.width; x++) {
                uint8_t *mask = canvas->mask + (size_t)y * canvas->picture.width + (size_t)x;
                draw_blend(canvas, x, y, rgb, *mask);
                *mask = 0;
            }
    }
}

void draw_disc(struct draw_canvas *canvas, struct draw_point centre, double radius, uint32_t rgb)
{
    draw_line(canvas, &centre, 1, 2 * radius, rgb);
}

void draw_dashes(struct draw_canvas *canvas, struct draw_box box, uint32_t rgb)
{
    bool down = box.height > box.width;
    int length = down ? box.height : box.width;
    for (int at = 0; at < length; at += DASH_PX + DASH_GAP_PX) {
        int dash = length - at < DASH_PX ? length - at : DASH_PX;
        draw_fill(canvas,
                  down ? (struct draw_box){box.x, box.y + at, box.width, dash}
                       : (struct draw_box){box.x + at, box.y, dash, box.height},
                  rgb);
    }
}
