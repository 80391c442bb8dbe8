/* measure.h - repeats what is measured, contenders in turn, until enough runs were undisturbed. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct contender {
    /* One run; its seconds as it measured them, or a negative number if it failed, after which it
     * is not asked again. */
    double (*run)(void *context);
    void *context;
    pid_t pid;   /* the process that computes; 0: this one */
    int threads; /* how many it takes; 0: one */

    /* A run that takes longer than this was disturbed even where no counter says so: more threads
     * are not slower than one. 0: no such limit. */
    double limit_seconds;

    /* Results. */
    double seconds; /* median of the undisturbed runs; negative if it failed */
    double mad;
    double ghz;         /* median of what they noted of the clock; 0: nothing */
    uint32_t runs;      /* that count */
    uint32_t discarded; /* that do not */
    bool noisy;         /* too few undisturbed runs: disturbed ones count as well */
};

enum { MEASURE_RUNS_MAX = 64 };

/* measure - warms each contender up with one run, then runs them in turn until each has n_runs
 * undisturbed ones, or three times as many attempts, or budget_seconds are over. */
void measure(struct contender *contenders, uint32_t n, uint32_t n_runs, double budget_seconds);

/* measure_total_discarded, _total_runs - since the program began, for the report. */
uint32_t measure_total_discarded(void);
uint32_t measure_total_runs(void);

/* measure_hurry - from now on only as many attempts as runs, and shorter ones
 * (measure_run_seconds): for smoke tests. */
void measure_hurry(void);

/* measure_times - how often something that `run` does once per call must be repeated to take
 * measure_run_seconds. Looks at the fastest of a few calls. */
uint32_t measure_times(double (*run)(void *context), void *context);

/* measure_run_seconds - about how long one run of something small should be repeated for: long
 * against the clock and the noise counters, short enough for many of them. */
double measure_run_seconds(void);

#endif
