/* section_phases.c - where the time of an epoch goes: gather, forward, loss, backward, update,
 * barriers.
 *
 * The library does not time itself. The linker puts the functions below between mlp_train and the
 * work (--wrap=dense_forward and so on, bench.mk), so it is the real training that is measured, and
 * nothing in it knows. What is spent outside of them belongs to the loss when it comes between the
 * forward pass and the next phase, and to bookkeeping otherwise. */
#include "base/clock.h"
#include "bench.h"
#include "data/batcher.h"
#include "net/dense.h"
#include "net/mixed.h"
#include "work.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#if defined(__x86_64__)
#    include <x86intrin.h>
#endif

enum phase { SHUFFLE, GATHER, FORWARD, LOSS, INPUT_GRADIENT, UPDATE, BARRIER, OTHER, N_PHASES };
static const char *const phase_names[N_PHASES] = {"shuffle",  "gather",         "forward",
                                                  "loss",     "input gradient", "weight gradient",
                                                  "barriers", "bookkeeping"};

/* An epoch begins with its shuffle: a training's first is measured, until the second's. */
enum state { OFF, ARMED, RECORDING };
static _Atomic enum state state;

/* Of one thread; the counters of all threads are added up when the run is over. */
static _Thread_local struct {
    uint64_t last;       /* when the last interval ended */
    enum phase previous; /* the last wrapped phase that was not a barrier */
    uint64_t ticks[N_PHASES];
    uint64_t nested; /* time of inner phases within the current one */
    int depth;
} mine;

static _Atomic uint64_t total[N_PHASES];

/* A clock_gettime takes 25 ns, and the gather comes in pieces hardly longer than that. */
static inline uint64_t ticks(void)
{
#if defined(__x86_64__)
    return __rdtsc();
#else
    return (uint64_t)(clock_seconds() * 1e9);
#endif
}

static uint64_t enter(void)
{
    uint64_t now = ticks();
    if (mine.depth++ == 0)
        mine.ticks[mine.previous == FORWARD ? LOSS : OTHER] += now - mine.last;
    return now;
}

/* Time of a phase is its own, without what happened within it (the gather within the update). */
static void leave(enum phase phase, uint64_t begin, uint64_t nested_before)
{
    uint64_t now = ticks(), spent = now - begin;
    mine.ticks[phase] += spent - (mine.nested - nested_before);
    mine.nested = nested_before + spent;
    if (--mine.depth == 0) {
        mine.last = now;
        mine.nested = 0;
        if (phase != BARRIER && phase != GATHER)
            mine.previous = phase;
    }
}

/* Around a call: `call` runs as ever, and its time goes to `phase`. */
#define TIMED(phase, call)                                                                         \
    do {                                                                                           \
        uint64_t begin_ = enter(), nested_ = mine.nested;                                          \
        call;                                                                                      \
        leave(phase, begin_, nested_);                                                             \
    } while (0)

static bool on(void)
{
    return atomic_load_explicit(&state, memory_order_relaxed) == RECORDING;
}

/* The names are the linker's. */
void __real_dense_forward(const struct worker *worker, const struct net_layer *layer,
                          const struct panels *x, struct panels *y,
                          const struct activation *activation);
void __wrap_dense_forward(const struct worker *worker, const struct net_layer *layer,
                          const struct panels *x, struct panels *y,
                          const struct activation *activation);
void __real_dense_input_gradient(const struct worker *worker, const struct net_layer *layer,
                                 const struct panels *dzt, const struct panels *x,
                                 struct panels *dx, struct panels *dxt);
void __wrap_dense_input_gradient(const struct worker *worker, const struct net_layer *layer,
                                 const struct panels *dzt, const struct panels *x,
                                 struct panels *dx, struct panels *dxt);
void __real_dense_update(const struct worker *worker, struct net_layer *layer,
                         const struct panels *x, const struct panels *dz,
                         const struct optimizer *optimizer);
void __wrap_dense_update(const struct worker *worker, struct net_layer *layer,
                         const struct panels *x, const struct panels *dz,
                         const struct optimizer *optimizer);
void __real_mixed_forward(const struct worker *worker, const struct mlp_net *net, uint32_t l,
                          const struct mixed *weights, const struct mixed *activations,
                          const struct tiles *x, const struct live *live, uint32_t rows,
                          struct panels *logits, const struct activation *activation);
void __wrap_mixed_forward(const struct worker *worker, const struct mlp_net *net, uint32_t l,
                          const struct mixed *weights, const struct mixed *activations,
                          const struct tiles *x, const struct live *live, uint32_t rows,
                          struct panels *logits, const struct activation *activation);
void __real_mixed_input_gradient(const struct worker *worker, const struct mlp_net *net, uint32_t l,
                                 const struct mixed *mixed, uint32_t rows,
                                 const struct panels *slope);
void __wrap_mixed_input_gradient(const struct worker *worker, const struct mlp_net *net, uint32_t l,
                                 const struct mixed *mixed, uint32_t rows,
                                 const struct panels *slope);
void __real_mixed_weight_gradient(const struct worker *worker, struct net_layer *layer, uint32_t l,
                                  const struct mixed *mixed, const struct tiles *x,
                                  const struct live *live, uint32_t rows,
                                  const struct optimizer *optimizer);
void __wrap_mixed_weight_gradient(const struct worker *worker, struct net_layer *layer, uint32_t l,
                                  const struct mixed *mixed, const struct tiles *x,
                                  const struct live *live, uint32_t rows,
                                  const struct optimizer *optimizer);
void __real_mixed_transpose(const struct kernel *kernel, const struct mixed *mixed, uint32_t l,
                            uint32_t rows);
void __wrap_mixed_transpose(const struct kernel *kernel, const struct mixed *mixed, uint32_t l,
                            uint32_t rows);
void __real_live_turn(struct live_batch *batch, const struct kernel *kernel, uint32_t n,
                      struct live *live);
void __wrap_live_turn(struct live_batch *batch, const struct kernel *kernel, uint32_t n,
                      struct live *live);
void __real_data_shuffle(uint32_t *order, uint32_t n, uint64_t seed, uint32_t epoch);
void __wrap_data_shuffle(uint32_t *order, uint32_t n, uint64_t seed, uint32_t epoch);
bool __real_data_gather_some(struct gather *gather);
bool __wrap_data_gather_some(struct gather *gather);
void __real_team_barrier(const struct team *team);
void __wrap_team_barrier(const struct team *team);
void __real_team_run(int n_threads, void (*body)(const struct team *team, void *context),
                     void *context);
void __wrap_team_run(int n_threads, void (*body)(const struct team *team, void *context),
                     void *context);

void __wrap_dense_forward(const struct worker *worker, const struct net_layer *layer,
                          const struct panels *x, struct panels *y,
                          const struct activation *activation)
{
    if (!on())
        __real_dense_forward(worker, layer, x, y, activation);
    else
        TIMED(FORWARD, __real_dense_forward(worker, layer, x, y, activation));
}

void __wrap_dense_input_gradient(const struct worker *worker, const struct net_layer *layer,
                                 const struct panels *dzt, const struct panels *x,
                                 struct panels *dx, struct panels *dxt)
{
    if (!on())
        __real_dense_input_gradient(worker, layer, dzt, x, dx, dxt);
    else
        TIMED(INPUT_GRADIENT, __real_dense_input_gradient(worker, layer, dzt, x, dx, dxt));
}

void __wrap_dense_update(const struct worker *worker, struct net_layer *layer,
                         const struct panels *x, const struct panels *dz,
                         const struct optimizer *optimizer)
{
    if (!on())
        __real_dense_update(worker, layer, x, dz, optimizer);
    else
        TIMED(UPDATE, __real_dense_update(worker, layer, x, dz, optimizer));
}

/* The same three in bf16. */
void __wrap_mixed_forward(const struct worker *worker, const struct mlp_net *net, uint32_t l,
                          const struct mixed *weights, const struct mixed *activations,
                          const struct tiles *x, const struct live *live, uint32_t rows,
                          struct panels *logits, const struct activation *activation)
{
    if (!on())
        __real_mixed_forward(worker, net, l, weights, activations, x, live, rows, logits,
                             activation);
    else
        TIMED(FORWARD, __real_mixed_forward(worker, net, l, weights, activations, x, live, rows,
                                            logits, activation));
}

void __wrap_mixed_input_gradient(const struct worker *worker, const struct mlp_net *net, uint32_t l,
                                 const struct mixed *mixed, uint32_t rows,
                                 const struct panels *slope)
{
    if (!on())
        __real_mixed_input_gradient(worker, net, l, mixed, rows, slope);
    else
        TIMED(INPUT_GRADIENT, __real_mixed_input_gradient(worker, net, l, mixed, rows, slope));
}

void __wrap_mixed_weight_gradient(const struct worker *worker, struct net_layer *layer, uint32_t l,
                                  const struct mixed *mixed, const struct tiles *x,
                                  const struct live *live, uint32_t rows,
                                  const struct optimizer *optimizer)
{
    if (!on())
        __real_mixed_weight_gradient(worker, layer, l, mixed, x, live, rows, optimizer);
    else
        TIMED(UPDATE,
              __real_mixed_weight_gradient(worker, layer, l, mixed, x, live, rows, optimizer));
}

/* Which forward would do otherwise. */
void __wrap_mixed_transpose(const struct kernel *kernel, const struct mixed *mixed, uint32_t l,
                            uint32_t rows)
{
    if (!on())
        __real_mixed_transpose(kernel, mixed, l, rows);
    else
        TIMED(FORWARD, __real_mixed_transpose(kernel, mixed, l, rows));
}

/* Which the weight gradient would do otherwise. */
void __wrap_live_turn(struct live_batch *batch, const struct kernel *kernel, uint32_t n,
                      struct live *live)
{
    if (!on())
        __real_live_turn(batch, kernel, n, live);
    else
        TIMED(UPDATE, __real_live_turn(batch, kernel, n, live));
}

/* Before the region begins: one thread works while the others do not exist yet. */
void __wrap_data_shuffle(uint32_t *order, uint32_t n, uint64_t seed, uint32_t epoch)
{
    uint64_t begin = ticks();
    atomic_store(&state, atomic_load(&state) == ARMED ? RECORDING : OFF);
    __real_data_shuffle(order, n, seed, epoch);
    if (on())
        atomic_fetch_add(&total[SHUFFLE], ticks() - begin);
}

bool __wrap_data_gather_some(struct gather *gather)
{
    bool more;
    if (!on())
        return __real_data_gather_some(gather);
    TIMED(GATHER, more = __real_data_gather_some(gather));
    return more;
}

void __wrap_team_barrier(const struct team *team)
{
    if (!on())
        __real_team_barrier(team);
    else
        TIMED(BARRIER, __real_team_barrier(team));
}

/* The region of an epoch: each member's clock starts at its begin and is read at its end. */
struct region {
    void (*body)(const struct team *team, void *context);
    void *context;
};

static void timed_member(const struct team *team, void *context)
{
    struct region *region = context;
    memset(&mine, 0, sizeof mine);
    mine.previous = OTHER;
    mine.last = ticks();
    region->body(team, region->context);
    mine.ticks[OTHER] += ticks() - mine.last;
    for (int p = 0; p < N_PHASES; p++)
        atomic_fetch_add(&total[p], mine.ticks[p]);
}

void __wrap_team_run(int n_threads, void (*body)(const struct team *team, void *context),
                     void *context)
{
    struct region region = {body, context};
    if (on())
        __real_team_run(n_threads, timed_member, &region);
    else
        __real_team_run(n_threads, body, context);
}

/* Shares of the thread time, added up over the runs. */
struct phases_run {
    struct work *work;
    double share[N_PHASES];
    uint32_t n;
};

static double run_phases(void *context)
{
    struct phases_run *run = context;
    double spent[N_PHASES], sum = 0;
    for (int p = 0; p < N_PHASES; p++)
        atomic_store(&total[p], 0);
    atomic_store(&state, ARMED);
    double seconds = work_run(run->work);
    atomic_store(&state, OFF);
    for (int p = 0; p < N_PHASES; p++) {
        spent[p] = (double)atomic_load(&total[p]);
        if (p == SHUFFLE) /* all members' time, since the others wait for it */
            spent[p] *= run->work->options.n_threads;
        sum += spent[p];
    }
    for (int p = 0; p < N_PHASES && sum > 0; p++)
        run->share[p] += spent[p] / sum;
    run->n++;
    return seconds;
}

static void phases_of_threads(struct bench *bench, enum mlp_precision precision, int threads)
{
    struct work work;
    struct work_spec spec = {
        .precision = precision, .threads = threads, .n_images = bench->dataset.train.n_samples};
    if (!work_new(&work, bench, &spec))
        return;
    struct phases_run run = {.work = &work};
    struct contender contender = {.run = run_phases, .context = &run, .threads = threads};
    measure(&contender, 1, bench->n_runs < 5 ? bench->n_runs : 5, 6);
    for (int p = 0; p < N_PHASES && run.n > 0; p++) {
        struct row *row = row_add(&bench->rows, "phases", phase_names[p]);
        work_describe(&work, row);
        row_measured(row, &contender);
        row->mad = 0;
        row->value = 100 * run.share[p] / run.n;
        row->seconds = contender.seconds * run.share[p] / run.n;
        snprintf(row->unit, sizeof row->unit, "%%");
    }
    work_free(&work);
}

void section_phases(struct bench *bench)
{
    int n_precisions = bench_peak(bench, "amx", 1) > 0 ? 2 : 1;
    for (int p = 0; p < n_precisions; p++) {
        enum mlp_precision precision = p == 0 ? MLP_F32 : MLP_BF16;
        phases_of_threads(bench, precision, 1);
        if (bench_threads(bench) > 1)
            phases_of_threads(bench, precision, bench_threads(bench));
    }
}
