/* digit_warp.c - what the whole hand does to a path: elastic bending, proportion, slant, turn. */
#include "base/math.h"
#include "data/digit.h"

/* Slant and proportion are close to MNIST's training pictures (a mean slant of 0.1 with a deviation
 * of 0.25 by second moments); bending is like the jitter in digit_path.c. */
static const float BEND_MIN = 2.0f, BEND_MAX = 18.0f;   /* deviation of the field, units */
static const float ASPECT_SPREAD = 0.26f;               /* deviation of log(width / height) */
static const float SLANT = 0.12f, SLANT_SPREAD = 0.22f; /* shift to the right per height */
static const float TURN_SPREAD = 0.025f;                /* turns: 9 degrees */

/* A field of displacements: uniform cubic B-splines over CELLS x CELLS cells of the digit, so that
 * neighbours move together and straight lines bend without a kink. */
enum { CELLS = 3, GRID = CELLS + 3 };

struct field {
    float dx[GRID][GRID], dy[GRID][GRID];
};

static void field_draw(struct field *field, float deviation, struct data_dice *dice)
{
    for (int i = 0; i < GRID; i++)
        for (int j = 0; j < GRID; j++) {
            field->dx[i][j] = data_dice_bell(dice, deviation);
            field->dy[i][j] = data_dice_bell(dice, deviation);
        }
}

/* Which cell v is in, a place in 0..1, and the weights there of the four splines that reach into
 * it. What lies outside moves with the edge. */
static int splines_at(float v, float weights[4])
{
    float place = v * CELLS;
    place = place < 0 ? 0 : place > CELLS ? CELLS : place;
    int cell = (int)place < CELLS ? (int)place : CELLS - 1;
    float t = place - (float)cell, u = 1 - t, t2 = t * t, t3 = t2 * t;
    weights[0] = u * u * u / 6;
    weights[1] = (3 * t3 - 6 * t2 + 4) / 6;
    weights[2] = (-3 * t3 + 3 * t2 + 3 * t + 1) / 6;
    weights[3] = t3 / 6;
    return cell;
}

static void field_move(const struct field *field, float *x, float *y)
{
    float wx[4], wy[4], dx = 0, dy = 0;
    int column = splines_at(*x * 0.01f, wx), row = splines_at(*y * 0.01f, wy);
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++) {
            dx += wy[i] * wx[j] * field->dx[row + i][column + j];
            dy += wy[i] * wx[j] * field->dy[row + i][column + j];
        }
    *x += dx;
    *y += dy;
}

void data_path_warp(struct data_path *path, int loose, struct data_dice *dice)
{
    struct field field;
    field_draw(&field, data_dice_range(dice, BEND_MIN, BEND_MAX) * 0.01f * (float)loose, dice);
    double sine, cosine;
    math_sincos_turns((double)data_dice_bell(dice, TURN_SPREAD), &sine, &cosine);
    float slant = SLANT + data_dice_bell(dice, SLANT_SPREAD), s = (float)sine, c = (float)cosine;
    float aspect = (float)math_exp((double)data_dice_bell(dice, ASPECT_SPREAD));
    for (int i = 0; i < path->n_points; i++) {
        float x = path->x[i], y = path->y[i];
        field_move(&field, &x, &y);
        x = x * aspect - slant * y;
        path->x[i] = c * x - s * y;
        path->y[i] = s * x + c * y;
    }
}
