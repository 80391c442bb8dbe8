/* page.c - places titles and panels from top to bottom; a row is as high as its highest panel. */
#include "draw/chart.h"
#include "draw/colour.h"
#include "draw/panel.h"
#include "draw/text.h"

/* Pixels; the page is made to be shown at half this size. */
enum {
    MARGIN = 48,
    PANEL_WIDTH = 680,
    PLOT_HEIGHT = 400, /* of a line chart with its axes */
    GAP_X = 72,
    GAP_Y = 64,
    TITLE = 44, /* heights of lines of text with the space below */
    SUBTITLE = 40,
    PANEL_TITLE = 34,
    PANEL_SUBTITLE = 28,
    PANEL_GAP = 14,  /* between a panel's titles and its chart */
    HEADER_GAP = 34, /* between the page's titles and the first panel */
    FOOTNOTE = 46
};

static int64_t titles_height(const struct draw_panel *panel)
{
    int height =
        (panel->title != NULL ? PANEL_TITLE : 0) + (panel->subtitle != NULL ? PANEL_SUBTITLE : 0);
    return height > 0 ? height + PANEL_GAP : 0;
}

static int64_t panel_height(const struct draw_panel *panel)
{
    return titles_height(panel) +
           (panel->bars != NULL ? draw_bars_height(panel->bars) : PLOT_HEIGHT);
}

/* Draws a line of text at the top of *box, cut to its width, and takes it off the box. */
static void draw_title(struct draw_canvas *canvas, struct draw_box *box, struct draw_style style,
                       int height, const char *text)
{
    char fitted[512];
    if (text == NULL)
        return;
    draw_text_fit(style.face, text, box->width, fitted, sizeof fitted);
    draw_text(canvas, style, box->x, box->y + draw_cap_height(style.face), fitted);
    box->y += height;
    box->height -= height;
}

static void draw_panel(struct draw_canvas *canvas, struct draw_box box,
                       const struct draw_panel *panel)
{
    int bottom = box.y + (int)panel_height(panel);
    int top = box.y + (int)titles_height(panel);
    draw_title(canvas, &box, (struct draw_style){DRAW_TEXT_BOLD, DRAW_LEFT, DRAW_INK}, PANEL_TITLE,
               panel->title);
    draw_title(canvas, &box, (struct draw_style){DRAW_SMALL, DRAW_LEFT, DRAW_GREY}, PANEL_SUBTITLE,
               panel->subtitle);
    box.y = top;
    box.height = bottom - top;
    if (panel->bars != NULL)
        draw_bars(canvas, box, panel->bars);
    else
        draw_lines(canvas, box, panel->lines);
}

/* How many panels, from the i-th on, share a row. */
static uint32_t row_length(const struct draw_page *page, uint32_t i)
{
    uint32_t n = 1;
    if (page->panels[i].wide)
        return n;
    while (n < page->columns && i + n < page->n_panels && !page->panels[i + n].wide)
        n++;
    return n;
}

static int64_t row_height(const struct draw_page *page, uint32_t i, uint32_t n)
{
    int64_t height = 0;
    for (uint32_t j = i; j < i + n; j++)
        if (panel_height(&page->panels[j]) > height)
            height = panel_height(&page->panels[j]);
    return height;
}

static int64_t header_height(const struct draw_page *page)
{
    int height = (page->title != NULL ? TITLE : 0) + (page->subtitle != NULL ? SUBTITLE : 0);
    return height > 0 ? height + HEADER_GAP : 0;
}

static int64_t page_height(const struct draw_page *page)
{
    int64_t height = 2 * MARGIN + header_height(page) + (page->footnote != NULL ? FOOTNOTE : 0);
    for (uint32_t i = 0, n; i < page->n_panels; i += n) {
        n = row_length(page, i);
        height += row_height(page, i, n) + (i > 0 ? GAP_Y : 0);
    }
    return height;
}

static bool is_valid(const struct draw_page *page)
{
    if (page->n_panels == 0 || page->columns == 0)
        return false;
    for (uint32_t i = 0; i < page->n_panels; i++) {
        const struct draw_panel *panel = &page->panels[i];
        if ((panel->bars == NULL) == (panel->lines == NULL))
            return false;
        if (panel->lines != NULL && panel->lines->n_series > DRAW_MAX_SERIES)
            return false;
    }
    return true;
}

static void draw_rows(struct draw_canvas *canvas, struct draw_box box, const struct draw_page *page)
{
    for (uint32_t i = 0, n; i < page->n_panels; i += n) {
        n = row_length(page, i);
        for (uint32_t j = 0; j < n; j++) {
            const struct draw_panel *panel = &page->panels[i + j];
            int x = box.x + (int)j * (PANEL_WIDTH + GAP_X);
            int width = panel->wide ? box.width : PANEL_WIDTH;
            draw_panel(canvas, (struct draw_box){x, box.y, width, 0}, panel);
        }
        box.y += (int)row_height(page, i, n) + GAP_Y;
    }
}

enum mlp_status draw_page_render(struct mlp_picture *picture, const struct draw_page *page)
{
    if (!is_valid(page))
        return MLP_E_USAGE;
    int64_t columns = page->columns < page->n_panels ? page->columns : page->n_panels;
    int64_t inner = columns * (PANEL_WIDTH + GAP_X) - GAP_X;
    struct draw_canvas canvas;
    enum mlp_status status =
        draw_canvas_new(&canvas, inner + 2 * MARGIN, page_height(page), DRAW_PAPER);
    if (status != MLP_OK)
        return status;
    struct draw_box box = {MARGIN, MARGIN, (int)inner, 0};
    draw_title(&canvas, &box, (struct draw_style){DRAW_TITLE, DRAW_LEFT, DRAW_INK}, TITLE,
               page->title);
    draw_title(&canvas, &box, (struct draw_style){DRAW_TEXT, DRAW_LEFT, DRAW_GREY}, SUBTITLE,
               page->subtitle);
    box.y = MARGIN + (int)header_height(page);
    draw_rows(&canvas, box, page);
    box.y = (int)canvas.picture.height - MARGIN - draw_cap_height(DRAW_SMALL);
    draw_title(&canvas, &box, (struct draw_style){DRAW_SMALL, DRAW_LEFT, DRAW_GREY}, 0,
               page->footnote);
    draw_canvas_finish(&canvas, picture);
    return MLP_OK;
}
