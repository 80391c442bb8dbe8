/* section_epoch.c - the figure that everything is about: one epoch of the default network, in f32
 * and (on AMX) in bf16, ours and the peers' in turn, the machine's peaks among them. */
#include "bench.h"
#include "peak.h"
#include "peers.h"
#include "work.h"

#include <stdio.h>
#include <string.h>

enum { PEERS_MAX = 4, PRECISIONS = 2, EACH_MAX = PEERS_MAX + 3 };

struct peak_run {
    const struct peak_isa *isa;
    int threads;
    uint64_t rounds;
};

static double run_peak(void *context)
{
    struct peak_run *run = context;
    return run->isa == NULL ? -1 : peak_seconds(run->isa, run->threads, run->rounds, true);
}

/* The peak at the same time as the epoch: clocks go up and down with temperature and neighbours. */
static struct peak_run peak_run_new(const char *isa, int threads)
{
    struct peak_run run = {NULL, threads, 0};
    const struct peak_isa *found;
    for (uint32_t i = 0; (found = peak_isa(i)) != NULL; i++)
        if (strcmp(found->name, isa) == 0 && found->loads == 0)
            run.isa = found;
    if (run.isa != NULL) /* a few milliseconds; a round of tiles takes 14 times as long */
        run.rounds = strcmp(run.isa->precision, "bf16") == 0 ? 100000 : 1000000;
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

/* Who computes in one precision. They stand one after the other among all contenders. */
struct field {
    enum mlp_precision precision;
    int threads;
    struct work work;
    struct work no_zeros;
    struct peer_run peers[PEERS_MAX];
    uint32_t n_peers;
    struct peak_run peak;
    struct contender *contenders; /* ours, peers, peak, ours without zeros */
};

static void open_peers(struct bench *bench, struct field *field)
{
    enum peer_sort sort = field->precision == MLP_BF16 ? PEER_TRAINERS_BF16 : PEER_TRAINERS;
    field->n_peers = 0;
    for (uint32_t i = 0; bench->for_peers && i < peer_count(sort); i++) {
        struct peer_run *run = &field->peers[field->n_peers];
        run->first_loss = 0;
        if (peer_open(&run->peer, sort, i, field->threads, bench->work_folder,
                      !bench->options.quick))
            field->n_peers++;
        else
            bench_note("%s: %s", run->peer.label, run->peer.settings);
    }
}

/* What tells a row from the others; i: 0 is ours, then the peers. */
static void describe(struct row *row, const struct field *field, uint32_t i)
{
    work_describe(&field->work, row);
    if (i > 0) {
        row->kernel[0] = '\0';
        snprintf(row->peer, sizeof row->peer, "%s", field->peers[i - 1].peer.name);
    }
}

static bool field_new(struct bench *bench, struct field *field, enum mlp_precision precision,
                      int threads)
{
    struct work_spec spec = {
        .precision = precision, .threads = threads, .n_images = bench->dataset.train.n_samples};
    field->precision = precision;
    field->threads = threads;
    if (!work_new(&field->work, bench, &spec))
        return false;
    spec.no_zeros = true;
    if (!work_new(&field->no_zeros, bench, &spec)) {
        work_free(&field->work);
        return false;
    }
    field->peak = peak_run_new(mlp_net_kernel(field->work.net), threads);
    open_peers(bench, field);
    return true;
}

/* Adds its contenders to the list; their number returned. */
static uint32_t enter(const struct bench *bench, struct field *field, struct contender *list)
{
    struct row key = {.section = "epoch", .name = "epoch"};
    uint32_t n = 1 + field->n_peers;
    field->contenders = list;
    list[0] = (struct contender){.run = work_run, .context = &field->work};
    for (uint32_t i = 1; i < n; i++)
        list[i] = (struct contender){.run = run_peer,
                                     .context = &field->peers[i - 1],
                                     .pid = field->peers[i - 1].peer.process.pid};
    for (uint32_t i = 0; i < n; i++) {
        describe(&key, field, i);
        list[i].limit_seconds = row_limit_seconds(&bench->rows, &key, 0);
    }
    list[n++] = (struct contender){.run = run_peak, .context = &field->peak};
    list[n++] = (struct contender){.run = work_run,
                                   .context = &field->no_zeros,
                                   .limit_seconds = row_limit_seconds(&bench->rows, &key, 0)};
    for (uint32_t i = 0; i < n; i++)
        list[i].threads = field->threads;
    return n;
}

static void set_target(struct row *row, int threads)
{
    bool ours = row->peer[0] == '\0';
    if (strcmp(row->precision, "bf16") == 0) {
        if (ours) { /* issue 4 */
            row->value = 1e3 * row->seconds;
            snprintf(row->unit, sizeof row->unit, "ms");
            row_target(row, TARGET_AT_MOST, threads == 1 ? 55 : 35);
        }
        return;
    }
    /* Issue 3's table, for AVX-512 machines; other thread counts have none of their own. */
    if (strcmp(row->peer, "numpy") == 0)
        row_target(row, TARGET_RATIO, 3.0);
    else if (strcmp(row->peer, "torch") == 0)
        row_target(row, TARGET_RATIO, 2.8);
    else if (strcmp(row->peer, "onednn") == 0)
        row_target(row, TARGET_RATIO, 1.45);
}

/* What the share of the peak is judged by: here all of the arithmetic that it counts is done. */
static void add_no_zeros(struct bench *bench, const struct field *field, double peak_gflops)
{
    struct row *row = row_add(&bench->rows, "epoch", "epoch, no zeros");
    work_describe(&field->no_zeros, row);
    row_measured(row, &field->contenders[2 + field->n_peers]);
    row_rate(row, field->no_zeros.n_images, field->no_zeros.flops, peak_gflops);
    if (field->precision == MLP_F32)
        row_target(row, TARGET_SHARE, field->threads == 1 ? 0.88 : 0.85); /* issue 3 */
}

static void add_rows(struct bench *bench, const struct field *field)
{
    const struct contender *contenders = field->contenders, *peak = &contenders[1 + field->n_peers];
    double peak_gflops = 0;
    if (field->peak.isa != NULL && peak->seconds > 0)
        peak_gflops = 1e-9 * field->peak.isa->flops * (double)field->peak.rounds * field->threads /
                      peak->seconds;
    for (uint32_t i = 0; i <= field->n_peers; i++) {
        struct row *row = row_add(&bench->rows, "epoch", "epoch");
        describe(row, field, i);
        row_measured(row, &contenders[i]);
        row_rate(row, field->work.n_images, field->work.flops, peak_gflops);
        row->loss = field->work.first_loss;
        if (i > 0) {
            row->loss = field->peers[i - 1].first_loss;
            snprintf(row->settings, sizeof row->settings, "%.319s",
                     field->peers[i - 1].peer.settings);
            if (row->seconds > 0 && contenders[0].seconds > 0)
                row->ratio = row->seconds / contenders[0].seconds;
        }
        set_target(row, field->threads);
    }
    add_no_zeros(bench, field, peak_gflops);
}

/* Ours in bf16 against one of them, in a row of its own; target 0: none. */
static void compare(struct bench *bench, const struct field *bf16, const struct field *theirs,
                    uint32_t peer, const char *name, double target)
{
    double seconds = theirs->contenders[1 + peer].seconds;
    struct row *row = row_add(&bench->rows, "epoch", name);
    describe(row, theirs, 1 + peer);
    snprintf(row->precision, sizeof row->precision, "bf16");
    row->layers[0] = '\0'; /* the name says all */
    if (seconds > 0 && bf16->contenders[0].seconds > 0)
        row->ratio = seconds / bf16->contenders[0].seconds;
    if (target > 0)
        row_target(row, TARGET_RATIO, target);
}

/* Issue 4's ratios, which it asks for with all of two threads. */
static void compare_bf16(struct bench *bench, const struct field *f32, const struct field *bf16)
{
    bool several = bf16->threads > 1;
    for (uint32_t i = 0; i < f32->n_peers; i++)
        if (strcmp(f32->peers[i].peer.name, "numpy") == 0)
            compare(bench, bf16, f32, i, "NumPy in f32 over ours in bf16", several ? 13 : 0);
    uint32_t best = bf16->n_peers;
    for (uint32_t i = 0; i < bf16->n_peers; i++) {
        double seconds = bf16->contenders[1 + i].seconds;
        if (seconds > 0 && (best == bf16->n_peers || seconds < bf16->contenders[1 + best].seconds))
            best = i;
    }
    if (best < bf16->n_peers)
        compare(bench, bf16, bf16, best, "best peer over ours, bf16", several ? 4.5 : 0);
}

/* All in one alternation, so that ratios between the precisions are of the same minutes, too. */
static void epoch_of_threads(struct bench *bench, int threads)
{
    static struct field fields[PRECISIONS];
    struct contender contenders[PRECISIONS * EACH_MAX];
    bool amx = bench_peak(bench, "amx", 1) > 0;
    uint32_t n_fields = 0, n = 0;
    for (int p = 0; p < (amx ? PRECISIONS : 1); p++) {
        if (!field_new(bench, &fields[p], p == 0 ? MLP_F32 : MLP_BF16, threads))
            break;
        n_fields++;
    }
    for (uint32_t p = 0; p < n_fields; p++)
        n += enter(bench, &fields[p], contenders + n);
    measure(contenders, n, bench->n_runs, 40);
    for (uint32_t p = 0; p < n_fields; p++)
        add_rows(bench, &fields[p]);
    if (n_fields == PRECISIONS)
        compare_bf16(bench, &fields[0], &fields[1]);
    for (uint32_t p = 0; p < n_fields; p++) {
        for (uint32_t i = 0; i < fields[p].n_peers; i++)
            peer_close(&fields[p].peers[i].peer);
        work_free(&fields[p].work);
        work_free(&fields[p].no_zeros);
    }
}

void section_epoch(struct bench *bench)
{
    epoch_of_threads(bench, 1);
    if (bench_threads(bench) > 1)
        epoch_of_threads(bench, bench_threads(bench));
}
