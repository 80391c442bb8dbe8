#include "measure.h"

#include "base/clock.h"
#include "core_clock.h"
#include "noise.h"
#include "stats.h"

#include <time.h>

enum { ATTEMPTS_PER_RUN = 3, RUNS_MIN = 3 };
#define RUN_SECONDS 0.025
#define RUN_SECONDS_HURRY 0.003

/* Before another process computes: our threads stop spinning at their barriers (libgomp: some
 * milliseconds) and go to sleep. Measured: their CPU time grows no more after 8 ms. */
static const struct timespec settle = {0, 15 * 1000 * 1000};

/* Waiting for a quiet moment: a second in all, then the run takes its chance. */
static const struct timespec nap = {0, 20 * 1000 * 1000};
enum { NAPS = 50 };

static uint32_t total_runs, total_discarded;
static bool hurry;

void measure_hurry(void)
{
    hurry = true;
}

double measure_run_seconds(void)
{
    return hurry ? RUN_SECONDS_HURRY : RUN_SECONDS;
}

uint32_t measure_total_discarded(void)
{
    return total_discarded;
}

uint32_t measure_total_runs(void)
{
    return total_runs;
}

uint32_t measure_times(double (*run)(void *context), void *context)
{
    enum { CALLS = 4 }; /* the first one also pays for cold memory */
    double best = measure_run_seconds();
    for (int i = 0; i < CALLS; i++) {
        double seconds = run(context);
        if (seconds > 0 && seconds < best)
            best = seconds;
    }
    return (uint32_t)(measure_run_seconds() / best) + 1;
}

/* Runs of one contender: the undisturbed ones from the front, the others from the back. */
struct runs {
    double seconds[MEASURE_RUNS_MAX], ghz[MEASURE_RUNS_MAX];
    uint32_t n_good, n_bad;
};

static void run_once(struct contender *c, struct runs *runs)
{
    int threads = c->threads == 0 ? 1 : c->threads;
    if (c->seconds < 0)
        return;
    for (int i = 0; i < NAPS && !hurry && !noise_clear(threads); i++)
        nanosleep(&nap, NULL);
    if (c->pid != 0)
        nanosleep(&settle, NULL);
    struct noise before = noise_read(c->pid);
    (void)core_clock_noted(); /* of nobody's run */
    double begin = clock_seconds(), seconds = c->run(c->context);
    double ghz = core_clock_noted();
    bool disturbed = noise_since(&before, clock_seconds() - begin);
    if (seconds < 0) {
        c->seconds = -1;
        return;
    }
    if (c->limit_seconds > 0 && seconds > c->limit_seconds)
        disturbed = true;
    if (!hurry && !noise_clear(threads))
        disturbed = true;
    uint32_t at = disturbed ? MEASURE_RUNS_MAX - ++runs->n_bad : runs->n_good++;
    runs->seconds[at] = seconds;
    runs->ghz[at] = ghz;
}

static void summarise(struct contender *c, struct runs *runs)
{
    total_runs += runs->n_good + runs->n_bad;
    total_discarded += runs->n_bad;
    c->discarded = runs->n_bad;
    if (c->seconds < 0)
        return;
    if (runs->n_good < RUNS_MIN) { /* better a figure with a warning than none */
        c->noisy = true;
        c->discarded = 0;
        total_discarded -= runs->n_bad;
        for (; runs->n_bad > 0; runs->n_bad--, runs->n_good++) {
            runs->seconds[runs->n_good] = runs->seconds[MEASURE_RUNS_MAX - runs->n_bad];
            runs->ghz[runs->n_good] = runs->ghz[MEASURE_RUNS_MAX - runs->n_bad];
        }
    }
    c->runs = runs->n_good;
    c->seconds = stats_median(runs->seconds, runs->n_good);
    c->mad = stats_mad(runs->seconds, runs->n_good, c->seconds);
    c->ghz = stats_median(runs->ghz, runs->n_good);
}

void measure(struct contender *contenders, uint32_t n, uint32_t n_runs, double budget_seconds)
{
    enum { CONTENDERS_MAX = 16 };
    static struct runs runs[CONTENDERS_MAX];
    double begin = clock_seconds();
    uint32_t attempts = n_runs * (hurry ? 1 : ATTEMPTS_PER_RUN);
    if (attempts > MEASURE_RUNS_MAX)
        attempts = MEASURE_RUNS_MAX;
    for (uint32_t i = 0; i < n; i++) {
        runs[i] = (struct runs){.n_good = 0};
        contenders[i].seconds = contenders[i].run(contenders[i].context) < 0 ? -1 : 0;
    }
    bool enough = false;
    for (uint32_t attempt = 0; attempt < attempts && !enough; attempt++) {
        enough = true;
        for (uint32_t i = 0; i < n; i++) {
            if (runs[i].n_good < n_runs)
                run_once(&contenders[i], &runs[i]);
            enough = enough && (runs[i].n_good >= n_runs || contenders[i].seconds < 0);
        }
        if (clock_seconds() - begin > budget_seconds && attempt + 1 >= RUNS_MIN)
            break;
    }
    for (uint32_t i = 0; i < n; i++)
        summarise(&contenders[i], &runs[i]);
}
