/* digit_path.c - from knots to a path: blend, unsteadiness, Catmull-Rom splines. */
#include "base/math.h"
#include "data/digit.h"

/* How unsteady the hand is. Chosen by what a network that learned from the pictures alone makes of
 * MNIST's training files: the more, the better, as long as people can still read them. */
static const float BLEND_MIN = -0.1f, BLEND_MAX = 1.0f; /* from one key shape to another */
static const float KNOT_JITTER = 4.0f;                  /* deviation, units */
static const float WIDTH_JITTER = 0.25f;                /* deviation, of a mean of 1 */
static const float WIDTH_MIN = 0.3f;                    /* no stroke fades away */

/* A knot of this one picture. The pressure is a third coordinate: it varies as smoothly. */
struct spot {
    float at[3]; /* x, y, width */
    uint8_t kind;
};

static void blend_keys(struct spot *spots, const struct data_template *shape,
                       struct data_dice *dice)
{
    uint32_t first = random_below(data_dice_roll(dice), shape->n_keys), second = first;
    if (shape->n_keys > 1) /* any other one */
        second =
            (first + 1 + random_below(data_dice_roll(dice), shape->n_keys - 1u)) % shape->n_keys;
    const struct data_knot *a = shape->knots + first * shape->n_knots;
    const struct data_knot *b = shape->knots + second * shape->n_knots;
    float t = data_dice_range(dice, BLEND_MIN, BLEND_MAX), loose = 0.01f * shape->loose;
    for (int i = 0; i < shape->n_knots; i++) {
        struct spot *spot = &spots[i];
        spot->at[0] = (1 - t) * a[i].x + t * b[i].x + data_dice_bell(dice, KNOT_JITTER * loose);
        spot->at[1] = (1 - t) * a[i].y + t * b[i].y + data_dice_bell(dice, KNOT_JITTER * loose);
        spot->at[2] = 1 + data_dice_bell(dice, WIDTH_JITTER * loose);
        spot->kind = a[i].kind;
    }
}

/* The parameter from one knot to the next grows by the square root of the chord; so the curve
 * neither overshoots nor loops where knots are close.
 * Source   Yuksel et al. 2011, "Parameterization and applications of Catmull-Rom curves" */
static float pace(const struct spot *a, const struct spot *b)
{
    float dx = b->at[0] - a->at[0], dy = b->at[1] - a->at[1];
    float never_zero = 1e-6f;
    return (float)math_sqrt(math_sqrt((double)(dx * dx + dy * dy + never_zero)));
}

/* Derivative at the middle of three knots. */
static void slope(const struct spot *a, const struct spot *b, const struct spot *c, float out[3])
{
    float ab = pace(a, b), bc = pace(b, c);
    for (int k = 0; k < 3; k++) {
        float d_ab = (b->at[k] - a->at[k]) / ab, d_bc = (c->at[k] - b->at[k]) / bc;
        out[k] = d_ab - (c->at[k] - a->at[k]) / (ab + bc) + d_bc;
    }
}

/* Derivatives at the ends of the cubic from spots[0] to spots[1], times its pace. Where the curve
 * does not go on smoothly its curvature vanishes, so lone spans are straight. */
static void tangents(const struct spot *spots, bool smooth_from, bool smooth_to, float m0[3],
                     float m1[3])
{
    float step = pace(&spots[0], &spots[1]);
    if (smooth_from)
        slope(&spots[-1], &spots[0], &spots[1], m0);
    if (smooth_to)
        slope(&spots[0], &spots[1], &spots[2], m1);
    for (int k = 0; k < 3; k++) {
        float chord = spots[1].at[k] - spots[0].at[k];
        m0[k] = smooth_from ? m0[k] * step : chord;
        m1[k] = smooth_to ? m1[k] * step : chord;
        if (!smooth_from)
            m0[k] = 1.5f * chord - 0.5f * m1[k];
        if (!smooth_to)
            m1[k] = 1.5f * chord - 0.5f * m0[k];
    }
}

static void add_point(struct data_path *path, const float at[3], bool starts)
{
    int n = path->n_points++;
    path->x[n] = at[0];
    path->y[n] = at[1];
    path->width[n] = at[2] > WIDTH_MIN ? at[2] : WIDTH_MIN;
    path->starts[n] = starts;
}

/* Points along the cubic Hermite curve, about 8 units apart (1.6 pixels); its first is there. */
static void trace_span(struct data_path *path, const struct spot *spots, bool smooth_from,
                       bool smooth_to)
{
    float m0[3] = {0}, m1[3] = {0}, step = pace(&spots[0], &spots[1]);
    tangents(spots, smooth_from, smooth_to, m0, m1);
    int n = 2 + (int)(step * step * 0.12f);
    if (n > DATA_MAX_STEPS)
        n = DATA_MAX_STEPS;
    for (int i = 1; i <= n; i++) {
        float t = (float)i / (float)n, u = 1 - t, at[3];
        float h0 = (1 + 2 * t) * u * u, h1 = t * t * (3 - 2 * t), g0 = t * u * u, g1 = -t * t * u;
        for (int k = 0; k < 3; k++)
            at[k] = h0 * spots[0].at[k] + h1 * spots[1].at[k] + g0 * m0[k] + g1 * m1[k];
        add_point(path, at, false);
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
        if (spots[i].kind == DATA_KNOT_MOVE)
            add_point(path, spots[i].at, true);
        if (i + 1 == n || spots[i + 1].kind == DATA_KNOT_MOVE)
            continue;
        bool ends_next = i + 2 == n || spots[i + 2].kind == DATA_KNOT_MOVE;
        bool smooth_from = i > 0 && spots[i].kind == DATA_KNOT_SMOOTH;
        bool smooth_to = spots[i + 1].kind == DATA_KNOT_SMOOTH && !ends_next;
        trace_span(path, &spots[i], smooth_from, smooth_to);
    }
}
