/* digit_pen.c - fits a path into MNIST's box and draws it with a soft, round pen. */
#include "base/math.h"
#include "data/digit_path.h"

#include <string.h>

static const float RADIUS = 1.22f, RADIUS_SPREAD = 0.28f, SOFT_MIN = 0.8f, SOFT_MAX = 1.5f;

static float smaller(float a, float b)
{
    return a < b ? a : b;
}

static float larger(float a, float b)
{
    return a > b ? a : b;
}

/* From path to box: pixel = scale * path + shift. */
struct fit {
    float scale, shift_x, shift_y;
};

/* Interval covered by the pen along one axis. */
static void extent(const float *at, const float *width, int n, float scale, float radius,
                   float *low, float *high)
{
    *low = 1e9f;
    *high = -1e9f;
    for (int i = 0; i < n; i++) {
        float r = radius * width[i];
        *low = smaller(*low, scale * at[i] - r);
        *high = larger(*high, scale * at[i] + r);
    }
}

/* The scale at which the ink just fills the box. The pen has its width in pixels, whatever the
 * scale, so the ink's size is no multiple of it: Newton's method, which converges from below as
 * the size is convex. */
static struct fit fit_to_box(const struct data_path *path, float radius)
{
    struct fit fit = {0};
    int n = path->n_points;
    float x0, x1, y0, y1;
    extent(path->x, path->width, n, 1, 0, &x0, &x1);
    extent(path->y, path->width, n, 1, 0, &y0, &y1);
    float spread = larger(larger(x1 - x0, y1 - y0), 1);
    fit.scale = (DATA_BOX - 2 * radius) / spread;
    for (int step = 0;; step++) {
        extent(path->x, path->width, n, fit.scale, radius, &x0, &x1);
        extent(path->y, path->width, n, fit.scale, radius, &y0, &y1);
        if (step == 3)
            break;
        fit.scale += (DATA_BOX - larger(x1 - x0, y1 - y0)) / spread;
    }
    fit.shift_x = 0.5f * (DATA_BOX - (x0 + x1));
    fit.shift_y = 0.5f * (DATA_BOX - (y0 + y1));
    return fit;
}

static int clamp_pixel(float v)
{
    return v < 0 ? 0 : v > DATA_BOX ? DATA_BOX : (int)v;
}

/* One stretch of a stroke, from (x0, y0) to (x1, y1). Ink is a ramp in the squared distance,
 * 1/2 + (r^2 - d^2) / (2 r softness): near the edge that is (r - d) / softness, without a square
 * root. Overlapping ink does not add up: the darkest counts. */
static void draw_line(float *ink, float x0, float y0, float x1, float y1, float radius,
                      float softness)
{
    float dx = x1 - x0, dy = y1 - y0, inverse = 1 / (dx * dx + dy * dy + 1e-6f);
    float gain = 0.5f / (radius * softness), level = 0.5f + radius * radius * gain;
    float reach = (float)math_sqrt((double)(radius * (radius + softness)));
    int top = clamp_pixel(smaller(y0, y1) - reach), bottom = clamp_pixel(larger(y0, y1) + reach + 1);
    int left = clamp_pixel(smaller(x0, x1) - reach), right = clamp_pixel(larger(x0, x1) + reach + 1);
    for (int row = top; row < bottom; row++) {
        float v = (float)row + 0.5f - y0;
        for (int column = left; column < right; column++) {
            float u = (float)column + 0.5f - x0;
            float t = (u * dx + v * dy) * inverse;
            t = t < 0 ? 0 : t;
            t = t > 1 ? 1 : t;
            float ex = u - t * dx, ey = v - t * dy;
            float value = level - (ex * ex + ey * ey) * gain;
            float *at = &ink[row * DATA_BOX + column];
            *at = value > *at ? value : *at;
        }
    }
}

void data_pen_draw(const struct data_path *path, struct data_dice *dice,
                   float ink[DATA_BOX * DATA_BOX])
{
    float radius = RADIUS * (float)math_exp((double)data_dice_bell(dice, RADIUS_SPREAD));
    float softness = data_dice_range(dice, SOFT_MIN, SOFT_MAX);
    struct fit fit = fit_to_box(path, radius);
    memset(ink, 0, DATA_BOX * DATA_BOX * sizeof *ink);
    for (int i = 1; i < path->n_points; i++) {
        if (path->starts[i])
            continue;
        draw_line(ink, fit.scale * path->x[i - 1] + fit.shift_x,
                  fit.scale * path->y[i - 1] + fit.shift_y, fit.scale * path->x[i] + fit.shift_x,
                  fit.scale * path->y[i] + fit.shift_y,
                  radius * 0.5f * (path->width[i - 1] + path->width[i]), softness);
    }
    for (int i = 0; i < DATA_BOX * DATA_BOX; i++)
{
        float t = ink[i] < 1 ? ink[i] : 1;
        ink[i] = t * t * (3 - 2 * t);
}
}
