/* simd_sse2.h - the primitives of template.h for any x86-64: 4 lanes. There is no fused
 * multiply-add, so v_fma rounds twice, and this kernel is outside the promise of equal bits. */
#include <emmintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define VL 4
/* 2 x 4 accumulators, 4 vectors of B, one element of A and a product: 14 of 16 registers. */
#define TILE_ROWS 2
#define TILE_PANELS 1
#define NONZERO_PANELS 4  /* of a row that leaves out its zeros; measured: 2 and 3 are slower */
#define NONZERO_COLUMNS 2 /* that leave out zeros together, and their panels */
#define NONZERO_COLUMNS_PANELS 1
#define ONE_PANELS 2
#define BF16_ROWS 1 /* and lines of B, in bf16.h */

typedef __m128 vf;
typedef __m128i vi;

#define V static inline __attribute__((always_inline))

V vf v_load(const float *p)
{
    return _mm_loadu_ps(p);
}
V void v_store(float *p, vf x)
{
    _mm_storeu_ps(p, x);
}
V vf v_set1(float x)
{
    return _mm_set1_ps(x);
}
V vf v_add(vf a, vf b)
{
    return _mm_add_ps(a, b);
}
V vf v_sub(vf a, vf b)
{
    return _mm_sub_ps(a, b);
}
V vf v_mul(vf a, vf b)
{
    return _mm_mul_ps(a, b);
}
V vf v_div(vf a, vf b)
{
    return _mm_div_ps(a, b);
}
V vf v_sqrt(vf x)
{
    return _mm_sqrt_ps(x);
}
V vf v_fma(vf a, vf b, vf c)
{
    return _mm_add_ps(_mm_mul_ps(a, b), c);
}
V vf v_max(vf a, vf b)
{
    return _mm_max_ps(a, b);
}
V vf v_relu(vf x)
{
    return _mm_max_ps(_mm_setzero_ps(), x);
} /* NaN, -0: the second */
V vf v_where_positive(vf y, vf x)
{
    return _mm_and_ps(_mm_cmpgt_ps(y, _mm_setzero_ps()), x);
}
V vf v_where_greater(vf a, vf b, vf x, vf y)
{
    vf mask = _mm_cmpgt_ps(a, b);
    return _mm_or_ps(_mm_and_ps(mask, x), _mm_andnot_ps(mask, y));
}
V vf v_from_bytes(const uint8_t *p)
{
    int32_t four;
    memcpy(&four, p, sizeof four);
    __m128i zero = _mm_setzero_si128();
    __m128i words = _mm_unpacklo_epi8(_mm_cvtsi32_si128(four), zero);
    return _mm_cvtepi32_ps(_mm_unpacklo_epi16(words, zero));
}
V vi v_round(vf x)
{
    return _mm_cvtps_epi32(x);
}
V vf v_from_int(vi i)
{
    return _mm_cvtepi32_ps(i);
}
V vi vi_from_bytes(const uint8_t *p)
{
    int32_t four;
    memcpy(&four, p, sizeof four);
    __m128i zero = _mm_setzero_si128();
    return _mm_unpacklo_epi16(_mm_unpacklo_epi8(_mm_cvtsi32_si128(four), zero), zero);
}
V void vi_to_bytes(uint8_t *p, vi a)
{
    __m128i words = _mm_packs_epi32(a, a);
    int32_t four = _mm_cvtsi128_si32(_mm_packus_epi16(words, words));
    memcpy(p, &four, sizeof four);
}
V vi vi_min(vi a, vi b)
{
    __m128i less = _mm_cmplt_epi32(a, b);
    return _mm_or_si128(_mm_and_si128(less, a), _mm_andnot_si128(less, b));
}
V vi vi_max(vi a, vi b)
{
    return _mm_sub_epi32(_mm_add_epi32(a, b), vi_min(a, b));
}
V vi v_gather(const uint32_t *from, vi at)
{
    __attribute__((aligned(16))) int32_t i[4];
    _mm_store_si128((__m128i *)i, at);
    return _mm_setr_epi32((int)from[i[0]], (int)from[i[1]], (int)from[i[2]], (int)from[i[3]]);
}
V vi v_bits(vf x)
{
    return _mm_castps_si128(x);
}
V vf v_from_bits(vi i)
{
    return _mm_castsi128_ps(i);
}
V vi vi_set1(int32_t i)
{
    return _mm_set1_epi32(i);
}
V vi vi_add(vi a, vi b)
{
    return _mm_add_epi32(a, b);
}
V vi vi_sub(vi a, vi b)
{
    return _mm_sub_epi32(a, b);
}
V vi vi_mul(vi a, vi b)
{
    __m128i even = _mm_mul_epu32(a, b); /* lanes 0 and 2; of the low halves the sign is no matter */
    __m128i odd = _mm_mul_epu32(_mm_srli_si128(a, 4), _mm_srli_si128(b, 4));
    return _mm_unpacklo_epi32(_mm_shuffle_epi32(even, 0x08), _mm_shuffle_epi32(odd, 0x08));
}
V vi vi_xor(vi a, vi b)
{
    return _mm_xor_si128(a, b);
}
V vi vi_shift_right(vi a, int n)
{
    return _mm_srli_epi32(a, n);
}
V vi v_shift_left_23(vi a)
{
    return _mm_slli_epi32(a, 23);
}
V vi v_shift_right_23(vi a)
{
    return _mm_srai_epi32(a, 23);
}
V vi v_shift_left_16(vi a)
{
    return _mm_slli_epi32(a, 16);
}
V vi vi_and(vi a, vi b)
{
    return _mm_and_si128(a, b);
}
V vi vi_or(vi a, vi b)
{
    return _mm_or_si128(a, b);
}
V vi vi_load(const void *p)
{
    return _mm_loadu_si128(p);
}
V void vi_store(void *p, vi a)
{
    _mm_storeu_si128(p, a);
}
V vi vi_where_halves(vi x, vi a)
{
    return _mm_andnot_si128(_mm_cmpeq_epi16(x, _mm_setzero_si128()), a);
}
V void vi_halves_to_bytes(uint8_t *p, vi a)
{
    _mm_storel_epi64((__m128i *)p, _mm_packus_epi16(a, a));
}
V uint64_t vi_nonzero_bytes(vi x)
{
    return (uint16_t)~_mm_movemask_epi8(_mm_cmpeq_epi8(x, _mm_setzero_si128()));
}
V void v_store_high(uint16_t *p, vi a)
{
    vi halves = _mm_srai_epi32(a, 16); /* signed, so that packing with saturation keeps them */
    _mm_storel_epi64((__m128i *)p, _mm_packs_epi32(halves, halves));
}
V vf v_from_high(const uint16_t *p)
{
    __m128i halves = _mm_loadl_epi64((const __m128i *)p);
    return _mm_castsi128_ps(_mm_unpacklo_epi16(_mm_setzero_si128(), halves));
}

V void v_transpose(const float *from, float *to)
{
    vf r0 = v_load(from), r1 = v_load(from + 16), r2 = v_load(from + 32), r3 = v_load(from + 48);
    _MM_TRANSPOSE4_PS(r0, r1, r2, r3);
    v_store(to, r0);
    v_store(to + 16, r1);
    v_store(to + 32, r2);
    v_store(to + 48, r3);
}
