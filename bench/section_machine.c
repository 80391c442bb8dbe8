/* section_machine.c - what this machine could do at most: everything else is a share of it. */
#include "base/clock.h"
#include "base/cpu.h"
#include "base/team.h"
#include "bench.h"
#include "kernel/kernel.h"
#include "peak.h"

#include <stdio.h>
#include <string.h>

struct peak_run {
    const struct peak_isa *isa;
    int threads;
    uint64_t rounds;
};

static double run_peak(void *context)
{
    struct peak_run *run = context;
    return peak_seconds(run->isa, run->threads, run->rounds, true);
}

/* Enough for any clock, even where a barrier is a matter of nanoseconds. */
enum { TEAM_TIMES_MAX = 100000 };
enum { ROUNDS = 20000 }; /* about a tenth of a millisecond */

static void measure_peak(struct bench *bench, const struct peak_isa *isa, int threads,
                         uint64_t rounds)
{
    struct peak_run run = {isa, threads, rounds};
    struct contender contender = {.run = run_peak, .context = &run, .threads = threads};
    measure(&contender, 1, 3 * bench->n_runs, 2);
    char name[48] = "multiply-add peak";
    if (isa->loads > 0)
        snprintf(name, sizeof name, "multiply-add, %g load%s each", isa->loads,
                 isa->loads < 1 ? "s" : "");
    struct row *row = row_add(&bench->rows, "machine", name);
    snprintf(row->kernel, sizeof row->kernel, "%s", isa->name);
    snprintf(row->precision, sizeof row->precision, "%s", isa->precision);
    row->threads = threads;
    row_measured(row, &contender);
    double peak = isa->loads > 0 ? bench_peak(bench, isa->name, threads) : 0;
    row_rate(row, 0, isa->flops * (double)rounds * threads, peak);
    if (isa->loads == 0 && bench->n_peaks < PEAKS_MAX)
        bench->peaks[bench->n_peaks++] = (struct bench_peak){isa->name, threads, row->gflops};
}

struct product_run {
    const struct kernel *kernel;
    int threads;
    uint64_t rounds;
};

static double run_product(void *context)
{
    struct product_run *run = context;
    return peak_product_seconds(run->kernel, run->threads, run->rounds);
}

/* How near a kernel's tile comes to the peak when it only has to load from L1: on some machines
 * loads cost clock, or dense numbers do, and no product can do better than this. */
static void measure_product(struct bench *bench, const struct kernel *kernel)
{
    enum { TIMES = 100 }; /* some hundred microseconds */
    struct product_run run = {kernel, 1, TIMES};
    run.rounds = (uint64_t)TIMES * measure_times(run_product, &run);
    for (uint32_t t = 0; t < bench->n_threads; t++) {
        run.threads = bench->threads[t];
        struct contender contender = {.run = run_product, .context = &run, .threads = run.threads};
        measure(&contender, 1, bench->n_runs, 2);
        struct row *row = row_add(&bench->rows, "machine", "product, operands in L1");
        snprintf(row->kernel, sizeof row->kernel, "%s", kernel->name);
        snprintf(row->precision, sizeof row->precision, kernel->only_bf16 ? "bf16" : "f32");
        row->threads = run.threads;
        row_measured(row, &contender);
        row_rate(row, 0, peak_product_flops(kernel) * (double)run.rounds * run.threads,
                 bench_peak(bench, kernel->name, run.threads));
    }
}

static void measure_products(struct bench *bench)
{
    const struct kernel *kernel;
    for (uint32_t i = 0; (kernel = kernel_table(i)) != NULL; i++)
        if (bench_peak(bench, kernel->name, 1) > 0)
            measure_product(bench, kernel);
}

struct bandwidth_run {
    struct bandwidth *bandwidth;
    enum bandwidth_kind kind;
};

static double run_bandwidth(void *context)
{
    struct bandwidth_run *run = context;
    return bandwidth_seconds(run->bandwidth, run->kind);
}

/* Arrays of four times the last cache, so that hardly anything is found there. */
static uint64_t array_bytes(const struct bench *bench)
{
    uint64_t bytes = 4 * bench->machine.cache_bytes[3], least = 64u << 20, most = 256u << 20;
    if (bench->options.quick)
        return 8u << 20;
    bytes = bytes < least ? least : bytes > most ? most : bytes;
    return bytes > bench->machine.memory_bytes / 8 ? bench->machine.memory_bytes / 8 : bytes;
}

static void measure_bandwidth(struct bench *bench, int threads)
{
    struct bandwidth_run run = {bandwidth_new(array_bytes(bench), threads), BANDWIDTH_READ};
    if (run.bandwidth == NULL)
        return;
    for (int kind = 0; kind < BANDWIDTH_KINDS; kind++) {
        char name[48];
        run.kind = (enum bandwidth_kind)kind;
        struct contender contender = {.run = run_bandwidth, .context = &run, .threads = threads};
        measure(&contender, 1, bench->n_runs, 3);
        snprintf(name, sizeof name, "memory %s", bandwidth_names[kind]);
        struct row *row = row_add(&bench->rows, "machine", name);
        row->threads = threads;
        row_measured(row, &contender);
        if (row->seconds > 0)
            row->value = 1e-9 * bandwidth_bytes(run.bandwidth, run.kind) / row->seconds;
        snprintf(row->unit, sizeof row->unit, "GB/s");
    }
    bandwidth_free(run.bandwidth);
}

/* ---- what a team costs ------------------------------------------------------------------ */

struct team_cost {
    int threads;
    uint32_t times;
    double seconds;
};

static void meet(const struct team *team, void *context)
{
    struct team_cost *cost = context;
    double begin = clock_seconds();
    for (uint32_t i = 0; i < cost->times; i++)
        team_barrier(team);
    if (team->id == 0)
        cost->seconds = clock_seconds() - begin;
}

static double run_barriers(void *context)
{
    struct team_cost *cost = context;
    team_run(cost->threads, meet, cost);
    return cost->seconds / cost->times;
}

static void nothing(const struct team *team, void *context)
{
    (void)team, (void)context;
}

static double run_regions(void *context)
{
    struct team_cost *cost = context;
    double begin = clock_seconds();
    for (uint32_t i = 0; i < cost->times; i++)
        team_run(cost->threads, nothing, NULL);
    return (clock_seconds() - begin) / cost->times;
}

static void measure_team(struct bench *bench, const char *name, double (*run)(void *context))
{
    struct team_cost cost = {bench_threads(bench), 100, 0};
    cost.times = measure_times(run, &cost);
    if (cost.times > TEAM_TIMES_MAX)
        cost.times = TEAM_TIMES_MAX;
    struct contender contender = {.run = run, .context = &cost, .threads = cost.threads};
    measure(&contender, 1, bench->n_runs, 2);
    struct row *row = row_add(&bench->rows, "machine", name);
    row->threads = cost.threads;
    row_measured(row, &contender);
}

void section_machine(struct bench *bench)
{
    const struct peak_isa *isa;
    for (uint32_t i = 0; (isa = peak_isa(i)) != NULL; i++) {
        if ((cpu_features() & isa->needs) != isa->needs)
            continue;
        struct peak_run once = {isa, 1, ROUNDS};
        uint64_t rounds = (uint64_t)ROUNDS * measure_times(run_peak, &once);
        for (uint32_t t = 0; t < bench->n_threads; t++)
            measure_peak(bench, isa, bench->threads[t], rounds);
    }
    measure_products(bench);
    measure_bandwidth(bench, 1);
    if (bench_threads(bench) > 1)
        measure_bandwidth(bench, bench_threads(bench));
    if (bench_threads(bench) > 1) {
        measure_team(bench, "barrier", run_barriers);
        measure_team(bench, "fork and join", run_regions);
    }
}
