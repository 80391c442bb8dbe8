/* test_mixed.c - training and evaluation with products of bf16: against loops in double that round
 * what bf16 rounds, the same bits for any team, and near to f32. */
#include "base/random.h"
#include "data/batcher.h"
#include "mixed_mirror.h"
#include "net/step.h"
#include "toy.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *mixed_suite(void);

/* Kernels with bf16 products that this CPU runs; NULL beyond the last. */
static const struct kernel *runnable(int n)
{
    const struct kernel *kernel;
    for (uint32_t i = 0; (kernel = kernel_table(i)) != NULL; i++)
        if (kernel_runs(kernel) && n-- == 0)
            return kernel;
    return NULL;
}
enum { KERNELS_MAX = 5 };

static struct mlp_net *mixed_net(const uint32_t *widths, uint32_t n_layers, const char *kernel)
{
    struct mlp_net *net = NULL;
    ck_assert_int_eq(mlp_net_new(&net, widths, n_layers, 1, NULL), MLP_OK);
    mlp_net_use_precision(net, MLP_BF16);
    ck_assert_int_eq(mlp_net_use_kernel(net, kernel, NULL), MLP_OK);
    return net;
}

/* Sums in another order round to another bf16 now and then: 2^-8 of one term in many. */
static void compare(const struct mirror *m, const struct mlp_net *net, const struct mlp_net *before)
{
    for (uint32_t l = 0; l < m->n_layers; l++) {
        double moved = 0, apart = 0;
        for (uint32_t i = 0; i < m->widths[l]; i++)
            for (uint32_t o = 0; o < m->widths[l + 1]; o++) {
                double w = (double)panel_at(&net->layers[l].w, i, o / 16)[o % 16];
                double was = (double)panel_at(&before->layers[l].w, i, o / 16)[o % 16];
                double want = m->w[l][i * m->widths[l + 1] + o];
                moved = fmax(moved, fabs(want - was));
                apart = fmax(apart, fabs(want - w));
            }
        for (uint32_t o = 0; o < m->widths[l + 1]; o++) {
            moved = fmax(moved, fabs(m->b[l][o] - (double)before->layers[l].bias[o]));
            apart = fmax(apart, fabs(m->b[l][o] - (double)net->layers[l].bias[o]));
        }
        ck_assert_msg(moved > 1e-4, "layer %u did not learn", l);
        ck_assert_msg(apart < 0.004 * moved, "layer %u: weights moved by up to %g and are %g off",
                      l, moved, apart);
    }
}

/* Pixels that are zero: some in every image, some in most. */
static void make_sparse(struct mlp_images *images)
{
    uint32_t inputs = images->n_rows * images->n_cols;
    for (uint32_t s = 0; s < images->n_samples; s++)
        for (uint32_t i = 0; i < inputs; i++)
            if (i % 3 == 0 || (i % 7 == 0 && s % 40 != i % 40))
                images->pixels[s * (size_t)inputs + i] = 0;
}

static struct mlp_dataset sparse_dataset(void)
{
    struct mlp_dataset dataset = toy_dataset();
    make_sparse(&dataset.train);
    return dataset;
}

/* The toy set's samples stretched to so many pixels, each with some of its own. */
static void stretch(struct mlp_images *images, uint32_t inputs)
{
    uint32_t from = images->n_rows * images->n_cols;
    uint8_t *pixels = malloc((size_t)images->n_samples * inputs);
    ck_assert(pixels != NULL);
    for (uint32_t s = 0; s < images->n_samples; s++)
        for (uint32_t i = 0; i < inputs; i++)
            pixels[s * (size_t)inputs + i] =
                (uint8_t)(images->pixels[s * (size_t)from + i % from] ^ (i / from * 37 + 1));
    free(images->pixels);
    *images = (struct mlp_images){images->n_samples, 1, inputs, pixels, images->labels};
}

/* Samples of the toy set into both; a batch that fills no tile. */
static void fill(struct mirror *m, struct batch *batch, const struct mlp_dataset *dataset,
                 const struct kernel *kernel)
{
    const struct team alone = {.n = 1};
    uint32_t inputs = m->widths[0];
    data_gather(batch, kernel, &alone, &dataset->train, NULL, 7, m->batch);
    for (uint32_t s = 0; s < m->batch; s++)
        for (uint32_t i = 0; i < inputs; i++)
            m->y[0][s * inputs + i] = dataset->train.pixels[(7 + s) * (size_t)inputs + i];
}

static void step_is_the_mirrors(const struct kernel *kernel, const uint32_t *widths,
                                uint32_t n_layers, uint32_t batch_max, uint32_t n,
                                float adversarial, bool sparse)
{
    struct mlp_dataset dataset = toy_dataset();
    if (widths[0] != toy_widths[0])
        stretch(&dataset.train, widths[0]);
    if (sparse)
        make_sparse(&dataset.train);
    struct mlp_train_options options = toy_options();
    options.adversarial = adversarial;
    const struct team alone = {.n = 1};
    struct mlp_net *net = mixed_net(widths, n_layers, kernel->name);
    for (uint32_t l = 0; l < n_layers; l++) /* other biases than 0 show more mistakes */
        for (uint32_t o = 0; o < widths[l + 1]; o++)
            net->layers[l].bias[o] = 0.1f * (float)(o % 5) - 0.2f;
    struct mlp_net *before = net_clone(net);
    struct step *step = step_new(net, batch_max, 1, &options);
    struct live_batch x16;
    struct batch batch;
    struct mirror m;
    ck_assert(step != NULL && before != NULL &&
              live_new(&x16, batch_max, widths[0], adversarial > 0) &&
              data_batch_new_tiles(&batch, batch_max, &x16));
    /* What a larger batch leaves behind must not count in a smaller one. */
    data_gather(&batch, kernel, &alone, &dataset.train, NULL, 100, batch_max);
    struct step_input input = {batch.x, x16.x, x16.live};
    step->input = &input;
    step->labels = batch.labels;
    step_batch(step, batch_max);
    optimizer_step(&step->optimizer, 0);
    step_begin(step);
    step_run(step, &alone, NULL);
    mirror_new(&m, net, n, widths);
    fill(&m, &batch, &dataset, kernel);
    input = (struct step_input){batch.x, x16.x, x16.live};
    step_batch(step, n);
    optimizer_step(&step->optimizer, 0.5);
    step_run(step, &alone, NULL);
    step_end(step);
    if (adversarial > 0)
        mirror_move(&m, batch.labels, (double)adversarial);
    mirror_forward(&m);
    double loss = mirror_loss(&m, batch.labels), got = 0;
    for (uint32_t s = 0; s < n; s++)
        got += (double)step->loss[s];
    ck_assert_double_eq_tol(got, loss, 1e-4 * loss);
    mirror_backward(&m, 0.5);
    compare(&m, net, before);
    mirror_free(&m);
    data_batch_free(&batch);
    live_free(&x16);
    step_free(step);
    mlp_net_free(before);
    mlp_net_free(net);
    toy_dataset_free(&dataset);
}

START_TEST(a_step_is_that_in_double_with_what_bf16_rounds)
{
    static const uint32_t ragged[] = {99, 33, 17, 5}, even[] = {99, 64, 96, 32},
                          deep[] = {99, 300, 5}, wide[] = {99, 530, 5}, shallow[] = {99, 5},
                          broad[] = {783, 50, 5}, large[] = {783, 340, 5},
                          larger[] = {99, 513, 517, 5};
    const struct kernel *kernel = runnable(_i);
    if (kernel == NULL)
        return;
    step_is_the_mirrors(kernel, ragged, 3, 150, 150, 0, false);
    step_is_the_mirrors(kernel, ragged, 3, 150, 100, 0, false);
    step_is_the_mirrors(kernel, ragged, 3, 150, 1, 0, false);
    step_is_the_mirrors(kernel, ragged, 3, 16, 16, 0, false);
    step_is_the_mirrors(kernel, even, 3, 128, 128, 0, false);
    step_is_the_mirrors(kernel, even, 3, 128, 65, 0, false);
    step_is_the_mirrors(kernel, deep, 2, 600, 530, 0, false); /* k in several blocks, many rows */
    step_is_the_mirrors(kernel, shallow, 1, 48, 48, 0, false);
    step_is_the_mirrors(kernel, ragged, 3, 150, 100, 0.3f, false);
    step_is_the_mirrors(kernel, even, 3, 128, 128, 1, false);
    step_is_the_mirrors(kernel, shallow, 1, 48, 33, 0.5f, false);
    step_is_the_mirrors(kernel, wide, 2, 64, 30, 0.5f, false); /* dZ in several blocks */
    for (uint32_t batch = 1; batch <= 150; batch += 37)
        step_is_the_mirrors(kernel, ragged, 3, 150, batch, 0, true);
    step_is_the_mirrors(kernel, shallow, 1, 48, 3, 0, true);
    step_is_the_mirrors(kernel, ragged, 3, 150, 100, 0.3f, true);
    step_is_the_mirrors(kernel, broad, 2, 600, 500, 0, true); /* live k in several blocks, too */
    step_is_the_mirrors(kernel, broad, 2, 70, 69, 0, false);
    step_is_the_mirrors(kernel, large, 2, 33, 33, 0, true); /* W is updated in smaller parts */
    step_is_the_mirrors(kernel, larger, 3, 33, 33, 0, false);
}
END_TEST

/* ---- the same bits ---------------------------------------------------------------------- */

/* Where weights of pixels that are zero in a batch stay, and where they do not. */
static const struct {
    enum mlp_optimizer rule;
    float weight_decay, ema;
} rules[] = {{MLP_SGD, 0, 0},      {MLP_SGD, 0.1f, 0}, {MLP_SGD, 0, 0.9f},     {MLP_MOMENTUM, 0, 0},
             {MLP_NESTEROV, 0, 0}, {MLP_ADAMW, 0, 0},  {MLP_ADAMW, 0.1f, 0.9f}};
enum { N_RULES = sizeof rules / sizeof rules[0] };

/* Each rule, and what else happens to a block on its way. */
static const struct {
    enum mlp_optimizer rule;
    enum mlp_activation activation;
    float dropout, clip_norm, label_smoothing, ema, adversarial;
} recipes[] = {
    {MLP_SGD, MLP_RELU, 0, 0, 0, 0, 0},         {MLP_MOMENTUM, MLP_RELU, 0.25f, 0, 0, 0, 0},
    {MLP_NESTEROV, MLP_TANH, 0, 0, 0.1f, 0, 0}, {MLP_ADAMW, MLP_RELU, 0, 0, 0, 0.9f, 0.5f},
    {MLP_SGD, MLP_GELU, 0, 0.05f, 0, 0, 0.5f},  {MLP_ADAMW, MLP_SIGMOID, 0.1f, 1, 0.1f, 0.9f, 0}};
enum { N_RECIPES = sizeof recipes / sizeof recipes[0] };

static float *trained(const char *kernel, int n_threads, int recipe, size_t *n)
{
    struct mlp_dataset dataset = recipe % 2 == 0 ? toy_dataset() : sparse_dataset();
    struct mlp_train_options options = toy_options();
    struct mlp_net *net = mixed_net(toy_widths, TOY_LAYERS, kernel);
    options.n_epochs = 2;
    options.n_threads = n_threads;
    options.optimizer = recipes[recipe].rule;
    options.dropout = recipes[recipe].dropout;
    options.clip_norm = recipes[recipe].clip_norm;
    options.label_smoothing = recipes[recipe].label_smoothing;
    options.ema = recipes[recipe].ema;
    options.adversarial = recipes[recipe].adversarial;
    options.learning_rate = options.optimizer == MLP_ADAMW ? 0.001f : 0.02f;
    mlp_net_use_activation(net, recipes[recipe].activation);
    ck_assert_int_eq(mlp_train(net, &dataset, &options, NULL), MLP_OK);
    float *parameters = toy_parameters(net, n);
    mlp_net_free(net);
    toy_dataset_free(&dataset);
    return parameters;
}

/* Clipping by a norm that is never reached takes the other path, through a buffer of all gradients,
 * to the same bits: also where pixels are zero in whole batches, and their weights move on. */
START_TEST(gradients_that_are_kept_make_the_same_step)
{
    const struct kernel *kernel = runnable(_i);
    if (kernel == NULL)
        return;
    struct mlp_dataset dataset = sparse_dataset();
    struct mlp_train_options options = toy_options();
    options.batch = 20;
    for (int rule = 0; rule < N_RULES; rule++) {
        float *weights[2];
        size_t n;
        options.optimizer = rules[rule].rule;
        options.learning_rate = options.optimizer == MLP_ADAMW ? 0.001f : 0.02f;
        options.weight_decay = rules[rule].weight_decay;
        options.ema = rules[rule].ema;
        for (int i = 0; i < 2; i++) {
            struct mlp_net *net = mixed_net(toy_widths, TOY_LAYERS, kernel->name);
            options.clip_norm = i == 0 ? 0 : 1e6f;
            options.n_threads = 1 + 2 * i;
            ck_assert_int_eq(mlp_train(net, &dataset, &options, NULL), MLP_OK);
            weights[i] = toy_parameters(net, &n);
            mlp_net_free(net);
        }
        /* The factor 1/255 meets the gradient before it is kept instead of in the update, where
         * AdamW has another one to multiply it by first. */
        float near = options.optimizer == MLP_ADAMW ? 2e-3f : 0;
        for (size_t i = 0; i < n; i++)
            ck_assert_msg(fabsf(weights[0][i] - weights[1][i]) <= near,
                          "rule %d, parameter %zu: %g, %g", rule, i, (double)weights[0][i],
                          (double)weights[1][i]);
        free(weights[0]);
        free(weights[1]);
    }
    toy_dataset_free(&dataset);
}
END_TEST

START_TEST(any_team_trains_the_same_bits)
{
    const struct kernel *kernel = runnable(_i / N_RECIPES);
    int recipe = _i % N_RECIPES;
    if (kernel == NULL)
        return;
    /* Kernels that multiply bf16 in f32 agree with each other, too. */
    const char *like = kernel->bf16.native || !kernel->fma ? kernel->name : "scalar";
    size_t n;
    float *want = trained(like, 1, recipe, &n);
    static const int threads[] = {1, 2, 3, 7, 16};
    for (uint32_t t = 0; t < sizeof threads / sizeof threads[0]; t++) {
        float *got = trained(kernel->name, threads[t], recipe, &n);
        ck_assert_msg(memcmp(got, want, n * sizeof *got) == 0, "%s, %d threads, recipe %d",
                      kernel->name, threads[t], recipe);
        free(got);
    }
    free(want);
}
END_TEST

/* ---- using a network -------------------------------------------------------------------- */

static struct mlp_net *trained_net(const struct mlp_dataset *dataset)
{
    struct mlp_train_options options = toy_options();
    struct mlp_net *net = toy_net();
    options.n_epochs = 6;
    ck_assert_int_eq(mlp_train(net, dataset, &options, NULL), MLP_OK);
    return net;
}

START_TEST(networks_trained_in_one_precision_serve_in_the_other)
{
    struct mlp_dataset dataset = toy_dataset();
    const struct kernel *kernel = runnable(_i);
    if (kernel == NULL)
        return;
    struct mlp_net *net = trained_net(&dataset);
    struct mlp_evaluation f32, mixed;
    ck_assert_int_eq(mlp_evaluate(net, &dataset.test, 2, &f32, NULL), MLP_OK);
    mlp_net_use_precision(net, MLP_BF16);
    ck_assert_int_eq(mlp_net_use_kernel(net, kernel->name, NULL), MLP_OK);
    ck_assert_int_eq(mlp_evaluate(net, &dataset.test, 2, &mixed, NULL), MLP_OK);
    ck_assert_double_ge(f32.accuracy, 0.9);
    ck_assert_double_eq_tol(mixed.accuracy, f32.accuracy, 0.02);
    ck_assert_double_eq_tol(mixed.loss, f32.loss, 0.02);
    ck_assert(mixed.loss != f32.loss); /* it did round */
    mlp_net_free(net);
    toy_dataset_free(&dataset);
}
END_TEST

START_TEST(predictions_do_not_depend_on_company)
{
    struct mlp_dataset dataset = toy_dataset();
    const struct kernel *kernel = runnable(_i);
    if (kernel == NULL)
        return;
    struct mlp_net *net = mixed_net(toy_widths, TOY_LAYERS, kernel->name);
    uint32_t n = dataset.test.n_samples, classes = toy_widths[TOY_LAYERS];
    float *all = calloc((size_t)n * classes, sizeof *all), one[16];
    ck_assert_int_eq(mlp_predict(net, &dataset.test, 0, n, 3, all), MLP_OK);
    for (uint32_t s = 0; s < n; s += 37) {
        ck_assert_int_eq(mlp_predict(net, &dataset.test, s, 1, 1, one), MLP_OK);
        ck_assert(memcmp(one, all + s * classes, classes * sizeof *one) == 0);
    }
    free(all);
    mlp_net_free(net);
    toy_dataset_free(&dataset);
}
END_TEST

/* ---- choosing --------------------------------------------------------------------------- */

START_TEST(precision_is_chosen_and_never_changed_by_a_kernel)
{
    struct mlp_net *net = toy_net();
    struct mlp_error error;
    ck_assert_int_eq(mlp_net_precision(net), MLP_F32);
    ck_assert_str_eq(mlp_net_kernel(net), kernel_best(MLP_F32)->name);
    mlp_net_use_precision(net, MLP_BF16);
    ck_assert_str_eq(mlp_net_kernel(net), kernel_best(MLP_BF16)->name);
    ck_assert_int_eq(mlp_net_use_kernel(net, "scalar", &error), MLP_OK);
    mlp_net_use_precision(net, MLP_F32);
    mlp_net_use_precision(net, MLP_BF16);
    ck_assert_str_eq(mlp_net_kernel(net), "scalar");
    mlp_net_use_precision(net, MLP_F32);
    const struct kernel *kernel;
    for (uint32_t i = 0; (kernel = kernel_table(i)) != NULL; i++)
        if (kernel->only_bf16)
            ck_assert_int_eq(mlp_net_use_kernel(net, kernel->name, &error), MLP_E_USAGE);
    ck_assert(!kernel_best(MLP_F32)->only_bf16);
    mlp_net_use_precision(net, MLP_BF16); /* a name that f32 could not keep is forgotten */
    ck_assert_int_eq(mlp_net_use_kernel(net, kernel_best(MLP_BF16)->name, NULL), MLP_OK);
    mlp_net_use_precision(net, MLP_F32);
    mlp_net_use_precision(net, MLP_BF16);
    ck_assert_str_eq(mlp_net_kernel(net), kernel_best(MLP_BF16)->name);
    mlp_net_use_precision(net, MLP_F32);
    ck_assert_int_eq(mlp_net_use_kernel(net, NULL, NULL), MLP_OK);
    ck_assert_str_eq(mlp_net_kernel(net), kernel_best(MLP_F32)->name);
    mlp_net_free(net);
}
END_TEST

Suite *mixed_suite(void)
{
    Suite *suite = suite_create("mixed");
    TCase *tests = tcase_create("mixed");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, a_step_is_that_in_double_with_what_bf16_rounds, 0, KERNELS_MAX);
    tcase_add_loop_test(tests, gradients_that_are_kept_make_the_same_step, 0, KERNELS_MAX);
    tcase_add_loop_test(tests, any_team_trains_the_same_bits, 0, N_RECIPES * KERNELS_MAX);
    tcase_add_loop_test(tests, networks_trained_in_one_precision_serve_in_the_other, 0,
                        KERNELS_MAX);
    tcase_add_loop_test(tests, predictions_do_not_depend_on_company, 0, KERNELS_MAX);
    tcase_add_test(tests, precision_is_chosen_and_never_changed_by_a_kernel);
    suite_add_tcase(suite, tests);
    return suite;
}
