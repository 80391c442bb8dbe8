/* plot.h - the frame of a line chart: scales, grid lines, ticks, names of the axes. */
#ifndef DRAW_PLOT_H
#define DRAW_PLOT_H

#include "draw/canvas.h"
#include "draw/scale.h"

enum { DRAW_PLOT_GAP = 12 }; /* pixels between the plot and what stands beside it */

struct draw_plot {
    struct draw_box box; /* of the data alone */
    struct draw_scale x, y;
};

/* draw_plot_new - fits scales to all data and marks of a chart that fills the box. */
struct draw_plot draw_plot_new(const struct draw_line_chart *chart, struct draw_box box);

/* draw_plot_axes - draws all but the data and marks; returns where the y axis's name ends. */
double draw_plot_axes(struct draw_canvas *canvas, struct draw_box box, const struct draw_plot *plot,
                      const struct draw_line_chart *chart);

#endif
