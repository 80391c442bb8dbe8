#include "stats.h"

#include <math.h>
#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void stats_sort(double *values, uint32_t n)
{
    qsort(values, n, sizeof *values, compare);
}

double stats_median(double *values, uint32_t n)
{
    if (n == 0)
        return 0;
    stats_sort(values, n);
    return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

double stats_mad(double *values, uint32_t n, double median)
{
    for (uint32_t i = 0; i < n; i++)
        values[i] = fabs(values[i] - median);
    return stats_median(values, n);
}

double stats_quantile(const double *sorted, uint32_t n, double q)
{
    if (n == 0)
        return 0;
    uint32_t i = (uint32_t)(q * n);
    return sorted[i < n ? i : n - 1];
}
