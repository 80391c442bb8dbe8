/* test_train.c - what training computes: the reference's epochs, and the same bits for all. */
#include "data/batcher.h"
#include "net/reference.h"
#include "toy.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

Suite *train_suite(void);

static void keep_report(void *context, const struct mlp_epoch_report *report)
{
    *(struct mlp_epoch_report *)context = *report;
}

/* One epoch in double: shuffled, in batches, the last one short. Returns the mean loss. */
static double reference_epoch(struct reference *r, const struct mlp_dataset *dataset,
                              const struct mlp_train_options *options, uint32_t epoch)
{
    const struct mlp_images *images = &dataset->train;
    uint32_t n = images->n_samples, inputs = toy_widths[0];
    uint32_t *order = calloc(n, sizeof *order);
    double *x = calloc((size_t)options->batch * inputs, sizeof *x), loss = 0;
    uint8_t *labels = calloc(options->batch, 1);
    data_shuffle(order, n, options->seed, epoch);
    for (uint32_t first = 0; first < n; first += options->batch) {
        uint32_t batch = n - first < options->batch ? n - first : options->batch;
        for (uint32_t s = 0; s < batch; s++) {
            const uint8_t *pixels = images->pixels + (size_t)order[first + s] * inputs;
            for (uint32_t i = 0; i < inputs; i++)
                x[(size_t)s * inputs + i] = pixels[i] / 255.0;
            labels[s] = images->labels[order[first + s]];
        }
        loss += batch * reference_forward(r, x, labels, batch) / n;
        reference_backward(r, x, labels, batch);
        reference_update(r, (double)options->learning_rate);
    }
    free(order);
    free(x);
    free(labels);
    return loss;
}

/* Every sample once, in the order of the shuffle, the short batch weighed as itself: anything else
 * would be off by orders of magnitude more than rounding. */
START_TEST(epochs_are_the_references_epochs)
{
    struct mlp_dataset dataset = toy_dataset();
    struct mlp_train_options options = toy_options();
    struct mlp_epoch_report report = {0};
    options.n_epochs = 2;
    options.on_epoch = keep_report;
    options.context = &report;
    struct mlp_net *net = toy_net();
    struct reference *r = reference_new(net, options.batch);
    ck_assert_int_eq(mlp_train(net, &dataset, &options, NULL), MLP_OK);
    reference_epoch(r, &dataset, &options, 1);
    double loss = reference_epoch(r, &dataset, &options, 2);
    ck_assert_double_eq_tol(report.train_loss, loss, 1e-6);
    ck_assert_uint_eq(report.epoch, 2);
    ck_assert_uint_eq(report.n_epochs, 2);
    ck_assert(!report.evaluated);
    size_t n, at = 0;
    float *got = toy_parameters(net, &n);
    for (uint32_t l = 0; l < TOY_LAYERS; l++) {
        const struct reference_layer *layer = &r->layers[l];
        for (uint32_t i = 0; i < layer->inputs * layer->outputs; i++, at++)
            ck_assert_double_eq_tol((double)got[at], layer->w[i], 1e-6);
        for (uint32_t o = 0; o < layer->outputs; o++, at++)
            ck_assert_double_eq_tol((double)got[at], layer->b[o], 1e-6);
    }
    free(got);
    reference_free(r);
    mlp_net_free(net);
    toy_dataset_free(&dataset);
}
END_TEST

START_TEST(weights_have_the_same_bits_for_any_threads_and_kernel)
{
    static const int threads[] = {1, 2, 3, 7, 16};
    const struct kernel *kernel;
    for (uint32_t i = 0; (kernel = kernel_table(i)) != NULL; i++)
        for (int t = 0; t < 5 && kernel_serves(kernel, MLP_F32) && kernel->fma; t++) {
            char sum[TOY_SHA256_SIZE];
            ck_assert(toy_weights_sha256(kernel->name, threads[t], sum));
            ck_assert_msg(strcmp(sum, TOY_SHA256) == 0, "%s, %d threads: %s, wanted %s",
                          kernel->name, threads[t], sum, TOY_SHA256);
        }
}
END_TEST

START_TEST(kernels_without_fma_are_close)
{
    size_t n;
    float *want = toy_trained("scalar", 1, 3, &n);
    const struct kernel *kernel;
    for (uint32_t i = 0; (kernel = kernel_table(i)) != NULL; i++) {
        if (!kernel_runs(kernel) || kernel->fma)
            continue;
        float *got = toy_trained(kernel->name, 1, 3, &n);
        for (size_t j = 0; j < n; j++)
            ck_assert_double_eq_tol((double)got[j], (double)want[j], 1e-5);
        free(got);
    }
    free(want);
}
END_TEST

START_TEST(the_seed_decides_the_order)
{
    struct mlp_dataset dataset = toy_dataset();
    struct mlp_train_options options = toy_options();
    options.seed = 2;
    struct mlp_net *net = toy_net();
    ck_assert_int_eq(mlp_train(net, &dataset, &options, NULL), MLP_OK);
    size_t n;
    float *got = toy_parameters(net, &n), *other = toy_trained("auto", 1, 3, &n);
    ck_assert_int_ne(memcmp(got, other, n * sizeof *got), 0);
    free(got);
    free(other);
    mlp_net_free(net);
    toy_dataset_free(&dataset);
}
END_TEST

START_TEST(training_learns)
{
    struct mlp_dataset dataset = toy_dataset();
    struct mlp_train_options options = toy_options();
    struct mlp_epoch_report report = {0};
    options.batch = 16;
    options.n_epochs = 10;
    options.eval_every = 4; /* and at the end */
    options.on_epoch = keep_report;
    options.context = &report;
    struct mlp_net *net = toy_net();
    ck_assert_int_eq(mlp_train(net, &dataset, &options, NULL), MLP_OK);
    ck_assert_double_gt(report.train_accuracy, 0.99);
    ck_assert(report.evaluated);
    ck_assert_double_gt(report.test_accuracy, 0.99);
    ck_assert_double_lt(report.test_loss, 0.1);
    mlp_net_free(net);
    toy_dataset_free(&dataset);
}
END_TEST

START_TEST(a_batch_may_be_larger_than_the_data)
{
    struct mlp_dataset dataset = toy_dataset();
    struct mlp_train_options options = toy_options();
    struct mlp_net *a = toy_net(), *b = toy_net();
    size_t n;
    options.batch = dataset.train.n_samples;
    ck_assert_int_eq(mlp_train(a, &dataset, &options, NULL), MLP_OK);
    options.batch = UINT32_MAX;
    ck_assert_int_eq(mlp_train(b, &dataset, &options, NULL), MLP_OK);
    float *of_a = toy_parameters(a, &n), *of_b = toy_parameters(b, &n);
    ck_assert_mem_eq(of_a, of_b, n * sizeof *of_a);
    free(of_a);
    free(of_b);
    mlp_net_free(a);
    mlp_net_free(b);
    toy_dataset_free(&dataset);
}
END_TEST

Suite *train_suite(void)
{
    Suite *suite = suite_create("train");
    TCase *tests = tcase_create("train");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, epochs_are_the_references_epochs);
    tcase_add_test(tests, weights_have_the_same_bits_for_any_threads_and_kernel);
    tcase_add_test(tests, kernels_without_fma_are_close);
    tcase_add_test(tests, the_seed_decides_the_order);
    tcase_add_test(tests, training_learns);
    tcase_add_test(tests, a_batch_may_be_larger_than_the_data);
    suite_add_tcase(suite, tests);
    return suite;
}
