/* peak.h - the most arithmetic and the most memory traffic that this machine does, measured. */
#ifndef BENCH_PEAK_H
#define BENCH_PEAK_H

#include <stdbool.h>
#include <stdint.h>

/* One instruction set: a loop of independent multiply-adds, whose factors are in registers or, some
 * or all of them, in L1. */
struct peak_isa {
    const char *name;      /* as the kernels call it */
    const char *precision; /* of the factors */
    uint32_t needs;        /* enum cpu_feature */
    double flops;          /* of one round */
    double loads;          /* for each multiply-add; 0: the peak */
    /* n rounds; the result depends on all of them, so that none can be left out */
    float (*run)(uint64_t n);
};

/* peak_isa - the i-th, widest vectors first, then tiles; NULL beyond the last one. */
const struct peak_isa *peak_isa(uint32_t i);

/* peak_seconds - n_threads do `rounds` rounds each at the same time; from the first one's begin to
 * the last one's end. notes_clock: see core_clock.h; takes a microsecond of them. */
double peak_seconds(const struct peak_isa *isa, int n_threads, uint64_t rounds, bool notes_clock);

/* peak_product_seconds - the same for a kernel's widest product, in f32 or, if it is for bf16
 * alone, on tiles, on operands that stay in L1, so many times in each thread; negative if there is
 * no memory. peak_product_flops - of one. */
struct kernel;
double peak_product_seconds(const struct kernel *kernel, int n_threads, uint64_t rounds);
double peak_product_flops(const struct kernel *kernel);

/* Traffic between memory and n_threads cores over arrays far beyond the caches. */
enum bandwidth_kind { BANDWIDTH_READ, BANDWIDTH_COPY, BANDWIDTH_TRIAD, BANDWIDTH_KINDS };
extern const char *const bandwidth_names[BANDWIDTH_KINDS];

struct bandwidth;
/* bandwidth_new - three arrays of that many bytes each; NULL if there is no memory. */
struct bandwidth *bandwidth_new(uint64_t array_bytes, int n_threads);
void bandwidth_free(struct bandwidth *bandwidth);

/* bandwidth_seconds - of one pass; bandwidth_bytes - what such a pass moves, as STREAM counts it
 * (the read of a line that is then overwritten is not counted).
 * Source   McCalpin 1995, "Memory bandwidth and machine balance in current high performance
 *          computers" */
double bandwidth_seconds(struct bandwidth *bandwidth, enum bandwidth_kind kind);
double bandwidth_bytes(const struct bandwidth *bandwidth, enum bandwidth_kind kind);

#endif
