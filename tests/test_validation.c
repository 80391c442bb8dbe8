/* test_validation.c - images held out of training, early stopping, and how far a figure reaches. */
#include "net/net.h"
#include "toy.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *validation_suite(void);

enum { HELD_OUT = 200, MAX_EPOCHS = 64 };

/* All reports of a training. */
struct course {
    uint32_t n;
    struct mlp_epoch_report reports[MAX_EPOCHS];
};

static void keep_report(void *context, const struct mlp_epoch_report *report)
{
    struct course *course = context;
    course->reports[course->n++] = *report;
}

/* The weights after training with these options; the caller frees them. */
static float *trained(const struct mlp_dataset *dataset, const struct mlp_train_options *options,
                      struct course *course, size_t *n)
{
    struct mlp_train_options o = *options;
    struct mlp_net *net = toy_net();
    o.on_epoch = keep_report;
    o.context = course;
    *course = (struct course){0};
    ck_assert_int_eq(mlp_train(net, dataset, &o, NULL), MLP_OK);
    float *parameters = toy_parameters(net, n);
    mlp_net_free(net);
    return parameters;
}

/* Few images, and of every third the label is wrong: what is learnt by heart soon does harm. */
static struct mlp_train_options overfitting(struct mlp_dataset *dataset)
{
    struct mlp_train_options options = toy_options();
    for (uint32_t i = 0; i < 40; i += 3)
        dataset->train.labels[i] = (uint8_t)((dataset->train.labels[i] + 1) % 5);
    dataset->train.n_samples = 40 + HELD_OUT;
    options.batch = 10;
    options.n_epochs = 40;
    options.eval_every = 1;
    options.validation = HELD_OUT;
    return options;
}

START_TEST(images_held_out_are_not_trained_on)
{
    struct mlp_dataset dataset = toy_dataset();
    struct mlp_train_options options = toy_options();
    struct course with, without;
    size_t n;
    options.eval_every = 1;
    options.validation = HELD_OUT;
    float *got = trained(&dataset, &options, &with, &n);
    /* The others alone, with those held out as the test set. */
    struct mlp_dataset first = dataset;
    first.train.n_samples -= HELD_OUT;
    first.test = dataset.train;
    first.test.n_samples = HELD_OUT;
    first.test.pixels += (size_t)first.train.n_samples * toy_widths[0];
    first.test.labels += first.train.n_samples;
    options.validation = 0;
    float *want = trained(&first, &options, &without, &n);
    ck_assert_mem_eq(got, want, n * sizeof *got);
    for (uint32_t i = 0; i < options.n_epochs; i++) {
        ck_assert(with.reports[i].validated && !with.reports[i].evaluated && with.reports[i].kept);
        ck_assert(without.reports[i].evaluated && !without.reports[i].validated);
        ck_assert_double_eq(with.reports[i].validation_loss, without.reports[i].test_loss);
        ck_assert_double_eq(with.reports[i].validation_accuracy, without.reports[i].test_accuracy);
    }
    free(got);
    free(want);
    toy_dataset_free(&dataset);
}
END_TEST

START_TEST(held_out_images_are_looked_at_when_it_is_time)
{
    struct mlp_dataset dataset = toy_dataset();
    struct mlp_train_options options = toy_options();
    struct course course;
    size_t n;
    options.n_epochs = 7;
    options.eval_every = 3;
    options.validation = HELD_OUT;
    free(trained(&dataset, &options, &course, &n));
    for (uint32_t i = 0; i < 7; i++)
        ck_assert_int_eq(course.reports[i].validated, i == 2 || i == 5 || i == 6);
    toy_dataset_free(&dataset);
}
END_TEST

/* The rule once more, from the reports: the first best epoch, by accuracy and then by loss. */
static uint32_t best_epoch(const struct course *course)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < course->n; i++) {
        const struct mlp_epoch_report *a = &course->reports[i], *b = &course->reports[best];
        if (a->validation_accuracy > b->validation_accuracy ||
            (a->validation_accuracy == b->validation_accuracy &&
             a->validation_loss < b->validation_loss))
            best = i;
    }
    return best + 1;
}

START_TEST(early_stop_keeps_the_best_epoch)
{
    struct mlp_dataset dataset = toy_dataset();
    struct mlp_train_options options = overfitting(&dataset);
    struct course stopped, again;
    size_t n;
    options.early_stop = (uint32_t)_i;
    float *got = trained(&dataset, &options, &stopped, &n);
    uint32_t best = best_epoch(&stopped);
    ck_assert_uint_lt(best, options.n_epochs - options.early_stop); /* else this tests nothing */
    ck_assert_uint_eq(stopped.n, best + options.early_stop);
    for (uint32_t i = 0; i < stopped.n; i++) {
        struct course so_far = stopped;
        so_far.n = i + 1;
        ck_assert_int_eq(stopped.reports[i].kept, best_epoch(&so_far) == i + 1);
    }
    options.early_stop = 0;
    options.n_epochs = best;
    float *want = trained(&dataset, &options, &again, &n);
    ck_assert_mem_eq(got, want, n * sizeof *got);
    free(got);
    free(want);
    toy_dataset_free(&dataset);
}
END_TEST

START_TEST(early_stop_waits_for_an_epoch_that_is_looked_at)
{
    struct mlp_dataset dataset = toy_dataset();
    struct mlp_train_options options = overfitting(&dataset);
    struct course course;
    size_t n;
    options.early_stop = 1; /* shorter than what lies between two looks */
    options.eval_every = 3;
    free(trained(&dataset, &options, &course, &n));
    uint32_t best = 0;
    for (uint32_t i = 0; i < course.n; i++)
        best = course.reports[i].kept ? i + 1 : best;
    ck_assert_uint_eq(course.n, best + 3);
    toy_dataset_free(&dataset);
}
END_TEST

static volatile sig_atomic_t stop;
static uint32_t n_finished;

static void stop_at_the_end(void *context, const struct mlp_epoch_report *report)
{
    n_finished = report->epoch;
    keep_report(context, report);
    stop = report->epoch == 8;
}

START_TEST(stopped_by_hand_the_best_epoch_is_kept_too)
{
    struct mlp_dataset dataset = toy_dataset();
    struct mlp_train_options options = overfitting(&dataset);
    struct course course = {0}, again;
    size_t n;
    struct mlp_net *net = toy_net();
    stop = 0;
    options.early_stop = 1000;
    options.learning_rate = 0.3f;
    options.stop = &stop;
    options.on_epoch = stop_at_the_end;
    options.context = &course;
    ck_assert_int_eq(mlp_train(net, &dataset, &options, NULL), MLP_E_STOPPED);
    ck_assert_uint_eq(n_finished, 8);
    ck_assert_uint_lt(best_epoch(&course), 8);
    float *got = toy_parameters(net, &n);
    options.early_stop = 0;
    options.n_epochs = best_epoch(&course);
    options.stop = NULL;
    float *want = trained(&dataset, &options, &again, &n);
    ck_assert_mem_eq(got, want, n * sizeof *got);
    free(got);
    free(want);
    mlp_net_free(net);
    toy_dataset_free(&dataset);
}
END_TEST

START_TEST(what_cannot_be_is_refused)
{
    static const struct {
        uint32_t validation, early_stop, eval_every;
    } wrong[] = {{700, 0, 1}, {701, 0, 1}, {UINT32_MAX, 0, 1}, {0, 3, 1}, {100, 3, 0}};
    struct mlp_dataset dataset = toy_dataset();
    struct mlp_net *net = toy_net();
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct mlp_train_options options = toy_options();
        struct mlp_error error = {.status = MLP_OK};
        options.validation = wrong[i].validation;
        options.early_stop = wrong[i].early_stop;
        options.eval_every = wrong[i].eval_every;
        ck_assert_int_eq(mlp_train(net, &dataset, &options, &error), MLP_E_USAGE);
        ck_assert_int_eq(error.status, MLP_E_USAGE);
        ck_assert_int_ne(error.found[0], 0);
    }
    mlp_net_free(net);
    toy_dataset_free(&dataset);
}
END_TEST

/* Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3; and
 * where rounding could lead out of 0..1. */
START_TEST(intervals_are_wilsons)
{
    static const struct {
        uint32_t n_correct, n;
        double low, high;
    } known[] = {{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611},
                 {1, 29, 0.0061, 0.1718},   {20, 20, 0.8389, 1},       {9831, 10000, .9804, .9854}};
    double low, high;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        mlp_confidence_interval(known[i].n_correct, known[i].n, &low, &high);
        ck_assert_double_eq_tol(low, known[i].low, 0.00005);
        ck_assert_double_eq_tol(high, known[i].high, 0.00005);
    }
    for (uint32_t n = 0; n < 300; n++)
        for (uint32_t correct = 0; correct <= n; correct++) {
            double share = n == 0 ? 0.5 : (double)correct / n;
            mlp_confidence_interval(correct, n, &low, &high);
            ck_assert(0 <= low && low <= share && share <= high && high <= 1);
            ck_assert(n == 0 || (low == 0) == (correct == 0));
            ck_assert(n == 0 || (high == 1) == (correct == n));
        }
}
END_TEST

Suite *validation_suite(void)
{
    Suite *suite = suite_create("validation");
    TCase *tests = tcase_create("validation");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, images_held_out_are_not_trained_on);
    tcase_add_test(tests, held_out_images_are_looked_at_when_it_is_time);
    tcase_add_loop_test(tests, early_stop_keeps_the_best_epoch, 1, 5);
    tcase_add_test(tests, early_stop_waits_for_an_epoch_that_is_looked_at);
    tcase_add_test(tests, stopped_by_hand_the_best_epoch_is_kept_too);
    tcase_add_test(tests, what_cannot_be_is_refused);
    tcase_add_test(tests, intervals_are_wilsons);
    suite_add_tcase(suite, tests);
    return suite;
}
