/* warp.h - moves the pixels of an image along a smooth map; a template like product.h.
 *
 *     to(x, y) = from(X(x, y), Y(x, y))
 *     X(x, y)  = origin + x per_column + y per_row + sum over i, j of  B(y)[i] B(x)[j] grid[i][j]
 *
 * and Y likewise; between pixels bilinear, outside of the image 0. All in integers, but for the
 * last term: sums of products of floats, lane by lane and without fused multiply-adds, so that
 * every kernel gets the same bits, sse2 too. Arithmetic is written with the operators of gcc's
 * vectors, which clang has as well; of the primitives of template.h only v_gather is wanted. */

typedef int32_t warp_int __attribute__((vector_size(4 * VL)));
typedef uint32_t warp_word __attribute__((vector_size(4 * VL)));
typedef float warp_float __attribute__((vector_size(4 * VL)));

enum {
    WARP_ONE = 1 << KERNEL_WARP_BITS, /* a pixel in coordinates */
    WARP_WEIGHT_BITS = 7              /* of its share in a mean: products then fit 16 bits */
};

INLINE warp_word warp_load_bytes(const uint8_t *from)
{
    return (warp_word)vi_from_bytes(from);
}

INLINE warp_float warp_load(const float *from)
{
    warp_float x;
    memcpy(&x, from, sizeof x);
    return x;
}

/* Every pixel with its right, lower and lower right neighbours, as bytes of one word: all that a
 * bilinear mean needs is then a single load. A frame of zeros, one wide, surrounds the image. */
static void warp_quads(const struct kernel_warp *w)
{
    size_t pitch = w->pitch;
    for (uint32_t y = 0; y < w->rows; y++)
        memcpy(w->framed + (y + 1) * pitch + 1, w->from + (size_t)y * w->cols, w->cols);
    for (size_t at = 0; at < (w->rows + 1) * pitch; at += VL) {
        const uint8_t *upper = w->framed + at, *lower = upper + pitch;
        warp_word quad = warp_load_bytes(upper) | warp_load_bytes(upper + 1) << 8 |
                         warp_load_bytes(lower) << 16 | warp_load_bytes(lower + 1) << 24;
        memcpy(w->quads + at, &quad, sizeof quad);
    }
}

/* The splines along x of each line of the grid: for each column, what is left to weigh along y. */
static void warp_lines(const struct kernel_warp *w)
{
    uint32_t columns = panel_count(w->cols) * PANEL;
    for (uint32_t i = 0; i < 2 * KERNEL_WARP_GRID; i++) {
        const float *value = w->grid + (size_t)i * KERNEL_WARP_GRID;
        for (uint32_t x = 0; x < columns; x += VL) {
            warp_float sum = value[0] * warp_load(w->column_weights + x);
            for (uint32_t j = 1; j < KERNEL_WARP_GRID; j++)
                sum += value[j] * warp_load(w->column_weights + (size_t)j * columns + x);
            memcpy(w->lines + (size_t)i * columns + x, &sum, sizeof sum);
        }
    }
}

/* Displacements in row y from column x on. */
INLINE warp_int warp_bend(const struct kernel_warp *w, int axis, uint32_t x, uint32_t y)
{
    uint32_t columns = panel_count(w->cols) * PANEL;
    const float *line =
        w->lines + (size_t)(axis * KERNEL_WARP_GRID + w->row_cells[y]) * columns + x;
    const float *weight = w->row_weights + (size_t)y * 4;
    warp_float sum = weight[0] * warp_load(line);
    for (int i = 1; i < 4; i++)
        sum += weight[i] * warp_load(line + (size_t)i * columns);
    return __builtin_convertvector(sum, warp_int);
}

/* Coordinates along one axis, brought to where the frame's first zeros are. */
INLINE warp_int warp_coordinates(const struct kernel_warp *w, bool bent, int axis, uint32_t x,
                                 uint32_t y, uint32_t side)
{
    const int32_t high = (int32_t)(side + 1) * WARP_ONE, step = w->per_column[axis];
    int32_t first = w->origin[axis] + (int32_t)x * step + (int32_t)y * w->per_row[axis];
    /* The frame moves everything by one pixel; half a unit of weight makes truncation round. */
    first += WARP_ONE + WARP_ONE / (2 << WARP_WEIGHT_BITS);
    static const int32_t count[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    warp_int lane;
    memcpy(&lane, count, sizeof lane);
    warp_int at = first + lane * step;
    if (bent)
        at += warp_bend(w, axis, x, y);
    return (warp_int)vi_min(vi_max((vi)at, vi_set1(0)), vi_set1(high));
}

/* Means of two pixels side by side, upper and lower ones in halves of one word; then of the two. */
INLINE warp_word warp_mean(warp_word quad, warp_word x_weight, warp_word y_weight)
{
    warp_word left = quad & 0xff00ff, right = quad >> 8 & 0xff00ff;
    warp_word both = (left << WARP_WEIGHT_BITS) + x_weight * (right - left);
    warp_word upper = both & 0xffff, lower = both >> 16;
    warp_word sum = (upper << WARP_WEIGHT_BITS) + y_weight * (lower - upper);
    return (sum + (1 << (2 * WARP_WEIGHT_BITS - 1))) >> 2 * WARP_WEIGHT_BITS;
}

INLINE void warp_pixels(const struct kernel_warp *w, bool bent, uint32_t x, uint32_t y, uint8_t *to)
{
    const int32_t mask = (1 << WARP_WEIGHT_BITS) - 1, shift = KERNEL_WARP_BITS - WARP_WEIGHT_BITS;
    warp_int sx = warp_coordinates(w, bent, 0, x, y, w->cols);
    warp_int sy = warp_coordinates(w, bent, 1, x, y, w->rows);
    warp_int at = (sy >> KERNEL_WARP_BITS) * (int32_t)w->pitch + (sx >> KERNEL_WARP_BITS);
    warp_word quad = (warp_word)v_gather(w->quads, (vi)at);
    vi_to_bytes(
        to, (vi)warp_mean(quad, (warp_word)(sx >> shift & mask), (warp_word)(sy >> shift & mask)));
}

INLINE void warp_image(const struct kernel_warp *w, bool bent, uint8_t *to)
{
    uint8_t *end = to + (size_t)w->rows * w->cols;
    for (uint32_t y = 0; y < w->rows; y++, to += w->cols)
        for (uint32_t x = 0; x < w->cols; x += VL) {
            uint8_t pixels[VL];
            warp_pixels(w, bent, x, y, pixels);
            if (end - to - x >= VL) /* what is beyond the row will be overwritten by the next */
                memcpy(to + x, pixels, VL);
            else
                memcpy(to + x, pixels, (size_t)(end - to - x));
        }
}

static void warp(const struct kernel_warp *w, uint8_t *to)
{
    warp_quads(w);
    if (w->grid != NULL) {
        warp_lines(w);
        warp_image(w, true, to);
    } else {
        warp_image(w, false, to);
    }
}
