/* accuracy_draw.c - test errors as dots on a logarithmic axis, a line each:
 *
 *     Title
 *     what the signs mean
 *     Section
 *     recipe       |       . .|..        mean  target
 *     published    |            o        figure */
#include "accuracy.h"
#include "draw/colour.h"
#include "draw/scale.h"
#include "draw/text.h"

#include <stdio.h>

/* Pixels. */
enum {
    MARGIN = 48,
    LABELS = 560, /* left of the plot */
    PLOT = 620,
    VALUES = 330, /* right of it */
    GAP = 24,
    LINE = 40,
    SECTION = 54,
    HEADER = 128, /* above the first section */
    AXIS = 64,    /* below the last line */
    WIDTH = 2 * MARGIN + LABELS + PLOT + VALUES
};

static const double TICKS[] = {0.3, 0.5, 1, 2, 5, 10};

/* Left end of the axis: the best published figure has room on it. */
static const double LOWEST = 0.25, HIGHEST = 12;

static int line_height(const struct accuracy_line *line)
{
    return line->sort == ACCURACY_SECTION ? SECTION : LINE;
}

static int lines_height(const struct accuracy *accuracy)
{
    int height = 0;
    for (uint32_t i = 0; i < accuracy->n; i++)
        height += line_height(&accuracy->line[i]);
    return height;
}

static struct draw_scale new_scale(void)
{
    struct draw_axis axis = {.log = true,
                             .low = LOWEST,
                             .high = HIGHEST,
                             .ticks = TICKS,
                             .n_ticks = sizeof TICKS / sizeof TICKS[0]};
    struct draw_scale scale = draw_scale_new(&axis, LOWEST, HIGHEST, DRAW_MAX_TICKS, false);
    scale.low_px = MARGIN + LABELS;
    scale.high_px = MARGIN + LABELS + PLOT;
    return scale;
}

/* Where an error stands; what is beyond an end, at the end. */
static double px(const struct draw_scale *scale, double error)
{
    double value = error < scale->low ? scale->low : error > scale->high ? scale->high : error;
    return draw_scale_px(scale, value);
}

static void draw_ring(struct draw_canvas *canvas, struct draw_point centre)
{
    draw_disc(canvas, centre, 8, DRAW_GREY);
    draw_disc(canvas, centre, 5, DRAW_PAPER);
}

static void draw_dot(struct draw_canvas *canvas, struct draw_point centre)
{
    draw_disc(canvas, centre, 8, DRAW_PAPER);
    draw_disc(canvas, centre, 6.5, DRAW_BLUE);
}

static void draw_upright(struct draw_canvas *canvas, double x, int middle, int half, uint32_t rgb)
{
    draw_fill(canvas, (struct draw_box){(int)(x + 0.5) - 2, middle - half, 4, 2 * half}, rgb);
}

/* Ours: the target below, then the interval (one seed) or the mean (several), the seeds on top. */
static void draw_recipe(struct draw_canvas *canvas, const struct draw_scale *scale, int middle,
                        const struct accuracy_line *line)
{
    double y = middle;
    if (line->target >= 0)
        draw_upright(canvas, px(scale, line->target), middle, LINE / 2 - 3, DRAW_ORANGE);
    if (line->n == 1) {
        struct draw_point ends[] = {{px(scale, line->low), y}, {px(scale, line->high), y}};
        draw_line(canvas, ends, 2, 3, DRAW_BLUE);
    } else if (line->n > 1) {
        draw_upright(canvas, px(scale, accuracy_mean(line)), middle, 16, DRAW_BLUE);
    }
    for (uint32_t i = 0; i < line->n; i++)
        draw_dot(canvas, (struct draw_point){px(scale, line->error[i]), y});
}

static void draw_value(struct draw_canvas *canvas, int baseline, const struct accuracy_line *line)
{
    char text[64];
    bool ours = line->sort == ACCURACY_RECIPE;
    struct draw_style style = {ours ? DRAW_TEXT_BOLD : DRAW_TEXT, DRAW_RIGHT,
                               ours ? DRAW_BLUE : DRAW_INK};
    struct draw_style small = {DRAW_SMALL, DRAW_LEFT, DRAW_GREY};
    int x = MARGIN + LABELS + PLOT + GAP + 90;
    if (line->n == 0) {
        draw_text(canvas, small, MARGIN + LABELS + PLOT + GAP, baseline, "not yet run");
        return;
    }
    snprintf(text, sizeof text, "%.2f %%", accuracy_mean(line));
    draw_text(canvas, style, x, baseline, text);
    if (line->target < 0)
        return;
    bool met = accuracy_mean(line) < line->target + 1e-9;
    snprintf(text, sizeof text, "%s target %.2f %%", met ? "\u2713" : "\u2717", line->target);
    small.rgb = met ? DRAW_GREY : DRAW_ORANGE;
    draw_text(canvas, small, x + GAP, baseline, text);
}

static void draw_one(struct draw_canvas *canvas, const struct draw_scale *scale, int top,
                     const struct accuracy_line *line)
{
    bool ours = line->sort == ACCURACY_RECIPE;
    struct draw_style style = {ours ? DRAW_TEXT_BOLD : DRAW_TEXT, DRAW_RIGHT,
                               ours ? DRAW_BLUE : DRAW_INK};
    char text[96];
    int middle = top + LINE / 2, baseline = middle + draw_cap_height(style.face) / 2;
    draw_text_fit(style.face, line->label, LABELS - GAP, text, sizeof text);
    draw_text(canvas, style, MARGIN + LABELS - GAP, baseline, text);
    draw_fill(canvas, (struct draw_box){MARGIN + LABELS, middle - 1, PLOT, 2}, DRAW_RULE);
    if (ours)
        draw_recipe(canvas, scale, middle, line);
    else
        draw_ring(canvas, (struct draw_point){px(scale, line->error[0]), middle});
    draw_value(canvas, baseline, line);
}

static void draw_axis(struct draw_canvas *canvas, const struct draw_scale *scale, int bottom)
{
    struct draw_style style = {DRAW_SMALL, DRAW_CENTRE, DRAW_GREY};
    char text[DRAW_NUMBER_SIZE];
    for (size_t i = 0; i < sizeof TICKS / sizeof TICKS[0]; i++) {
        int x = (int)(draw_scale_px(scale, TICKS[i]) + 0.5);
        draw_fill(canvas,
                  (struct draw_box){x - 1, HEADER + SECTION / 2, 2, bottom - HEADER - SECTION / 2},
                  DRAW_RULE);
        draw_number_short(TICKS[i], 2, text, sizeof text);
        draw_text(canvas, style, x, bottom + 26, text);
    }
    draw_fill(canvas, (struct draw_box){MARGIN + LABELS, bottom, PLOT, 2}, DRAW_AXIS);
    draw_text(canvas, style, MARGIN + LABELS + PLOT / 2.0, bottom + 54, "test error, %");
}

/* The signs, each before what it means. */
static void draw_legend(struct draw_canvas *canvas, int baseline)
{
    static const char *const words[] = {"a seed of ours (alone: with its 95 % interval)", "mean",
                                        "target", "published"};
    struct draw_style style = {DRAW_SMALL, DRAW_LEFT, DRAW_GREY};
    double x = MARGIN + 8;
    int middle = baseline - draw_cap_height(style.face) / 2;
    for (int i = 0; i < 4; i++) {
        struct draw_point centre = {x, middle};
        if (i == 0)
            draw_dot(canvas, centre);
        else if (i == 3)
            draw_ring(canvas, centre);
        else
            draw_upright(canvas, x, middle, 11, i == 1 ? DRAW_BLUE : DRAW_ORANGE);
        draw_text(canvas, style, x + 18, baseline, words[i]);
        x += 18 + draw_text_width(style.face, words[i]) + 36;
    }
}

enum mlp_status accuracy_draw(struct mlp_picture *picture, const struct accuracy *accuracy)
{
    struct draw_canvas canvas;
    struct draw_scale scale = new_scale();
    int y = HEADER, bottom = HEADER + lines_height(accuracy) + 10;
    if (accuracy->n == 0)
        return MLP_E_USAGE;
    enum mlp_status status = draw_canvas_new(&canvas, WIDTH, bottom + AXIS + MARGIN, DRAW_PAPER);
    if (status != MLP_OK)
        return status;
    draw_text(&canvas, (struct draw_style){DRAW_TITLE, DRAW_LEFT, DRAW_INK}, MARGIN,
              MARGIN + draw_cap_height(DRAW_TITLE),
              "MNIST: fully connected networks, ours and published");
    draw_legend(&canvas, MARGIN + 62);
    draw_axis(&canvas, &scale, bottom);
    for (uint32_t i = 0; i < accuracy->n; y += line_height(&accuracy->line[i++])) {
        const struct accuracy_line *line = &accuracy->line[i];
        if (line->sort == ACCURACY_SECTION)
            draw_text(&canvas, (struct draw_style){DRAW_TEXT_BOLD, DRAW_LEFT, DRAW_INK}, MARGIN,
                      y + SECTION - 16, line->label);
        else
            draw_one(&canvas, &scale, y, line);
    }
    draw_canvas_finish(&canvas, picture);
    return MLP_OK;
}
