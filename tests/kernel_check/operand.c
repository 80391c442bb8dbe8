/* operand.c - guarded matrices in panels and what they are filled with. */
#include "check.h"

#include "base/random.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const uint32_t POISON_BITS = 0x7fc5c5c5; /* a quiet NaN */

const float check_specials[N_SPECIALS] = {0.0f,          -0.0f,   1.0f,    -1.0f,    INFINITY,
                                          -INFINITY,     NAN,     FLT_MIN, -FLT_MIN, FLT_TRUE_MIN,
                                          -FLT_TRUE_MIN, FLT_MAX, -FLT_MAX};

struct operand operand_new(const struct check *check, uint32_t rows, uint32_t cols, size_t gap)
{
    struct operand o = {.m = {.rows = rows, .cols = cols}};
    uint32_t panels = panel_count(cols);
    o.m.stride = (size_t)rows * PANEL + gap;
    size_t floats = (panels - 1) * o.m.stride + (size_t)rows * PANEL;
    o.memory =
        guarded_new(floats * sizeof(float), check->n_cases % 2 == 0 ? GUARDED_END : GUARDED_START);
    o.m.data = o.memory.data;
    for (size_t i = 0; i < floats; i++)
        memcpy(&o.m.data[i], &POISON_BITS, sizeof POISON_BITS);
    o.before = calloc(floats, sizeof *o.before);
    if (o.before == NULL)
        check_fail(check, "out of memory");
    return o;
}

void operand_free(struct operand *operand)
{
    guarded_free(&operand->memory);
    free(operand->before);
}

float *operand_at(const struct operand *operand, uint32_t row, uint32_t col)
{
    return panel_at(&operand->m, row, col / PANEL) + col % PANEL;
}

static float value(enum contents contents, const uint32_t random[2])
{
    float unit = (float)(random_unit(random[0]) * 2 - 1);
    switch (contents) {
    case INTEGERS:
        return (float)(int32_t)random_below(random[0], 17) - 8;
    case SPECIALS:
        return random[1] % 2 == 0 ? check_specials[random_below(random[0], N_SPECIALS)] : unit;
    case TINY:
        return ldexpf(unit, (int)random_below(random[1], 9) - 79);
    default:
        return ldexpf(unit, (int)random_below(random[1], 9) - 4);
    }
}

void operand_fill(const struct check *check, struct operand *operand, enum contents contents,
                  uint32_t which)
{
    struct random_key key = {
        .seed = check->seed, .purpose = RANDOM_TEST, .epoch = check->n_cases, .sample = which};
    uint32_t rows = operand->m.rows, cols = operand->m.cols;
    for (uint32_t r = 0; r < rows; r++)
        for (uint32_t c = 0; c < cols; c++) {
            uint32_t i = r * cols + c, random[4];
            float *at = operand_at(operand, r, c);
            if (contents == ONE_HOT) {
                *at = c == (r * 7 + check->n_cases) % cols;
            } else if (contents == COUNTING) {
                *at = (float)i;
            } else {
                random_u32x4(&key, i, random);
                *at = value(contents, random);
            }
        }
}

void operand_keep(struct operand *operand)
{
    memcpy(operand->before, operand->memory.data, operand->memory.bytes);
}

/* Whether float i of the memory is one of the first rows x cols elements. */
static bool inside(const struct panels *m, size_t i, uint32_t rows, uint32_t cols)
{
    size_t row = i % m->stride / PANEL, col = i / m->stride * PANEL + i % m->stride % PANEL;
    return row < rows && col < cols;
}

void operand_check_kept(struct check *check, const struct operand *operand, uint32_t rows,
                        uint32_t cols, const char *name)
{
    const float *now = operand->memory.data;
    for (size_t i = 0; i < operand->memory.bytes / sizeof(float); i++)
        if (memcmp(&now[i], &operand->before[i], sizeof *now) != 0 &&
            !inside(&operand->m, i, rows, cols))
            check_fail(check, "float %zu of %s was changed from %g to %g", i, name,
                       (double)operand->before[i], (double)now[i]);
    if (!guarded_intact(&operand->memory))
        check_fail(check, "memory around %s was written to", name);
    check->n_checks++;
}
