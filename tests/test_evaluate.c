/* test_evaluate.c - using a trained network: probabilities, accuracy, confusion. */
#include "net/reference.h"
#include "toy.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

Suite *evaluate_suite(void);

enum { CLASSES = 5 };

static struct mlp_dataset dataset;
static struct mlp_net *net;

/* Checked fixture: runs in the test's own process. Five epochs leave some errors to count. */
static void set_up(void)
{
    dataset = toy_dataset();
    struct mlp_train_options options = toy_options();
    options.n_epochs = 5;
    net = toy_net();
    ck_assert_int_eq(mlp_train(net, &dataset, &options, NULL), MLP_OK);
}

static void tear_down(void)
{
    mlp_net_free(net);
    toy_dataset_free(&dataset);
}

static float *predict(const struct mlp_images *images, uint32_t first, uint32_t n, int n_threads)
{
    float *p = calloc((size_t)n * CLASSES + 1, sizeof *p);
    p[n * CLASSES] = 77;
    ck_assert_int_eq(mlp_predict(net, images, first, n, n_threads, p), MLP_OK);
    ck_assert(p[n * CLASSES] == 77);
    return p;
}

START_TEST(probabilities_sum_to_1)
{
    uint32_t n = dataset.test.n_samples;
    float *p = predict(&dataset.test, 0, n, 1);
    for (uint32_t s = 0; s < n; s++) {
        double sum = 0;
        for (uint32_t c = 0; c < CLASSES; c++) {
            ck_assert(p[s * CLASSES + c] >= 0);
            sum += (double)p[s * CLASSES + c];
        }
        ck_assert_double_eq_tol(sum, 1, 1e-6);
    }
    free(p);
}
END_TEST

/* In a batch and alone, against the reference. */
START_TEST(every_activation_is_used)
{
    uint32_t n = 50, inputs = toy_widths[0];
    double *x = calloc((size_t)n * inputs, sizeof *x);
    for (uint32_t i = 0; i < n * inputs; i++)
        x[i] = dataset.test.pixels[i] / 255.0;
    for (enum mlp_activation activation = MLP_RELU; activation <= MLP_SIGMOID; activation++) {
        mlp_net_use_activation(net, activation);
        struct reference *r = reference_new(net, n);
        reference_forward(r, x, dataset.test.labels, n);
        float *p = predict(&dataset.test, 0, n, 2);
        for (uint32_t i = 0; i < n * CLASSES; i++)
            ck_assert_double_eq_tol((double)p[i], r->layers[TOY_LAYERS - 1].y[i], 2e-6);
        float *one = predict(&dataset.test, 7, 1, 1);
        ck_assert_mem_eq(one, p + (size_t)7 * CLASSES, CLASSES * sizeof *one);
        free(one);
        free(p);
        reference_free(r);
    }
    free(x);
}
END_TEST

START_TEST(evaluation_is_what_predictions_add_up_to)
{
    const struct mlp_images *test = &dataset.test;
    uint32_t n = test->n_samples, want[CLASSES * CLASSES] = {0}, confusion[CLASSES * CLASSES];
    uint32_t n_correct = 0;
    double loss = 0;
    float *p = predict(test, 0, n, 2);
    for (uint32_t s = 0; s < n; s++) {
        uint32_t label = test->labels[s], best = 0;
        for (uint32_t c = 1; c < CLASSES; c++)
            if (p[s * CLASSES + c] > p[s * CLASSES + best])
                best = c;
        want[label * CLASSES + best]++;
        n_correct += label == best;
        loss -= log((double)p[s * CLASSES + label]) / n;
    }
    memset(confusion, 0xff, sizeof confusion);
    struct mlp_evaluation evaluation;
    ck_assert_int_eq(mlp_evaluate(net, test, 2, &evaluation, confusion), MLP_OK);
    ck_assert_uint_eq(evaluation.n_samples, n);
    ck_assert_uint_eq(evaluation.n_correct, n_correct);
    ck_assert_double_eq_tol(evaluation.accuracy, (double)n_correct / n, 1e-15);
    ck_assert_double_eq_tol(evaluation.loss, loss, 1e-6);
    ck_assert_mem_eq(confusion, want, sizeof want);
    ck_assert_uint_gt(n_correct, n / 2); /* both kinds have been counted */
    ck_assert_uint_lt(n_correct, n);
    free(p);
}
END_TEST

START_TEST(one_image_has_the_bits_that_it_has_in_a_batch)
{
    const struct kernel *kernel;
    for (uint32_t i = 0; (kernel = kernel_table(i)) != NULL; i++) {
        if (!kernel_serves(kernel, MLP_F32))
            continue;
        ck_assert_int_eq(mlp_net_use_kernel(net, kernel->name, NULL), MLP_OK);
        float *all = predict(&dataset.test, 0, dataset.test.n_samples, 1);
        for (uint32_t s = 0; s < dataset.test.n_samples; s++) {
            float *one = predict(&dataset.test, s, 1, 1);
            ck_assert_msg(memcmp(one, all + (size_t)s * CLASSES, CLASSES * sizeof *one) == 0,
                          "%s, sample %u", kernel->name, s);
            free(one);
        }
        float *some = predict(&dataset.test, 37, 150, 1);
        ck_assert_mem_eq(some, all + (size_t)37 * CLASSES, 150 * CLASSES * sizeof *some);
        free(some);
        free(all);
    }
}
END_TEST

START_TEST(threads_and_kernels_do_not_change_a_bit)
{
    const struct mlp_images *images = &dataset.train;
    uint32_t n = images->n_samples, confusion[CLASSES * CLASSES], other[CLASSES * CLASSES];
    ck_assert_int_eq(mlp_net_use_kernel(net, "scalar", NULL), MLP_OK);
    float *want = predict(images, 0, n, 1);
    struct mlp_evaluation wanted, evaluation;
    ck_assert_int_eq(mlp_evaluate(net, images, 1, &wanted, confusion), MLP_OK);
    const struct kernel *kernel;
    for (uint32_t i = 0; (kernel = kernel_table(i)) != NULL; i++)
        for (int n_threads = 1; n_threads <= 16 && kernel_serves(kernel, MLP_F32); n_threads += 3) {
            if (!kernel->fma)
                continue;
            ck_assert_int_eq(mlp_net_use_kernel(net, kernel->name, NULL), MLP_OK);
            float *got = predict(images, 0, n, n_threads);
            ck_assert_mem_eq(got, want, (size_t)n * CLASSES * sizeof *got);
            ck_assert_int_eq(mlp_evaluate(net, images, n_threads, &evaluation, other), MLP_OK);
            ck_assert_mem_eq(&evaluation, &wanted, sizeof wanted);
            ck_assert_mem_eq(other, confusion, sizeof confusion);
            free(got);
        }
    free(want);
}
END_TEST

START_TEST(what_does_not_fit_is_refused)
{
    struct mlp_images images = dataset.test;
    struct mlp_evaluation evaluation;
    float p[2 * CLASSES];
    ck_assert_int_eq(mlp_predict(net, &images, 299, 2, 1, p), MLP_E_USAGE);
    ck_assert_int_eq(mlp_predict(net, &images, 301, 0, 1, p), MLP_E_USAGE);
    ck_assert_int_eq(mlp_predict(net, &images, UINT32_MAX, 2, 1, p), MLP_E_USAGE);
    ck_assert_int_eq(mlp_predict(net, &images, 300, 0, 1, p), MLP_OK);
    images.labels[7] = CLASSES;
    ck_assert_int_eq(mlp_evaluate(net, &images, 1, &evaluation, NULL), MLP_E_USAGE);
    images.labels[7] = CLASSES - 1;
    ck_assert_int_eq(mlp_evaluate(net, &images, 1, &evaluation, NULL), MLP_OK);
    images.n_rows = 10;
    ck_assert_int_eq(mlp_evaluate(net, &images, 1, &evaluation, NULL), MLP_E_USAGE);
    ck_assert_int_eq(mlp_predict(net, &images, 0, 1, 1, p), MLP_E_USAGE);
}
END_TEST

START_TEST(predictions_need_no_labels)
{
    struct mlp_images images = dataset.test;
    float *want = predict(&images, 0, 300, 1);
    images.labels = NULL;
    float *got = predict(&images, 0, 300, 1);
    ck_assert_mem_eq(got, want, 300 * CLASSES * sizeof *got);
    free(got);
    free(want);
}
END_TEST

Suite *evaluate_suite(void)
{
    Suite *suite = suite_create("evaluate");
    TCase *tests = tcase_create("evaluate");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, every_activation_is_used);
    tcase_add_test(tests, probabilities_sum_to_1);
    tcase_add_test(tests, evaluation_is_what_predictions_add_up_to);
    tcase_add_test(tests, one_image_has_the_bits_that_it_has_in_a_batch);
    tcase_add_test(tests, threads_and_kernels_do_not_change_a_bit);
    tcase_add_test(tests, what_does_not_fit_is_refused);
    tcase_add_test(tests, predictions_need_no_labels);
    suite_add_tcase(suite, tests);
    return suite;
}
