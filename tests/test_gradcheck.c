/* test_gradcheck.c - the gradient check finds right gradients right and wrong ones wrong. */
#include "net/net.h"
#include "toy.h"

#include <check.h>

Suite *gradcheck_suite(void);

enum { N_IMAGES = 24, N_TRIES = 30 };

static enum mlp_status check_toy(const struct kernel *kernel, struct mlp_gradient_layer *layers)
{
    struct mlp_dataset dataset = toy_dataset();
    struct mlp_net *net = toy_net();
    dataset.train.n_samples = N_IMAGES;
    net->kernel = kernel;
    enum mlp_status status = mlp_gradient_check(net, &dataset.train, N_TRIES, 1, layers, NULL);
    mlp_net_free(net);
    toy_dataset_free(&dataset);
    return status;
}

START_TEST(every_kernels_gradients_are_right)
{
    struct mlp_gradient_layer layers[TOY_LAYERS];
    const struct kernel *kernel;
    for (uint32_t i = 0; (kernel = kernel_table(i)) != NULL; i++) {
        if (!kernel_runs(kernel))
            continue;
        ck_assert_int_eq(check_toy(kernel, layers), MLP_OK);
        for (uint32_t l = 0; l < TOY_LAYERS; l++) {
            const struct mlp_gradient_figures *arrays[] = {&layers[l].w, &layers[l].b};
            uint64_t sizes[] = {(uint64_t)toy_widths[l] * toy_widths[l + 1], toy_widths[l + 1]};
            for (int a = 0; a < 2; a++) {
                uint32_t n_tries = sizes[a] < N_TRIES ? (uint32_t)sizes[a] : N_TRIES;
                ck_assert_uint_eq(arrays[a]->n_parameters, sizes[a]);
                ck_assert_uint_eq(arrays[a]->n_tried + arrays[a]->n_kinks, n_tries);
                ck_assert_uint_lt(arrays[a]->n_kinks, 3);
                ck_assert_double_gt(arrays[a]->norm, 1e-3);
                ck_assert_double_lt(arrays[a]->difference_error, 1e-7);
                ck_assert_double_gt(arrays[a]->difference_error, 0);
                ck_assert_double_lt(arrays[a]->kernel_error, 1e-6);
                ck_assert_double_gt(arrays[a]->kernel_error, 0);
            }
        }
    }
}
END_TEST

/* Kernels with a mistake in them. */
static void doubled_sums(uint32_t rows, uint32_t n, const float *panels, size_t stride, float *sums)
{
    kernel_find("scalar")->column_sums(rows, n, panels, stride, sums);
    for (uint32_t i = 0; i < n * PANEL; i++)
        sums[i] *= 2;
}

static void unscaled_loss(const struct kernel_softmax *softmax)
{
    struct kernel_softmax wrong = *softmax;
    wrong.scale = 1;
    kernel_find("scalar")->softmax_gradient(&wrong);
}

START_TEST(mistakes_are_found_where_they_are)
{
    struct mlp_gradient_layer layers[TOY_LAYERS];
    struct kernel kernel = *kernel_find("scalar");
    kernel.column_sums = doubled_sums; /* of bias gradients alone */
    ck_assert_int_eq(check_toy(&kernel, layers), MLP_OK);
    for (uint32_t l = 0; l < TOY_LAYERS; l++) {
        ck_assert_double_lt(layers[l].w.kernel_error, 1e-6);
        ck_assert_double_eq_tol(layers[l].b.kernel_error, 1.0 / 3, 1e-6); /* |2g - g| / 3|g| */
        ck_assert_double_lt(layers[l].b.difference_error, 1e-7);
    }
    kernel = *kernel_find("scalar");
    kernel.softmax_gradient = unscaled_loss;
    ck_assert_int_eq(check_toy(&kernel, layers), MLP_OK);
    for (uint32_t l = 0; l < TOY_LAYERS; l++) {
        const double want = (N_IMAGES - 1.0) / (N_IMAGES + 1.0);
        ck_assert_double_eq_tol(layers[l].w.kernel_error, want, 1e-6);
        ck_assert_double_eq_tol(layers[l].b.kernel_error, want, 1e-6);
    }
}
END_TEST

START_TEST(images_that_do_not_fit_are_refused)
{
    struct mlp_gradient_layer layers[TOY_LAYERS];
    struct mlp_dataset dataset = toy_dataset();
    struct mlp_net *net = toy_net();
    struct mlp_error error = {.status = MLP_OK};
    dataset.train.n_cols++;
    ck_assert_int_eq(mlp_gradient_check(net, &dataset.train, N_TRIES, 1, layers, &error),
                     MLP_E_USAGE);
    ck_assert_int_eq(error.status, MLP_E_USAGE);
    mlp_net_free(net);
    toy_dataset_free(&dataset);
}
END_TEST

Suite *gradcheck_suite(void)
{
    Suite *suite = suite_create("gradcheck");
    TCase *tests = tcase_create("gradcheck");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, every_kernels_gradients_are_right);
    tcase_add_test(tests, mistakes_are_found_where_they_are);
    tcase_add_test(tests, images_that_do_not_fit_are_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
