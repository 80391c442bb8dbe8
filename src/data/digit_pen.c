/* digit_pen.c - fits a path into MNIST's box and draws it with a soft, round pen. */
#include "base/math.h"
#include "data/digit.h"

#include <string.h>

/* Close to the widths and greys of MNIST's training pictures, where half of the strokes are
 * between 2.1 and 3 pixels wide. */
static const float RADIUS = 1.22f;                   /* pixels, the median */
static const float RADIUS_SPREAD = 0.28f;            /* deviation of its logarithm */
static const float SOFT_MIN = 0.8f, SOFT_MAX = 1.5f; /* pixels over which the edge fades */

static float smaller(float a, float b)
{
    return a < b ? a : b;
}

static float larger(float a, float b)
{
    return a > b ? a : b;
}

/* What the ink covers along one axis, at a scale in pixels a unit. */
struct extent {
    float low, high;
};

static struct extent extent_of(const float *at, const struct data_path *path, float scale,
                               float radius)
{
    struct extent extent = {1e9f, -1e9f};
    for (int i = 0; i < path->n_points; i++) {
        float r = radius * path->width[i];
        extent.low = smaller(extent.low, scale * at[i] - r);
        extent.high = larger(extent.high, scale * at[i] + r);
    }
    return extent;
}

/* From path to box: pixel = scale * path + shift. */
struct fit {
    float scale, shift_x, shift_y;
};

/* The larger side fills the box, and the other one is centred. The pen keeps its width in pixels
 * whatever the scale, so the size of the ink is not a multiple of the scale but convex in it, and
 * never steeper than the path is large: steps by that slope approach from below. */
static struct fit fit_box(const struct data_path *path, float radius)
{
    struct extent x = extent_of(path->x, path, 1, 0), y = extent_of(path->y, path, 1, 0);
    float size = larger(larger(x.high - x.low, y.high - y.low), 1), scale = 0;
    for (int step = 0; step < 4; step++) {
        x = extent_of(path->x, path, scale, radius);
        y = extent_of(path->y, path, scale, radius);
        scale += (DATA_BOX - larger(x.high - x.low, y.high - y.low)) / size;
    }
    x = extent_of(path->x, path, scale, radius);
    y = extent_of(path->y, path, scale, radius);
    return (struct fit){.scale = scale,
                        .shift_x = 0.5f * (DATA_BOX - (x.low + x.high)),
                        .shift_y = 0.5f * (DATA_BOX - (y.low + y.high))};
}

static int clamp_pixel(float v)
{
    return v < 0 ? 0 : v > DATA_BOX ? DATA_BOX : (int)v;
}

/* A straight piece of a stroke, in pixels. */
struct piece {
    float x0, y0, x1, y1, radius;
};

/* Ink is a ramp in the squared distance d^2 to the piece, 1/2 + (r^2 - d^2) / (2 r softness): near
 * the edge that is 1/2 + (r - d) / softness, without a square root. Overlapping ink does not add
 * up: the darkest counts. */
static void draw_piece(float *ink, const struct piece *p, float softness)
{
    float dx = p->x1 - p->x0, dy = p->y1 - p->y0, never_zero = 1e-6f;
    float per_length2 = 1 / (dx * dx + dy * dy + never_zero), r = p->radius;
    float gain = 0.5f / (r * softness), level = 0.5f + r * r * gain;
    float reach = (float)math_sqrt((double)(r * (r + softness))); /* where the ramp is 0 */
    int top = clamp_pixel(smaller(p->y0, p->y1) - reach);
    int bottom = clamp_pixel(larger(p->y0, p->y1) + reach + 1);
    int left = clamp_pixel(smaller(p->x0, p->x1) - reach);
    int right = clamp_pixel(larger(p->x0, p->x1) + reach + 1);
    for (int row = top; row < bottom; row++) {
        float v = (float)row + 0.5f - p->y0;
        for (int column = left; column < right; column++) {
            float u = (float)column + 0.5f - p->x0;
            float t = (u * dx + v * dy) * per_length2; /* 0..1: from one end to the other */
            t = t < 0 ? 0 : t > 1 ? 1 : t;
            float ex = u - t * dx, ey = v - t * dy;
            float *at = &ink[row * DATA_BOX + column];
            *at = larger(*at, level - (ex * ex + ey * ey) * gain);
        }
    }
}

void data_pen_draw(const struct data_path *path, struct data_dice *dice,
                   float ink[DATA_BOX * DATA_BOX])
{
    float radius = RADIUS * (float)math_exp((double)data_dice_bell(dice, RADIUS_SPREAD));
    float softness = data_dice_range(dice, SOFT_MIN, SOFT_MAX);
    struct fit fit = fit_box(path, radius);
    memset(ink, 0, DATA_BOX * DATA_BOX * sizeof *ink);
    for (int i = 1; i < path->n_points; i++) {
        if (path->starts[i])
            continue;
        struct piece piece = {.x0 = fit.scale * path->x[i - 1] + fit.shift_x,
                              .y0 = fit.scale * path->y[i - 1] + fit.shift_y,
                              .x1 = fit.scale * path->x[i] + fit.shift_x,
                              .y1 = fit.scale * path->y[i] + fit.shift_y,
                              .radius = 0.5f * radius * (path->width[i - 1] + path->width[i])};
        draw_piece(ink, &piece, softness);
    }
    /* A smooth step: real scans have more of faint and of nearly full ink than of half greys. */
    for (int i = 0; i < DATA_BOX * DATA_BOX; i++) {
        float t = smaller(ink[i], 1);
        ink[i] = t * t * (3 - 2 * t);
    }
}
