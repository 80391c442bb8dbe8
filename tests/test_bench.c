/* test_bench.c - the bench's own logic: statistics, repeated runs, talking to peers, targets. */
#include "../bench/coprocess.h"
#include "../bench/core_clock.h"
#include "../bench/measure.h"
#include "../bench/peak.h"
#include "../bench/row.h"
#include "../bench/stats.h"

#include "base/cpu.h"
#include "kernel/kernel.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

Suite *bench_suite(void);

START_TEST(the_median_and_its_deviation_ignore_an_outlier)
{
    double odd[] = {3, 1, 1000, 2, 2.5}, even[] = {4, 1, 3, 2};
    ck_assert_double_eq(stats_median(odd, 5), 2.5);
    ck_assert_double_eq(stats_mad(odd, 5, 2.5), 0.5); /* of 0, 0.5, 0.5, 1.5, 997.5 */
    ck_assert_double_eq(stats_median(even, 4), 2.5);
    ck_assert_double_eq(stats_median(NULL, 0), 0);
}
END_TEST

START_TEST(quantiles_are_values_that_occurred)
{
    double values[100];
    for (int i = 0; i < 100; i++)
        values[i] = 100 - i;
    stats_sort(values, 100);
    ck_assert_double_eq(stats_quantile(values, 100, 0.5), 51);
    ck_assert_double_eq(stats_quantile(values, 100, 0.99), 100);
    ck_assert_double_eq(stats_quantile(values, 100, 1), 100);
}
END_TEST

/* Answers 1 second, and 9 every third time. */
static double sometimes_slow(void *context)
{
    int *calls = context;
    return ++*calls % 3 == 0 ? 9 : 1;
}

static double broken(void *context)
{
    int *calls = context;
    ++*calls;
    return -1;
}

START_TEST(runs_beyond_the_limit_are_discarded_and_repeated)
{
    int calls = 0, failures = 0;
    struct contender pair[2] = {
        {.run = sometimes_slow, .context = &calls, .limit_seconds = 5},
        {.run = broken, .context = &failures},
    };
    measure(pair, 2, 7, 1e9);
    ck_assert_double_eq(pair[0].seconds, 1);
    /* noisy: this machine disturbed nearly every run, then slow ones may count as well */
    ck_assert(pair[0].noisy || pair[0].discarded >= 3);
    ck_assert(pair[0].noisy || pair[0].mad == 0);
    ck_assert_double_lt(pair[1].seconds, 0);
    ck_assert_int_eq(failures, 1); /* who fails is not asked again */
}
END_TEST

static char process_state(pid_t pid)
{
    char path[64], state = '?';
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    FILE *file = fopen(path, "re");
    if (file != NULL) {
        ck_assert_int_eq(fscanf(file, "%*d (%*[^)]) %c", &state), 1);
        fclose(file);
    }
    return state;
}

START_TEST(a_coprocess_answers_and_sleeps_in_between)
{
    const char *argv[] = {"cat", NULL}, *environment[] = {NULL};
    struct coprocess cat;
    char answer[64];
    ck_assert(coprocess_start(&cat, argv, environment, false));
    ck_assert(coprocess_ask(&cat, "one\n", answer, sizeof answer, 30));
    ck_assert_str_eq(answer, "one");
    for (int i = 0; i < 3000 && process_state(cat.pid) != 'T'; i++)
        usleep(10000); /* a signal takes its time to arrive, on a busy machine more of it */
    ck_assert_int_eq(process_state(cat.pid), 'T');
    ck_assert(coprocess_ask(&cat, "two\nthree\n", answer, sizeof answer, 30));
    ck_assert_str_eq(answer, "two");
    ck_assert(coprocess_read(&cat, answer, sizeof answer, 30)); /* came with the one before */
    ck_assert_str_eq(answer, "three");
    coprocess_end(&cat);
    ck_assert_int_eq(cat.pid, 0);
}
END_TEST

START_TEST(a_coprocess_gets_its_environment)
{
    const char *argv[] = {"sh", "-c", "echo $PEER_A $PEER_B", NULL};
    const char *environment[] = {"PEER_A=1", "PEER_B=x=y", NULL};
    struct coprocess shell;
    char answer[64];
    ck_assert(coprocess_start(&shell, argv, environment, false));
    ck_assert(coprocess_read(&shell, answer, sizeof answer, 30));
    ck_assert_str_eq(answer, "1 x=y");
    coprocess_end(&shell);
}
END_TEST

START_TEST(a_coprocess_that_dies_or_is_silent_is_given_up)
{
    const char *dead[] = {"false", NULL}, *silent[] = {"sleep", "1000", NULL};
    const char *missing[] = {"/nonexistent/program", NULL}, *environment[] = {NULL};
    const char *const *all[] = {dead, silent, missing};
    for (int i = 0; i < 3; i++) {
        struct coprocess process;
        char answer[64];
        ck_assert(coprocess_start(&process, all[i], environment, false));
        ck_assert(!coprocess_ask(&process, "epoch\n", answer, sizeof answer, 0.2));
        ck_assert_int_eq(process.pid, 0);
        coprocess_end(&process); /* harmless */
    }
}
END_TEST

START_TEST(rows_are_found_by_what_they_are_not_by_their_figures)
{
    struct rows rows = {0};
    for (int threads = 1; threads <= 2; threads++) {
        struct row *row = row_add(&rows, "epoch", "epoch");
        snprintf(row->kernel, sizeof row->kernel, "avx2");
        row->threads = threads;
        row->seconds = 4.0 / threads;
        row_rate(row, 100, 2e9, 1);
    }
    struct row like = rows.row[1];
    like.seconds = 77;
    ck_assert_ptr_eq(row_find(&rows, &like), &rows.row[1]);
    ck_assert_double_eq(row_limit_seconds(&rows, &like, 0), 4);
    ck_assert_double_eq(row_limit_seconds(&rows, &like, 50), 2); /* half the images */
    ck_assert_double_eq(row_limit_seconds(&rows, &rows.row[0], 0), 0);
    snprintf(like.precision, sizeof like.precision, "bf16");
    ck_assert_double_eq(row_limit_seconds(&rows, &like, 0), 0); /* f32 is no measure for it */
    like.precision[0] = '\0';
    snprintf(like.peer, sizeof like.peer, "numpy");
    ck_assert_ptr_null(row_find(&rows, &like));
    ck_assert_double_eq(rows.row[1].images_per_s, 50);
    ck_assert_double_eq(rows.row[1].gflops, 1);
    ck_assert_double_eq(rows.row[1].share_of_peak, 1);
    rows_free(&rows);
}
END_TEST

START_TEST(a_target_without_its_figure_is_missed)
{
    static const enum target_sort sorts[] = {TARGET_SHARE, TARGET_RATIO, TARGET_AT_LEAST,
                                             TARGET_AT_MOST};
    for (int i = 0; i < 4; i++) {
        struct row row = {.name = "empty"};
        row_target(&row, sorts[i], 0.9);
        ck_assert(!row_target_met(&row));
        row.share_of_peak = row.ratio = row.value = 0.9;
        ck_assert(row_target_met(&row));
        row.share_of_peak = row.ratio = row.value = sorts[i] == TARGET_AT_MOST ? 0.91 : 0.89;
        ck_assert(!row_target_met(&row));
    }
}
END_TEST

/* The chains do what they are there for: each round counts, and none ends in what is cheaper to
 * compute with than numbers. */
START_TEST(peaks_are_of_arithmetic_that_happens)
{
    const struct peak_isa *isa;
    for (uint32_t i = 0; (isa = peak_isa(i)) != NULL; i++) {
        if ((cpu_features() & isa->needs) != isa->needs)
            continue;
        float once = isa->run(1), often = isa->run(1000);
        ck_assert_msg(isfinite(once) && isfinite(often) && once != often, "%s", isa->name);
        ck_assert_double_gt(peak_seconds(isa, 2, 1000, true), 0);
        if (strcmp(isa->name, "amx") == 0) {
            /* Row 0 of the one factor times column 0 of the other, a thousand times: exact. */
            ck_assert_float_ne(once, 0);
            ck_assert_float_eq(often, 1000 * once);
        }
    }
}
END_TEST

START_TEST(the_product_in_l1_is_that_of_each_kernel)
{
    const struct kernel *kernel;
    for (uint32_t i = 0; (kernel = kernel_table(i)) != NULL; i++) {
        bool tiles = !kernel_serves(kernel, MLP_F32);
        double n = tiles ? 32 : 16 * kernel->panels;
        ck_assert_double_eq(peak_product_flops(kernel), 2 * (tiles ? 32 : 16) * 128 * n);
        ck_assert_double_gt(peak_product_seconds(kernel, 2, 2), 0);
    }
}
END_TEST

/* Whoever runs notes the clock; what nobody noted is nothing, not an old one. */
static double noting(void *context)
{
    (void)context;
    core_clock_note();
    return 1;
}

static double silent(void *context)
{
    (void)context;
    return 1;
}

START_TEST(the_clock_is_noted_where_work_ends)
{
    struct contender pair[2] = {{.run = silent}, {.run = noting}};
    measure(pair, 2, 1, 1e9); /* the first run comes after the other's warm-up */
    ck_assert_double_eq(pair[0].ghz, 0);
#if defined(__x86_64__)
    ck_assert_double_gt(pair[1].ghz, 0.05);
    ck_assert_double_lt(pair[1].ghz, 10);
#endif
}
END_TEST

Suite *bench_suite(void)
{
    Suite *suite = suite_create("bench");
    TCase *tcase = tcase_create("bench");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, the_median_and_its_deviation_ignore_an_outlier);
    tcase_add_test(tcase, quantiles_are_values_that_occurred);
    tcase_add_test(tcase, runs_beyond_the_limit_are_discarded_and_repeated);
    tcase_add_test(tcase, a_coprocess_answers_and_sleeps_in_between);
    tcase_add_test(tcase, a_coprocess_gets_its_environment);
    tcase_add_test(tcase, a_coprocess_that_dies_or_is_silent_is_given_up);
    tcase_add_test(tcase, rows_are_found_by_what_they_are_not_by_their_figures);
    tcase_add_test(tcase, a_target_without_its_figure_is_missed);
    tcase_add_test(tcase, peaks_are_of_arithmetic_that_happens);
    tcase_add_test(tcase, the_product_in_l1_is_that_of_each_kernel);
    tcase_add_test(tcase, the_clock_is_noted_where_work_ends);
    suite_add_tcase(suite, tcase);
    return suite;
}
