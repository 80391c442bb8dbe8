/* tiles.h - bf16 numbers and tiles in memory that notices stray writes. */
#ifndef KERNEL_CHECK_TILES_H
#define KERNEL_CHECK_TILES_H

#include "check.h"

/* Elements of a tile that were not to be written are POISON still. */
enum { POISON = 0x7fc5 };

float to_float(bf16 x);

/* rounded - the nearest of the two bf16 around x, the even one of equals. */
bf16 rounded(const struct check *check, float x);
void check_bf16(struct check *check, bf16 got, bf16 want, uint32_t row, uint32_t col);

/* Where an element is in a tile; see kernel/tile.h. */
size_t rows_index(uint32_t r, uint32_t k);
size_t pairs_index(uint32_t k, uint32_t c);

/* tiles_new - full of POISON; the guard page stands at either side in turn. tiles_end - fails if
 * memory around them was written to, and frees them. */
struct guarded tiles_new(const struct check *check, size_t elements);
void tiles_end(struct check *check, struct guarded *g, const char *name);

/* check_tile_products - part of check_tiles, between the kernel's begin and end. */
void check_tile_products(struct check *check);

#endif
