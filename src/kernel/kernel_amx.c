/* kernel_amx.c - bf16 products on tiles of AMX; everything else as in AVX-512. */
#if (defined(__AMX_BF16__) || defined(__AMXBF16__)) && defined(__AVX512F__) /* gcc; clang 14 */
#    include "kernel/simd_avx512.h"

#    include "kernel/kernel.h"

static void amx_begin(void);
static void amx_end(void);
static float *amx_product(const struct kernel_tiles *product, float *pending);
static void amx_store(float *pending);
/* Rounding by the instruction for it, which also makes zero of denormal numbers; so does the
 * product (Intel SDM, TDPBF16PS), so that nothing is lost that counted. */
#    define BF16_ROUND
static inline __attribute__((always_inline)) void bf16_store(bf16 *to, vf x)
{
    _mm256_storeu_si256((__m256i *)to, (__m256i)_mm512_cvtneps_pbh(x));
}

/* A line of pairs from two rows one after the other. */
static inline __attribute__((always_inline)) __m512i side_by_side(__m512i both)
{
    static const bf16 order[TILE_K] __attribute__((aligned(64))) = {
        0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
        8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
    return _mm512_permutexvar_epi16(_mm512_load_si512(order), both);
}

static inline __attribute__((always_inline)) void bf16_store_pair(bf16 *to, vf even, vf odd)
{
    _mm512_storeu_si512(to, side_by_side((__m512i)_mm512_cvtne2ps_pbh(odd, even)));
}

static inline __attribute__((always_inline)) void bf16_store_both(bf16 *rows, bf16 *pairs, vf even,
                                                                  vf odd)
{
    __m512i both = (__m512i)_mm512_cvtne2ps_pbh(odd, even); /* even in the lower half */
    _mm256_storeu_si256((__m256i *)rows, _mm512_castsi512_si256(both));
    _mm256_storeu_si256((__m256i *)(rows + TILE_K), _mm512_extracti64x4_epi64(both, 1));
    _mm512_storeu_si512(pairs, side_by_side(both));
}

#    define BF16_SIDES
static inline __attribute__((always_inline)) void
bf16_store_sides(bf16 *left, bf16 *right, const bf16 *even, const bf16 *odd)
{
    static const bf16 halves[2][TILE_K] __attribute__((aligned(64))) = {
        {0, 32, 1, 33, 2,  34, 3,  35, 4,  36, 5,  37, 6,  38, 7,  39,
         8, 40, 9, 41, 10, 42, 11, 43, 12, 44, 13, 45, 14, 46, 15, 47},
        {16, 48, 17, 49, 18, 50, 19, 51, 20, 52, 21, 53, 22, 54, 23, 55,
         24, 56, 25, 57, 26, 58, 27, 59, 28, 60, 29, 61, 30, 62, 31, 63}};
    __m512i a = _mm512_loadu_si512(even), b = _mm512_loadu_si512(odd);
    _mm512_storeu_si512(left, _mm512_permutex2var_epi16(a, _mm512_load_si512(halves[0]), b));
    _mm512_storeu_si512(right, _mm512_permutex2var_epi16(a, _mm512_load_si512(halves[1]), b));
}

static void amx_select(uint32_t n_rows, const uint8_t *const *from, uint32_t width, uint32_t n,
                       const uint32_t *columns, bf16 *x, size_t x_stride);
#    define BF16_SELECT amx_select
static size_t amx_compact(uint32_t n_pixels, const uint8_t *pixels, uint64_t *to);
static void amx_expand(uint32_t words, const uint64_t *live, const uint64_t *image, uint8_t *room,
                       uint32_t k_tiles, bf16 *x);
#    define BF16_COMPACT amx_compact, amx_expand
#    define BF16_ONLY true
#    define BF16_NATIVE true, amx_begin, amx_end
#    define BF16_PRODUCT amx_product, amx_store

#    include "kernel/template.h"

/* bf16 from 16-bit floats: both are exact for bytes. A number that is not zero has its exponent's
 * bias and its mantissa's length changed. */
static inline __attribute__((always_inline)) __m512i words_to_bf16(__m512i words)
{
    __m512i half = (__m512i)_mm512_cvtepu16_ph(words);
    __m512i bias = _mm512_set1_epi16((127 - 15) << 7);
    return _mm512_maskz_add_epi16(_mm512_test_epi16_mask(words, words),
                                  _mm512_srli_epi16(half, 10 - 7), bias);
}

/* columns[begin..end-1], which lie within 64 bytes of each row, as words begin..end-1 of x; words
 * before are kept, and those from end on are zero. */
static void select_window(uint32_t n_rows, const uint8_t *const *from, uint32_t width,
                          uint32_t begin, uint32_t end, const uint32_t *columns, bf16 *x,
                          size_t x_stride)
{
    uint32_t first = columns[begin];
    __mmask64 there = width - first >= 64 ? ~0ull : (1ull << (width - first)) - 1;
    uint64_t before = (1ull << begin) - 1, wanted = ((1ull << end) - 1) & ~before;
    __m512i base = _mm512_set1_epi32((int)first);
    __mmask64 low_bytes = _mm512_movepi8_mask(_mm512_maskz_set1_epi16((__mmask32)wanted, 0x80));
    _Alignas(64) uint32_t list[TILE_K] = {0};
    memcpy(list + begin, columns + begin, (end - begin) * sizeof *list);
    __m256i low = _mm512_cvtepi32_epi16(_mm512_sub_epi32(_mm512_load_si512(list), base));
    __m256i high =
        _mm512_cvtepi32_epi16(_mm512_sub_epi32(_mm512_load_si512(list + TILE_K / 2), base));
    __m512i index = _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
    for (uint32_t s = 0; s < n_rows; s++) {
        bf16 *to = x + s / PANEL * x_stride + s % PANEL * TILE_K;
        __m512i bytes = _mm512_maskz_loadu_epi8(there, from[s] + first);
        __m512i words = _mm512_maskz_permutexvar_epi8(low_bytes, index, bytes);
        __m512i kept = _mm512_maskz_loadu_epi16((__mmask32)before, to);
        _mm512_storeu_si512(to, _mm512_or_si512(kept, words_to_bf16(words)));
    }
}

static inline __attribute__((always_inline)) void store_pixels(bf16 *to, const uint8_t *from)
{
    __m256i bytes = _mm256_loadu_si256((const __m256i *)from);
    _mm512_storeu_si512(to, words_to_bf16(_mm512_cvtepu8_epi16(bytes)));
}

/* 32 pixels side by side, as all inputs have them. */
static void select_neighbours(uint32_t n_rows, const uint8_t *const *from, uint32_t first, bf16 *x,
                              size_t x_stride)
{
    for (uint32_t s = 0; s < n_rows; s++)
        store_pixels(x + s / PANEL * x_stride + s % PANEL * TILE_K, from[s] + first);
}

static void amx_select(uint32_t n_rows, const uint8_t *const *from, uint32_t width, uint32_t n,
                       const uint32_t *columns, bf16 *x, size_t x_stride)
{
    if (n == TILE_K && columns[n - 1] - columns[0] == n - 1) {
        select_neighbours(n_rows, from, columns[0], x, x_stride);
        return;
    }
    for (uint32_t begin = 0, end; begin < n; begin = end) {
        for (end = begin + 1; end < n && columns[end] - columns[begin] < 64; end++)
            ;
        select_window(n_rows, from, width, begin, end, columns, x, x_stride);
    }
}

static size_t amx_compact(uint32_t n_pixels, const uint8_t *pixels, uint64_t *to)
{
    uint32_t words = word_count(n_pixels), n = 0;
    uint8_t *next = (uint8_t *)(to == NULL ? NULL : to + words);
    for (uint32_t w = 0; w < words; w++) {
        uint32_t left = n_pixels - w * WORD;
        __mmask64 there = left >= WORD ? ~0ull : (1ull << left) - 1;
        __m512i some = _mm512_maskz_loadu_epi8(there, pixels + (size_t)w * WORD);
        uint64_t bits = _mm512_test_epi8_mask(some, some);
        if (to != NULL) {
            to[w] = bits;
            _mm512_mask_compressstoreu_epi8(next + n, bits, some);
        }
        n += (uint32_t)_mm_popcnt_u64(bits);
    }
    return words * sizeof *to + n;
}

/* First the bytes of all live pixels side by side: zeros that are written beyond those of one word
 * are overwritten by the next. */
static void amx_expand(uint32_t words, const uint64_t *live, const uint64_t *image, uint8_t *room,
                       uint32_t k_tiles, bf16 *x)
{
    const uint8_t *pixels = (const uint8_t *)(image + words);
    uint8_t *to = room;
    for (uint32_t w = 0; w < words; w++) {
        __m512i some = _mm512_loadu_si512(pixels);
        _mm512_storeu_si512(to, _mm512_maskz_expand_epi8(_pext_u64(image[w], live[w]), some));
        pixels += _mm_popcnt_u64(image[w]);
        to += _mm_popcnt_u64(live[w]);
    }
    _mm512_storeu_si512(to, _mm512_setzero_si512());
    for (uint32_t k = 0; k < k_tiles; k++)
        store_pixels(x + (size_t)k * TILE_ELEMENTS, room + (size_t)k * TILE_K);
}

/* Intel SDM, volume 1, section 18.3: palette 1 has eight tiles of 16 rows of 64 bytes. In static
 * storage, since GCC 12 believes that the instruction reads eight bytes of it. */
static const struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} configuration __attribute__((aligned(64))) = {
    .palette = 1,
    .row_bytes = {64, 64, 64, 64, 64, 64, 64, 64},
    .rows = {16, 16, 16, 16, 16, 16, 16, 16},
};

static void amx_begin(void)
{
    _tile_loadconfig(&configuration);
}

static void amx_end(void)
{
    _tile_release();
}

enum { LINE = 64, BLOCK = PANEL * PANEL };

static void amx_store(float *c)
{
    _tile_stored(0, c, LINE);
    _tile_stored(1, c + BLOCK, LINE);
    _tile_stored(2, c + 2 * BLOCK, LINE);
    _tile_stored(3, c + 3 * BLOCK, LINE);
}

/* Before the first product into tile i: what was in it is stored, and its own sum begins. One after
 * the other, so that storing, which takes as long as a product, happens beside products; at the end
 * of its own product it would not. */
#    define BEGIN_SUM(i)                                                                           \
        do {                                                                                       \
            if (pending != NULL)                                                                   \
                _tile_stored(i, pending + (i)*BLOCK, LINE);                                        \
            if (p->add)                                                                            \
                _tile_loadd(i, p->c + (i)*BLOCK, LINE);                                            \
            else                                                                                   \
                _tile_zero(i);                                                                     \
        } while (0)

/* Loads of what is not needed soon again say so, and leave the other operand in L1. */
#    define LOAD(tile, from, passes)                                                               \
        do {                                                                                       \
            if (passes)                                                                            \
                _tile_stream_loadd(tile, from, LINE);                                              \
            else                                                                                   \
                _tile_loadd(tile, from, LINE);                                                     \
        } while (0)

/* 2 x 2 blocks: tiles 0..3 hold C, 4 and 5 rows of A, 6 and 7 columns of B; each tile that is
 * loaded takes part in two products. Measured: bench, rows "bf16 products", and those with an
 * update for B that passes. */
static inline __attribute__((always_inline)) float *product_2x2(const struct kernel_tiles *p,
                                                                float *pending, bool b_passes)
{
    const bf16 *a = p->a, *b = p->b;
    for (uint32_t t = 0; t < p->k_tiles; t++, a += TILE_ELEMENTS, b += TILE_ELEMENTS) {
        LOAD(4, a, !b_passes);
        LOAD(6, b, b_passes);
        if (t == 0)
            BEGIN_SUM(0);
        _tile_dpbf16ps(0, 4, 6);
        LOAD(7, b + p->b_stride, b_passes);
        if (t == 0)
            BEGIN_SUM(2);
        _tile_dpbf16ps(2, 4, 7);
        LOAD(5, a + p->a_stride, !b_passes);
        if (t == 0)
            BEGIN_SUM(1);
        _tile_dpbf16ps(1, 5, 6);
        if (t == 0)
            BEGIN_SUM(3);
        _tile_dpbf16ps(3, 5, 7);
        if (t < p->n_asides)
            p->aside(p->context);
    }
    return p->c;
}

static void product_1x1(uint32_t k_tiles, const bf16 *a, const bf16 *b, float *c, bool add)
{
    if (add)
        _tile_loadd(0, c, LINE);
    else
        _tile_zero(0);
    for (uint32_t t = 0; t < k_tiles; t++, a += TILE_ELEMENTS, b += TILE_ELEMENTS) {
        _tile_loadd(4, a, LINE);
        _tile_loadd(6, b, LINE);
        _tile_dpbf16ps(0, 4, 6);
    }
    _tile_stored(0, c, LINE);
}

static float *amx_product(const struct kernel_tiles *p, float *pending)
{
    if (p->m == 2 && p->n == 2)
        return p->b_passes ? product_2x2(p, pending, true) : product_2x2(p, pending, false);
    if (pending != NULL)
        amx_store(pending);
    for (uint32_t i = 0; i < p->m; i++) /* at the ragged edge */
        for (uint32_t j = 0; j < p->n; j++)
            product_1x1(p->k_tiles, p->a + i * p->a_stride, p->b + j * p->b_stride,
                        p->c + (size_t)(i + 2 * j) * BLOCK, p->add);
    for (uint32_t t = 0; t < p->n_asides; t++)
        p->aside(p->context);
    return NULL;
}

extern const struct kernel kernel_amx;
KERNEL(amx, CPU_AMX_BF16 | CPU_AVX512 | CPU_AVX2 | CPU_FMA, true);
#endif
