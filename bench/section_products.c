/* section_products.c - each product of the training step alone, as the step makes it (operands in
 * panels, epilogues included), beside the same shape in other libraries. */
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

/* What libraries call them: B transposed for the input gradient, A for the weight gradient. */
static const char *const sort_names[] = {"forward", "input gradient", "weight gradient"};
static const char *const sort_kinds[] = {"nn", "nt", "tn"};

struct product_run {
    struct step *step;
    enum product_sort sort;
    uint32_t layer;
    int threads;
    uint32_t times; /* in one run */
    double seconds;
};

static void run_member(const struct team *team, void *context)
{
    struct product_run *run = context;
    struct step *s = run->step;
    uint32_t l = run->layer, last = s->net->n_layers - 1;
    struct net_layer *layer = &s->net->layers[l];
    struct worker worker = {.team = team,
                            .kernel = s->net->kernel,
                            .scratch = s->scratch + (size_t)team->id * s->scratch_floats};
    const struct panels *x = l == 0 ? &s->input->x : &s->y[l - 1];
    struct activation relu = {.function = MLP_RELU, .units = layer->outputs};
    double begin = 0;
    team_barrier(team);
    if (team->id == 0)
        begin = clock_seconds();
    for (uint32_t i = 0; i < run->times; i++) {
        if (run->sort == FORWARD)
            dense_forward(&worker, layer, x, &s->y[l], l < last ? &relu : NULL);
        else if (run->sort == INPUT_GRADIENT)
            dense_input_gradient(&worker, layer, &s->dzt[l], x, &s->dz[l - 1],
                                 l > 1 ? &s->dzt[l - 1] : NULL);
        else
            /* No optimizer_step: rate 0, the same numbers every time. */
            dense_update(&worker, layer, x, &s->dz[l], &s->optimizer);
        team_barrier(team);
    }
    if (team->id == 0) {
        run->seconds = clock_seconds() - begin;
        core_clock_note();
    }
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

enum { PEERS_MAX = 8 };

/* Below this more threads may well be slower than one, and nobody else's fault: a barrier costs
 * about as much as the product. */
#define LEAST_FLOPS_FOR_LIMIT 2e6

/* Targets hold for the packed products of the default net, as shares of the peak. */
static void set_target(struct row *row, uint32_t layer)
{
    if (layer == 0)
        row_target(row, TARGET_SHARE, 0.92);
    else if (layer == 1)
        row_target(row, TARGET_SHARE, 0.85);
}

static void describe(struct row *row, const struct product_run *run, const struct peer *peer)
{
    const struct net_layer *layer = &run->step->net->layers[run->layer];
    if (peer == NULL)
        snprintf(row->kernel, sizeof row->kernel, "%s", run->step->net->kernel->name);
    else
        snprintf(row->peer, sizeof row->peer, "%s", peer->name);
    snprintf(row->precision, sizeof row->precision, "f32");
    snprintf(row->layers, sizeof row->layers, "%u-%u", layer->inputs, layer->outputs);
    row->threads = run->threads;
    row->batch = run->step->batch;
}

static void measure_product(struct bench *bench, struct product_run *run, struct peer *peers,
                            uint32_t n_peers)
{
    const struct net_layer *layer = &run->step->net->layers[run->layer];
    const char *kernel = run->step->net->kernel->name;
    uint32_t m = run->step->batch, n = layer->outputs, k = layer->inputs;
    double flops = 2.0 * m * n * k;
    if (run->sort == INPUT_GRADIENT)
        n = layer->inputs, k = layer->outputs;
    else if (run->sort == WEIGHT_GRADIENT)
        m = layer->inputs, k = run->step->batch;
    struct contender contenders[1 + PEERS_MAX] = {
        {.run = run_product, .context = run, .threads = run->threads}};
    struct peer_run peer_runs[PEERS_MAX];
    for (uint32_t i = 0; i < n_peers; i++) {
        peer_runs[i].peer = &peers[i];
        snprintf(peer_runs[i].command, sizeof peer_runs[i].command, "gemm %s %u %u %u\n",
                 sort_kinds[run->sort], m, n, k);
        contenders[1 + i] = (struct contender){.run = run_peer,
                                               .context = &peer_runs[i],
                                               .pid = peers[i].process.pid,
                                               .threads = run->threads};
    }
    run->times = 1;
    run->times = measure_times(run_product, run);
    for (uint32_t i = 0; i <= n_peers && flops > LEAST_FLOPS_FOR_LIMIT; i++) {
        struct row key = {.section = "products"};
        snprintf(key.name, sizeof key.name, "%s", sort_names[run->sort]);
        describe(&key, run, i == 0 ? NULL : &peers[i - 1]);
        contenders[i].limit_seconds = row_limit_seconds(&bench->rows, &key, 0);
    }
    measure(contenders, 1 + n_peers, bench->n_runs, 6);
    double peak = bench_peak(bench, kernel, run->threads);
    for (uint32_t i = 0; i <= n_peers; i++) {
        struct row *row = row_add(&bench->rows, "products", sort_names[run->sort]);
        describe(row, run, i == 0 ? NULL : &peers[i - 1]);
        row_measured(row, &contenders[i]);
        row_rate(row, 0, flops, peak);
        if (i == 0) {
            set_target(row, run->layer);
            continue;
        }
        snprintf(row->settings, sizeof row->settings, "%.319s", peers[i - 1].settings);
        if (row->seconds > 0)
            row->ratio = row->seconds / contenders[0].seconds;
    }
}

/* Numbers like those of training: some of both signs, none denormal. */
static void fill(struct panels *m, uint32_t seed)
{
    struct random_key key = {.seed = seed, .purpose = RANDOM_TEST};
    size_t n = panel_floats(m->rows, m->cols);
    for (size_t i = 0; i < n; i += 4) {
        uint32_t random[4];
        random_u32x4(&key, (uint32_t)(i / 4), random);
        for (size_t j = 0; j < 4 && i + j < n; j++)
            m->data[i + j] = (float)random_unit(random[j]) - 0.5f;
    }
}

static void products_of_threads(struct bench *bench, struct step *step, int threads)
{
    struct peer peers[PEERS_MAX];
    uint32_t n_peers = 0;
    for (uint32_t i = 0; bench->options.peers && i < peer_count(PEER_GEMMS); i++)
        if (peer_open(&peers[n_peers], PEER_GEMMS, i, threads, "", !bench->options.quick))
            n_peers++;
        else
            bench_note("%s: %s", peers[n_peers].label, peers[n_peers].settings);
    for (uint32_t l = 0; l < step->net->n_layers; l++)
        for (int sort = FORWARD; sort <= WEIGHT_GRADIENT; sort++) {
            if (sort == INPUT_GRADIENT && l == 0)
                continue; /* nobody needs the gradient of the pixels */
            struct product_run run = {step, (enum product_sort)sort, l, threads, 1, 0};
            measure_product(bench, &run, peers, n_peers);
        }
    for (uint32_t i = 0; i < n_peers; i++)
        peer_close(&peers[i]);
}

void section_products(struct bench *bench)
{
    static const uint32_t widths[] = {784, 256, 128, 10};
    struct mlp_net *net;
    if (mlp_net_new(&net, widths, 3, 1, NULL) != MLP_OK)
        return;
    int threads = bench_threads(bench);
    struct mlp_train_options options = mlp_train_defaults();
    struct step *step = step_new(net, WORK_DEFAULT_BATCH, threads, &options);
    struct panels x = {
        .rows = WORK_DEFAULT_BATCH, .cols = widths[0], .stride = panel_stride(WORK_DEFAULT_BATCH)};
    x.data = memory_new(panel_floats(x.rows, x.cols) * sizeof(float));
    if (step != NULL && x.data != NULL) {
        struct step_input input = {.x = x}; /* a product looks at what it is given */
        step->input = &input;
        fill(&x, 1);
        for (uint32_t l = 0; l < net->n_layers; l++) {
            fill(&step->y[l], 2 + l);
            fill(&step->dz[l], 12 + l);
            if (step->dzt[l].data != NULL)
                fill(&step->dzt[l], 22 + l);
        }
        products_of_threads(bench, step, 1);
        if (threads > 1)
            products_of_threads(bench, step, threads);
    }
    memory_free(x.data);
    step_free(step);
    mlp_net_free(net);
    section_products_bf16(bench);
}
