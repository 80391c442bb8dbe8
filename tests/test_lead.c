/* test_lead.c - two threads of which one leads: who does, which part of the first layer each has,
 * and that the bits stay those of one thread. */
#include "net/step.h"
#include "toy.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *lead_suite(void);

/* The kernel with bf16 instructions of its own, whether or not this CPU has them. */
static const struct kernel *native_kernel(void)
{
    const struct kernel *kernel;
    for (uint32_t i = 0; (kernel = kernel_table(i)) != NULL; i++)
        if (kernel->bf16.native)
            return kernel;
    return NULL;
}

static struct mlp_net *new_net(const uint32_t *widths, uint32_t n_layers)
{
    struct mlp_net *net = NULL;
    ck_assert_int_eq(mlp_net_new(&net, widths, n_layers, 1, NULL), MLP_OK);
    mlp_net_use_precision(net, MLP_BF16);
    return net;
}

/* ---- who leads -------------------------------------------------------------------------- */

static struct lead lead_with(const uint32_t *widths, uint32_t n_layers, uint32_t batch,
                             const struct mlp_train_options *options)
{
    struct mlp_net *net = new_net(widths, n_layers);
    net->kernel = native_kernel();
    struct lead lead = lead_of(net, batch, options);
    mlp_net_free(net);
    return lead;
}

START_TEST(one_leads_where_layers_above_the_first_are_small)
{
    static const struct {
        uint32_t widths[4], n_layers, batch;
        bool pays;
        uint32_t blocks;
    } cases[] = {
        {{784, 256, 128, 10}, 3, 128, true, 4},
        {{784, 256, 128, 10}, 3, 334, true, 4},
        {{784, 256, 128, 10}, 3, 335, false, 0}, /* more than L2 shall hold */
        {{784, 128, 128, 10}, 3, 128, true, 2},
        {{784, 96, 128, 10}, 3, 128, true, 0}, /* nothing of the first layer is left for it */
        {{784, 512, 64, 10}, 3, 128, true, 12},
        {{784, 512, 10}, 2, 128, false, 0},
        {{784, 1024, 64, 10}, 3, 128, false, 0},
        {{784, 10}, 1, 128, false, 0},
    };
    struct mlp_train_options options = mlp_train_defaults();
    if (native_kernel() == NULL) {
        printf("test_lead: no kernel with bf16 instructions is built here\n");
        return;
    }
    for (uint32_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct lead lead = lead_with(cases[i].widths, cases[i].n_layers, cases[i].batch, &options);
        ck_assert_msg(lead.pays == cases[i].pays, "case %u", i);
        ck_assert_msg(!lead.pays || lead.blocks == cases[i].blocks, "case %u: %u", i, lead.blocks);
    }
}
END_TEST

START_TEST(nobody_leads_where_a_step_does_more)
{
    static const uint32_t widths[] = {784, 256, 128, 10};
    struct mlp_train_options plain = mlp_train_defaults(), options;
    if (native_kernel() == NULL)
        return;
    plain.optimizer = MLP_NESTEROV;
    ck_assert(lead_with(widths, 3, 128, &plain).pays);
#define WITH(assignment)                                                                           \
    do {                                                                                           \
        options = plain;                                                                           \
        options.assignment;                                                                        \
        ck_assert_msg(!lead_with(widths, 3, 128, &options).pays, #assignment);                     \
    } while (0)
    WITH(optimizer = MLP_ADAMW);
    WITH(ema = 0.9f);
    WITH(dropout = 0.1f);
    WITH(clip_norm = 1);
    WITH(adversarial = 0.1f);
    struct mlp_net *net = new_net(widths, 3);
    net->kernel = native_kernel();
    mlp_net_use_activation(net, MLP_TANH);
    ck_assert(!lead_of(net, 128, &plain).pays);
    mlp_net_use_activation(net, MLP_RELU);
    ck_assert_int_eq(mlp_net_use_kernel(net, "scalar", NULL), MLP_OK);
    ck_assert(!lead_of(net, 128, &plain).pays);
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

static float *trained(const uint32_t *widths, struct mlp_train_options *options, size_t *n)
{
    struct mlp_dataset dataset = sparse_dataset();
    struct mlp_net *net = new_net(widths, 3);
    ck_assert_int_eq(mlp_net_use_kernel(net, native_kernel()->name, NULL), MLP_OK);
    ck_assert_int_eq(mlp_train(net, &dataset, options, NULL), MLP_OK);
    float *parameters = toy_parameters(net, n);
    mlp_net_free(net);
    toy_dataset_free(&dataset);
    return parameters;
}

START_TEST(a_team_that_is_led_trains_the_same_bits)
{
    static const uint32_t none[] = {99, 96, 32, 5}, some[] = {99, 160, 16, 5};
    static const uint32_t batches[] = {150, 33, 1};
    const uint32_t *widths = _i % 2 == 0 ? none : some;
    struct mlp_train_options options = toy_options();
    if (native_kernel() == NULL || !kernel_runs(native_kernel())) {
        printf("test_lead: no kernel with bf16 instructions runs here\n");
        return;
    }
    options.n_epochs = 2;
    options.optimizer = _i / 2 % 2 == 0 ? MLP_SGD : MLP_MOMENTUM;
    options.weight_decay = _i / 2 % 2 == 0 ? 0 : 0.01f;
    options.learning_rate = 0.02f;
    options.augment_strength = 1;
    options.augment = _i / 4 == 0 ? MLP_AUGMENT_NONE : MLP_AUGMENT_AFFINE;
    struct lead lead = lead_with(widths, 3, 150, &options);
    ck_assert(lead.pays && lead.blocks == (_i % 2 == 0 ? 0 : 2));
    for (uint32_t i = 0; i < sizeof batches / sizeof batches[0]; i++) {
        size_t n;
        options.batch = batches[i];
        options.n_threads = 1;
        float *want = trained(widths, &options, &n);
        options.n_threads = 2;
        float *got = trained(widths, &options, &n);
        ck_assert_msg(memcmp(got, want, n * sizeof *got) == 0, "batches of %u", batches[i]);
        free(got);
        free(want);
    }
}
END_TEST

Suite *lead_suite(void)
{
    Suite *suite = suite_create("lead");
    TCase *tests = tcase_create("lead");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, one_leads_where_layers_above_the_first_are_small);
    tcase_add_test(tests, nobody_leads_where_a_step_does_more);
    tcase_add_test(tests, two_members_have_the_whole_first_layer);
    tcase_add_loop_test(tests, a_team_that_is_led_trains_the_same_bits, 0, 8);
    suite_add_tcase(suite, tests);
    return suite;
}
