/* chart.h - bar and line charts, alone or several on one page: what bench and cli draw with.
 *
 * Data come as plain arrays that are only read. Values that cannot be shown (NaN, infinity, zero or
 * less on a logarithmic axis) are left out: a bar says "n/a", a line has a gap. Texts are UTF-8 and
 * cut with an ellipsis where they do not fit. */
#ifndef DRAW_CHART_H
#define DRAW_CHART_H

#include "mlp.h"

enum { DRAW_MAX_SERIES = 12 };

struct draw_bar {
    const char *label;
    double value;     /* 0 or more */
    bool ours;        /* stands out; the others are muted */
    const char *note; /* in grey after the value, e.g. "2.6×"; may be NULL */
};

/* Bars that belong together, e.g. the programs at one number of threads. */
struct draw_bar_group {
    const char *name; /* above the bars; may be NULL */
    const struct draw_bar *bars;
    uint32_t n_bars;
    double reference;            /* a dashed line through the bars, e.g. the peak; 0: none */
    const char *reference_label; /* may be NULL */
};

/* Horizontal bars, all groups on one scale that begins at 0. */
struct draw_bar_chart {
    const struct draw_bar_group *groups;
    uint32_t n_groups;
    const char *unit; /* after each value; may be NULL */
};

struct draw_series {
    const char *name; /* stands at the line's right end; may be NULL */
    const double *x, *y;
    uint32_t n_points;
    bool ours; /* blue and thicker */
};

struct draw_axis {
    const char *label; /* with the unit; may be NULL */
    bool log;
    double low, high;    /* equal: chosen from the data */
    const double *ticks; /* where the data want them (powers of two); NULL: 1-2-5 */
    uint32_t n_ticks;
};

/* A dashed line across the plot; a NULL label: none. */
struct draw_mark {
    double at;
    const char *label;
};

struct draw_line_chart {
    struct draw_axis x, y;
    const struct draw_series *series;
    uint32_t n_series;       /* up to DRAW_MAX_SERIES */
    struct draw_mark x_mark; /* upright, e.g. the learning rate suggested */
    struct draw_mark y_mark; /* level, e.g. the peak */
};

/* One chart with its title; exactly one of bars and lines is not NULL. */
struct draw_panel {
    const char *title, *subtitle; /* either may be NULL */
    const struct draw_bar_chart *bars;
    const struct draw_line_chart *lines;
    bool wide; /* takes a whole row of the page */
};

struct draw_page {
    const char *title, *subtitle, *footnote; /* each may be NULL */
    const struct draw_panel *panels;
    uint32_t n_panels;
    uint32_t columns;
};

/* draw_page_render - draws all panels, row by row; text is large enough for half size.
 * Owner    the caller frees *picture with mlp_picture_free
 * Returns  MLP_OK; MLP_E_USAGE if there are no panels, no columns, a panel without exactly one
 *          chart, too many series, or the page is beyond 16384 pixels; MLP_E_MEMORY
 * Threads  same bits every time: yes */
enum mlp_status draw_page_render(struct mlp_picture *picture,
                                 const struct draw_page *page) MLP_MUST_USE;

#endif
