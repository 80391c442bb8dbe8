/* bars.c - horizontal bars with their names at the left and their values at their ends.
 *
 * As every bar carries its value there is no axis to read it from, and no grid. All groups share
 * one scale that begins at 0: lengths compare across groups. */
#include "draw/colour.h"
#include "draw/number.h"
#include "draw/panel.h"
#include "draw/text.h"

#include <stdio.h>

/* Pixels. */
enum {
    BAR = 24,
    ROW = 35,        /* from bar to bar */
    GROUP_NAME = 36, /* the line above a group, for its name and the reference's */
    GROUP_GAP = 16,
    LABEL_GAP = 14, /* between label, bar, value and note */
    DASH = 2
};

/* Columns of the chart, common to all groups. */
struct columns {
    int label_width; /* from the box's left edge */
    int bar_left, bar_width;
    double largest; /* the value whose bar is bar_width long; > 0 */
};

/* What a bar shows of a value: nothing, if it is negative, infinite or NaN. */
static double length_of(double value)
{
    return draw_is_finite(value) && value > 0 ? value : 0;
}

static bool has_heading(const struct draw_bar_group *group)
{
    return group->name != NULL || group->reference_label != NULL;
}

static int64_t group_height(const struct draw_bar_group *group)
{
    return (int64_t)group->n_bars * ROW + (has_heading(group) ? GROUP_NAME : 0);
}

int64_t draw_bars_height(const struct draw_bar_chart *chart)
{
    int64_t height = 0;
    for (uint32_t i = 0; i < chart->n_groups; i++)
        height += group_height(&chart->groups[i]) + (i > 0 ? GROUP_GAP : 0);
    return height;
}

static void format_value(const struct draw_bar_chart *chart, const struct draw_bar *bar, char *text,
                         size_t size)
{
    char number[DRAW_NUMBER_SIZE];
    bool shown = draw_is_finite(bar->value) && bar->value >= 0;
    draw_number(bar->value, 3, number, sizeof number);
    if (!shown)
        snprintf(text, size, "n/a");
    else if (chart->unit != NULL)
        snprintf(text, size, "%s %s", number, chart->unit);
    else
        snprintf(text, size, "%s", number);
}

static enum draw_face face_of(const struct draw_bar *bar)
{
    return bar->ours ? DRAW_TEXT_BOLD : DRAW_TEXT;
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

/* Room for the widest label (two fifths of the box at most) and for the widest value and note. */
static struct columns measure(const struct draw_bar_chart *chart, struct draw_box box)
{
    double label = 0, right = 0, largest = 0;
    for (uint32_t i = 0; i < chart->n_groups; i++) {
        const struct draw_bar_group *group = &chart->groups[i];
        largest = larger(largest, length_of(group->reference));
        for (uint32_t j = 0; j < group->n_bars; j++) {
            const struct draw_bar *bar = &group->bars[j];
            char value[64];
            format_value(chart, bar, value, sizeof value);
            double width = draw_text_width(face_of(bar), value) + LABEL_GAP;
            if (bar->note != NULL)
                width += draw_text_width(DRAW_TEXT, bar->note) + LABEL_GAP;
            right = larger(right, width);
            largest = larger(largest, length_of(bar->value));
            label = larger(label, draw_text_width(face_of(bar), bar->label));
        }
    }
    int label_width = (int)label + 1;
    if (label_width > box.width * 2 / 5)
        label_width = box.width * 2 / 5;
    int left = label_width + LABEL_GAP;
    int width = box.width - left - (int)right - 1;
    return (struct columns){label_width, box.x + left, width > 1 ? width : 1,
                            largest > 0 ? largest : 1};
}

/* Pixels from the bars' beginning. */
static int to_px(const struct columns *columns, double value)
{
    return (int)(length_of(value) / columns->largest * columns->bar_width + 0.5);
}

/* Paper behind text that a dashed line may cross. */
static void draw_on_paper(struct draw_canvas *canvas, struct draw_style style, int x, int baseline,
                          const char *text)
{
    int cap = draw_cap_height(style.face);
    int width = (int)draw_text_width(style.face, text);
    draw_fill(canvas, (struct draw_box){x - 4, baseline - cap - 3, width + 8, cap + 8}, DRAW_PAPER);
    draw_text(canvas, style, x, baseline, text);
}

/* Row i of a group whose first bar begins at `top`. */
static struct draw_box row_box(struct draw_box box, int top, uint32_t i)
{
    return (struct draw_box){box.x, top + (int)i * ROW, box.width, ROW};
}

static void draw_bar(struct draw_canvas *canvas, struct draw_box row, const struct columns *columns,
                     const struct draw_bar *bar)
{
    struct draw_box box = {columns->bar_left, row.y + (ROW - BAR) / 2, to_px(columns, bar->value),
                           BAR};
    draw_fill(canvas, box, bar->ours ? DRAW_BLUE : DRAW_PEER);
}

static void draw_bar_texts(struct draw_canvas *canvas, struct draw_box row,
                           const struct columns *columns, const struct draw_bar_chart *chart,
                           const struct draw_bar *bar)
{
    char text[256];
    enum draw_face face = face_of(bar);
    struct draw_style style = {face, DRAW_RIGHT, bar->ours ? DRAW_BLUE : DRAW_INK};
    int baseline = row.y + (ROW + draw_cap_height(face)) / 2;
    draw_text_fit(face, bar->label, columns->label_width, text, sizeof text);
    draw_text(canvas, style, row.x + columns->label_width, baseline, text);
    format_value(chart, bar, text, sizeof text);
    int x = columns->bar_left + to_px(columns, bar->value) + LABEL_GAP;
    style.anchor = DRAW_LEFT;
    draw_on_paper(canvas, style, x, baseline, text);
    if (bar->note == NULL)
        return;
    x += (int)draw_text_width(face, text) + LABEL_GAP;
    style = (struct draw_style){DRAW_TEXT, DRAW_LEFT, DRAW_GREY};
    draw_on_paper(canvas, style, x, baseline, bar->note);
}

/* The group's name, and the reference's beside its line, on whichever side has room. */
static void draw_heading(struct draw_canvas *canvas, struct draw_box box, int reference_x,
                         const struct draw_bar_group *group)
{
    int baseline = box.y + 24;
    double name_width = 0, right = box.x + box.width;
    if (group->name != NULL) {
        char text[256];
        draw_text_fit(DRAW_TEXT_BOLD, group->name, box.width, text, sizeof text);
        draw_text(canvas, (struct draw_style){DRAW_TEXT_BOLD, DRAW_LEFT, DRAW_INK}, box.x, baseline,
                  text);
        name_width = draw_text_width(DRAW_TEXT_BOLD, text) + 2 * LABEL_GAP;
    }
    if (group->reference_label == NULL || !(length_of(group->reference) > 0))
        return;
    char text[256];
    draw_text_fit(DRAW_SMALL, group->reference_label, box.width - name_width, text, sizeof text);
    double width = draw_text_width(DRAW_SMALL, text), x = reference_x - width / 2;
    if (x + width > right)
        x = right - width;
    if (x < box.x + name_width)
        x = box.x + name_width;
    draw_text(canvas, (struct draw_style){DRAW_SMALL, DRAW_LEFT, DRAW_GREY}, x, baseline, text);
}

static void draw_group(struct draw_canvas *canvas, struct draw_box box,
                       const struct columns *columns, const struct draw_bar_chart *chart,
                       const struct draw_bar_group *group)
{
    int x = columns->bar_left + to_px(columns, group->reference);
    int top = box.y + (has_heading(group) ? GROUP_NAME : 0);
    int rows = (int)group->n_bars * ROW;
    if (has_heading(group))
        draw_heading(canvas, box, x, group);
    for (uint32_t i = 0; i < group->n_bars; i++)
        draw_bar(canvas, row_box(box, top, i), columns, &group->bars[i]);
    if (length_of(group->reference) > 0)
        draw_dashes(canvas, (struct draw_box){x - DASH / 2, top - 4, DASH, rows + 4}, DRAW_INK);
    for (uint32_t i = 0; i < group->n_bars; i++)
        draw_bar_texts(canvas, row_box(box, top, i), columns, chart, &group->bars[i]);
}

void draw_bars(struct draw_canvas *canvas, struct draw_box box, const struct draw_bar_chart *chart)
{
    struct columns columns = measure(chart, box);
    for (uint32_t i = 0; i < chart->n_groups; i++) {
        draw_group(canvas, box, &columns, chart, &chart->groups[i]);
        box.y += (int)group_height(&chart->groups[i]) + GROUP_GAP;
    }
}
