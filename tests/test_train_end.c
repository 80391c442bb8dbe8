/* test_train_end.c - how training ends before its time: stopped, diverged, refused. */
#include "base/memory.h"
#include "net/net.h"
#include "toy.h"

#include <check.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

Suite *train_end_suite(void);

static void check_weights_are(const struct mlp_net *net, uint32_t n_epochs)
{
    size_t n, n_want;
    float *got = toy_parameters(net, &n), *want = toy_trained("auto", 1, n_epochs, &n_want);
    ck_assert_uint_eq(n, n_want);
    ck_assert_mem_eq(got, want, n * sizeof *got);
    free(got);
    free(want);
}

static volatile sig_atomic_t stop;
static uint32_t n_finished;

static void stop_after_2(void *context, const struct mlp_epoch_report *report)
{
    (void)context;
    n_finished = report->epoch;
    stop = report->epoch == 2;
}

static void count_epochs(void *context, const struct mlp_epoch_report *report)
{
    (void)context;
    n_finished = report->epoch;
}

static void stop_now(int signal_number)
{
    (void)signal_number;
    stop = 1;
}

static void start_counting(void)
{
    stop = 0;
    n_finished = 0;
}

START_TEST(stopped_between_epochs_it_keeps_the_last)
{
    struct mlp_dataset dataset = toy_dataset();
    struct mlp_train_options options = toy_options();
    struct mlp_error error;
    options.n_epochs = 5;
    options.stop = &stop;
    options.on_epoch = stop_after_2;
    struct mlp_net *net = toy_net();
    ck_assert_int_eq(mlp_train(net, &dataset, &options, &error), MLP_E_STOPPED);
    ck_assert_int_eq(error.status, MLP_E_STOPPED);
    ck_assert_uint_eq(n_finished, 2);
    check_weights_are(net, 2);
    mlp_net_free(net);

    net = toy_net(); /* before the first one: the initial weights */
    stop = 1;
    ck_assert_int_eq(mlp_train(net, &dataset, &options, NULL), MLP_E_STOPPED);
    check_weights_are(net, 0);
    mlp_net_free(net);
    toy_dataset_free(&dataset);
}
END_TEST

/* By a signal, wherever it comes: most likely within an epoch. */
START_TEST(stopped_within_an_epoch_it_keeps_the_one_before)
{
    struct mlp_dataset dataset = toy_dataset();
    struct mlp_train_options options = toy_options();
    options.n_epochs = UINT32_MAX;
    options.stop = &stop;
    options.on_epoch = count_epochs;
    options.n_threads = 2;
    struct mlp_net *net = toy_net();
    signal(SIGALRM, stop_now);
    struct itimerval soon = {.it_value = {.tv_usec = 20000}};
    ck_assert_int_eq(setitimer(ITIMER_REAL, &soon, NULL), 0);
    ck_assert_int_eq(mlp_train(net, &dataset, &options, NULL), MLP_E_STOPPED);
    check_weights_are(net, n_finished);
    mlp_net_free(net);
    toy_dataset_free(&dataset);
}
END_TEST

/* In the middle of an epoch, and in the only update of one, which no loss has seen; that takes
 * large gradients, so large activations. */
static const struct {
    uint32_t batch;
    float learning_rate, activations;
} diverging[] = {{16, 1e30f, 1}, {700, FLT_MAX, 1e4f}};

START_TEST(divergence_keeps_the_last_good_weights)
{
    struct mlp_dataset dataset = toy_dataset();
    struct mlp_train_options options = toy_options();
    struct mlp_error error;
    options.batch = diverging[_i].batch;
    options.learning_rate = diverging[_i].learning_rate;
    options.on_epoch = count_epochs;
    struct mlp_net *net = toy_net();
    for (size_t i = 0; i < panel_floats(toy_widths[0], toy_widths[1]); i++)
        net->layers[0].w.data[i] *= diverging[_i].activations;
    size_t n;
    float *want = toy_parameters(net, &n);
    ck_assert_int_eq(mlp_train(net, &dataset, &options, &error), MLP_E_DIVERGED);
    ck_assert_int_eq(error.status, MLP_E_DIVERGED);
    ck_assert_int_ne(error.hint[0], 0);
    ck_assert_uint_eq(n_finished, 0);
    float *got = toy_parameters(net, &n);
    ck_assert_mem_eq(got, want, n * sizeof *got);
    free(got);
    free(want);
    mlp_net_free(net);
    toy_dataset_free(&dataset);
}
END_TEST

/* One thing wrong in each; 0: as it should be. */
static const struct misfit {
    uint32_t n_classes, train_cols, train_label, test_rows, test_label;
    bool no_samples, no_batch, no_threads, bad_rate;
    float rate;
} misfits[] = {{.n_classes = 6},
               {.n_classes = 4}, /* there is a label 4 */
               {.train_cols = 12},
               {.train_label = 5},
               {.test_rows = 8},
               {.test_label = 255},
               {.no_samples = true},
               {.no_batch = true},
               {.no_threads = true},
               {.bad_rate = true, .rate = 0},
               {.bad_rate = true, .rate = -1},
               {.bad_rate = true, .rate = NAN},
               {.bad_rate = true, .rate = INFINITY}};

static void spoil(struct mlp_dataset *dataset, struct mlp_train_options *options,
                  const struct misfit *misfit)
{
    if (misfit->n_classes != 0)
        dataset->n_classes = misfit->n_classes;
    if (misfit->train_cols != 0)
        dataset->train.n_cols = misfit->train_cols;
    if (misfit->test_rows != 0)
        dataset->test.n_rows = misfit->test_rows;
    if (misfit->train_label != 0)
        dataset->train.labels[699] = (uint8_t)misfit->train_label;
    if (misfit->test_label != 0)
        dataset->test.labels[299] = (uint8_t)misfit->test_label;
    if (misfit->no_samples)
        dataset->train.n_samples = 0;
    if (misfit->no_batch)
        options->batch = 0;
    if (misfit->no_threads)
        options->n_threads = 0;
    if (misfit->bad_rate)
        options->learning_rate = misfit->rate;
}

START_TEST(what_does_not_fit_is_refused)
{
    struct mlp_dataset dataset = toy_dataset();
    struct mlp_train_options options = toy_options();
    struct mlp_error error = {.status = MLP_OK};
    options.eval_every = 1;
    spoil(&dataset, &options, &misfits[_i]);
    struct mlp_net *net = toy_net();
    ck_assert_int_eq(mlp_train(net, &dataset, &options, &error), MLP_E_USAGE);
    ck_assert_int_eq(error.status, MLP_E_USAGE);
    ck_assert_int_ne(error.found[0], 0);
    check_weights_are(net, 0);
    mlp_net_free(net);
    toy_dataset_free(&dataset);
}
END_TEST

/* Each rule with as much as it keeps; the arrays are never made. */
START_TEST(more_arrays_than_memory_holds_are_refused)
{
    static const struct {
        enum mlp_optimizer rule;
        float ema, clip_norm;
        int copies;
    } cases[] = {{MLP_SGD, 0, 0, 2},    {MLP_NESTEROV, 0, 0, 3}, {MLP_ADAMW, 0, 0, 4},
                 {MLP_SGD, 0.9f, 0, 3}, {MLP_SGD, 0, 1, 3},      {MLP_ADAMW, 0.9f, 1, 6}};
    struct mlp_dataset dataset = toy_dataset();
    struct mlp_net *net = toy_net();
    size_t n_floats = net->n_floats;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mlp_train_options options = toy_options();
        struct mlp_error error = {0};
        options.optimizer = cases[i].rule;
        options.ema = cases[i].ema;
        options.clip_norm = cases[i].clip_norm;
        size_t most = memory_machine_bytes() / sizeof(float) / (size_t)cases[i].copies;
        net->n_floats = most - 1;
        ck_assert_int_eq(mlp_train_check(net, &dataset, &options, &error), MLP_OK);
        net->n_floats = most + most / 8;
        ck_assert_int_eq(mlp_train_check(net, &dataset, &options, &error), MLP_E_USAGE);
        ck_assert_ptr_nonnull(strstr(error.found, "GiB"));
    }
    net->n_floats = n_floats;
    mlp_net_free(net);
    toy_dataset_free(&dataset);
}
END_TEST

Suite *train_end_suite(void)
{
    Suite *suite = suite_create("train_end");
    TCase *tests = tcase_create("train_end");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, stopped_between_epochs_it_keeps_the_last);
    tcase_add_test(tests, stopped_within_an_epoch_it_keeps_the_one_before);
    tcase_add_loop_test(tests, divergence_keeps_the_last_good_weights, 0, 2);
    tcase_add_loop_test(tests, what_does_not_fit_is_refused, 0, sizeof misfits / sizeof misfits[0]);
    tcase_add_test(tests, more_arrays_than_memory_holds_are_refused);
    tcase_add_checked_fixture(tests, start_counting, NULL);
    suite_add_tcase(suite, tests);
    return suite;
}
