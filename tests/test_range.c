/* test_range.c - what is reported of each step, and the learning-rate range test made of it. */
#include "data/batcher.h"
#include "net/reference.h"
#include "toy.h"
#include "train/schedule.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

Suite *range_suite(void);

enum { BATCH = 20, STEPS = 35 }; /* of 700 images */

/* The steps of one training. */
struct steps {
    uint32_t n;
    struct mlp_step_report reports[64];
    double epoch_loss;
};

static void on_step(void *context, const struct mlp_step_report *report)
{
    struct steps *steps = context;
    ck_assert_uint_lt(steps->n, 64);
    steps->reports[steps->n++] = *report;
}

static void on_epoch(void *context, const struct mlp_epoch_report *report)
{
    ((struct steps *)context)->epoch_loss = report->train_loss;
}

START_TEST(steps_report_rate_and_loss)
{
    struct mlp_dataset dataset = toy_dataset();
    struct mlp_train_options options = toy_options();
    struct steps steps = {0};
    options.n_epochs = 1;
    options.batch = 150; /* the fifth has 100 */
    options.schedule = MLP_COSINE;
    options.warmup = 0.5f;
    options.on_step = on_step;
    options.on_epoch = on_epoch;
    options.context = &steps;
    struct mlp_net *net = toy_net();
    ck_assert_int_eq(mlp_train(net, &dataset, &options, NULL), MLP_OK);
    ck_assert_uint_eq(steps.n, 5);
    double sum = 0;
    for (uint32_t i = 0; i < 5; i++) {
        ck_assert_uint_eq(steps.reports[i].step, i);
        ck_assert_double_eq(steps.reports[i].rate, train_rate(&options, i, 5));
        sum += steps.reports[i].loss * (i < 4 ? 150 : 100);
    }
    ck_assert_double_eq_tol(sum / 700, steps.epoch_loss, 1e-12);
    mlp_net_free(net);
    toy_dataset_free(&dataset);
}
END_TEST

static struct mlp_range tested(const struct mlp_dataset *dataset, struct mlp_train_options options)
{
    struct mlp_range range;
    struct mlp_net *net = toy_net();
    size_t n;
    float *before = toy_parameters(net, &n);
    options.batch = BATCH;
    ck_assert_int_eq(mlp_range_test(net, dataset, &options, &range, NULL), MLP_OK);
    float *after = toy_parameters(net, &n);
    ck_assert_mem_eq(before, after, n * sizeof *before); /* a copy was trained */
    free(before);
    free(after);
    mlp_net_free(net);
    return range;
}

/* The mean loss of the first batch, from the reference. */
static double first_loss(const struct mlp_dataset *dataset, uint64_t seed)
{
    struct mlp_net *net = toy_net();
    struct reference *r = reference_new(net, BATCH);
    uint32_t inputs = toy_widths[0], *order = calloc(700, sizeof *order);
    double *x = calloc((size_t)BATCH * inputs, sizeof *x);
    uint8_t labels[BATCH];
    data_shuffle(order, 700, seed, 1);
    for (uint32_t s = 0; s < BATCH; s++) {
        labels[s] = dataset->train.labels[order[s]];
        for (uint32_t i = 0; i < inputs; i++)
            x[s * inputs + i] = dataset->train.pixels[order[s] * inputs + i] / 255.0;
    }
    double loss = reference_forward(r, x, labels, BATCH);
    free(x);
    free(order);
    reference_free(r);
    mlp_net_free(net);
    return loss;
}

START_TEST(rates_rise_by_one_factor_and_losses_are_the_batches)
{
    struct mlp_dataset dataset = toy_dataset();
    struct mlp_range range = tested(&dataset, toy_options());
    const double n_steps = 9 * STEPS; /* the first whole number of epochs with 300 */
    ck_assert_uint_gt(range.n_points, 100);
    ck_assert_uint_le(range.n_points, 9 * STEPS);
    for (uint32_t i = 0; i < range.n_points; i++)
        ck_assert_double_eq_tol(range.rates[i] / (1e-5 * pow(1e6, i / n_steps)), 1, 1e-6);
    ck_assert_double_eq_tol(range.losses[0], first_loss(&dataset, toy_options().seed), 1e-6);
    mlp_range_free(&range);
    ck_assert_ptr_null(range.rates);
    toy_dataset_free(&dataset);
}
END_TEST

START_TEST(the_suggestion_is_half_of_where_the_loss_rises)
{
    struct mlp_dataset dataset = toy_dataset();
    struct mlp_train_options options = toy_options();
    options.optimizer = (enum mlp_optimizer)_i;
    struct mlp_range range = tested(&dataset, options);
    uint32_t lowest = 0, rising = 0;
    for (uint32_t i = 0; i < range.n_points; i++)
        lowest = range.smooth[i] < range.smooth[lowest] ? i : lowest;
    for (rising = lowest; rising + 1 < range.n_points; rising++)
        if (range.smooth[rising + 1] > 1.1 * range.smooth[lowest])
            break;
    ck_assert_double_eq(range.rising, range.rates[rising]);
    ck_assert_double_eq(range.suggested, range.rising / 2);
    ck_assert_double_lt(range.smooth[lowest], 0.5 * range.smooth[0]); /* it learnt on the way */
    bool all_learnt = range.losses[range.n_points - 1] < 0.2 * range.losses[0];
    ck_assert(rising < range.n_points - 1 || all_learnt);
    /* A training at that rate learns. */
    struct mlp_net *net = toy_net();
    struct mlp_evaluation evaluation;
    options.learning_rate = (float)range.suggested;
    options.batch = BATCH;
    ck_assert_int_eq(mlp_train(net, &dataset, &options, NULL), MLP_OK);
    ck_assert_int_eq(mlp_evaluate(net, &dataset.test, 1, &evaluation, NULL), MLP_OK);
    ck_assert_double_gt(evaluation.accuracy, 0.95);
    mlp_net_free(net);
    mlp_range_free(&range);
    toy_dataset_free(&dataset);
}
END_TEST

/* Against the mean over all points, however far: a Gaussian of deviation 1/4 on the logarithmic
 * axis, of losses cut off at twice the first ones'. */
START_TEST(smooth_is_a_mean_weighted_by_distance)
{
    struct mlp_dataset dataset = toy_dataset();
    struct mlp_range range = tested(&dataset, toy_options());
    double first = 0, weight = 0;
    for (int i = 0; i < 10; i++) {
        first = 0.9 * first + 0.1 * range.losses[i];
        weight = 0.9 * weight + 0.1;
    }
    for (uint32_t i = 0; i < range.n_points; i++) {
        double sum = 0, weights = 0;
        for (uint32_t j = 0; j < range.n_points; j++) {
            double far = log(range.rates[j] / range.rates[i]) / 0.25, w = exp(-far * far / 2);
            sum += w * fmin(range.losses[j], 2 * first / weight);
            weights += w;
        }
        ck_assert_double_eq_tol(range.smooth[i] / (sum / weights), 1, 1e-9);
    }
    mlp_range_free(&range);
    toy_dataset_free(&dataset);
}
END_TEST

START_TEST(threads_change_no_bit)
{
    struct mlp_dataset dataset = toy_dataset();
    struct mlp_train_options options = toy_options();
    struct mlp_range one = tested(&dataset, options);
    options.n_threads = 3;
    struct mlp_range three = tested(&dataset, options);
    ck_assert_uint_eq(one.n_points, three.n_points);
    ck_assert_mem_eq(one.losses, three.losses, one.n_points * sizeof(double));
    ck_assert_mem_eq(one.smooth, three.smooth, one.n_points * sizeof(double));
    ck_assert_double_eq(one.suggested, three.suggested);
    mlp_range_free(&one);
    mlp_range_free(&three);
    toy_dataset_free(&dataset);
}
END_TEST

START_TEST(it_can_be_stopped_and_refused)
{
    struct mlp_dataset dataset = toy_dataset();
    struct mlp_train_options options = toy_options();
    struct mlp_range range = {.n_points = 7}; /* of an earlier test, say */
    struct mlp_net *net = toy_net();
    const volatile sig_atomic_t stop = 1;
    options.stop = &stop;
    ck_assert_int_eq(mlp_range_test(net, &dataset, &options, &range, NULL), MLP_E_STOPPED);
    ck_assert_uint_eq(range.n_points, 7);
    options.stop = NULL;
    options.batch = 0;
    ck_assert_int_eq(mlp_range_test(net, &dataset, &options, &range, NULL), MLP_E_USAGE);
    options.batch = BATCH;
    options.validation = 700;
    ck_assert_int_eq(mlp_range_test(net, &dataset, &options, &range, NULL), MLP_E_USAGE);
    ck_assert_uint_eq(range.n_points, 7);
    mlp_net_free(net);
    toy_dataset_free(&dataset);
}
END_TEST

Suite *range_suite(void)
{
    Suite *suite = suite_create("range");
    TCase *tests = tcase_create("range");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, steps_report_rate_and_loss);
    tcase_add_test(tests, rates_rise_by_one_factor_and_losses_are_the_batches);
    tcase_add_loop_test(tests, the_suggestion_is_half_of_where_the_loss_rises, 0, 4);
    tcase_add_test(tests, smooth_is_a_mean_weighted_by_distance);
    tcase_add_test(tests, threads_change_no_bit);
    tcase_add_test(tests, it_can_be_stopped_and_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
