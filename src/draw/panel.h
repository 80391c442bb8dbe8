/* panel.h - the two kinds of charts, as page.c places them. */
#ifndef DRAW_PANEL_H
#define DRAW_PANEL_H

#include "draw/canvas.h"
#include "draw/chart.h"

/* draw_bars_height - pixels that a bar chart needs, at any width. */
int64_t draw_bars_height(const struct draw_bar_chart *chart);

/* draw_bars, draw_lines - draw one chart into the box, titles not included. */
void draw_bars(struct draw_canvas *canvas, struct draw_box box, const struct draw_bar_chart *chart);
void draw_lines(struct draw_canvas *canvas, struct draw_box box,
                const struct draw_line_chart *chart);

#endif
