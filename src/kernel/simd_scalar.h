/* simd_scalar.h - the primitives of template.h in plain C, one lane: any machine, and a reading
 * aid. fmaf is exact by definition, in hardware or not, so this kernel keeps the promise of equal
 * bits; where the CPU has no such instruction it is very slow. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define VL 1
#define TILE_ROWS 1
#define TILE_PANELS 1
#define NONZERO_PANELS 1  /* of a row that leaves out its zeros */
#define NONZERO_COLUMNS 1 /* that leave out zeros together, and their panels */
#define NONZERO_COLUMNS_PANELS 1
#define ONE_PANELS 1
#define BF16_ROWS 1 /* and lines of B, in bf16.h */

typedef float vf;
typedef int32_t vi;

#define V static inline __attribute__((always_inline))

/* By memcpy, since tiles of bf16 are moved as floats, too. */
V vf v_load(const float *p)
{
    vf x;
    memcpy(&x, p, sizeof x);
    return x;
}
V void v_store(float *p, vf x)
{
    memcpy(p, &x, sizeof x);
}
V vf v_set1(float x)
{
    return x;
}
V vf v_add(vf a, vf b)
{
    return a + b;
}
V vf v_sub(vf a, vf b)
{
    return a - b;
}
V vf v_mul(vf a, vf b)
{
    return a * b;
}
V vf v_div(vf a, vf b)
{
    return a / b;
}
V vf v_sqrt(vf x)
{
    return __builtin_sqrtf(x);
}
V vf v_fma(vf a, vf b, vf c)
{
    return fmaf(a, b, c);
}
V vf v_max(vf a, vf b)
{
    return a > b ? a : b;
}
V vf v_relu(vf x)
{
    return x < 0 ? 0 : x;
}
V vf v_where_positive(vf y, vf x)
{
    return y > 0 ? x : 0;
}
V vf v_where_greater(vf a, vf b, vf x, vf y)
{
    return a > b ? x : y;
}
V vf v_from_bytes(const uint8_t *p)
{
    return (float)*p;
}
V vi vi_from_bytes(const uint8_t *p)
{
    return (vi)*p;
}
V void vi_to_bytes(uint8_t *p, vi a)
{
    *p = (uint8_t)a;
}
V vi vi_min(vi a, vi b)
{
    return a < b ? a : b;
}
V vi vi_max(vi a, vi b)
{
    return a > b ? a : b;
}
V vi v_gather(const uint32_t *from, vi at)
{
    return (vi)from[at];
}
V vi v_bits(vf x)
{
    vi i;
    memcpy(&i, &x, sizeof i);
    return i;
}
/* Adding 1.5 * 2^23 rounds to the nearest integer, halves to even, and leaves it in the low bits of
 * the mantissa; |x| < 2^22. (A conversion would be undefined for NaN.) */
V vi v_round(vf x)
{
    return v_bits(x + 0x1.8p23f) - v_bits(0x1.8p23f);
}
V vf v_from_int(vi i)
{
    return (float)i;
}
V vf v_from_bits(vi i)
{
    vf x;
    memcpy(&x, &i, sizeof x);
    return x;
}
V vi vi_set1(int32_t i)
{
    return i;
}
V vi vi_add(vi a, vi b)
{
    return (vi)((uint32_t)a + (uint32_t)b);
}
V vi vi_sub(vi a, vi b)
{
    return (vi)((uint32_t)a - (uint32_t)b);
}
V vi vi_mul(vi a, vi b)
{
    return (vi)((uint32_t)a * (uint32_t)b);
}
V vi vi_xor(vi a, vi b)
{
    return a ^ b;
}
V vi vi_shift_right(vi a, int n)
{
    return (vi)((uint32_t)a >> n);
}
V vi v_shift_left_23(vi a)
{
    return (vi)((uint32_t)a << 23);
}
V vi v_shift_right_23(vi a)
{
    return a >> 23;
} /* gcc and clang: arithmetic */
V void v_transpose(const float *from, float *to)
{
    *to = *from;
}
V vi v_shift_left_16(vi a)
{
    return (vi)((uint32_t)a << 16);
}
V vi vi_and(vi a, vi b)
{
    return a & b;
}
V vi vi_or(vi a, vi b)
{
    return a | b;
}
V vi vi_load(const void *p)
{
    vi i;
    memcpy(&i, p, sizeof i);
    return i;
}
V void vi_store(void *p, vi a)
{
    memcpy(p, &a, sizeof a);
}
V vi vi_where_halves(vi x, vi a)
{
    uint16_t halves[2], chosen[2];
    memcpy(halves, &x, sizeof x);
    memcpy(chosen, &a, sizeof a);
    for (int i = 0; i < 2; i++)
        chosen[i] = halves[i] != 0 ? chosen[i] : 0;
    memcpy(&a, chosen, sizeof a);
    return a;
}
V void vi_halves_to_bytes(uint8_t *p, vi a)
{
    uint16_t halves[2];
    memcpy(halves, &a, sizeof a);
    p[0] = (uint8_t)halves[0];
    p[1] = (uint8_t)halves[1];
}
V uint64_t vi_nonzero_bytes(vi x)
{
    uint8_t bytes[sizeof x];
    memcpy(bytes, &x, sizeof x);
    uint64_t bits = 0;
    for (size_t i = 0; i < sizeof x; i++)
        bits |= (uint64_t)(bytes[i] != 0) << i;
    return bits;
}
V void v_store_high(uint16_t *p, vi a)
{
    *p = (uint16_t)((uint32_t)a >> 16);
}
V vf v_from_high(const uint16_t *p)
{
    return v_from_bits((vi)((uint32_t)*p << 16));
}
