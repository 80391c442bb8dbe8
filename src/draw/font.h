/* font.h - the baked font: what bake/bake_font.c writes and text.c reads. */
#ifndef DRAW_FONT_H
#define DRAW_FONT_H

#include <stdint.h>

enum {
    FONT_PHASES = 4, /* coverage has 4 columns a pixel, so that text can start at quarter pixels */
    FONT_UNIT = 64,  /* advances are in 1/64 px, as in FreeType */
    FONT_REPLACEMENT = 0xFFFD
};

struct font_glyph {
    int32_t code;          /* Unicode */
    int32_t offset;        /* into the coverage: rows of (width + 1) / 2 bytes, two quarter pixels
                              in each, the left one in the low half, 0..15 */
    int16_t width, height; /* quarter pixels, pixels */
    int16_t left, top;     /* of the bitmap from the pen; quarter pixels, pixels (down) */
    int16_t advance;       /* 1/64 px */
};

/* left and right are positions in the face's glyph table; pairs are sorted by them. */
struct font_kern {
    int16_t left, right, adjust; /* 1/64 px */
};

struct font_face {
    int32_t first_glyph, n_glyphs; /* glyphs are sorted by code */
    int32_t first_kern, n_kerns;
    int32_t cap_height; /* px, of a capital H */
};

#endif
