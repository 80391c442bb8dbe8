/* compare.c - an old result against a new one. */
#include "report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* For normally distributed runs the standard deviation is 1.4826 times the MAD; three of them, of
 * the difference of two medians, happen by chance once in 370 times. Below one per cent we do not
 * claim a difference at all: that much comes from where memory happens to lie. */
#define SIGMA_PER_MAD 1.4826
#define SIGMAS 3
#define LEAST_SHARE 0.01

/* The figure of a row that tells better from worse, smaller being better for times. */
static double figure(const struct row *row)
{
    return row->seconds > 0 && row->images_per_s > 0 ? 1 / row->images_per_s
           : row->seconds > 0                        ? row->seconds
                                                     : row->value;
}

static const char *verdict(const struct row *old, const struct row *new, double change)
{
    double spread =
        old->seconds > 0 && new->seconds > 0
            ? SIGMAS *SIGMA_PER_MAD *hypot(old->mad / old->seconds, new->mad / new->seconds)
            : 0;
    if (fabs(change) <= fmax(spread, LEAST_SHARE))
        return "within noise";
    if (old->noisy || new->noisy)
        return "noisy runs, no verdict";
    if (new->seconds > 0 || new->target_sort == TARGET_AT_MOST)
        return change < 0 ? "faster" : "SLOWER";
    return change < 0 ? "less" : "more";
}

static void print_pair(const struct row *old, const struct row *new)
{
    double before = figure(old), after = figure(new), change;
    char name[160];
    if (before <= 0 || after <= 0 || new->peer[0] != '\0')
        return;
    change = after / before - 1;
    snprintf(name, sizeof name, "%s %s%s%s%s", new->section, new->name,
             new->layers[0] == '\0' ? "" : " ", new->layers,
             strcmp(new->precision, "bf16") == 0 ? " bf16" : "");
    printf("  %-56.56s %-7s %3d %5u %12.5g %12.5g %+7.1f%%  %s\n", name, new->kernel, new->threads,
           new->batch, old->seconds > 0 ? old->seconds : old->value,
           new->seconds > 0 ? new->seconds : new->value, 100 * change, verdict(old, new, change));
}

void report_compare(const struct bench *old, const struct bench *new)
{
    uint32_t missing = 0;
    printf("old  %s  %s  %s\nnew  %s  %s  %s\n", old->machine.revision, old->machine.date,
           old->machine.cpu, new->machine.revision, new->machine.date, new->machine.cpu);
    if (strcmp(old->machine.cpu, new->machine.cpu) != 0)
        printf("These are two different machines: the changes below compare them, not us.\n");
    printf("\n  %-56s %-7s %3s %5s %12s %12s %8s\n", "seconds, or the row's own unit", "kernel",
           "thr", "batch", "old", "new", "change");
    for (uint32_t i = 0; i < new->rows.n; i++) {
        const struct row *match = row_find(&old->rows, &new->rows.row[i]);
        if (match != NULL)
            print_pair(match, &new->rows.row[i]);
        else
            missing++;
    }
    if (missing > 0)
        printf("\n%u rows of the new result have no counterpart in the old one.\n", missing);
}
