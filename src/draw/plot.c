/* plot.c - the frame around the data. The scale's numbers decide how wide the left margin is, and
 * the names of the series how wide the right one, so both are measured before anything is drawn. */
#include "draw/plot.h"

#include "draw/colour.h"
#include "draw/text.h"

/* Pixels. */
enum {
    Y_LABEL = 34,     /* the line above the plot, for the name of the y axis and the upright mark */
    X_TICKS = 30,     /* below the plot */
    X_LABEL = 28,     /* below them */
    TICK_ROOM_X = 86, /* a tick every so often at most */
    TICK_ROOM_Y = 52
};

/* Smallest and largest value that the axis can show; low > high if there is none. */
struct range {
    double low, high;
};

static void include(struct range *range, const struct draw_axis *axis, double value)
{
    if (!draw_is_finite(value) || (axis->log && !(value > 0)))
        return;
    range->low = value < range->low ? value : range->low;
    range->high = value > range->high ? value : range->high;
}

static const struct range EMPTY = {1e308, -1e308};

static struct range range_of(const struct draw_line_chart *chart, bool is_x)
{
    const struct draw_axis *axis = is_x ? &chart->x : &chart->y;
    const struct draw_mark *mark = is_x ? &chart->x_mark : &chart->y_mark;
    struct range range = EMPTY;
    for (uint32_t i = 0; i < chart->n_series; i++)
        for (uint32_t j = 0; j < chart->series[i].n_points; j++)
            include(&range, axis, is_x ? chart->series[i].x[j] : chart->series[i].y[j]);
    if (mark->label != NULL)
        include(&range, axis, mark->at);
    return range;
}

static double widest_tick(const struct draw_scale *scale)
{
    double widest = 0;
    for (int i = 0; i < scale->n_ticks; i++) {
        double width = draw_text_width(DRAW_SMALL, scale->labels[i]);
        widest = width > widest ? width : widest;
    }
    return widest;
}

/* Room for the names at the right: the widest, but a third of the box at most. */
static int names_width(const struct draw_line_chart *chart, int box_width)
{
    double widest = 0;
    for (uint32_t i = 0; i < chart->n_series; i++)
        if (chart->series[i].name != NULL) {
            double width = draw_text_width(chart->series[i].ours ? DRAW_TEXT_BOLD : DRAW_TEXT,
                                           chart->series[i].name);
            widest = width > widest ? width : widest;
        }
    return widest < box_width / 3 ? (int)widest + 1 : box_width / 3;
}

struct draw_plot draw_plot_new(const struct draw_line_chart *chart, struct draw_box box)
{
    struct draw_plot plot;
    struct range x = range_of(chart, true), y = range_of(chart, false);
    int names = names_width(chart, box.width);
    plot.box.y = box.y + (chart->y.label != NULL || chart->x_mark.label != NULL ? Y_LABEL : 8);
    plot.box.height =
        box.y + box.height - X_TICKS - (chart->x.label != NULL ? X_LABEL : 0) - plot.box.y;
    plot.y = draw_scale_new(&chart->y, y.low, y.high, plot.box.height / TICK_ROOM_Y, true);
    int left = (int)widest_tick(&plot.y) + DRAW_PLOT_GAP;
    plot.box.x = box.x + left;
    plot.box.width = box.width - left - (names > 1 ? names + 2 * DRAW_PLOT_GAP : DRAW_PLOT_GAP);
    plot.x = draw_scale_new(&chart->x, x.low, x.high, plot.box.width / TICK_ROOM_X, false);
    plot.x.low_px = plot.box.x;
    plot.x.high_px = plot.box.x + plot.box.width;
    plot.y.low_px = plot.box.y + plot.box.height;
    plot.y.high_px = plot.box.y;
    return plot;
}

/* Level grid lines with their values at the left. */
static void draw_y_ticks(struct draw_canvas *canvas, const struct draw_plot *plot)
{
    struct draw_style style = {DRAW_SMALL, DRAW_RIGHT, DRAW_GREY};
    const struct draw_box *in = &plot->box;
    int half = draw_cap_height(style.face) / 2;
    for (int i = 0; i < plot->y.n_ticks; i++) {
        int y = (int)(draw_scale_px(&plot->y, plot->y.ticks[i]) + 0.5);
        draw_fill(canvas, (struct draw_box){in->x, y - 1, in->width, 2}, DRAW_RULE);
        draw_text(canvas, style, in->x - DRAW_PLOT_GAP, y + half, plot->y.labels[i]);
    }
}

/* Short ticks below the base line; a value gives way where it would touch the one before. */
static void draw_x_ticks(struct draw_canvas *canvas, const struct draw_plot *plot)
{
    struct draw_style style = {DRAW_SMALL, DRAW_CENTRE, DRAW_GREY};
    const struct draw_box *in = &plot->box;
    int bottom = in->y + in->height;
    double free_from = -1e9;
    draw_fill(canvas, (struct draw_box){in->x, bottom - 1, in->width, 2}, DRAW_AXIS);
    for (int i = 0; i < plot->x.n_ticks; i++) {
        double x = draw_scale_px(&plot->x, plot->x.ticks[i]);
        double half = draw_text_width(style.face, plot->x.labels[i]) / 2;
        draw_fill(canvas, (struct draw_box){(int)(x - 0.5), bottom, 2, 6}, DRAW_AXIS);
        if (x - half < free_from)
            continue;
        draw_text(canvas, style, x, bottom + X_TICKS - 4, plot->x.labels[i]);
        free_from = x + half + DRAW_PLOT_GAP;
    }
}

double draw_plot_axes(struct draw_canvas *canvas, struct draw_box box, const struct draw_plot *plot,
                      const struct draw_line_chart *chart)
{
    struct draw_style style = {DRAW_SMALL, DRAW_CENTRE, DRAW_GREY};
    const struct draw_box *in = &plot->box;
    char text[256];
    draw_y_ticks(canvas, plot);
    draw_x_ticks(canvas, plot);
    if (chart->x.label != NULL) {
        draw_text_fit(style.face, chart->x.label, in->width, text, sizeof text);
        draw_text(canvas, style, in->x + in->width / 2.0,
                  in->y + in->height + X_TICKS + X_LABEL - 6, text);
    }
    if (chart->y.label == NULL)
        return box.x;
    style.anchor = DRAW_LEFT;
    draw_text_fit(style.face, chart->y.label, in->width, text, sizeof text);
    draw_text(canvas, style, box.x, box.y + draw_cap_height(style.face), text);
    return box.x + draw_text_width(style.face, text);
}
