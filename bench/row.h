/* row.h - one line of the result, and the list of them. */
#ifndef BENCH_ROW_H
#define BENCH_ROW_H

#include "measure.h"

#include <stdbool.h>
#include <stdint.h>

/* What issue or documentation promise of a row. `sort` says which figure it is about. */
enum target_sort {
    TARGET_NONE,
    TARGET_SHARE,    /* share_of_peak, at least */
    TARGET_RATIO,    /* ratio, at least */
    TARGET_AT_LEAST, /* value, at least */
    TARGET_AT_MOST   /* value, at most */
};

struct row {
    char section[16]; /* where it stands in the table */
    char name[48];
    char kernel[16]; /* "" where none is involved */
    char precision[8];
    int threads;
    uint32_t batch;
    char layers[64];
    char peer[24];      /* whose figure this is; "": ours */
    char settings[320]; /* of the peer */

    double seconds, mad; /* median and median absolute deviation; 0: does not apply */
    uint32_t runs, discarded;
    bool noisy;

    double images_per_s, gflops, share_of_peak;
    double ghz;   /* of the core's clock, where the work ended; 0: unknown */
    double ratio; /* peers: their seconds over ours in the same alternation; else as `name` says */
    double loss;  /* mean of the first epoch, to see that everybody learns alike */
    double value; /* what is not a time, in `unit` */
    char unit[16];

    enum target_sort target_sort;
    double target;
};

struct rows {
    struct row *row;
    uint32_t n, room;
};

/* row_add - a new zeroed row at the end, with these two set; ends the program if there is no
 * memory. The pointer is good until the next one. */
struct row *row_add(struct rows *rows, const char *section, const char *name);

/* row_measured - takes over what measure() found. */
void row_measured(struct row *row, const struct contender *contender);

/* row_rate - n_images and flops a run: images/s, GFLOP/s and, if peak_gflops > 0, its share. */
void row_rate(struct row *row, double n_images, double flops, double peak_gflops);

void row_target(struct row *row, enum target_sort sort, double target);

/* row_target_met - false also where the figure is missing. */
bool row_target_met(const struct row *row);

/* row_find - the row that differs from `like` in nothing but its figures; NULL if there is none. */
const struct row *row_find(const struct rows *rows, const struct row *like);

/* row_limit_seconds - what a run of `like` with several threads takes at most when nobody disturbs
 * it: as long as with one thread, which was measured before. n_images as in row_rate, 0 if a run is
 * the same work for any number of threads. 0: no limit is known. */
double row_limit_seconds(const struct rows *rows, const struct row *like, double n_images);

void rows_free(struct rows *rows);

#endif
