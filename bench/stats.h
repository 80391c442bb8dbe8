/* stats.h - what is kept of repeated runs: the median and how far runs stray from it. */
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

#include <stdint.h>

/* stats_median - of n values, which it sorts; 0 if there are none. */
double stats_median(double *values, uint32_t n);

/* stats_mad - median absolute deviation from `median`; sorts and overwrites values. Unlike a
 * standard deviation, one run that something disturbed does not move it. */
double stats_mad(double *values, uint32_t n, double median);

/* stats_quantile - the value below which a share q of the n sorted values lie, 0 <= q <= 1. */
double stats_quantile(const double *sorted, uint32_t n, double q);

/* stats_sort - ascending. */
void stats_sort(double *values, uint32_t n);

#endif
