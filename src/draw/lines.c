/* lines.c - what stands inside a line chart's frame: series, their names, marks. */
#include "draw/colour.h"
#include "draw/panel.h"
#include "draw/plot.h"
#include "draw/text.h"

#include <stdlib.h>

/* Pixels. */
enum {
    NAME_LINE = 27, /* between names of series, baseline to baseline */
    MAX_DOTS = 24,  /* points of a series above which they are not marked one by one */
    RUN = 512       /* points of a line drawn at once */
};

static uint32_t series_colour(const struct draw_line_chart *chart, uint32_t i)
{
    static const uint32_t colours[] = {DRAW_ORANGE, DRAW_GREEN, DRAW_PURPLE, DRAW_BROWN, DRAW_GREY};
    uint32_t n_before = 0;
    for (uint32_t j = 0; j < i; j++)
        n_before += !chart->series[j].ours;
    return chart->series[i].ours ? DRAW_BLUE : colours[n_before % 5];
}

static bool shows(const struct draw_plot *plot, const struct draw_series *series, uint32_t i)
{
    return draw_scale_shows(&plot->x, series->x[i]) && draw_scale_shows(&plot->y, series->y[i]);
}

static struct draw_point point_of(const struct draw_plot *plot, const struct draw_series *series,
                                  uint32_t i)
{
    return (struct draw_point){draw_scale_px(&plot->x, series->x[i]),
                               draw_scale_px(&plot->y, series->y[i])};
}

/* A level dashed line, its label above it at the left. */
static void draw_y_mark(struct draw_canvas *canvas, const struct draw_plot *plot,
                        const struct draw_mark *mark)
{
    struct draw_style style = {DRAW_SMALL, DRAW_LEFT, DRAW_INK};
    const struct draw_box *in = &plot->box;
    if (mark->label == NULL || !draw_scale_shows(&plot->y, mark->at))
        return;
    char text[256];
    int y = (int)(draw_scale_px(&plot->y, mark->at) + 0.5);
    if (y < in->y || y > in->y + in->height)
        return;
    draw_text_fit(style.face, mark->label, in->width, text, sizeof text);
    draw_dashes(canvas, (struct draw_box){in->x, y - 1, in->width, 2}, DRAW_INK);
    draw_text(canvas, style, in->x + 6, y - 8, text);
}

/* An upright dashed line, its label above the plot, right of the y axis's name (free_from). */
static void draw_x_mark(struct draw_canvas *canvas, const struct draw_plot *plot,
                        const struct draw_mark *mark, double free_from)
{
    struct draw_style style = {DRAW_SMALL, DRAW_LEFT, DRAW_INK};
    const struct draw_box *in = &plot->box;
    if (mark->label == NULL || !draw_scale_shows(&plot->x, mark->at))
        return;
    char text[256];
    double x = draw_scale_px(&plot->x, mark->at), right = in->x + in->width;
    if (x < in->x || x > right)
        return;
    draw_text_fit(style.face, mark->label, right - free_from, text, sizeof text);
    double width = draw_text_width(style.face, text), left = x - width / 2;
    left = left + width > right ? right - width : left;
    left = left < free_from ? free_from : left;
    draw_dashes(canvas, (struct draw_box){(int)x - 1, in->y, 2, in->height}, DRAW_INK);
    draw_text(canvas, style, left, in->y - 10, text);
}

/* Draws the runs of points between gaps. A run goes in pieces that share a point, so that no length
 * needs memory. */
static void draw_series(struct draw_canvas *canvas, const struct draw_plot *plot,
                        const struct draw_series *series, uint32_t rgb)
{
    struct draw_point run[RUN];
    /* Thin where there are so many points that they show noise. */
    double width = (series->ours ? 5 : 3.5) / (series->n_points > RUN ? 2 : 1);
    uint32_t n = 0;
    for (uint32_t i = 0; i < series->n_points; i++) {
        bool shown = shows(plot, series, i);
        if (shown)
            run[n++] = point_of(plot, series, i);
        if ((!shown || n == RUN || i + 1 == series->n_points) && n > 0) {
            draw_line(canvas, run, n, width, rgb);
            run[0] = run[n - 1];
            n = shown;
        }
    }
}

static bool inside(struct draw_box box, struct draw_point point)
{
    return point.x >= box.x - 1 && point.x <= box.x + box.width + 1 && point.y >= box.y - 1 &&
           point.y <= box.y + box.height + 1;
}

/* Marks the points of a series, if they are few, with a rim that sets them off from other lines. */
static void draw_dots(struct draw_canvas *canvas, const struct draw_plot *plot,
                      const struct draw_series *series, uint32_t rgb)
{
    for (uint32_t i = 0; i < series->n_points && series->n_points <= MAX_DOTS; i++) {
        if (!shows(plot, series, i) || !inside(plot->box, point_of(plot, series, i)))
            continue;
        double radius = series->ours ? 6.5 : 5;
        draw_disc(canvas, point_of(plot, series, i), radius + 2.5, DRAW_PAPER);
        draw_disc(canvas, point_of(plot, series, i), radius, rgb);
    }
}

/* The name of a series and where it would like to stand. */
struct name {
    uint32_t series;
    struct draw_point end; /* of the line */
    double y;              /* middle of the text */
};

static int compare_names(const void *a, const void *b)
{
    const struct name *x = a, *y = b;
    if (x->end.y != y->end.y)
        return x->end.y < y->end.y ? -1 : 1;
    return (x->series > y->series) - (x->series < y->series);
}

/* The names of all series that show at least one point, from top to bottom. */
static uint32_t list_names(const struct draw_plot *plot, const struct draw_line_chart *chart,
                           struct name *names)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < chart->n_series; i++) {
        const struct draw_series *series = &chart->series[i];
        uint32_t last = series->n_points;
        while (last > 0 && !shows(plot, series, last - 1))
            last--;
        if (series->name == NULL || last == 0)
            continue;
        struct draw_point end = point_of(plot, series, last - 1);
        double top = plot->box.y, bottom = top + plot->box.height;
        end.y = end.y < top ? top : end.y > bottom ? bottom : end.y;
        end.x = end.x > plot->box.x + plot->box.width ? plot->box.x + plot->box.width : end.x;
        names[n++] = (struct name){i, end, end.y};
    }
    qsort(names, n, sizeof names[0], compare_names);
    return n;
}

/* Moves names down until they do not overlap, then up where the last ones left the plot. */
static void spread_names(const struct draw_plot *plot, struct name *names, uint32_t n)
{
    double lowest = plot->box.y + plot->box.height;
    for (uint32_t i = 1; i < n; i++)
        if (names[i].y < names[i - 1].y + NAME_LINE)
            names[i].y = names[i - 1].y + NAME_LINE;
    for (uint32_t i = n; i-- > 0; lowest = names[i].y - NAME_LINE)
        if (names[i].y > lowest)
            names[i].y = lowest;
}

/* Writes each name beside its line's end, in its colour, with a thin line to it if it had to move
 * away: no legend to look up. */
static void draw_names(struct draw_canvas *canvas, struct draw_box box,
                       const struct draw_plot *plot, const struct draw_line_chart *chart)
{
    struct name names[DRAW_MAX_SERIES];
    uint32_t n = list_names(plot, chart, names);
    double left = plot->box.x + plot->box.width + 2 * DRAW_PLOT_GAP;
    spread_names(plot, names, n);
    for (uint32_t i = 0; i < n; i++) {
        const struct draw_series *series = &chart->series[names[i].series];
        struct draw_style style = {series->ours ? DRAW_TEXT_BOLD : DRAW_TEXT, DRAW_LEFT,
                                   series_colour(chart, names[i].series)};
        struct draw_point line[] = {{names[i].end.x + DRAW_PLOT_GAP, names[i].end.y},
                                    {left - 5, names[i].y}};
        double moved = names[i].y - names[i].end.y;
        if (line[1].x - line[0].x > 2 * DRAW_PLOT_GAP || moved > 5 || moved < -5)
            draw_line(canvas, line, 2, 1, style.rgb);
        char fitted[256];
        draw_text_fit(style.face, series->name, box.x + box.width - left, fitted, sizeof fitted);
        int middle = (int)(names[i].y + 0.5);
        draw_text(canvas, style, left, middle + draw_cap_height(style.face) / 2, fitted);
    }
}

void draw_lines(struct draw_canvas *canvas, struct draw_box box,
                const struct draw_line_chart *chart)
{
    struct draw_plot plot = draw_plot_new(chart, box);
    double named_to = draw_plot_axes(canvas, box, &plot, chart);
    draw_y_mark(canvas, &plot, &chart->y_mark);
    draw_x_mark(canvas, &plot, &chart->x_mark, named_to + 2 * DRAW_PLOT_GAP);
    /* Lines may leave the plot where the axis is shorter than the data. */
    struct draw_box seen = {plot.box.x - 3, plot.box.y - 3, plot.box.width + 6,
                            plot.box.height + 6};
    for (int ours = 0; ours < 2; ours++) /* ours on top */
        for (uint32_t i = 0; i < chart->n_series; i++) {
            if (chart->series[i].ours != (ours == 1))
                continue;
            draw_canvas_clip(canvas, seen);
            draw_series(canvas, &plot, &chart->series[i], series_colour(chart, i));
            draw_canvas_clip(canvas, draw_canvas_box(canvas));
            draw_dots(canvas, &plot, &chart->series[i], series_colour(chart, i));
        }
    draw_names(canvas, box, &plot, chart);
}
