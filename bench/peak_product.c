/* peak_product.c - what a kernel's own product reaches when nothing but its instructions holds it
 * up: one tile of C, operands that fit the L1 cache and never leave it. */
#include "peak.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/team.h"
#include "kernel/kernel.h"

/* A block of k as gemm.c cuts it: 8 KiB of A, and 8 KiB a panel of B. */
enum { K = 8 * PANEL, A_FLOATS = K * PANEL, B_FLOATS = K * PANEL, C_FLOATS = PANEL * PANEL };

double peak_product_flops(const struct kernel *kernel)
{
    return 2.0 * K * PANEL * PANEL * kernel->panels;
}

struct run {
    const struct kernel *kernel;
    uint64_t rounds;
    double seconds;
};

static void multiply(const struct kernel *kernel, float *memory, uint64_t rounds)
{
    static const float zeros[KERNEL_PANELS_MAX * PANEL];
    float *a = memory, *b = a + A_FLOATS, *c = b + KERNEL_PANELS_MAX * B_FLOATS;
    kernel_product *product = kernel->product[KERNEL_BY_ROWS][kernel->panels - 1];
    for (uint64_t i = 0; i < rounds; i++)
        product(K, a, C_FLOATS, b, B_FLOATS, c, C_FLOATS, zeros);
}

static void run_member(const struct team *team, void *context)
{
    enum { FLOATS = A_FLOATS + KERNEL_PANELS_MAX * (B_FLOATS + C_FLOATS) };
    struct run *run = context;
    float *memory = memory_new(FLOATS * sizeof *memory);
    double begin = 0;
    for (uint32_t i = 0; memory != NULL && i < FLOATS; i++)
        memory[i] = 0.001f * (float)(i % 997) - 0.5f; /* real numbers: zeros draw less power */
    if (memory != NULL)
        multiply(run->kernel, memory, run->rounds / 16 + 1);
    team_barrier(team);
    if (team->id == 0)
        begin = clock_seconds();
    if (memory != NULL)
        multiply(run->kernel, memory, run->rounds);
    team_barrier(team);
    if (team->id == 0)
        run->seconds = memory == NULL ? -1 : clock_seconds() - begin;
    memory_free(memory);
}

double peak_product_seconds(const struct kernel *kernel, int n_threads, uint64_t rounds)
{
    struct run run = {.kernel = kernel, .rounds = rounds};
    team_run(n_threads, run_member, &run);
    return run.seconds;
}
