/* digit_path.c - from knots to a path: blend, jitter, Catmull-Rom splines. */
#include "base/math.h"
#include "data/digit_path.h"

/* A knot of this one picture. The pressure is a third coordinate: it varies as smoothly. */
struct spot {
    float at[3]; /* x, y, width */
    uint8_t kind;
};

/* Deviation of a knot from its place, in hundredths of the digit's height, and of the width. */
static const float KNOT_JITTER = 4.0f, WIDTH_JITTER = 0.25f;
static const float BLEND_MIN = -0.1f, BLEND_MAX = 1.0f;

/* Between two key shapes and slightly beyond either. */
static void blend_keys(struct spot *spots, const struct data_template *shape,
                       struct data_dice *dice)
{
    uint32_t first = random_below(data_dice_roll(dice), shape->n_keys), second = first;
    if (shape->n_keys > 1) /* another one, all equally likely */
        second = (first + 1 + random_below(data_dice_roll(dice), shape->n_keys - 1u)) %
                 shape->n_keys;
    float t = data_dice_range(dice, BLEND_MIN, BLEND_MAX), jitter = KNOT_JITTER * 0.01f * shape->loose;
    const struct data_knot *a = shape->knots + first * shape->n_knots;
    const struct data_knot *b = shape->knots + second * shape->n_knots;
    for (int i = 0; i < shape->n_knots; i++) {
        spots[i].at[0] = (1 - t) * a[i].x + t * b[i].x + data_dice_bell(dice, jitter);
        spots[i].at[1] = (1 - t) * a[i].y + t * b[i].y + data_dice_bell(dice, jitter);
        spots[i].at[2] = 1 + data_dice_bell(dice, WIDTH_JITTER * 0.01f * shape->loose);
        spots[i].kind = a[i].kind;
    }
}

/* The square root of the chord: centripetal splines neither overshoot nor loop at close knots. */
static float pace(const struct spot *a, const struct spot *b)
{
    float dx = b->at[0] - a->at[0], dy = b->at[1] - a->at[1];
    return (float)math_sqrt(math_sqrt((double)(dx * dx + dy * dy) + 1e-6));
}

/* Slope at the middle of three knots, per unit of pace. */
static void slope(const struct spot *a, const struct spot *b, const struct spot *c, float out[3])
{
    float ab = pace(a, b), bc = pace(b, c);
    for (int k = 0; k < 3; k++) {
        float d_ab = (b->at[k] - a->at[k]) / ab, d_bc = (c->at[k] - b->at[k]) / bc;
        out[k] = d_ab - (c->at[k] - a->at[k]) / (ab + bc) + d_bc;
    }
}

/* The cubic from spots[0] to spots[1] and its neighbours; smooth at either end or free there,
 * where the curvature vanishes. Appends the points after the first one. */
static void trace_span(struct data_path *path, const struct spot *spots, bool smooth_from,
                       bool smooth_to)
{
    const struct spot *from = &spots[0], *to = &spots[1];
    float length = pace(from, to), m0[3] = {0}, m1[3] = {0};
    if (smooth_from)
        slope(&spots[-1], from, to, m0);
    if (smooth_to)
        slope(from, to, &spots[2], m1);
    for (int k = 0; k < 3; k++) {
        float chord = to->at[k] - from->at[k];
        m0[k] *= length;
        m1[k] *= length;
        if (!smooth_from && !smooth_to)
            m0[k] = m1[k] = chord;
        else if (!smooth_from)
            m0[k] = 1.5f * chord - 0.5f * m1[k];
        else if (!smooth_to)
            m1[k] = 1.5f * chord - 0.5f * m0[k];
    }
    int steps = 2 + (int)(length * length * 0.12f); /* about 8 units each: 1.6 pixels */
    if (steps > DATA_MAX_STEPS)
        steps = DATA_MAX_STEPS;
    for (int i = 1; i <= steps; i++) {
        float t = (float)i / (float)steps, u = 1 - t;
        float h_from = (1 + 2 * t) * u * u, h_to = t * t * (3 - 2 * t);
        float h_m0 = t * u * u, h_m1 = -t * t * u, at[3];
        for (int k = 0; k < 3; k++)
            at[k] = h_from * from->at[k] + h_to * to->at[k] + h_m0 * m0[k] + h_m1 * m1[k];
        int n = path->n_points++;
        path->x[n] = at[0];
        path->y[n] = at[1];
        path->width[n] = at[2] > 0.3f ? at[2] : 0.3f;
        path->starts[n] = false;
    }
}

void data_path_trace(struct data_path *path, const struct data_template *shape,
                     struct data_dice *dice)
{
    struct spot spots[DATA_MAX_KNOTS];
    int n = shape->n_knots;
    blend_keys(spots, shape, dice);
    path->n_points = 0;
    for (int i = 0; i < n; i++) {
        if (spots[i].kind == DATA_KNOT_MOVE) {
            int at = path->n_points++;
            path->x[at] = spots[i].at[0];
            path->y[at] = spots[i].at[1];
            path->width[at] = spots[i].at[2] > 0.3f ? spots[i].at[2] : 0.3f;
            path->starts[at] = true;
        }
        if (i + 1 == n || spots[i + 1].kind == DATA_KNOT_MOVE)
            continue;
        bool smooth_from = spots[i].kind == DATA_KNOT_SMOOTH;
        bool smooth_to = spots[i + 1].kind == DATA_KNOT_SMOOTH && i + 2 < n &&
                         spots[i + 2].kind != DATA_KNOT_MOVE;
        trace_span(path, &spots[i], smooth_from, smooth_to);
    }
}
