/* nonzeros.h - a batch as bytes, and where it has anything but zeros. */
#ifndef DATA_NONZEROS_H
#define DATA_NONZEROS_H

#include "kernel/kernel.h"
#include "mlp.h"

/* Noted at once: 8 rows of 64 pixels. */
enum { NONZEROS_ROWS = 8 };

/* nonzeros_pay - whether products that leave out zeros are faster for images first..first+n-1.
 * Looks at a few of them. */
bool nonzeros_pay(const struct mlp_images *images, uint32_t first, uint32_t n);

/* nonzeros_new - for matrices of up to so many rows and columns, at first of zeros alone. A row is
 * an image, `width` pixels wide; a byte stands for so many times `scale`. False if out of memory.
 */
bool nonzeros_new(struct nonzeros *nonzeros, uint32_t rows, uint32_t columns, uint32_t width,
                  float scale);
void nonzeros_free(struct nonzeros *nonzeros);

/* nonzeros_keep - n <= 8 rows from `row` (a multiple of 8) on, the rest of the 8 taken for zeros,
 * and up to 64 columns from `column` (a multiple of 64) on: their bytes begin at from[r] + column.
 * Rows come in order, since those of the 64 that are not yet noted count as zeros. */
void nonzeros_keep(const struct nonzeros *nonzeros, const struct kernel *kernel, uint32_t row,
                   uint32_t n, uint32_t column, uint32_t n_columns, const uint8_t *const *from);

#endif
