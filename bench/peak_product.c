/* peak_product.c - what a kernel's own product reaches when nothing but its instructions holds it
 * up: one tile of C, operands that fit the L1 cache and never leave it. */
#include "peak.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/team.h"
#include "core_clock.h"
#include "kernel/kernel.h"

#include <string.h>

/* A block of k as gemm.c cuts it: 8 KiB of A, and 8 KiB a panel of B. */
enum { K = 8 * PANEL, A_FLOATS = K * PANEL, B_FLOATS = K * PANEL, C_FLOATS = PANEL * PANEL };

/* And of 2 x 2 blocks of tiles: 8 KiB of A, as much of B, and C. */
enum { K_TILES = 4, SIDE = K_TILES * TILE_ELEMENTS };

double peak_product_flops(const struct kernel *kernel)
{
    if (kernel->only_bf16)
        return 2.0 * K_TILES * TILE_K * 2 * PANEL * 2 * PANEL;
    return 2.0 * K * PANEL * PANEL * kernel->panels;
}

struct run {
    const struct kernel *kernel;
    uint64_t rounds;
    double seconds;
};

static void multiply_panels(const struct kernel *kernel, float *memory, uint64_t rounds)
{
    static const float zeros[KERNEL_PANELS_MAX * PANEL];
    float *a = memory, *b = a + A_FLOATS, *c = b + KERNEL_PANELS_MAX * B_FLOATS;
    kernel_product *product = kernel->product[KERNEL_BY_ROWS][kernel->panels - 1];
    for (uint64_t i = 0; i < rounds; i++)
        product(K, a, C_FLOATS, b, B_FLOATS, c, C_FLOATS, zeros);
}

static void multiply_tiles(const struct kernel *kernel, float *memory, uint64_t rounds)
{
    const struct kernel_bf16 *bf16_kernel = &kernel->bf16;
    float *pending = NULL;
    struct kernel_tiles product = {.m = 2,
                                   .n = 2,
                                   .k_tiles = K_TILES,
                                   .c = memory,
                                   .a = (bf16 *)(memory + 4 * C_FLOATS),
                                   .a_stride = SIDE,
                                   .b_stride = SIDE};
    product.b = product.a + 2 * (size_t)SIDE;
    for (uint64_t i = 0; i < rounds; i++)
        pending = bf16_kernel->product(&product, pending);
    if (pending != NULL)
        bf16_kernel->store(pending);
}

static void multiply(const struct run *run, float *memory, uint64_t rounds)
{
    if (run->kernel->only_bf16)
        multiply_tiles(run->kernel, memory, rounds);
    else
        multiply_panels(run->kernel, memory, rounds);
}

enum { FLOATS = A_FLOATS + KERNEL_PANELS_MAX * (B_FLOATS + C_FLOATS) };

/* Numbers of both signs and all mantissas, in f32 as in bf16: zeros draw less power. */
static void fill(float *memory)
{
    struct random_key key = {.purpose = RANDOM_TEST};
    uint32_t random[4];
    for (uint32_t i = 0; i < FLOATS; i += 4) {
        random_u32x4(&key, i / 4, random);
        for (uint32_t j = 0; j < 4; j++) { /* exponents from 2^-7 to 1 */
            uint32_t bits = (random[j] & 0x83ff83ff) | 0x3c003c00;
            memcpy(&memory[i + j], &bits, sizeof bits);
        }
    }
}

static void run_member(const struct team *team, void *context)
{
    struct run *run = context;
    const struct kernel *kernel = run->kernel;
    bool begins = kernel->only_bf16 && kernel->bf16.begin != NULL;
    float *memory = memory_new(FLOATS * sizeof *memory);
    double begin = 0;
    if (begins)
        kernel->bf16.begin();
    if (memory != NULL) {
        fill(memory);
        multiply(run, memory, run->rounds / 16 + 1);
    }
    team_barrier(team);
    if (team->id == 0)
        begin = clock_seconds();
    if (memory != NULL)
        multiply(run, memory, run->rounds);
    if (team->id == 0)
        core_clock_note();
    team_barrier(team);
    if (team->id == 0)
        run->seconds = memory == NULL ? -1 : clock_seconds() - begin;
    if (begins)
        kernel->bf16.end();
    memory_free(memory);
}

double peak_product_seconds(const struct kernel *kernel, int n_threads, uint64_t rounds)
{
    struct run run = {.kernel = kernel, .rounds = rounds};
    team_run(n_threads, run_member, &run);
    return run.seconds;
}
