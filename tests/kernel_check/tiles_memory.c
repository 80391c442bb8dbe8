#include "tiles.h"

#include <float.h>
#include <math.h>
#include <string.h>

float to_float(bf16 x)
{
    uint32_t bits = (uint32_t)x << 16;
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

/* The nearest of the two bf16 around x, the even one of equals: by comparison, not by the trick
 * that kernels use. Those with instructions for bf16 take denormals for zero. */
bf16 rounded(const struct check *check, float x)
{
    uint32_t bits;
    if (check->kernel->bf16.native && fabsf(x) < FLT_MIN)
        x = copysignf(0, x);
    memcpy(&bits, &x, sizeof bits);
    bf16 below = (bf16)(bits >> 16), above = (bf16)(below + 1);
    if (!isfinite(x))
        return isnan(x) ? (bf16)(below | 0x40) : below;
    double down = fabs((double)x) - fabs((double)to_float(below));
    double top = isinf(to_float(above)) ? 0x1p128 : fabs((double)to_float(above));
    double up = top - fabs((double)x);
    return down < up || (down == up && below % 2 == 0) ? below : above;
}

void check_bf16(struct check *check, bf16 got, bf16 want, uint32_t row, uint32_t col)
{
    check_bits(check, to_float(got), to_float(want), row, col);
}

size_t rows_index(uint32_t r, uint32_t k)
{
    return r * TILE_K + k;
}

size_t pairs_index(uint32_t k, uint32_t c)
{
    return k / 2 * TILE_K + c * 2 + k % 2;
}

struct guarded tiles_new(const struct check *check, size_t elements)
{
    struct guarded g =
        guarded_new(elements * sizeof(bf16), check->n_cases % 2 == 0 ? GUARDED_END : GUARDED_START);
    for (size_t i = 0; i < elements; i++)
        ((bf16 *)g.data)[i] = POISON;
    return g;
}

void tiles_end(struct check *check, struct guarded *g, const char *name)
{
    if (!guarded_intact(g))
        check_fail(check, "memory around %s was written to", name);
    guarded_free(g);
}
