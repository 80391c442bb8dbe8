/* noise.h - did somebody else take the cores while we measured?
 *
 * Two threads that meet at barriers run at the speed of the slower one: one compile job beside them
 * makes a training step five times slower. Such a run says nothing about us, so it is discarded and
 * repeated. Three signs are watched, for each thread of the process that was measured:
 *   involuntary context switches     the scheduler took the core away
 *   run-queue wait                   the time that a thread could have run but did not
 *   steal                            the time that the hypervisor gave to another machine
 * None of them shows who shares a core or its power budget with us from another virtual machine, so
 * there is a fourth: a short burst of arithmetic before and after, which has to be as fast as ever.
 */
#ifndef BENCH_NOISE_H
#define BENCH_NOISE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct noise {
    pid_t pid;
    uint64_t switches; /* of all its threads */
    uint64_t wait_ns;  /* likewise */
    uint64_t steal_ticks;
};

/* noise_read - the counters of the process as they stand; pid 0: ourselves. */
struct noise noise_read(pid_t pid);

/* noise_since - whether the `seconds` since `before` was read were disturbed. */
bool noise_since(const struct noise *before, double seconds);

/* noise_clear - whether a burst of arithmetic on n_threads (at most the usable cores) is about as
 * fast as the fastest one so far. Takes about a millisecond. */
bool noise_clear(int n_threads);

#endif
