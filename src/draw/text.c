/* text.c - looks glyphs up, moves a pen along them, and mixes their coverage into the canvas.
 *
 * The atlas has four columns a pixel. A pixel's coverage is the mean of the four that fall on it,
 * so a glyph can stand at any quarter pixel and letters keep the distances that the font asks for;
 * whole pixels would make small text look uneven. */
#include "draw/text.h"

#include "draw/font.h"
#include "font_atlas.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof faces / sizeof faces[0] == DRAW_N_FACES, "bake_font.c makes these faces");

enum { LEVELS = 15 }; /* of coverage of a quarter pixel */

/* Takes one character off *text; 0 at the end, U+FFFD (and one byte) where it is not UTF-8.
 * Source: RFC 3629. Overlong forms and surrogates need no check: no glyph has their codes. */
static int32_t next_code(const char **text)
{
    const unsigned char *byte = (const unsigned char *)*text;
    if (byte[0] == 0)
        return 0;
    int n_more = byte[0] < 0x80   ? 0
                 : byte[0] < 0xC0 ? -1
                 : byte[0] < 0xE0 ? 1
                 : byte[0] < 0xF0 ? 2
                                  : 3;
    int32_t code = n_more <= 0 ? byte[0] : byte[0] & (0x3F >> n_more);
    (*text)++;
    for (int i = 1; i <= n_more; i++) {
        if ((byte[i] & 0xC0) != 0x80)
            return FONT_REPLACEMENT;
        code = code << 6 | (byte[i] & 0x3F);
    }
    if (n_more < 0)
        return FONT_REPLACEMENT;
    *text += n_more;
    return code;
}

static int compare_glyphs(const void *a, const void *b)
{
    const struct font_glyph *x = a, *y = b;
    return (x->code > y->code) - (x->code < y->code);
}

static int compare_kerns(const void *a, const void *b)
{
    const struct font_kern *x = a, *y = b;
    return x->left != y->left ? x->left - y->left : x->right - y->right;
}

/* The position of a character in the face's table, or that of U+FFFD. */
static int find_glyph(const struct font_face *face, int32_t code)
{
    const struct font_glyph *table = glyphs + face->first_glyph, *found = NULL;
    const int32_t codes[] = {code, FONT_REPLACEMENT}; /* bake_font.c fails without the second */
    for (int i = 0; i < 2 && found == NULL; i++) {
        const struct font_glyph key = {.code = codes[i]};
        found = bsearch(&key, table, (size_t)face->n_glyphs, sizeof key, compare_glyphs);
    }
    return found != NULL ? (int)(found - table) : 0;
}

static int find_kern(const struct font_face *face, int left, int right)
{
    const struct font_kern key = {.left = (int16_t)left, .right = (int16_t)right};
    const struct font_kern *found =
        bsearch(&key, kerns + face->first_kern, (size_t)face->n_kerns, sizeof key, compare_kerns);
    return found != NULL ? found->adjust : 0;
}

/* Where the pen stands while it walks along a text; units of 1/64 px. */
struct pen {
    const struct font_face *face;
    const char *rest;
    int previous; /* glyph, -1 before the first */
    int64_t at;
};

static struct pen pen_new(enum draw_face face, const char *text)
{
    return (struct pen){.face = &faces[face], .rest = text, .previous = -1};
}

/* The next glyph, with the pen moved to its start; NULL at the end. The caller adds the advance. */
static const struct font_glyph *pen_next(struct pen *pen)
{
    int32_t code = next_code(&pen->rest);
    if (code == 0)
        return NULL;
    int glyph = find_glyph(pen->face, code);
    if (pen->previous >= 0)
        pen->at += find_kern(pen->face, pen->previous, glyph);
    pen->previous = glyph;
    return &glyphs[pen->face->first_glyph + glyph];
}

int draw_cap_height(enum draw_face face)
{
    return faces[face].cap_height;
}

double draw_text_width(enum draw_face face, const char *text)
{
    struct pen pen = pen_new(face, text);
    for (const struct font_glyph *glyph; (glyph = pen_next(&pen)) != NULL;)
        pen.at += glyph->advance;
    return (double)pen.at / FONT_UNIT;
}

/* Mixes one glyph in; quarter is where its bitmap begins, in quarter pixels. */
static void draw_glyph(struct draw_canvas *canvas, const struct font_glyph *glyph, int64_t quarter,
                       int baseline, uint32_t rgb)
{
    int64_t limit = (int64_t)canvas->picture.width * FONT_PHASES;
    if (quarter > limit || quarter < -limit - glyph->width)
        return;
    int first = (int)(quarter + limit) / FONT_PHASES - (int)canvas->picture.width; /* floor */
    int skipped = (int)quarter - first * FONT_PHASES, stride = (glyph->width + 1) / 2;
    for (int y = 0; y < glyph->height; y++) {
        const uint8_t *row = coverage + glyph->offset + y * stride;
        int sum = 0;
        for (int x = 0; x < glyph->width; x++) {
            sum += row[x / 2] >> (x % 2 * 4) & 15;
            int column = skipped + x; /* a pixel is full after its last quarter, or the glyph's */
            if (column % FONT_PHASES == FONT_PHASES - 1 || x == glyph->width - 1) {
                draw_blend(canvas, first + column / FONT_PHASES, baseline + glyph->top + y, rgb,
                           sum * 255 / (LEVELS * FONT_PHASES));
                sum = 0;
            }
        }
    }
}

void draw_text(struct draw_canvas *canvas, struct draw_style style, double x, int baseline,
               const char *text)
{
    double width = style.anchor == DRAW_LEFT ? 0 : draw_text_width(style.face, text);
    double left = x - (style.anchor == DRAW_RIGHT ? width : width / 2);
    struct pen pen = pen_new(style.face, text);
    const int unit = FONT_UNIT / FONT_PHASES;
    /* Rounded to quarters of a pixel; biased so that the division rounds one way on both sides. */
    const int64_t bias = (int64_t)1 << 32;
    int64_t start = (int64_t)(left * FONT_UNIT);
    for (const struct font_glyph *glyph; (glyph = pen_next(&pen)) != NULL;
         pen.at += glyph->advance) {
        int64_t quarter = (start + pen.at + unit / 2 + bias * unit) / unit - bias;
        draw_glyph(canvas, glyph, quarter + glyph->left, baseline, style.rgb);
    }
}

void draw_text_fit(enum draw_face face, const char *text, double width_px, char *fitted,
                   size_t size)
{
    static const char ellipsis[] = "\u2026";
    size_t whole = strlen(text);
    if (whole < size && draw_text_width(face, text) <= width_px) {
        memcpy(fitted, text, whole + 1);
        return;
    }
    double room = width_px - draw_text_width(face, ellipsis);
    struct pen pen = pen_new(face, text);
    size_t kept = 0;
    for (const struct font_glyph *glyph; (glyph = pen_next(&pen)) != NULL;) {
        pen.at += glyph->advance;
        size_t used = (size_t)(pen.rest - text);
        if ((double)pen.at > room * FONT_UNIT || used + sizeof ellipsis > size)
            break;
        kept = used;
    }
    while (kept > 0 && text[kept - 1] == ' ')
        kept--;
    snprintf(fitted, size, "%.*s%s", (int)kept, text, ellipsis);
}
