/* section_products_bf16.c - each product of the step on bf16 tiles: alone, its operands packed and
 * its sums left where they are, beside oneDNN's; and as the step makes it, with its epilogue (bias,
 * ReLU, mask, update, rounding into the next products' tiles). */
#include "base/clock.h"
#include "base/memory.h"
#include "base/random.h"
#include "bench.h"
#include "core_clock.h"
#include "net/step.h"
#include "peers.h"
#include "work.h"

#include <stdio.h>
#include <string.h>

enum product_sort { FORWARD, INPUT_GRADIENT, WEIGHT_GRADIENT };

static const char *const names[2][3] = {
    {"forward", "input gradient", "weight gradient"},
    {"forward, ReLU", "input gradient, mask", "weight gradient, update"}};
static const char *const kinds[] = {"nn", "nt", "tn"}; /* as peers call them */

/* What the first layer's products read and no step keeps: a batch without a zero. */
struct first {
    struct tiles x, xt; /* (B,I) by rows, and transposed */
    struct tiles w;     /* (I,O) in pairs */
    uint32_t *inputs;   /* all live */
};

struct product_run {
    struct step *step;
    const struct first *first;
    enum product_sort sort;
    uint32_t layer;
    bool whole; /* with its epilogue */
    int threads;
    uint32_t times; /* in one run */
    double seconds;
};

/* C (m, n) = A B, m and n in samples and units. */
struct operands {
    const struct tiles *a, *b;
    uint32_t m, n, k;
};

static struct operands operands_of(const struct product_run *run)
{
    const struct step *s = run->step;
    const struct net_layer *layer = &s->net->layers[run->layer];
    const struct mixed_layer *mixed = &s->mixed->layers[run->layer];
    const struct tiles *x = run->layer == 0 ? &run->first->x : &mixed[-1].y;
    const struct tiles *xt = run->layer == 0 ? &run->first->xt : &mixed[-1].yt;
    const struct tiles *w = run->layer == 0 ? &run->first->w : &mixed->w;
    uint32_t in = layer->inputs, out = layer->outputs;
    if (run->sort == FORWARD)
        return (struct operands){x, w, s->batch, out, in};
    if (run->sort == INPUT_GRADIENT)
        return (struct operands){&mixed->wt, &mixed->dzt, in, s->batch, out}; /* transposed */
    return (struct operands){xt, &mixed->dz, in, out, s->batch};
}

/* The sums of each block end up in scratch, where an epilogue would find them. */
static void multiply_alone(const struct worker *worker, const struct product_run *run)
{
    struct operands o = operands_of(run);
    struct gemm_tiles product = {.a = o.a, .b = o.b, .k_tiles = tile_count(o.k), .n_parts = 0};
    struct gemm_slice slice =
        gemm_tiles_slice(worker->team, panel_count(o.m), panel_count(o.n), GEMM_CUT_COLUMNS);
    gemm_tiles_run(worker->kernel, &product, &slice, worker->scratch, NULL);
}

static void multiply_whole(const struct worker *worker, const struct product_run *run)
{
    struct step *s = run->step;
    uint32_t l = run->layer;
    struct net_layer *layer = &s->net->layers[l];
    struct activation relu = {.function = MLP_RELU, .units = layer->outputs};
    struct operands o = operands_of(run);
    struct live all = {.n = layer->inputs, .inputs = run->first->inputs};
    const struct live *live = l == 0 ? &all : NULL;
    if (run->sort == FORWARD)
        mixed_forward(worker, s->net, l, s->mixed, s->mixed, o.a, live, s->batch, &s->y[l],
                      l + 1 < s->net->n_layers ? &relu : NULL);
    else if (run->sort == INPUT_GRADIENT)
        mixed_input_gradient(worker, s->net, l, s->mixed, s->batch, NULL);
    else
        /* No optimizer_step: rate 0, the same numbers every time. */
        mixed_weight_gradient(worker, layer, l, s->mixed, &run->first->x, live, s->batch,
                              &s->optimizer);
}

static void run_member(const struct team *team, void *context)
{
    struct product_run *run = context;
    struct step *s = run->step;
    struct worker worker = {.team = team,
                            .kernel = s->net->kernel,
                            .scratch = s->scratch + (size_t)team->id * s->scratch_floats};
    double begin = 0;
    step_begin(s);
    team_barrier(team);
    if (team->id == 0)
        begin = clock_seconds();
    for (uint32_t i = 0; i < run->times; i++) {
        if (run->whole)
            multiply_whole(&worker, run);
        else
            multiply_alone(&worker, run);
        team_barrier(team);
    }
    if (team->id == 0) {
        run->seconds = clock_seconds() - begin;
        core_clock_note();
    }
    step_end(s);
}

static double run_product(void *context)
{
    struct product_run *run = context;
    team_run(run->threads, run_member, run);
    return run->seconds / run->times;
}

/* A peer asked for the same shape. */
struct peer_run {
    struct peer *peer;
    char command[64];
};

static double run_peer(void *context)
{
    struct peer_run *run = context;
    return peer_ask(run->peer, run->command, NULL);
}

enum { PEERS_MAX = 4 };

static void describe(struct row *row, const struct product_run *run, const struct peer *peer)
{
    const struct net_layer *layer = &run->step->net->layers[run->layer];
    if (peer == NULL)
        snprintf(row->kernel, sizeof row->kernel, "%s", run->step->net->kernel->name);
    else
        snprintf(row->peer, sizeof row->peer, "%s", peer->name);
    snprintf(row->precision, sizeof row->precision, "bf16");
    snprintf(row->layers, sizeof row->layers, "%u-%u", layer->inputs, layer->outputs);
    row->threads = run->threads;
    row->batch = run->step->batch;
}

static void add_rows(struct bench *bench, const struct product_run *run,
                     const struct contender *contenders, const struct peer *peers, uint32_t n_peers)
{
    struct operands o = operands_of(run);
    double peak = bench_peak(bench, run->step->net->kernel->name, run->threads);
    for (uint32_t i = 0; i <= n_peers; i++) {
        struct row *row = row_add(&bench->rows, "products", names[run->whole][run->sort]);
        describe(row, run, i == 0 ? NULL : &peers[i - 1]);
        row_measured(row, &contenders[i]);
        row_rate(row, 0, 2.0 * o.m * o.n * o.k, peak);
        if (i == 0) {
            if (run->layer == 0 && !run->whole)
                row_target(row, TARGET_SHARE, 0.65); /* issue 4 */
            continue;
        }
        snprintf(row->settings, sizeof row->settings, "%.319s", peers[i - 1].settings);
        if (row->seconds > 0 && contenders[0].seconds > 0)
            row->ratio = row->seconds / contenders[0].seconds;
    }
}

/* The products are too short for a limit on several threads: barriers cost as much as some. */
static void measure_product(struct bench *bench, struct product_run *run, struct peer *peers,
                            uint32_t n_peers)
{
    struct operands o = operands_of(run);
    uint32_t m = o.m, n = o.n;
    if (run->sort == INPUT_GRADIENT) /* peers make it the right way round */
        m = o.n, n = o.m;
    struct contender contenders[1 + PEERS_MAX] = {
        {.run = run_product, .context = run, .threads = run->threads}};
    struct peer_run peer_runs[PEERS_MAX];
    for (uint32_t i = 0; i < n_peers; i++) {
        peer_runs[i].peer = &peers[i];
        snprintf(peer_runs[i].command, sizeof peer_runs[i].command, "gemm %s %u %u %u\n",
                 kinds[run->sort], m, n, o.k);
        contenders[1 + i] = (struct contender){.run = run_peer,
                                               .context = &peer_runs[i],
                                               .pid = peers[i].process.pid,
                                               .threads = run->threads};
    }
    run->times = 1;
    run->times = measure_times(run_product, run);
    measure(contenders, 1 + n_peers, bench->n_runs, 6);
    add_rows(bench, run, contenders, peers, n_peers);
}

static void products_of_threads(struct bench *bench, struct step *step, const struct first *first,
                                int threads)
{
    struct peer peers[PEERS_MAX];
    uint32_t n_peers = 0;
    for (uint32_t i = 0; bench->options.peers && i < peer_count(PEER_GEMMS_BF16); i++)
        if (peer_open(&peers[n_peers], PEER_GEMMS_BF16, i, threads, "", !bench->options.quick))
            n_peers++;
        else
            bench_note("%s: %s", peers[n_peers].label, peers[n_peers].settings);
    for (int whole = 0; whole < 2; whole++)
        for (uint32_t l = 0; l < step->net->n_layers; l++)
            for (int sort = FORWARD; sort <= WEIGHT_GRADIENT; sort++) {
                if (sort == INPUT_GRADIENT && l == 0)
                    continue; /* nobody needs the gradient of the pixels */
                struct product_run run = {
                    step, first, (enum product_sort)sort, l, whole != 0, threads, 1, 0};
                measure_product(bench, &run, peers, whole ? 0 : n_peers);
            }
    for (uint32_t i = 0; i < n_peers; i++)
        peer_close(&peers[i]);
}

/* Numbers like those of training, of both signs; t without memory is left alone. */
static void fill(const struct tiles *t, uint32_t seed)
{
    struct random_key key = {.seed = seed, .purpose = RANDOM_TEST};
    size_t n = t->data == NULL ? 0 : t->blocks * tile_stride(t);
    for (size_t i = 0; i < n; i += 4) {
        uint32_t random[4], bits;
        random_u32x4(&key, (uint32_t)(i / 4), random);
        for (size_t j = 0; j < 4; j++) {
            float x = (float)random_unit(random[j]) - 0.5f;
            memcpy(&bits, &x, sizeof bits);
            t->data[i + j] = (bf16)(bits >> 16);
        }
    }
}

static bool new_tiles(struct tiles *t, uint32_t rows, uint32_t k, uint32_t seed)
{
    *t = (struct tiles){.blocks = panel_count(rows), .k_tiles = tile_count(k)};
    t->data = memory_new(t->blocks * tile_stride(t) * sizeof(bf16));
    fill(t, seed);
    return t->data != NULL;
}

static bool first_new(struct first *first, const uint32_t *widths)
{
    bool ok = new_tiles(&first->x, tile_count(WORK_DEFAULT_BATCH) * TILE_K, widths[0], 1);
    ok = new_tiles(&first->xt, widths[0], WORK_DEFAULT_BATCH, 2) && ok;
    ok = new_tiles(&first->w, widths[1], widths[0], 3) && ok;
    first->inputs = memory_new(widths[0] * sizeof *first->inputs);
    for (uint32_t i = 0; first->inputs != NULL && i < widths[0]; i++)
        first->inputs[i] = i;
    return ok && first->inputs != NULL;
}

static void first_free(struct first *first)
{
    memory_free(first->x.data);
    memory_free(first->xt.data);
    memory_free(first->w.data);
    memory_free(first->inputs);
}

void section_products_bf16(struct bench *bench)
{
    static const uint32_t widths[] = {784, 256, 128, 10};
    struct mlp_net *net;
    if (bench_peak(bench, "amx", 1) <= 0 || mlp_net_new(&net, widths, 3, 1, NULL) != MLP_OK)
        return;
    mlp_net_use_precision(net, MLP_BF16);
    int threads = bench_threads(bench);
    struct mlp_train_options options = mlp_train_defaults();
    struct step *step = step_new(net, WORK_DEFAULT_BATCH, threads, &options);
    struct first first;
    if (first_new(&first, widths) && step != NULL) {
        for (uint32_t l = 0; l < net->n_layers; l++) {
            const struct mixed_layer *layer = &step->mixed->layers[l];
            const struct tiles *all[4] = {&layer->y, &layer->yt, &layer->dz, &layer->dzt};
            for (uint32_t i = 0; i < 4; i++)
                fill(all[i], 4 * l + i + 4);
        }
        products_of_threads(bench, step, &first, 1);
        if (threads > 1)
            products_of_threads(bench, step, &first, threads);
    }
    first_free(&first);
    step_free(step);
    mlp_net_free(net);
}
