/* section_epoch.c - the figure that everything is about: one epoch of the default network, ours and
 * the peers' in turn, the machine's peak among them. */
#include "bench.h"
#include "peak.h"
#include "peers.h"
#include "work.h"

#include <stdio.h>
#include <string.h>

enum { PEERS_MAX = 8 };

struct peak_run {
    const struct peak_isa *isa;
    int threads;
    uint64_t rounds;
};

static double run_peak(void *context)
{
    struct peak_run *run = context;
    return peak_seconds(run->isa, run->threads, run->rounds);
}

/* The peak at the same time as the epoch: clocks go up and down with temperature and neighbours. */
static struct peak_run peak_run_new(const char *isa, int threads)
{
    struct peak_run run = {NULL, threads, 1000000};
    const struct peak_isa *found;
    for (uint32_t i = 0; (found = peak_isa(i)) != NULL; i++)
        if (strcmp(found->name, isa) == 0)
            run.isa = found;
    return run;
}

struct peer_run {
    struct peer peer;
    double first_loss;
};

static double run_peer(void *context)
{
    struct peer_run *run = context;
    double loss, seconds = peer_ask(&run->peer, "epoch\n", &loss);
    if (run->first_loss <= 0)
        run->first_loss = loss;
    return seconds;
}

static uint32_t open_peers(struct bench *bench, struct peer_run *runs, int threads)
{
    uint32_t n = 0;
    for (uint32_t i = 0; bench->for_peers && i < peer_count(PEER_TRAINERS); i++) {
        runs[n] = (struct peer_run){.first_loss = 0};
        if (peer_open(&runs[n].peer, PEER_TRAINERS, i, threads, bench->work_folder,
                      !bench->options.quick))
            n++;
        else
            bench_note("%s: %s", runs[n].peer.label, runs[n].peer.settings);
    }
    return n;
}

/* What tells a row from the others. */
static void describe(struct row *row, const struct work *work, const struct peer_run *peer)
{
    work_describe(work, row);
    if (peer != NULL) {
        row->kernel[0] = '\0';
        snprintf(row->peer, sizeof row->peer, "%s", peer->peer.name);
    }
}

static void set_target(struct row *row, int threads)
{
    /* Issue 3's table, for AVX-512 machines; other thread counts have none of their own. */
    if (strcmp(row->peer, "") == 0)
        row_target(row, TARGET_SHARE, threads == 1 ? 0.88 : 0.85);
    else if (strcmp(row->peer, "numpy") == 0)
        row_target(row, TARGET_RATIO, 3.0);
    else if (strcmp(row->peer, "torch") == 0)
        row_target(row, TARGET_RATIO, 2.8);
    else if (strcmp(row->peer, "onednn") == 0)
        row_target(row, TARGET_RATIO, 1.45);
}

static void epoch_of_threads(struct bench *bench, int threads)
{
    static struct peer_run peers[PEERS_MAX];
    struct work work;
    uint32_t n_images = bench->dataset.train.n_samples;
    if (!work_new(&work, bench, work_default_hidden, 2, WORK_DEFAULT_BATCH, NULL, threads, n_images,
                  0))
        return;
    struct peak_run peak = peak_run_new(mlp_net_kernel(work.net), threads);
    uint32_t n_peers = open_peers(bench, peers, threads), n = 0;
    struct contender contenders[PEERS_MAX + 2];
    contenders[n++] = (struct contender){.run = work_run, .context = &work, .threads = threads};
    for (uint32_t i = 0; i < n_peers; i++)
        contenders[n++] = (struct contender){.run = run_peer,
                                             .context = &peers[i],
                                             .pid = peers[i].peer.process.pid,
                                             .threads = threads};
    struct row key = {.section = "epoch", .name = "epoch"};
    for (uint32_t i = 0; i <= n_peers; i++) {
        describe(&key, &work, i == 0 ? NULL : &peers[i - 1]);
        contenders[i].limit_seconds = row_limit_seconds(&bench->rows, &key, 0);
    }
    if (peak.isa != NULL)
        contenders[n++] = (struct contender){.run = run_peak, .context = &peak, .threads = threads};
    measure(contenders, n, bench->n_runs, 40);

    double peak_gflops = 0;
    if (peak.isa != NULL && contenders[n - 1].seconds > 0)
        peak_gflops =
            1e-9 * peak.isa->flops * (double)peak.rounds * threads / contenders[n - 1].seconds;
    for (uint32_t i = 0; i <= n_peers; i++) {
        struct row *row = row_add(&bench->rows, "epoch", "epoch");
        describe(row, &work, i == 0 ? NULL : &peers[i - 1]);
        row_measured(row, &contenders[i]);
        row_rate(row, n_images, work.flops, peak_gflops);
        row->loss = work.first_loss;
        if (i > 0) {
            row->loss = peers[i - 1].first_loss;
            snprintf(row->settings, sizeof row->settings, "%.319s", peers[i - 1].peer.settings);
            if (row->seconds > 0)
                row->ratio = row->seconds / contenders[0].seconds;
        }
        set_target(row, threads);
    }
    for (uint32_t i = 0; i < n_peers; i++)
        peer_close(&peers[i].peer);
    work_free(&work);
}

void section_epoch(struct bench *bench)
{
    epoch_of_threads(bench, 1);
    if (bench_threads(bench) > 1)
        epoch_of_threads(bench, bench_threads(bench));
}
