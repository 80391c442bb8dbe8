/* section_staircase.c - one product, Y = X W (128 x 784 times 784 x 256, the first layer forward),
 * from three naive loops to what training uses, one idea a step. The lesson of this project, in
 * GFLOP/s; docs/staircase.md tells it in words. */
#include "base/clock.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/team.h"
#include "bench.h"
#include "gemm/gemm.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { M = 128, K = 784, N = 256 };
/* The same numbers in both layouts; y is row-major, yp in panels. */
struct product {
    float *x, *w, *y;
    struct panels xp, wp, yp;
    float *scratch; /* of all members */
    size_t scratch_floats;
    const struct kernel *kernel;
    int threads;
};

/* 1. The definition. W is walked down its columns: a new cache line for every multiplication, and
 * each addition waits for the one before. */
static void naive(struct product *p)
{
    for (int i = 0; i < M; i++)
        for (int j = 0; j < N; j++) {
            float sum = 0;
            for (int k = 0; k < K; k++)
                sum += p->x[i * K + k] * p->w[k * N + j];
            p->y[i * N + j] = sum;
        }
}

/* 2. The loops swapped: W and Y are walked along their rows, and since neighbours in j do not
 * depend on each other the compiler makes vectors of them. Y is read and written K times. */
static void in_memory_order(struct product *p)
{
    memset(p->y, 0, sizeof(float) * M * N);
    for (int i = 0; i < M; i++)
        for (int k = 0; k < K; k++) {
            float x = p->x[i * K + k];
            const float *restrict w = p->w + k * N;
            float *restrict y = p->y + i * N;
            for (int j = 0; j < N; j++)
                y[j] += x * w[j];
        }
}

/* Four floats at a time, as every x86-64 and aarch64 can: GNU C's own vectors, since compilers turn
 * a tile of sums into vectors only when the moon is right. */
typedef float four __attribute__((vector_size(16), aligned(4), may_alias));
enum { TILE_M = 2, TILE_V = 4, TILE_N = 4 * TILE_V };

/* A tile of 2 x 16 sums stays in registers (8 of SSE2's 16) while k runs: each number loaded is
 * used several times. row_step and w_step say how x and w lie. */
static inline __attribute__((always_inline)) void
tile(int steps, const float *x, int row_step, const float *w, int w_step, four sums[TILE_M][TILE_V])
{
    for (int k = 0; k < steps; k++)
#pragma GCC unroll 2
        for (int r = 0; r < TILE_M; r++)
#pragma GCC unroll 4
            for (int v = 0; v < TILE_V; v++)
                sums[r][v] += x[r * row_step + k] * ((const four *)(w + k * w_step))[v];
}

static inline __attribute__((always_inline)) void load(four sums[TILE_M][TILE_V], const float *y,
                                                       int row_step)
{
#pragma GCC unroll 2
    for (int r = 0; r < TILE_M; r++)
#pragma GCC unroll 4
        for (int v = 0; v < TILE_V; v++)
            sums[r][v] = y == NULL ? (four){0} : ((const four *)(y + r * row_step))[v];
}

static inline __attribute__((always_inline)) void store(float *y, int row_step,
                                                        four sums[TILE_M][TILE_V])
{
#pragma GCC unroll 2
    for (int r = 0; r < TILE_M; r++)
#pragma GCC unroll 4
        for (int v = 0; v < TILE_V; v++)
            ((four *)(y + r * row_step))[v] = sums[r][v];
}

/* 3. Blocked: tiles in registers, and blocks of k whose part of W fits the L1 cache. */
static void blocked(struct product *p)
{
    enum { K_BLOCK = 112 };
    for (int k = 0; k < K; k += K_BLOCK)
        for (int j = 0; j < N; j += TILE_N)
            for (int i = 0; i < M; i += TILE_M) {
                four sums[TILE_M][TILE_V];
                float *y = p->y + i * N + j;
                load(sums, k == 0 ? NULL : y, N);
                tile(K_BLOCK, p->x + i * K + k, K, p->w + k * N + j, N, sums);
                store(y, N, sums);
            }
}

/* 4. Packed: the same tiles over operands in panels, where every loop reads straight on. The
 * packing itself is not in the loop: weights stay packed for as long as training lasts. */
static void packed(struct product *p)
{
    for (uint32_t j = 0; j < N; j += TILE_N)
        for (uint32_t i = 0; i < M; i += TILE_M) {
            four sums[TILE_M][TILE_V];
            load(sums, NULL, 0);
            for (uint32_t k = 0; k < K; k += PANEL)
                tile(PANEL, panel_at(&p->xp, i, k / PANEL), PANEL, panel_at(&p->wp, k, j / PANEL),
                     PANEL, sums);
            store(panel_at(&p->yp, i, j / PANEL), PANEL, sums);
        }
}

/* 5. SIMD: the library's kernels, one for each instruction set, tiles as large as its registers
 * allow. One member's slice; `alone` it is everything. */
static void kernel_member(const struct team *team, void *context)
{
    struct product *p = context;
    struct gemm gemm = {.order = KERNEL_BY_ROWS, .a = &p->xp, .b = &p->wp, .k = K, .c = &p->yp};
    struct gemm_slice slice =
        gemm_slice(p->kernel, team, panel_count(M), panel_count(N), GEMM_CUT_COLUMNS);
    gemm_run(p->kernel, &gemm, &slice, p->scratch + (size_t)team->id * p->scratch_floats, NULL);
}

static void simd(struct product *p)
{
    const struct team alone = {0, 1, NULL};
    kernel_member(&alone, p);
}

/* 6. Threads: a parallel region for every product, as a library that knows only products must. */
static void threads(struct product *p)
{
    team_run(p->threads, kernel_member, p);
}

/* 7. Team: one parallel region for all products, a barrier between two. */
struct team_run {
    struct product *product;
    uint32_t times;
};

static void team_member(const struct team *team, void *context)
{
    struct team_run *run = context;
    for (uint32_t i = 0; i < run->times; i++) {
        kernel_member(team, run->product);
        team_barrier(team);
    }
}

/* ---- measuring -------------------------------------------------------------------------- */

struct step_run {
    struct product *product;
    void (*step)(struct product *product); /* NULL: the team */
    uint32_t times;
};

static double run_step(void *context)
{
    struct step_run *run = context;
    double begin = clock_seconds();
    if (run->step == NULL) {
        struct team_run team = {run->product, run->times};
        team_run(run->product->threads, team_member, &team);
    } else {
        for (uint32_t i = 0; i < run->times; i++)
            run->step(run->product);
    }
    return (clock_seconds() - begin) / run->times;
}

/* The largest error of y (panels: yp) against a sum in double; a step that is wrong has no speed.
 */
static double largest_error(const struct product *p, bool panels)
{
    double largest = 0;
    for (int i = 0; i < M; i += 7)
        for (int j = 0; j < N; j++) {
            double sum = 0;
            for (int k = 0; k < K; k++)
                sum += (double)p->x[i * K + k] * (double)p->w[k * N + j];
            float y = panels ? panel_at(&p->yp, (uint32_t)i, (uint32_t)j / PANEL)[j % PANEL]
                             : p->y[i * N + j];
            largest = fmax(largest, fabs((double)y - sum));
        }
    return largest;
}

static void measure_step(struct bench *bench, struct product *p, const char *name,
                         void (*step)(struct product *), bool panels, const char *kernel)
{
    struct step_run run = {p, step, 1};
    int row_threads = step == threads || step == NULL ? p->threads : 1;
    memset(p->yp.data, 0, panel_floats(M, N) * sizeof(float));
    memset(p->y, 0, sizeof(float) * M * N);
    run.times = measure_times(run_step, &run);
    struct contender contender = {.run = run_step, .context = &run, .threads = row_threads};
    measure(&contender, 1, bench->n_runs, 3);
    /* |x|, |w| < 1/2 and 784 terms: rounding errors stay far below this. */
    if (largest_error(p, panels) > 1e-3)
        contender.seconds = -1;
    struct row *row = row_add(&bench->rows, "staircase", name);
    snprintf(row->kernel, sizeof row->kernel, "%s", kernel);
    snprintf(row->precision, sizeof row->precision, "f32");
    snprintf(row->layers, sizeof row->layers, "%d-%d", K, N);
    row->batch = M;
    row->threads = row_threads;
    row_measured(row, &contender);
    const char *best = mlp_kernel_default();
    row_rate(row, 0, 2.0 * M * N * K, bench_peak(bench, best, row->threads));
}

static void measure_steps(struct bench *bench, struct product *p)
{
    const struct kernel *kernel;
    uint32_t n = 0;
    measure_step(bench, p, "1 naive", naive, false, "C");
    measure_step(bench, p, "2 in memory order", in_memory_order, false, "C");
    measure_step(bench, p, "3 blocked", blocked, false, "C");
    measure_step(bench, p, "4 packed", packed, true, "C");
    while (kernel_table(n) != NULL)
        n++;
    while (n-- > 0) { /* best last */
        kernel = kernel_table(n);
        if (!kernel_serves(kernel, MLP_F32) || strcmp(kernel->name, "scalar") == 0)
            continue;
        p->kernel = kernel;
        measure_step(bench, p, "5 SIMD", simd, true, kernel->name);
    }
    p->kernel = kernel_find(NULL);
    p->threads = bench_threads(bench);
    measure_step(bench, p, "6 threads", threads, true, p->kernel->name);
    measure_step(bench, p, "7 team", NULL, true, p->kernel->name);
}

static struct panels panels_new(uint32_t rows, uint32_t cols)
{
    struct panels m = {.rows = rows, .cols = cols, .stride = panel_stride(rows)};
    m.data = memory_new(panel_floats(rows, cols) * sizeof(float));
    return m;
}

static void fill(float *plain, struct panels *m, uint32_t rows, uint32_t cols, uint64_t seed)
{
    struct random_key key = {.seed = seed, .purpose = RANDOM_TEST};
    for (uint32_t r = 0; r < rows; r++)
        for (uint32_t c = 0; c < cols; c++) {
            uint32_t random[4];
            random_u32x4(&key, r * cols + c, random);
            float value = (float)random_unit(random[0]) - 0.5f;
            plain[(size_t)r * cols + c] = value;
            panel_at(m, r, c / PANEL)[c % PANEL] = value;
        }
}

void section_staircase(struct bench *bench)
{
    struct product p = {.threads = 1, .scratch_floats = gemm_scratch_floats(M)};
    p.x = memory_new(sizeof(float) * M * K);
    p.w = memory_new(sizeof(float) * K * N);
    p.y = memory_new(sizeof(float) * M * N);
    p.xp = panels_new(M, K);
    p.wp = panels_new(K, N);
    p.yp = panels_new(M, N);
    p.scratch = memory_new(p.scratch_floats * sizeof(float) * (size_t)bench_threads(bench));
    float *all[] = {p.x, p.w, p.y, p.xp.data, p.wp.data, p.yp.data, p.scratch};
    bool ok = true;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        ok = ok && all[i] != NULL;
    if (ok) {
        fill(p.x, &p.xp, M, K, 1);
        fill(p.w, &p.wp, K, N, 2);
        measure_steps(bench, &p);
    }
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        memory_free(all[i]);
}
