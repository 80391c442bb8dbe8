/* warps.c - warped images against a plain version of the same arithmetic: bit for bit, without
 * fused multiply-add, too. */
#include "check.h"

#include "base/random.h"

#include <string.h>

enum { GRID = KERNEL_WARP_GRID, N_OPERANDS = 9 };

/* A warp and its guarded operands, in the order of their sizes in warp_new. */
struct warped {
    struct kernel_warp w;
    struct guarded operands[N_OPERANDS];
    uint8_t *to;
};

static int32_t random_number(const struct check *check, uint32_t index, int32_t amplitude)
{
    const struct random_key key = {check->seed, RANDOM_TEST, 77, check->n_cases};
    uint32_t random[4];
    random_u32x4(&key, index, random);
    return (int32_t)random_below(random[0], 2 * (uint32_t)amplitude + 1) - amplitude;
}

/* One side touches a guard page, the sides take turns. Whole lines of floats and words stay
 * aligned: the sizes of these are multiples of 64 bytes. */
static void warp_new(const struct check *check, struct warped *warped, uint32_t rows, uint32_t cols,
                     bool bent)
{
    struct kernel_warp *w = &warped->w;
    size_t columns = (size_t)panel_count(cols) * PANEL,
           pitch = (size_t)panel_count(cols + 2) * PANEL;
    size_t framed = (rows + 2) * pitch;
    const size_t bytes[N_OPERANDS] = {(size_t)rows * cols,
                                      (size_t)rows * cols,
                                      2 * sizeof(float) * GRID * GRID,
                                      sizeof(float) * GRID * columns,
                                      sizeof(float) * 4 * rows,
                                      rows,
                                      framed + PANEL,
                                      sizeof(uint32_t) * framed,
                                      2 * sizeof(float) * GRID * columns};
    for (int i = 0; i < N_OPERANDS; i++)
        warped->operands[i] =
            guarded_new(bytes[i], check->n_cases % 2 == 0 ? GUARDED_END : GUARDED_START);
    *w = (struct kernel_warp){.rows = rows, .cols = cols, .pitch = (uint32_t)pitch};
    uint8_t *from = warped->operands[1].data, *row_cells = warped->operands[5].data;
    float *grid = warped->operands[2].data, *column_weights = warped->operands[3].data;
    float *row_weights = warped->operands[4].data;
    for (uint32_t i = 0; i < rows * cols; i++)
        from[i] = (uint8_t)random_number(check, 1000 + i, 1000);
    for (uint32_t i = 0; i < 2 * GRID * GRID; i++)
        grid[i] = (float)random_number(check, 100 + i, 1 << 18);
    for (uint32_t i = 0; i < GRID * columns; i++)
        column_weights[i] = (float)random_number(check, 100000 + i, 1 << 20) * 0x1p-20f;
    for (uint32_t i = 0; i < 4 * rows; i++)
        row_weights[i] = (float)random_number(check, 200000 + i, 1 << 20) * 0x1p-20f;
    for (uint32_t i = 0; i < rows; i++)
        row_cells[i] = (uint8_t)(i % (GRID - 3));
    warped->to = warped->operands[0].data;
    w->from = from;
    w->grid = bent ? grid : NULL;
    w->column_weights = column_weights;
    w->row_weights = row_weights;
    w->row_cells = row_cells;
    w->framed = warped->operands[6].data;
    w->quads = warped->operands[7].data;
    w->lines = warped->operands[8].data;
}

static void warp_free(struct check *check, struct warped *warped)
{
    for (int i = 0; i < N_OPERANDS; i++) {
        if (!guarded_intact(&warped->operands[i]))
            check_fail(check, "memory around operand %d was written to", i);
        guarded_free(&warped->operands[i]);
    }
}

static float plain_bend(const struct kernel_warp *w, int axis, uint32_t x, uint32_t y)
{
    size_t columns = (size_t)panel_count(w->cols) * PANEL;
    float sum = 0;
    for (uint32_t i = 0; i < 4; i++) {
        const float *value = w->grid + (size_t)(axis * GRID + w->row_cells[y]) * GRID + i * GRID;
        float line = 0;
        for (uint32_t j = 0; j < GRID; j++)
            line += value[j] * w->column_weights[j * columns + x];
        sum += w->row_weights[y * 4 + i] * line;
    }
    return sum;
}

static int32_t plain_pixel(const struct kernel_warp *w, int32_t x, int32_t y)
{
    bool inside = x >= 0 && x < (int32_t)w->cols && y >= 0 && y < (int32_t)w->rows;
    return inside ? w->from[(size_t)y * w->cols + (size_t)x] : 0;
}

static uint8_t plain_warp(const struct kernel_warp *w, uint32_t x, uint32_t y)
{
    int32_t at[2], weight[2];
    for (int axis = 0; axis < 2; axis++) {
        int32_t units = w->origin[axis] + (int32_t)x * w->per_column[axis] +
                        (int32_t)y * w->per_row[axis] +
                        (w->grid == NULL ? 0 : (int32_t)plain_bend(w, axis, x, y));
        units = (units + (1 << 8)) >> 9; /* the nearest 128th of a pixel */
        at[axis] = units >> 7;
        weight[axis] = units & 127;
    }
    int32_t upper = plain_pixel(w, at[0], at[1]) * (128 - weight[0]) +
                    plain_pixel(w, at[0] + 1, at[1]) * weight[0];
    int32_t lower = plain_pixel(w, at[0], at[1] + 1) * (128 - weight[0]) +
                    plain_pixel(w, at[0] + 1, at[1] + 1) * weight[0];
    return (uint8_t)((upper * (128 - weight[1]) + lower * weight[1] + (1 << 13)) >> 14);
}

static void check_warp(struct check *check, uint32_t rows, uint32_t cols, bool bent, int repeat)
{
    check_case(check, "warp, %u x %u, %s, %d", rows, cols, bent ? "bent" : "straight", repeat);
    struct warped warped;
    warp_new(check, &warped, rows, cols, bent);
    struct kernel_warp *w = &warped.w;
    for (uint32_t i = 0; i < 2; i++) { /* 0: nothing moves; last: nearly all comes from outside */
        int32_t amount = repeat == 3 ? 100 << KERNEL_WARP_BITS : repeat << KERNEL_WARP_BITS;
        int32_t one = 1 << KERNEL_WARP_BITS, turn = repeat == 0 ? 0 : one / 3;
        w->origin[i] = random_number(check, i, amount);
        w->per_column[i] = (i == 0 ? one : 0) + random_number(check, 2 + i, turn);
        w->per_row[i] = (i == 1 ? one : 0) + random_number(check, 4 + i, turn);
    }
    for (int twice = 0; twice < 2; twice++) { /* scratch is used again */
        memset(warped.to, 0xee, (size_t)rows * cols);
        check->kernel->warp(w, warped.to);
        for (uint32_t y = 0; y < rows; y++)
            for (uint32_t x = 0; x < cols; x++) {
                uint8_t want = plain_warp(w, x, y);
                check_bits(check, warped.to[(size_t)y * cols + x], want, y, x);
                if (repeat == 0 && !bent)
                    check_bits(check, w->from[(size_t)y * cols + x], want, y, x);
            }
    }
    warp_free(check, &warped);
}

void check_warps(struct check *check)
{
    static const uint32_t sizes[][2] = {{1, 1},   {1, 40},  {40, 1},  {2, 3},   {3, 14},
                                        {5, 15},  {16, 16}, {17, 30}, {28, 28}, {9, 11},
                                        {14, 31}, {3, 100}, {64, 33}};
    for (uint32_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (int repeat = 0; repeat < 4; repeat++)
            for (int bent = 0; bent <= 1; bent++)
                check_warp(check, sizes[i][0], sizes[i][1], bent != 0, repeat);
}
