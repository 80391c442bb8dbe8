/* test_lead.c - two threads of which one leads: who does, which part of the first layer each has,
 * and that the bits stay those of one thread. */
#include "net/step.h"
#include "toy.h"
#include "train/epoch.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *lead_suite(void);

/* Kernels as if they had bf16 instructions of their own, without which nobody leads: so any machine
 * can run what is led. NULL beyond the last that runs here. */
static const struct kernel *as_if_native(int n)
{
    static struct kernel native;
    const struct kernel *kernel;
    for (uint32_t i = 0; (kernel = kernel_table(i)) != NULL; i++)
        if (kernel_runs(kernel) && n-- == 0) {
            native = *kernel;
            native.bf16.native = true;
            return &native;
        }
    return NULL;
}
enum { KERNELS_MAX = 5 };

static struct mlp_net *new_net(const uint32_t *widths, uint32_t n_layers,
                               const struct kernel *kernel)
{
    struct mlp_net *net = NULL;
    ck_assert_int_eq(mlp_net_new(&net, widths, n_layers, 1, NULL), MLP_OK);
    mlp_net_use_precision(net, MLP_BF16);
    net->kernel = kernel;
    return net;
}

/* ---- who leads -------------------------------------------------------------------------- */

static struct lead lead_with(const uint32_t *widths, uint32_t n_layers, uint32_t batch,
                             const struct mlp_train_options *options)
{
    struct mlp_net *net = new_net(widths, n_layers, as_if_native(0));
    struct lead lead = lead_of(net, batch, options);
    mlp_net_free(net);
    return lead;
}

static struct mlp_train_options plain_sgd(void)
{
    struct mlp_train_options options = mlp_train_defaults();
    options.optimizer = MLP_SGD;
    return options;
}

START_TEST(all_kernels_are_tried)
{
    ck_assert(as_if_native(KERNELS_MAX) == NULL);
}
END_TEST

/* The limits of lead.c, from both sides. */
START_TEST(one_leads_where_layers_above_the_first_are_small)
{
    static const struct {
        uint32_t widths[4], n_layers, batch;
        bool pays;
        uint32_t blocks;
    } cases[] = {
        {{784, 256, 128, 10}, 3, 128, true, 4},
        {{784, 128, 128, 10}, 3, 128, true, 2},
        {{784, 96, 128, 10}, 3, 128, true, 0}, /* nothing of the first layer is left for it */
        {{784, 512, 64, 10}, 3, 128, true, 12},
        {{784, 256, 128, 10}, 3, 334, true, 4}, /* bytes of a batch */
        {{784, 256, 128, 10}, 3, 335, false, 0},
        {{784, 128, 69, 10}, 3, 128, true, 2}, /* least weights above the first */
        {{784, 128, 68, 10}, 3, 128, false, 0},
        {{784, 256, 235, 10}, 3, 128, true, 4}, /* most */
        {{784, 256, 236, 10}, 3, 128, false, 0},
        {{784, 760, 77, 10}, 3, 128, true, 20}, /* bytes of weights */
        {{784, 760, 78, 10}, 3, 128, false, 0},
        {{784, 10}, 1, 128, false, 0},
    };
    struct mlp_train_options options = plain_sgd();
    for (uint32_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct lead lead = lead_with(cases[i].widths, cases[i].n_layers, cases[i].batch, &options);
        ck_assert_msg(lead.pays == cases[i].pays, "case %u", i);
        ck_assert_msg(!lead.pays || lead.blocks == cases[i].blocks, "case %u: %u", i, lead.blocks);
    }
}
END_TEST

START_TEST(nobody_leads_where_a_step_does_more)
{
    static const uint32_t widths[] = {784, 256, 128, 10}, narrow[] = {784, 128, 128, 10};
    struct mlp_train_options options;
    ck_assert(lead_with(widths, 3, 128, &(struct mlp_train_options){.optimizer = MLP_SGD}).pays);
#define LEADS(net, ...)                                                                            \
    (options = plain_sgd(), options.__VA_ARGS__, lead_with(net, 3, 128, &options).pays)
    ck_assert(!LEADS(widths, dropout = 0.1f));
    ck_assert(!LEADS(widths, clip_norm = 1));
    ck_assert(!LEADS(widths, adversarial = 0.1f));
    ck_assert(LEADS(widths, optimizer = MLP_NESTEROV)); /* two floats a weight */
    ck_assert(LEADS(widths, ema = 0.9f));
    ck_assert(!LEADS(widths, optimizer = MLP_ADAMW)); /* three */
    ck_assert(!LEADS(widths, ema = 0.9f, options.optimizer = MLP_NESTEROV));
    ck_assert(LEADS(narrow, optimizer = MLP_ADAMW));
    options = plain_sgd();
    struct mlp_net *net = new_net(widths, 3, as_if_native(0));
    static const enum mlp_activation others[] = {MLP_LEAKY_RELU, MLP_GELU, MLP_TANH, MLP_SIGMOID};
    for (uint32_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        mlp_net_use_activation(net, others[i]);
        ck_assert(!lead_of(net, 128, &options).pays);
    }
    mlp_net_use_activation(net, MLP_RELU);
    ck_assert(lead_of(net, 128, &options).pays);
    ck_assert_int_eq(mlp_net_use_kernel(net, "scalar", NULL), MLP_OK);
    ck_assert(!lead_of(net, 128, &options).pays);
    mlp_net_free(net);
}
END_TEST

START_TEST(only_a_team_of_two_is_led)
{
    static const uint32_t widths[] = {784, 256, 128, 10};
    struct mlp_train_options options = plain_sgd();
    struct mlp_net *net = new_net(widths, 3, as_if_native(0));
    struct step *step = step_new(net, 128, 4, &options);
    ck_assert(step != NULL);
    for (int n = 1; n <= 4; n++)
        ck_assert(step_is_led(step, &(struct team){.n = n}) == (n == 2));
    step_free(step);
    options.dropout = 0.1f;
    step = step_new(net, 128, 2, &options);
    ck_assert(step != NULL && !step_is_led(step, &(struct team){.n = 2}));
    step_free(step);
    mlp_net_use_precision(net, MLP_F32);
    net->kernel = as_if_native(0);
    options.dropout = 0;
    step = step_new(net, 128, 2, &options);
    ck_assert(step != NULL && !step_is_led(step, &(struct team){.n = 2}));
    step_free(step);
    mlp_net_free(net);
}
END_TEST

START_TEST(two_members_have_the_whole_first_layer)
{
    for (uint32_t blocks = 0; blocks <= 6; blocks += 2) {
        struct lead lead = {true, blocks};
        struct team leader = {.id = 0, .n = 2}, other = {.id = 1, .n = 2};
        struct gemm_slice a = lead_slice(&lead, &leader, 5, 9);
        struct gemm_slice b = lead_slice(&lead, &other, 5, 9);
        ck_assert_uint_eq(a.panel_begin, 0);
        ck_assert_uint_eq(a.panel_end, blocks);
        ck_assert_uint_eq(a.row_end, blocks > 0 ? 5 : 0); /* no part: no rows either */
        ck_assert_uint_eq(b.panel_begin, blocks);
        ck_assert_uint_eq(b.panel_end, 9);
        ck_assert(a.row_begin == 0 && b.row_begin == 0 && b.row_end == 5);
        struct gemm_slice rows = lead_rows(&lead, &leader, 9, 5);
        ck_assert(rows.row_begin == a.panel_begin && rows.row_end == a.panel_end);
        ck_assert(rows.panel_begin == a.row_begin && rows.panel_end == a.row_end);
        rows = lead_rows(&lead, &other, 9, 5);
        ck_assert(rows.row_begin == blocks && rows.row_end == 9);
        ck_assert(rows.panel_begin == 0 && rows.panel_end == 5);
    }
}
END_TEST

/* ---- the same bits ---------------------------------------------------------------------- */

/* Some pixels are zero in whole batches, and others in most images. */
static struct mlp_dataset sparse_dataset(void)
{
    struct mlp_dataset dataset = toy_dataset();
    for (size_t i = 0; i < dataset.train.n_samples * (size_t)99; i++)
        if (i % 99 % 4 == 0 || i * 7 % 61 > 20)
            dataset.train.pixels[i] = 0;
    return dataset;
}

/* One thread alone reads images as they are, also where the kernel can expand compact ones. */
static float *trained(const uint32_t *widths, uint32_t n_layers, int kernel,
                      const struct mlp_train_options *options, size_t *n)
{
    struct mlp_dataset dataset = sparse_dataset();
    struct kernel native = *as_if_native(kernel);
    if (options->n_threads == 1)
        native.bf16.compact = NULL;
    struct mlp_net *net = new_net(widths, n_layers, &native);
    ck_assert_int_eq(mlp_train(net, &dataset, options, NULL), MLP_OK);
    float *parameters = toy_parameters(net, n);
    mlp_net_free(net);
    toy_dataset_free(&dataset);
    return parameters;
}

/* What else happens in training; the leader has some of the first layer's columns, or none. */
static const struct {
    uint32_t widths[5], n_layers, blocks, batch, n_epochs; /* 4 are enough for compact images */
    enum mlp_optimizer optimizer;
    float weight_decay, ema;
    enum mlp_augmentation augment;
} ways[] = {
    {{99, 96, 32, 5}, 3, 0, 150, 4, MLP_SGD, 0, 0, MLP_AUGMENT_NONE},
    {{99, 96, 32, 5}, 3, 0, 33, 2, MLP_MOMENTUM, 0.01f, 0, MLP_AUGMENT_NONE},
    {{99, 160, 16, 5}, 3, 2, 33, 2, MLP_SGD, 0, 0, MLP_AUGMENT_NONE},
    {{99, 240, 5}, 2, 6, 100, 4, MLP_SGD, 0, 0, MLP_AUGMENT_NONE},
    {{99, 160, 16, 16, 5}, 4, 2, 64, 2, MLP_SGD, 0, 0, MLP_AUGMENT_NONE},
    {{99, 160, 16, 5}, 3, 2, 150, 2, MLP_NESTEROV, 0, 0, MLP_AUGMENT_AFFINE},
    {{99, 240, 23, 5}, 3, 4, 64, 2, MLP_ADAMW, 0.01f, 0.9f, MLP_AUGMENT_NONE},
    {{99, 160, 16, 5}, 3, 2, 7, 2, MLP_SGD, 0, 0.9f, MLP_AUGMENT_SHIFT},
};
enum { N_WAYS = sizeof ways / sizeof ways[0] };

START_TEST(a_team_that_is_led_trains_the_same_bits)
{
    const uint32_t way = (uint32_t)_i % N_WAYS;
    const int kernel = _i / N_WAYS;
    struct mlp_train_options options = toy_options();
    if (as_if_native(kernel) == NULL)
        return;
    options.n_epochs = ways[way].n_epochs;
    options.batch = ways[way].batch;
    options.optimizer = ways[way].optimizer;
    options.weight_decay = ways[way].weight_decay;
    options.ema = ways[way].ema;
    options.learning_rate = options.optimizer == MLP_ADAMW ? 0.001f : 0.02f;
    options.augment = ways[way].augment;
    options.augment_strength = 1;
    struct lead lead = lead_with(ways[way].widths, ways[way].n_layers, options.batch, &options);
    ck_assert(lead.pays && lead.blocks == ways[way].blocks);
    size_t n;
    float *want = trained(ways[way].widths, ways[way].n_layers, kernel, &options, &n);
    for (options.n_threads = 2; options.n_threads <= 3; options.n_threads++) {
        float *got = trained(ways[way].widths, ways[way].n_layers, kernel, &options, &n);
        ck_assert_msg(memcmp(got, want, n * sizeof *got) == 0, "%s, way %u, %d threads",
                      as_if_native(kernel)->name, way, options.n_threads);
        free(got);
    }
    free(want);
}
END_TEST

/* ---- parts of an epoch ------------------------------------------------------------------ */

/* From a step on, and where it is stopped: before which step, 0: not. 700 images, 22 steps. */
static const struct {
    uint32_t first, stop;
    float rate;
    enum mlp_status status;
} parts[] = {{0, 0, 0.02f, MLP_OK},         {7, 0, 0.02f, MLP_OK},
             {21, 0, 0.02f, MLP_OK},        {0, 1, 0.02f, MLP_E_STOPPED},
             {0, 9, 0.02f, MLP_E_STOPPED},  {8, 12, 0.02f, MLP_E_STOPPED},
             {0, 0, 1e30f, MLP_E_DIVERGED}, {3, 21, 0.02f, MLP_E_STOPPED}};
enum { N_PARTS = sizeof parts / sizeof parts[0], STEPS_MAX = 22 };

struct part {
    volatile sig_atomic_t stop;
    uint32_t n_steps, stop_after;
    double loss[STEPS_MAX];
    struct mlp_epoch_report report;
    uint64_t t; /* steps that the optimizer has counted */
    float *parameters;
    size_t n;
};

static void on_step(void *context, const struct mlp_step_report *report)
{
    struct part *part = context;
    ck_assert_uint_lt(part->n_steps, STEPS_MAX);
    part->loss[part->n_steps++] = report->loss;
    part->stop = part->n_steps == part->stop_after;
}

static void run_part(struct part *part, int n, const struct kernel *kernel, int n_threads)
{
    static const uint32_t widths[] = {99, 160, 16, 5};
    struct mlp_dataset dataset = sparse_dataset();
    struct mlp_train_options options = plain_sgd();
    struct mlp_net *net = new_net(widths, 3, kernel);
    *part = (struct part){.stop_after = parts[n].stop - parts[n].first};
    options.n_epochs = 4; /* compact images, where the kernel has them */
    options.batch = 33;
    options.learning_rate = parts[n].rate;
    options.n_threads = n_threads;
    options.on_step = on_step;
    options.context = part;
    options.stop = &part->stop;
    struct epoch e;
    ck_assert(epoch_new(&e, net, &options, &dataset.train));
    ck_assert(step_is_led(e.step, &(struct team){.n = n_threads}) == (n_threads == 2));
    e.first_step = parts[n].first;
    e.n_done = 33 * e.first_step;
    ck_assert_int_eq(epoch_run(&e, &part->report), parts[n].status);
    part->t = e.step->optimizer.t;
    epoch_free(&e);
    part->parameters = toy_parameters(net, &part->n);
    mlp_net_free(net);
    toy_dataset_free(&dataset);
}

/* Whoever has gone on to the step after the last one leaves no trace of it. */
START_TEST(a_part_of_an_epoch_that_is_led_is_the_same_part)
{
    struct part one, two;
    const struct kernel *kernel = as_if_native(_i / N_PARTS);
    if (kernel == NULL)
        return;
    run_part(&one, _i % N_PARTS, kernel, 1);
    run_part(&two, _i % N_PARTS, kernel, 2);
    ck_assert_uint_gt(one.n_steps, 0);
    ck_assert_uint_eq(one.n_steps, two.n_steps);
    ck_assert_uint_eq(one.t, two.t);
    ck_assert_mem_eq(one.loss, two.loss, one.n_steps * sizeof one.loss[0]);
    ck_assert_mem_eq(&one.report.train_loss, &two.report.train_loss, sizeof(double));
    ck_assert_mem_eq(&one.report.train_accuracy, &two.report.train_accuracy, sizeof(double));
    ck_assert_mem_eq(one.parameters, two.parameters, one.n * sizeof *one.parameters);
    free(one.parameters);
    free(two.parameters);
}
END_TEST

Suite *lead_suite(void)
{
    Suite *suite = suite_create("lead");
    TCase *tests = tcase_create("lead");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, all_kernels_are_tried);
    tcase_add_test(tests, one_leads_where_layers_above_the_first_are_small);
    tcase_add_test(tests, nobody_leads_where_a_step_does_more);
    tcase_add_test(tests, only_a_team_of_two_is_led);
    tcase_add_test(tests, two_members_have_the_whole_first_layer);
    tcase_add_loop_test(tests, a_team_that_is_led_trains_the_same_bits, 0, N_WAYS * KERNELS_MAX);
    tcase_add_loop_test(tests, a_part_of_an_epoch_that_is_led_is_the_same_part, 0,
                        N_PARTS * KERNELS_MAX);
    suite_add_tcase(suite, tests);
    return suite;
}
