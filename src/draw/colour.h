/* colour.h - the palette, 0xRRGGBB.
 *
 * Blue and orange stay apart for every kind of colour blindness, and their lightness differs too;
 * the series colours are those of Okabe and Ito 2008, "Color universal design", darkened until
 * text in them has a contrast of 4.5 to 1 on white (WCAG 2.1, criterion 1.4.3). */
#ifndef DRAW_COLOUR_H
#define DRAW_COLOUR_H

enum draw_colour {
    DRAW_PAPER = 0xFFFFFF,
    DRAW_INK = 0x17202B,
    DRAW_GREY = 0x5A6573,   /* second-rank text */
    DRAW_PEER = 0xB4BDC8,   /* bars and lines of others */
    DRAW_RULE = 0xE4E8ED,   /* grid lines */
    DRAW_AXIS = 0x98A2AE,   /* base lines */
    DRAW_BLUE = 0x0A62A8,   /* ours; right */
    DRAW_ORANGE = 0xC04A00, /* wrong */
    DRAW_GREEN = 0x00795A,
    DRAW_PURPLE = 0x9C4A80,
    DRAW_BROWN = 0x7A5C00
};

#endif
