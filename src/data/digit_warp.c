/* digit_warp.c - what the whole hand does to a path: elastic bending, slant, turn, proportion. */
#include "base/math.h"
#include "data/digit_path.h"

/* A field of displacements: uniform cubic B-splines over CELLS x CELLS cells of the digit, so that
 * neighbours move together and straight lines bend without a kink. */
enum { CELLS = 3, GRID = CELLS + 3 };

static const float BEND_MIN = 2.0f, BEND_MAX = 18.0f, TURN = 0.025f;
static const float SLANT = 0.12f, SLANT_SPREAD = 0.22f, ASPECT_SPREAD = 0.26f;

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

/* Weights of the four splines that reach into a cell, at t in 0..1 of it. */
static void bspline(float t, float w[4])
{
    float u = 1 - t, t2 = t * t, t3 = t2 * t;
    w[0] = u * u * u / 6;
    w[1] = (3 * t3 - 6 * t2 + 4) / 6;
    w[2] = (-3 * t3 + 3 * t2 + 3 * t + 1) / 6;
    w[3] = t3 / 6;
}

/* Cell of v, a place in 0..1, and how far into it; what lies outside belongs to the last cell. */
static int cell_of(float v, float *t)
{
    float place = v * CELLS;
    place = place < 0 ? 0 : place > CELLS ? CELLS : place;
    int cell = (int)place < CELLS ? (int)place : CELLS - 1;
    *t = place - (float)cell;
    return cell;
}

static void field_at(const struct field *field, float x, float y, float *dx, float *dy)
{
    float tx, ty, wx[4], wy[4];
    int column = cell_of(x, &tx), row = cell_of(y, &ty);
    bspline(tx, wx);
    bspline(ty, wy);
    *dx = *dy = 0;
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++) {
            *dx += wy[i] * wx[j] * field->dx[row + i][column + j];
            *dy += wy[i] * wx[j] * field->dy[row + i][column + j];
        }
}

void data_path_warp(struct data_path *path, const struct data_template *shape,
                    struct data_dice *dice)
{
    struct field field;
    field_draw(&field, data_dice_range(dice, BEND_MIN, BEND_MAX) * 0.01f * shape->loose, dice);
    double sine, cosine;
    math_sincos_turns((double)data_dice_bell(dice, TURN), &sine, &cosine);
    float slant = SLANT + data_dice_bell(dice, SLANT_SPREAD);
    float aspect = (float)math_exp((double)data_dice_bell(dice, ASPECT_SPREAD));
    float c = (float)cosine, s = (float)sine;
    for (int i = 0; i < path->n_points; i++) {
        float dx, dy;
        field_at(&field, path->x[i] * 0.01f, path->y[i] * 0.01f, &dx, &dy);
        float y = path->y[i] + dy, x = (path->x[i] + dx) * aspect - slant * y;
        path->x[i] = c * x - s * y;
        path->y[i] = s * x + c * y;
    }
}
