/* digit.h - a digit on its way from stroke template to ink: template, path, warp, pen.
 *
 * Strokes stay curves for as long as possible: bending a path of fifty points is cheap and loses
 * nothing, while bending pixels is neither. Coordinates have x to the right and y down; a template
 * is 100 units high. What is random comes from the picture's dice. */
#ifndef DATA_DIGIT_H
#define DATA_DIGIT_H

#include "data/digit_dice.h"

#include <stdbool.h>

/* ---- templates -------------------------------------------------------------------------- */

enum data_knot_kind {
    DATA_KNOT_MOVE,   /* the pen is put down here */
    DATA_KNOT_SMOOTH, /* the stroke passes through, or ends */
    DATA_KNOT_CORNER  /* it passes through and turns sharply, or ends */
};

struct data_knot {
    int8_t x, y;
    uint8_t kind;
};

/* One way of writing a digit: key shapes with the same knots in the same order, so that anything
 * between two of them is a digit too. */
struct data_template {
    uint8_t digit;
    uint8_t share; /* how common it is among its digit's templates */
    uint8_t loose; /* per cent of the usual unsteadiness that it bears and stays legible */
    uint8_t n_keys, n_knots;
    const struct data_knot *knots; /* (n_keys, n_knots) */
};

enum { DATA_MAX_KNOTS = 16 };

/* data_template_at - the i-th template; NULL beyond the last one. Sorted by digit. */
const struct data_template *data_template_at(uint32_t i);

/* data_template_choose - one template of the digit, by their shares. */
const struct data_template *data_template_choose(uint32_t digit, struct data_dice *dice);

/* ---- paths ------------------------------------------------------------------------------ */

enum { DATA_MAX_STEPS = 8, DATA_MAX_POINTS = DATA_MAX_KNOTS * DATA_MAX_STEPS };

/* Polylines that follow the strokes. */
struct data_path {
    int n_points;
    float x[DATA_MAX_POINTS], y[DATA_MAX_POINTS];
    float width[DATA_MAX_POINTS]; /* of the line, relative to the pen's: the pressure */
    bool starts[DATA_MAX_POINTS]; /* no line leads here from the point before */
};

/* data_path_trace - a path along a blend of two key shapes, each knot a little off. */
void data_path_trace(struct data_path *path, const struct data_template *shape,
                     struct data_dice *dice);

/* data_path_warp - bends, stretches, slants and turns it as a hand would. loose as in a template.
 */
void data_path_warp(struct data_path *path, int loose, struct data_dice *dice);

/* ---- pen -------------------------------------------------------------------------------- */

enum { DATA_BOX = 20 }; /* pixels; MNIST fits each digit into a square of this size */

/* data_pen_draw - fits the path into the box and draws it with a soft, round pen.
 * Shapes   ink (DATA_BOX, DATA_BOX), 0 paper to 1 ink */
void data_pen_draw(const struct data_path *path, struct data_dice *dice,
                   float ink[DATA_BOX * DATA_BOX]);

#endif
