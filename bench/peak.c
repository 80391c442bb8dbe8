#include "peak.h"

#include "base/clock.h"
#include "base/cpu.h"
#include "base/team.h"
#include "core_clock.h"
#include "kernel/kernel.h"

#include <stddef.h>

#if defined(__x86_64__)
#    include <immintrin.h>
#elif defined(__aarch64__)
#    include <arm_neon.h>
#endif

/* How many chains a loop needs: latency x throughput, at most 6 x 2 for these instructions on the
 * machines of this decade (Zen's mul and add for sse2; Fog, "Instruction tables"). With the two
 * constants 14 just fit 16 registers. */
enum { CHAINS = 14 };

/* Multiplying by just below one and adding a little: stays normal and finite for ever. */
#define FACTOR 0.999f
#define TERM 0.001f

/* Memory for factors that are loaded: up to 7 KiB, which stay in L1. */
enum { LINES = 8 };

/* One function an instruction set, and how many of its chains load their factor each time: they
 * differ in types and names only. No compiler has a short cut for such chains, since it may not
 * reorder floating-point operations. (An asm statement to make sure would keep the array in
 * memory.) */
#define PEAK(name, loads, attribute, vector, set1, load, fma, add, first)                          \
    attribute static float run_##name##_##loads(uint64_t n)                                        \
    {                                                                                              \
        enum { VL = sizeof(vector) / sizeof(float), LINE = CHAINS * VL };                          \
        _Alignas(64) float lines[LINES * LINE];                                                    \
        for (int i = 0; i < LINES * LINE; i++)                                                     \
            lines[i] = FACTOR;                                                                     \
        vector factor = set1(FACTOR), term = set1(TERM), acc[CHAINS];                              \
        for (int i = 0; i < CHAINS; i++)                                                           \
            acc[i] = set1((float)i);                                                               \
        for (uint64_t k = 0; k < n; k++) {                                                         \
            const float *line = lines + k % LINES * LINE;                                          \
            _Pragma("GCC unroll 14") for (int i = 0; i < CHAINS; i++)                              \
            {                                                                                      \
                bool loaded = (i + 1) * (loads) / CHAINS > i * (loads) / CHAINS;                   \
                acc[i] = fma(acc[i], loaded ? load(line + (size_t)i * VL) : factor, term);         \
            }                                                                                      \
        }                                                                                          \
        for (int i = 1; i < CHAINS; i++)                                                           \
            acc[0] = add(acc[0], acc[i]);                                                          \
        return first(acc[0]);                                                                      \
    }

#if defined(__x86_64__)
#    define SSE_FMA(x, factor, term) _mm_add_ps(_mm_mul_ps(x, factor), term)
#    define PEAK_AVX512(loads)                                                                     \
        PEAK(avx512, loads, __attribute__((target("avx512f"))), __m512, _mm512_set1_ps,            \
             _mm512_loadu_ps, _mm512_fmadd_ps, _mm512_add_ps, _mm512_cvtss_f32)
#    define PEAK_AVX2(loads)                                                                       \
        PEAK(avx2, loads, __attribute__((target("avx2,fma"))), __m256, _mm256_set1_ps,             \
             _mm256_loadu_ps, _mm256_fmadd_ps, _mm256_add_ps, _mm256_cvtss_f32)
PEAK_AVX512(0)
PEAK_AVX512(7)
PEAK_AVX512(14)
PEAK_AVX2(0)
PEAK_AVX2(7)
PEAK_AVX2(14)
PEAK(sse2, 0, , __m128, _mm_set1_ps, _mm_loadu_ps, SSE_FMA, _mm_add_ps, _mm_cvtss_f32)

/* Six chains: a tile product starts every 16 cycles and takes 52 (Intel, "Optimization reference
 * manual", chapter 20), and two of the eight tiles are factors. */
enum { TILE_CHAINS = 6 };

__attribute__((target("amx-tile,amx-bf16"))) static float run_amx(uint64_t n)
{
    static const uint32_t pairs[2] = {0x3f003e80, 0xbe003f80}; /* 0.25, 0.5 and 1, -0.125 */
    const struct kernel_bf16 *tiles = &kernel_find("amx")->bf16;
    _Alignas(64) uint32_t factors[256];
    _Alignas(64) float sums[256];
    for (int i = 0; i < 256; i++)
        factors[i] = pairs[i / 3 % 2];
    tiles->begin();
    _tile_loadd(6, factors, 64);
    _tile_loadd(7, factors, 64);
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    _tile_zero(4);
    _tile_zero(5);
    for (uint64_t k = 0; k < n; k++) {
        _tile_dpbf16ps(0, 6, 7);
        _tile_dpbf16ps(1, 6, 7);
        _tile_dpbf16ps(2, 6, 7);
        _tile_dpbf16ps(3, 6, 7);
        _tile_dpbf16ps(4, 6, 7);
        _tile_dpbf16ps(5, 6, 7);
    }
    _tile_stored(0, sums, 64); /* the intrinsics are volatile: nothing is left out */
    tiles->end();
    return sums[0];
}
#elif defined(__aarch64__)
#    define NEON_FMA(x, factor, term) vfmaq_f32(term, x, factor)
#    define NEON_FIRST(x) vgetq_lane_f32(x, 0)
PEAK(neon, 0, , float32x4_t, vdupq_n_f32, vld1q_f32, NEON_FMA, vaddq_f32, NEON_FIRST)
#endif

static const struct peak_isa table[] = {
#if defined(__x86_64__)
    {"avx512", "f32", CPU_AVX512, 2.0 * 16 * CHAINS, 0, run_avx512_0},
    {"avx512", "f32", CPU_AVX512, 2.0 * 16 * CHAINS, 7.0 / CHAINS, run_avx512_7},
    {"avx512", "f32", CPU_AVX512, 2.0 * 16 * CHAINS, 14.0 / CHAINS, run_avx512_14},
    {"avx2", "f32", CPU_AVX2 | CPU_FMA, 2.0 * 8 * CHAINS, 0, run_avx2_0},
    {"avx2", "f32", CPU_AVX2 | CPU_FMA, 2.0 * 8 * CHAINS, 7.0 / CHAINS, run_avx2_7},
    {"avx2", "f32", CPU_AVX2 | CPU_FMA, 2.0 * 8 * CHAINS, 14.0 / CHAINS, run_avx2_14},
    {"sse2", "f32", CPU_SSE2, 2.0 * 4 * CHAINS, 0, run_sse2_0},
    {"amx", "bf16", CPU_AMX_BF16, 2.0 * 16 * 16 * 32 * TILE_CHAINS, 0, run_amx},
#elif defined(__aarch64__)
    {"neon", "f32", CPU_NEON, 2.0 * 4 * CHAINS, 0, run_neon_0},
#endif
    {NULL, NULL, 0, 0, 0, NULL},
};

const struct peak_isa *peak_isa(uint32_t i)
{
    return i + 1 < sizeof table / sizeof table[0] ? &table[i] : NULL;
}

struct run {
    const struct peak_isa *isa;
    uint64_t rounds;
    bool notes_clock;
    double seconds;
    volatile float sink;
};

static void run_member(const struct team *team, void *context)
{
    struct run *run = context;
    double begin = 0;
    run->isa->run(run->rounds / 16 + 1); /* wide units and clocks take a moment to come up */
    team_barrier(team);
    if (team->id == 0)
        begin = clock_seconds();
    float result = run->isa->run(run->rounds);
    if (team->id == 0 && run->notes_clock)
        core_clock_note();
    team_barrier(team);
    if (team->id == 0) {
        run->seconds = clock_seconds() - begin;
        run->sink = result;
    }
}

double peak_seconds(const struct peak_isa *isa, int n_threads, uint64_t rounds, bool notes_clock)
{
    struct run run = {.isa = isa, .rounds = rounds, .notes_clock = notes_clock};
    team_run(n_threads, run_member, &run);
    return run.seconds;
}
