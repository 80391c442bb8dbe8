/* simd_avx512.h - the primitives of template.h in AVX-512 (F, BW, DQ, VL): 16 lanes. */
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define VL 16
/* 8 x 3 accumulators, 3 lines of B and one element of A: 28 of 32 registers. */
#define TILE_ROWS 8
#define TILE_PANELS 3
#define NONZERO_PANELS 8  /* of a row that leaves out its zeros */
#define NONZERO_COLUMNS 4 /* that leave out zeros together, and their panels */
#define NONZERO_COLUMNS_PANELS 4
#define ONE_PANELS 8
#define BF16_ROWS 8 /* and lines of B, in bf16.h */

typedef __m512 vf;
typedef __m512i vi;

#define V static inline __attribute__((always_inline))

V vf v_load(const float *p)
{
    return _mm512_loadu_ps(p);
}
V void v_store(float *p, vf x)
{
    _mm512_storeu_ps(p, x);
}
V vf v_set1(float x)
{
    return _mm512_set1_ps(x);
}
V vf v_add(vf a, vf b)
{
    return _mm512_add_ps(a, b);
}
V vf v_sub(vf a, vf b)
{
    return _mm512_sub_ps(a, b);
}
V vf v_mul(vf a, vf b)
{
    return _mm512_mul_ps(a, b);
}
V vf v_div(vf a, vf b)
{
    return _mm512_div_ps(a, b);
}
V vf v_sqrt(vf x)
{
    return _mm512_sqrt_ps(x);
}
V vf v_fma(vf a, vf b, vf c)
{
    return _mm512_fmadd_ps(a, b, c);
}
V vf v_max(vf a, vf b)
{
    return _mm512_max_ps(a, b);
}
V vf v_relu(vf x)
{
    return _mm512_max_ps(_mm512_setzero_ps(), x);
} /* NaN, -0: the second */
V vf v_where_positive(vf y, vf x)
{
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(y, _mm512_setzero_ps(), _CMP_GT_OQ), x);
}
/* As numbers, positive ones up to infinity are 1 to 0x7f80: less 1, all others are above. */
#define WHERE_HIGH
V vf v_where_high_positive(const uint16_t *y, vf x)
{
    const __m256i one = _mm256_set1_epi16(1), infinity = _mm256_set1_epi16(0x7f80);
    __m256i less = _mm256_sub_epi16(_mm256_loadu_si256((const __m256i *)y), one);
    return _mm512_maskz_mov_ps(_mm256_cmplt_epu16_mask(less, infinity), x);
}
V vf v_where_greater(vf a, vf b, vf x, vf y)
{
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_GT_OQ), y, x);
}
V vf v_from_bytes(const uint8_t *p)
{
    return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p)));
}
V vi v_round(vf x)
{
    return _mm512_cvtps_epi32(x);
}
V vf v_from_int(vi i)
{
    return _mm512_cvtepi32_ps(i);
}
V vi vi_from_bytes(const uint8_t *p)
{
    return _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p));
}
V void vi_to_bytes(uint8_t *p, vi a)
{
    _mm_storeu_si128((__m128i *)p, _mm512_cvtepi32_epi8(a));
}
V vi vi_min(vi a, vi b)
{
    return _mm512_min_epi32(a, b);
}
V vi vi_max(vi a, vi b)
{
    return _mm512_max_epi32(a, b);
}
V vi v_gather(const uint32_t *from, vi at)
{
    return _mm512_i32gather_epi32(at, from, 4);
}
V vi v_bits(vf x)
{
    return _mm512_castps_si512(x);
}
V vf v_from_bits(vi i)
{
    return _mm512_castsi512_ps(i);
}
V vi vi_set1(int32_t i)
{
    return _mm512_set1_epi32(i);
}
V vi vi_add(vi a, vi b)
{
    return _mm512_add_epi32(a, b);
}
V vi vi_sub(vi a, vi b)
{
    return _mm512_sub_epi32(a, b);
}
V vi vi_mul(vi a, vi b)
{
    return _mm512_mullo_epi32(a, b);
}
V vi vi_xor(vi a, vi b)
{
    return _mm512_xor_si512(a, b);
}
V vi vi_shift_right(vi a, int n)
{
    return _mm512_srlv_epi32(a, _mm512_set1_epi32(n));
}
V vi v_shift_left_23(vi a)
{
    return _mm512_slli_epi32(a, 23);
}
V vi v_shift_right_23(vi a)
{
    return _mm512_srai_epi32(a, 23);
}
V vi v_shift_left_16(vi a)
{
    return _mm512_slli_epi32(a, 16);
}
V vi vi_and(vi a, vi b)
{
    return _mm512_and_si512(a, b);
}
V vi vi_or(vi a, vi b)
{
    return _mm512_or_si512(a, b);
}
V vi vi_load(const void *p)
{
    return _mm512_loadu_si512(p);
}
V void vi_store(void *p, vi a)
{
    _mm512_storeu_si512(p, a);
}
V vi vi_where_halves(vi x, vi a)
{
    return _mm512_maskz_mov_epi16(_mm512_test_epi16_mask(x, x), a);
}
V void vi_halves_to_bytes(uint8_t *p, vi a)
{
    _mm256_storeu_si256((__m256i *)p, _mm512_cvtepi16_epi8(a));
}
V uint64_t vi_nonzero_bytes(vi x)
{
    return _mm512_test_epi8_mask(x, x);
}
V void v_store_high(uint16_t *p, vi a)
{
    _mm256_storeu_si256((__m256i *)p, _mm512_cvtepi32_epi16(_mm512_srli_epi32(a, 16)));
}
V vf v_from_high(const uint16_t *p)
{
    __m512i halves = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)p));
    return _mm512_castsi512_ps(_mm512_slli_epi32(halves, 16));
}

/* Pairs of rows, then of pairs, within 128-bit lanes; then the lanes themselves, 4 x 4. */
V void v_transpose(const float *from, float *to)
{
    vf a[16], b[16];
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++)
        a[i] = v_load(from + i * 16);
#pragma GCC unroll 8
    for (int i = 0; i < 16; i += 2) {
        b[i] = _mm512_unpacklo_ps(a[i], a[i + 1]);
        b[i + 1] = _mm512_unpackhi_ps(a[i], a[i + 1]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 16; i += 4) { /* a[i + j]: column 4 lane + j of rows i..i+3 */
        a[i] = _mm512_shuffle_ps(b[i], b[i + 2], 0x44);
        a[i + 1] = _mm512_shuffle_ps(b[i], b[i + 2], 0xee);
        a[i + 2] = _mm512_shuffle_ps(b[i + 1], b[i + 3], 0x44);
        a[i + 3] = _mm512_shuffle_ps(b[i + 1], b[i + 3], 0xee);
    }
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
        vf low01 = _mm512_shuffle_f32x4(a[j], a[4 + j], 0x88);  /* lanes 0, 2 of both */
        vf high01 = _mm512_shuffle_f32x4(a[j], a[4 + j], 0xdd); /* lanes 1, 3 */
        vf low23 = _mm512_shuffle_f32x4(a[8 + j], a[12 + j], 0x88);
        vf high23 = _mm512_shuffle_f32x4(a[8 + j], a[12 + j], 0xdd);
        v_store(to + j * 16, _mm512_shuffle_f32x4(low01, low23, 0x88));
        v_store(to + (4 + j) * 16, _mm512_shuffle_f32x4(high01, high23, 0x88));
        v_store(to + (8 + j) * 16, _mm512_shuffle_f32x4(low01, low23, 0xdd));
        v_store(to + (12 + j) * 16, _mm512_shuffle_f32x4(high01, high23, 0xdd));
    }
}
