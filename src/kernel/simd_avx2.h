/* simd_avx2.h - the primitives of template.h in AVX2 and FMA: 8 lanes. */
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define VL 8
/* 6 x 2 accumulators, 2 vectors of B and one element of A: 15 of 16 registers. */
#define TILE_ROWS 6
#define TILE_PANELS 1
#define NONZERO_PANELS 4  /* of a row that leaves out its zeros */
#define NONZERO_COLUMNS 2 /* that leave out zeros together, and their panels */
#define NONZERO_COLUMNS_PANELS 2
#define ONE_PANELS 4
#define BF16_ROWS 4 /* and lines of B, in bf16.h */

typedef __m256 vf;
typedef __m256i vi;

#define V static inline __attribute__((always_inline))

V vf v_load(const float *p)
{
    return _mm256_loadu_ps(p);
}
V void v_store(float *p, vf x)
{
    _mm256_storeu_ps(p, x);
}
V vf v_set1(float x)
{
    return _mm256_set1_ps(x);
}
V vf v_add(vf a, vf b)
{
    return _mm256_add_ps(a, b);
}
V vf v_sub(vf a, vf b)
{
    return _mm256_sub_ps(a, b);
}
V vf v_mul(vf a, vf b)
{
    return _mm256_mul_ps(a, b);
}
V vf v_div(vf a, vf b)
{
    return _mm256_div_ps(a, b);
}
V vf v_sqrt(vf x)
{
    return _mm256_sqrt_ps(x);
}
V vf v_fma(vf a, vf b, vf c)
{
    return _mm256_fmadd_ps(a, b, c);
}
V vf v_max(vf a, vf b)
{
    return _mm256_max_ps(a, b);
}
V vf v_relu(vf x)
{
    return _mm256_max_ps(_mm256_setzero_ps(), x);
} /* NaN, -0: the second */
V vf v_where_positive(vf y, vf x)
{
    return _mm256_and_ps(_mm256_cmp_ps(y, _mm256_setzero_ps(), _CMP_GT_OQ), x);
}
V vf v_where_greater(vf a, vf b, vf x, vf y)
{
    return _mm256_blendv_ps(y, x, _mm256_cmp_ps(a, b, _CMP_GT_OQ));
}
V vf v_from_bytes(const uint8_t *p)
{
    return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p)));
}
V vi v_round(vf x)
{
    return _mm256_cvtps_epi32(x);
}
V vf v_from_int(vi i)
{
    return _mm256_cvtepi32_ps(i);
}
V vi vi_from_bytes(const uint8_t *p)
{
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p));
}
V void vi_to_bytes(uint8_t *p, vi a)
{
    __m128i words = _mm_packus_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
    _mm_storel_epi64((__m128i *)p, _mm_packus_epi16(words, words));
}
V vi vi_min(vi a, vi b)
{
    return _mm256_min_epi32(a, b);
}
V vi vi_max(vi a, vi b)
{
    return _mm256_max_epi32(a, b);
}
V vi v_gather(const uint32_t *from, vi at)
{
    return _mm256_i32gather_epi32((const int *)from, at, 4);
}
V vi v_bits(vf x)
{
    return _mm256_castps_si256(x);
}
V vf v_from_bits(vi i)
{
    return _mm256_castsi256_ps(i);
}
V vi vi_set1(int32_t i)
{
    return _mm256_set1_epi32(i);
}
V vi vi_add(vi a, vi b)
{
    return _mm256_add_epi32(a, b);
}
V vi vi_sub(vi a, vi b)
{
    return _mm256_sub_epi32(a, b);
}
V vi vi_mul(vi a, vi b)
{
    return _mm256_mullo_epi32(a, b);
}
V vi vi_xor(vi a, vi b)
{
    return _mm256_xor_si256(a, b);
}
V vi vi_shift_right(vi a, int n)
{
    return _mm256_srli_epi32(a, n);
}
V vi v_shift_left_23(vi a)
{
    return _mm256_slli_epi32(a, 23);
}
V vi v_shift_right_23(vi a)
{
    return _mm256_srai_epi32(a, 23);
}
V vi v_shift_left_16(vi a)
{
    return _mm256_slli_epi32(a, 16);
}
V vi vi_and(vi a, vi b)
{
    return _mm256_and_si256(a, b);
}
V vi vi_or(vi a, vi b)
{
    return _mm256_or_si256(a, b);
}
V vi vi_load(const void *p)
{
    return _mm256_loadu_si256(p);
}
V void vi_store(void *p, vi a)
{
    _mm256_storeu_si256(p, a);
}
V vi vi_where_halves(vi x, vi a)
{
    return _mm256_andnot_si256(_mm256_cmpeq_epi16(x, _mm256_setzero_si256()), a);
}
V void vi_halves_to_bytes(uint8_t *p, vi a)
{
    _mm_storeu_si128((__m128i *)p,
                     _mm_packus_epi16(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1)));
}
V uint64_t vi_nonzero_bytes(vi x)
{
    return (uint32_t)~_mm256_movemask_epi8(_mm256_cmpeq_epi8(x, _mm256_setzero_si256()));
}
V void v_store_high(uint16_t *p, vi a)
{
    vi halves = _mm256_srli_epi32(a, 16);
    __m128i low = _mm256_castsi256_si128(halves), high = _mm256_extracti128_si256(halves, 1);
    _mm_storeu_si128((__m128i *)p, _mm_packus_epi32(low, high));
}
V vf v_from_high(const uint16_t *p)
{
    __m256i halves = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)p));
    return _mm256_castsi256_ps(_mm256_slli_epi32(halves, 16));
}

/* Pairs of rows, then of pairs, within 128-bit lanes; then the two lanes. */
V void v_transpose(const float *from, float *to)
{
    vf a[8], b[8];
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++)
        a[i] = v_load(from + i * 16);
#pragma GCC unroll 4
    for (int i = 0; i < 8; i += 2) {
        b[i] = _mm256_unpacklo_ps(a[i], a[i + 1]);
        b[i + 1] = _mm256_unpackhi_ps(a[i], a[i + 1]);
    }
#pragma GCC unroll 2
    for (int i = 0; i < 8; i += 4) {
        a[i] = _mm256_shuffle_ps(b[i], b[i + 2], 0x44);
        a[i + 1] = _mm256_shuffle_ps(b[i], b[i + 2], 0xee);
        a[i + 2] = _mm256_shuffle_ps(b[i + 1], b[i + 3], 0x44);
        a[i + 3] = _mm256_shuffle_ps(b[i + 1], b[i + 3], 0xee);
    }
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
        v_store(to + j * 16, _mm256_permute2f128_ps(a[j], a[4 + j], 0x20));
        v_store(to + (4 + j) * 16, _mm256_permute2f128_ps(a[j], a[4 + j], 0x31));
    }
}
