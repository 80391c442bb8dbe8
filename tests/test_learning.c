/* test_learning.c - the options of learning as training uses them: clipping that never clips, which
 * weights an average leaves behind, which units dropout drops. (test_optimizer.c checks the
 * equations.) */
#include "base/random.h"
#include "net/activation.h"
#include "toy.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

Suite *learning_suite(void);

static void keep_report(void *context, const struct mlp_epoch_report *report)
{
    *(struct mlp_epoch_report *)context = *report;
}

/* The parameters after training a toy net so; the caller frees them. */
static float *trained(struct mlp_train_options options, enum mlp_activation activation, size_t *n)
{
    struct mlp_dataset dataset = toy_dataset();
    struct mlp_net *net = toy_net();
    mlp_net_use_activation(net, activation);
    ck_assert_int_eq(mlp_train(net, &dataset, &options, NULL), MLP_OK);
    float *parameters = toy_parameters(net, n);
    mlp_net_free(net);
    toy_dataset_free(&dataset);
    return parameters;
}

/* Whole gradients through a buffer: the bits of the fused path. */
START_TEST(clipping_beyond_reach_changes_no_bit)
{
    size_t n;
    for (int n_threads = 1; n_threads <= 3; n_threads++) {
        struct mlp_train_options options = toy_options();
        options.optimizer = (enum mlp_optimizer)_i;
        options.learning_rate = 0.01f;
        options.weight_decay = 0.1f;
        options.ema = n_threads == 2 ? 0.9f : 0;
        options.n_threads = n_threads;
        float *fused = trained(options, MLP_RELU, &n);
        options.clip_norm = 1e30f;
        float *buffered = trained(options, MLP_RELU, &n);
        ck_assert_mem_eq(fused, buffered, n * sizeof *fused);
        options.clip_norm = 0.01f;
        float *clipped = trained(options, MLP_RELU, &n);
        ck_assert_mem_ne(fused, clipped, n * sizeof *fused);
        free(fused);
        free(buffered);
        free(clipped);
    }
}
END_TEST

/* Squares of 1e25 are infinite in f32. */
START_TEST(a_gradient_without_a_finite_norm_diverges)
{
    struct mlp_dataset dataset = toy_dataset();
    struct mlp_train_options options = toy_options();
    struct mlp_net *net = toy_net();
    struct mlp_model model = {0};
    ck_assert_int_eq(mlp_model_new(&model, toy_widths, TOY_LAYERS, NULL), MLP_OK);
    ck_assert_int_eq(mlp_net_store(net, &model), MLP_OK);
    for (uint32_t i = 0; i < toy_widths[2] * toy_widths[3]; i++)
        model.weights[2][i] *= 1e25f;
    ck_assert_int_eq(mlp_net_load(net, &model), MLP_OK);
    mlp_net_use_activation(net, MLP_TANH);
    options.clip_norm = 1;
    ck_assert_int_eq(mlp_train(net, &dataset, &options, NULL), MLP_E_DIVERGED);
    mlp_model_free(&model);
    mlp_net_free(net);
    toy_dataset_free(&dataset);
}
END_TEST

/* Plain SGD moves by the learning rate times the clipped norm, layers and biases together. */
START_TEST(a_clipped_step_has_the_length_asked_for)
{
    struct mlp_train_options options = toy_options();
    struct mlp_net *net = toy_net();
    size_t n;
    float *before = toy_parameters(net, &n);
    options.n_epochs = 1;
    options.batch = 700; /* one step */
    options.clip_norm = 0.125f;
    float *after = trained(options, MLP_RELU, &n);
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += pow((double)after[i] - (double)before[i], 2);
    ck_assert_double_eq_tol(sqrt(sum), (double)options.learning_rate * 0.125, 1e-7);
    free(before);
    free(after);
    mlp_net_free(net);
}
END_TEST

/* What is evaluated after an epoch is what is returned, and the raw weights go on underneath. */
START_TEST(the_average_is_what_is_tested_and_returned)
{
    struct mlp_dataset dataset = toy_dataset();
    struct mlp_train_options options = toy_options();
    struct mlp_epoch_report report = {0};
    struct mlp_evaluation evaluation;
    struct mlp_net *net = toy_net();
    size_t n;
    float *raw = trained(options, MLP_RELU, &n);
    options.eval_every = 1;
    options.ema = 0.9f;
    options.on_epoch = keep_report;
    options.context = &report;
    ck_assert_int_eq(mlp_train(net, &dataset, &options, NULL), MLP_OK);
    ck_assert_int_eq(mlp_evaluate(net, &dataset.test, 1, &evaluation, NULL), MLP_OK);
    ck_assert(evaluation.loss == report.test_loss);
    float *average = toy_parameters(net, &n);
    ck_assert_mem_ne(raw, average, n * sizeof *raw);
    free(average);
    options.ema = 1e-6f; /* an average of little more than the last */
    average = trained(options, MLP_RELU, &n);
    for (size_t i = 0; i < n; i++)
        ck_assert_double_eq_tol((double)average[i], (double)raw[i], 1e-6);
    free(average);
    free(raw);
    mlp_net_free(net);
    toy_dataset_free(&dataset);
}
END_TEST

/* The mask of one layer at one step: 160 samples, 288 units, in blocks of 1 to 3 panels. */
enum { SAMPLES = 160, UNITS = 288 };

static void draw_mask(const struct kernel *kernel, uint32_t step, uint32_t layer, float share,
                      uint32_t at_once, bool *kept)
{
    static float y[UNITS * PANEL], slope[UNITS * SAMPLES];
    struct panels slopes = {
        .data = slope, .rows = SAMPLES, .cols = UNITS, .stride = SAMPLES * PANEL};
    struct activation a = {.units = UNITS,
                           .slope = &slopes,
                           .dropout = share,
                           .seed = 9,
                           .step = step,
                           .layer = layer};
    for (uint32_t row = 0; row < SAMPLES; row += PANEL)
        for (uint32_t p = 0; p < UNITS / PANEL; p += at_once) {
            for (uint32_t i = 0; i < UNITS * PANEL; i++)
                y[i] = 1;
            activation_forward(&a, kernel, row, p, at_once, y, (size_t)PANEL * PANEL);
            for (uint32_t i = 0; i < at_once * PANEL * PANEL; i++) {
                uint32_t sample = row + i / PANEL % PANEL;
                uint32_t unit = (p + i / (PANEL * PANEL)) * PANEL + i % PANEL;
                ck_assert(y[i] == 0 || y[i] == 1 / (1 - share));
                ck_assert(*(panel_at(&slopes, sample, unit / PANEL) + unit % PANEL) == y[i]);
                kept[sample * UNITS + unit] = y[i] != 0;
            }
        }
}

/* Of all pairs of a mask's elements at a distance, or of two masks', the share that are equal. */
static double agreement(const bool *a, const bool *b, size_t n)
{
    size_t same = 0;
    for (size_t i = 0; i < n; i++)
        same += a[i] == b[i];
    return (double)same / (double)n;
}

START_TEST(dropout_drops_its_share_independently)
{
    const double share = 0.3, n = SAMPLES * UNITS;
    const double alike = 1 - 2 * share * (1 - share), four = 4 * 0.5 / sqrt(n);
    static bool kept[SAMPLES * UNITS], other[SAMPLES * UNITS];
    const struct kernel *kernel = kernel_find(NULL);
    draw_mask(kernel, 5, 1, 0.3f, 1, kept);
    double sum = 0;
    for (size_t i = 0; i < SAMPLES * UNITS; i++)
        sum += kept[i];
    ck_assert_double_eq_tol(sum / n, 1 - share, four);
    /* Neighbouring units, samples, rows of keys; the next step, the next layer. */
    static const size_t distances[] = {1, 2, 16, UNITS, 4 * UNITS, 16 * UNITS};
    for (size_t i = 0; i < sizeof distances / sizeof distances[0]; i++)
        ck_assert_double_eq_tol(
            agreement(kept, kept + distances[i], SAMPLES * UNITS - distances[i]), alike, four);
    draw_mask(kernel, 6, 1, 0.3f, 1, other);
    ck_assert_double_eq_tol(agreement(kept, other, SAMPLES * UNITS), alike, four);
    draw_mask(kernel, 5, 2, 0.3f, 1, other);
    ck_assert_double_eq_tol(agreement(kept, other, SAMPLES * UNITS), alike, four);
}
END_TEST

START_TEST(dropout_is_the_same_for_any_kernel_and_slicing)
{
    static bool kept[SAMPLES * UNITS], other[SAMPLES * UNITS];
    const struct kernel *kernel;
    draw_mask(kernel_find("scalar"), 1, 0, 0.5f, 1, kept);
    for (uint32_t i = 0; (kernel = kernel_table(i)) != NULL; i++)
        for (uint32_t at_once = 1; at_once <= 3 && kernel_serves(kernel, MLP_F32); at_once++) {
            memset(other, 0, sizeof other);
            draw_mask(kernel, 1, 0, 0.5f, at_once, other);
            ck_assert_mem_eq(kept, other, sizeof kept);
        }
}
END_TEST

START_TEST(every_option_still_learns)
{
    struct mlp_dataset dataset = toy_dataset();
    for (enum mlp_activation activation = MLP_RELU; activation <= MLP_SIGMOID; activation++) {
        struct mlp_train_options options = toy_options();
        struct mlp_epoch_report report = {0};
        options.optimizer = MLP_ADAMW;
        options.learning_rate = 0.01f;
        options.batch = 16;
        options.n_epochs = 10;
        options.eval_every = 10;
        options.label_smoothing = 0.1f;
        options.dropout = 0.1f;
        options.ema = 0.98f;
        options.clip_norm = 1;
        options.adversarial = 0.2f;
        options.on_epoch = keep_report;
        options.context = &report;
        struct mlp_net *net = toy_net();
        mlp_net_init(net, MLP_XAVIER, 1);
        mlp_net_use_activation(net, activation);
        ck_assert_int_eq(mlp_train(net, &dataset, &options, NULL), MLP_OK);
        ck_assert_double_gt(report.test_accuracy, 0.98);
        /* Smoothed labels cannot be met: at least their entropy, 0.39. Evaluation is plain. */
        ck_assert_double_gt(report.train_loss, 0.39);
        ck_assert_double_lt(report.test_loss, 0.35);
        mlp_net_free(net);
    }
    toy_dataset_free(&dataset);
}
END_TEST

START_TEST(options_out_of_range_are_refused)
{
    struct mlp_dataset dataset = toy_dataset();
    struct mlp_net *net = toy_net();
    static const float bad[][5] = {{1},
                                   {-0.1f},
                                   {0, 1},
                                   {0, -1},
                                   {0, 0, 1.1f},
                                   {0, 0, -1},
                                   {0, 0, 0, -1},
                                   {NAN},
                                   {0, 0, 0, NAN},
                                   {0, 0, 0, 0, -1},
                                   {0, 0, 0, 0, NAN},
                                   {0, 0, 0, 0, INFINITY},
                                   {0, 0, 0, 0, 1001}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct mlp_train_options options = toy_options();
        struct mlp_error error = {0};
        options.dropout = bad[i][0];
        options.ema = bad[i][1];
        options.label_smoothing = bad[i][2];
        options.clip_norm = bad[i][3];
        options.adversarial = bad[i][4];
        ck_assert_int_eq(mlp_train(net, &dataset, &options, &error), MLP_E_USAGE);
        ck_assert_ptr_nonnull(strstr(error.found, "dropout "));
    }
    for (int i = 0; i < 4; i++) {
        struct mlp_train_options options = toy_options();
        struct mlp_error error = {0};
        options.optimizer = MLP_ADAMW;
        options.momentum = i == 0 ? 1 : options.momentum;
        options.beta2 = i == 1 ? 1 : options.beta2;
        options.epsilon = i == 2 ? 0 : i == 3 ? 2e6f : options.epsilon;
        ck_assert_int_eq(mlp_train(net, &dataset, &options, &error), MLP_E_USAGE);
        ck_assert_ptr_nonnull(strstr(error.found, "momentum "));
    }
    mlp_net_free(net);
    toy_dataset_free(&dataset);
}
END_TEST

Suite *learning_suite(void)
{
    Suite *suite = suite_create("learning");
    TCase *tests = tcase_create("learning");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, clipping_beyond_reach_changes_no_bit, MLP_SGD, MLP_ADAMW + 1);
    tcase_add_test(tests, a_gradient_without_a_finite_norm_diverges);
    tcase_add_test(tests, a_clipped_step_has_the_length_asked_for);
    tcase_add_test(tests, the_average_is_what_is_tested_and_returned);
    tcase_add_test(tests, dropout_drops_its_share_independently);
    tcase_add_test(tests, dropout_is_the_same_for_any_kernel_and_slicing);
    tcase_add_test(tests, every_option_still_learns);
    tcase_add_test(tests, options_out_of_range_are_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
