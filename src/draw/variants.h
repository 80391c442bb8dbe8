/* variants.h - a picture of images and what augmentation makes of them. */
#ifndef DRAW_VARIANTS_H
#define DRAW_VARIANTS_H

#include "mlp.h"

struct draw_variants {
    const char *title, *subtitle; /* UTF-8 */
    const char *const *kinds;     /* (n_kinds) headings of groups of columns */
    uint32_t n_kinds, n_each;     /* n_each columns a kind */
    uint32_t n_originals;         /* one a line, before its variants */
    uint32_t n_rows, n_cols;      /* of each image */
    const uint8_t *pixels;        /* (n_originals, 1 + n_kinds * n_each, n_rows, n_cols) */
};

/* draw_variants - an original a line, framed, and its variants behind it.
 * Returns  MLP_OK; MLP_E_USAGE if there is nothing to draw; MLP_E_MEMORY */
enum mlp_status draw_variants(struct mlp_picture *picture,
                              const struct draw_variants *variants) MLP_MUST_USE;

#endif
