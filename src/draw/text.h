/* text.h - text in the five baked faces of DejaVu Sans.
 *
 * Text is UTF-8: ASCII, Latin-1 and the signs listed in bake/bake_font.c. Anything else shows as
 * U+FFFD, one for each character or stray byte. */
#ifndef DRAW_TEXT_H
#define DRAW_TEXT_H

#include "draw/canvas.h"

/* In the order in which bake_font.c makes them; the em is 16.5, 22 or 27.5 px. */
enum draw_face { DRAW_SMALL, DRAW_SMALL_BOLD, DRAW_TEXT, DRAW_TEXT_BOLD, DRAW_TITLE, DRAW_N_FACES };

enum draw_anchor { DRAW_LEFT, DRAW_CENTRE, DRAW_RIGHT };

struct draw_style {
    enum draw_face face;
    enum draw_anchor anchor; /* which end of the text, or its middle, stands at x */
    uint32_t rgb;
};

/* draw_cap_height - height of a capital or a digit above the baseline, whole pixels. */
int draw_cap_height(enum draw_face face);

/* draw_text_width - how far the pen moves, in pixels: advances and kerning. */
double draw_text_width(enum draw_face face, const char *text);

/* draw_text - draws one line with its baseline on pixel row `baseline`. */
void draw_text(struct draw_canvas *canvas, struct draw_style style, double x, int baseline,
               const char *text);

/* draw_text_fit - copies text, cut with an ellipsis where it is wider than width_px or longer than
 * size - 1 bytes, never inside a character; fitted has room for size bytes, 4 at least. */
void draw_text_fit(enum draw_face face, const char *text, double width_px, char *fitted,
                   size_t size);

#endif
