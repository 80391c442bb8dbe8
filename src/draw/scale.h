/* scale.h - from values to pixels, and where the ticks stand. */
#ifndef DRAW_SCALE_H
#define DRAW_SCALE_H

#include "draw/chart.h"
#include "draw/number.h"

enum { DRAW_MAX_TICKS = 32 };

struct draw_scale {
    bool log;
    double low, high;       /* values at the ends; low < high, both > 0 if log */
    double low_px, high_px; /* where the ends stand; high_px < low_px for an upright axis */
    int n_ticks;            /* 0..DRAW_MAX_TICKS */
    double ticks[DRAW_MAX_TICKS];
    char labels[DRAW_MAX_TICKS][DRAW_NUMBER_SIZE];
};

/* draw_scale_new - a scale for data from low to high (low > high: there are none) with room for
 * max_ticks ticks; the ends are the axis's own, or the data's, moved out to the next tick if
 * `round` says so. */
struct draw_scale draw_scale_new(const struct draw_axis *axis, double low, double high,
                                 int max_ticks, bool round);

/* draw_scale_shows - whether a value has a place on the scale's line, within its ends or not. */
bool draw_scale_shows(const struct draw_scale *scale, double value);

/* draw_scale_px - the pixel of a value that draw_scale_shows; far outside values stay finite. */
double draw_scale_px(const struct draw_scale *scale, double value);

#endif
