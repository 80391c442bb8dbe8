/* report.h - the result as a table, CSV, JSON and a picture; and one JSON against another. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "bench.h"

/* report_table - prints everything, a section at a time, to stdout. */
void report_table(const struct bench *bench);

/* report_time - seconds as "512 us", "85.1 ms", "0.5401 s"; an empty text for none. */
void report_time(double seconds, char *text, size_t size);

/* report_csv, report_json - write OUT/bench.csv, OUT/bench.json. */
enum mlp_status report_csv(const struct bench *bench, const char *path,
                           struct mlp_error *error) MLP_MUST_USE;
enum mlp_status report_json(const struct bench *bench, const char *path,
                            struct mlp_error *error) MLP_MUST_USE;

/* report_read - the rows and the machine of a file that report_json wrote.
 * Owner    rows_free(&bench->rows) */
enum mlp_status report_read(struct bench *bench, const char *path,
                            struct mlp_error *error) MLP_MUST_USE;

/* report_picture - charts of it all, OUT/bench.png. */
enum mlp_status report_picture(const struct bench *bench, const char *path,
                               struct mlp_error *error) MLP_MUST_USE;

/* report_compare - prints old against new, row by row. */
void report_compare(const struct bench *old, const struct bench *new);

#endif
