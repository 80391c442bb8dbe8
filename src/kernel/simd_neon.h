/* simd_neon.h - the primitives of template.h in AArch64 NEON: 4 lanes. */
#include <arm_neon.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define VL 4
/* 6 x 4 accumulators, 4 vectors of B and one element of A: 29 of 32 registers. */
#define TILE_ROWS 6
#define TILE_PANELS 1
#define NONZERO_PANELS 4  /* of a row that leaves out its zeros */
#define NONZERO_COLUMNS 2 /* that leave out zeros together, and their panels */
#define NONZERO_COLUMNS_PANELS 2
#define ONE_PANELS 4
#define BF16_ROWS 4 /* and lines of B, in bf16.h */

typedef float32x4_t vf;
typedef int32x4_t vi;

#define V static inline __attribute__((always_inline))

V vf v_load(const float *p)
{
    return vld1q_f32(p);
}
V void v_store(float *p, vf x)
{
    vst1q_f32(p, x);
}
V vf v_set1(float x)
{
    return vdupq_n_f32(x);
}
V vf v_add(vf a, vf b)
{
    return vaddq_f32(a, b);
}
V vf v_sub(vf a, vf b)
{
    return vsubq_f32(a, b);
}
V vf v_mul(vf a, vf b)
{
    return vmulq_f32(a, b);
}
V vf v_div(vf a, vf b)
{
    return vdivq_f32(a, b);
}
V vf v_sqrt(vf x)
{
    return vsqrtq_f32(x);
}
V vf v_fma(vf a, vf b, vf c)
{
    return vfmaq_f32(c, a, b);
}
V vf v_max(vf a, vf b)
{
    return vbslq_f32(vcgtq_f32(a, b), a, b);
} /* NaN: b, as on x86 */
V vf v_relu(vf x)
{
    return vbslq_f32(vcltq_f32(x, vdupq_n_f32(0)), vdupq_n_f32(0), x);
}
V vf v_where_positive(vf y, vf x)
{
    uint32x4_t mask = vcgtq_f32(y, vdupq_n_f32(0));
    return vreinterpretq_f32_u32(vandq_u32(mask, vreinterpretq_u32_f32(x)));
}
V vf v_where_greater(vf a, vf b, vf x, vf y)
{
    return vbslq_f32(vcgtq_f32(a, b), x, y);
}
V vf v_from_bytes(const uint8_t *p)
{
    uint32_t four;
    memcpy(&four, p, sizeof four);
    uint16x8_t words = vmovl_u8(vreinterpret_u8_u32(vdup_n_u32(four)));
    return vcvtq_f32_u32(vmovl_u16(vget_low_u16(words)));
}
V vi v_round(vf x)
{
    return vcvtnq_s32_f32(x);
}
V vf v_from_int(vi i)
{
    return vcvtq_f32_s32(i);
}
V vi vi_from_bytes(const uint8_t *p)
{
    uint32_t four;
    memcpy(&four, p, sizeof four);
    uint8x8_t bytes = vreinterpret_u8_u32(vdup_n_u32(four));
    return vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(vmovl_u8(bytes))));
}
V void vi_to_bytes(uint8_t *p, vi a)
{
    uint16x4_t words = vmovn_u32(vreinterpretq_u32_s32(a));
    uint8x8_t bytes = vmovn_u16(vcombine_u16(words, words));
    uint32_t four = vget_lane_u32(vreinterpret_u32_u8(bytes), 0);
    memcpy(p, &four, sizeof four);
}
V vi vi_min(vi a, vi b)
{
    return vminq_s32(a, b);
}
V vi vi_max(vi a, vi b)
{
    return vmaxq_s32(a, b);
}
V vi v_gather(const uint32_t *from, vi at)
{
    int32_t i[4];
    uint32_t to[4];
    vst1q_s32(i, at);
    for (int j = 0; j < 4; j++)
        to[j] = from[i[j]];
    return vreinterpretq_s32_u32(vld1q_u32(to));
}
V vi v_bits(vf x)
{
    return vreinterpretq_s32_f32(x);
}
V vf v_from_bits(vi i)
{
    return vreinterpretq_f32_s32(i);
}
V vi vi_set1(int32_t i)
{
    return vdupq_n_s32(i);
}
V vi vi_add(vi a, vi b)
{
    return vaddq_s32(a, b);
}
V vi vi_sub(vi a, vi b)
{
    return vsubq_s32(a, b);
}
V vi vi_mul(vi a, vi b)
{
    return vmulq_s32(a, b);
}
V vi vi_xor(vi a, vi b)
{
    return veorq_s32(a, b);
}
V vi vi_shift_right(vi a, int n)
{
    return vreinterpretq_s32_u32(vshlq_u32(vreinterpretq_u32_s32(a), vdupq_n_s32(-n)));
}
V vi v_shift_left_23(vi a)
{
    return vshlq_n_s32(a, 23);
}
V vi v_shift_right_23(vi a)
{
    return vshrq_n_s32(a, 23);
}
V vi v_shift_left_16(vi a)
{
    return vshlq_n_s32(a, 16);
}
V vi vi_and(vi a, vi b)
{
    return vandq_s32(a, b);
}
V vi vi_or(vi a, vi b)
{
    return vorrq_s32(a, b);
}
V vi vi_load(const void *p)
{
    return vreinterpretq_s32_u8(vld1q_u8(p));
}
V void vi_store(void *p, vi a)
{
    vst1q_u8(p, vreinterpretq_u8_s32(a));
}
V vi vi_where_halves(vi x, vi a)
{
    int16x8_t halves = vreinterpretq_s16_s32(x);
    return vandq_s32(vreinterpretq_s32_u16(vtstq_s16(halves, halves)), a);
}
V void vi_halves_to_bytes(uint8_t *p, vi a)
{
    vst1_u8(p, vmovn_u16(vreinterpretq_u16_s32(a)));
}
/* Each byte keeps one bit of its own, and three additions of neighbours bring eight together. */
V uint64_t vi_nonzero_bytes(vi x)
{
    static const uint8_t own[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    uint8x16_t bytes = vreinterpretq_u8_s32(x);
    bytes = vandq_u8(vtstq_u8(bytes, bytes), vld1q_u8(own));
    bytes = vpaddq_u8(bytes, bytes);
    bytes = vpaddq_u8(bytes, bytes);
    bytes = vpaddq_u8(bytes, bytes);
    return vgetq_lane_u16(vreinterpretq_u16_u8(bytes), 0);
}
V void v_store_high(uint16_t *p, vi a)
{
    vst1_u16(p, vshrn_n_u32(vreinterpretq_u32_s32(a), 16));
}
V vf v_from_high(const uint16_t *p)
{
    return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(p), 16));
}

V void v_transpose(const float *from, float *to)
{
    float32x4x2_t a = vtrnq_f32(v_load(from), v_load(from + 16));
    float32x4x2_t b = vtrnq_f32(v_load(from + 32), v_load(from + 48));
    v_store(to, vcombine_f32(vget_low_f32(a.val[0]), vget_low_f32(b.val[0])));
    v_store(to + 16, vcombine_f32(vget_low_f32(a.val[1]), vget_low_f32(b.val[1])));
    v_store(to + 32, vcombine_f32(vget_high_f32(a.val[0]), vget_high_f32(b.val[0])));
    v_store(to + 48, vcombine_f32(vget_high_f32(a.val[1]), vget_high_f32(b.val[1])));
}
