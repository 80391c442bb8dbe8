/* test_net.c - initialisation, parameters in and out, networks that cannot be. */
#include "base/random.h"
#include "net/net.h"
#include "toy.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

Suite *net_suite(void);

static struct mlp_net *new_net(const uint32_t *widths, uint32_t n_layers, uint64_t seed)
{
    struct mlp_net *net = NULL;
    struct mlp_error error;
    ck_assert_int_eq(mlp_net_new(&net, widths, n_layers, seed, &error), MLP_OK);
    return net;
}

/* strtok has one state for all who use it, and an embedding program may. */
START_TEST(a_caller_keeps_its_strtok)
{
    char words[] = "one two";
    struct mlp_net *net;
    ck_assert_str_eq(strtok(words, " "), "one");
    ck_assert_int_eq(mlp_net_new(&net, (const uint32_t[]){4, 2}, 1, 1, NULL), MLP_OK);
    (void)mlp_threads_choose(0, false);
    const char *next = strtok(NULL, " ");
    ck_assert_ptr_nonnull(next);
    ck_assert_str_eq(next, "two");
    mlp_net_free(net);
}
END_TEST

START_TEST(he_initialisation_has_variance_2_over_inputs)
{
    static const uint32_t widths[] = {300, 200, 100};
    struct mlp_net *net = new_net(widths, 2, 11);
    for (uint32_t l = 0; l < 2; l++) {
        double sum = 0, sum2 = 0, sum4 = 0, n = widths[l] * widths[l + 1];
        for (uint32_t i = 0; i < widths[l]; i++)
            for (uint32_t o = 0; o < widths[l + 1]; o++) {
                double w = (double)panel_at(&net->layers[l].w, i, o / PANEL)[o % PANEL];
                sum += w, sum2 += w * w, sum4 += w * w * w * w;
            }
        double variance = 2.0 / widths[l]; /* tolerances: four standard deviations */
        ck_assert_double_eq_tol(sum / n, 0, 4 * sqrt(variance / n));
        ck_assert_double_eq_tol(sum2 / n, variance, 4 * variance * sqrt(2 / n));
        ck_assert_double_eq_tol(sum4 / n, 3 * variance * variance,
                                4 * variance * variance * sqrt(96 / n));
        for (uint32_t o = 0; o < widths[l + 1]; o++)
            ck_assert(net->layers[l].bias[o] == 0);
    }
    mlp_net_free(net);
}
END_TEST

START_TEST(xavier_initialisation_is_uniform)
{
    static const uint32_t widths[] = {300, 200, 100};
    struct mlp_net *net = new_net(widths, 2, 11);
    mlp_net_init(net, MLP_XAVIER, 12);
    for (uint32_t l = 0; l < 2; l++) {
        double sum = 0, sum2 = 0, sum4 = 0, n = widths[l] * widths[l + 1];
        double limit = sqrt(6.0 / (widths[l] + widths[l + 1])), largest = 0;
        for (uint32_t i = 0; i < widths[l]; i++)
            for (uint32_t o = 0; o < widths[l + 1]; o++) {
                double w = (double)panel_at(&net->layers[l].w, i, o / PANEL)[o % PANEL] / limit;
                sum += w, sum2 += w * w, sum4 += w * w * w * w;
                largest = fmax(largest, fabs(w));
            }
        ck_assert(largest <= 1 + 1e-7 && largest > 0.999); /* tolerances: four deviations */
        ck_assert_double_eq_tol(sum / n, 0, 4 * sqrt(1 / 3.0 / n));
        ck_assert_double_eq_tol(sum2 / n, 1 / 3.0, 4 * sqrt(4 / 45.0 / n));
        ck_assert_double_eq_tol(sum4 / n, 1 / 5.0, 4 * sqrt(16 / 225.0 / n));
    }
    struct random_key key = {.seed = 12, .purpose = RANDOM_INIT, .sample = 1};
    uint32_t random[4]; /* the documented element: W2(0, 6) is the third of index 1 */
    random_u32x4(&key, 1, random);
    double unit = 2 * random_unit(random[2]) - 1;
    ck_assert(panel_at(&net->layers[1].w, 0, 0)[6] == (float)(unit * sqrt(6.0 / 300)));
    mlp_net_free(net);
}
END_TEST

START_TEST(activations_survive_store_and_load)
{
    enum mlp_activation found;
    struct mlp_net *net = new_net(toy_widths, 1, 1), *other = new_net(toy_widths, 1, 2);
    struct mlp_model model;
    ck_assert_int_eq(mlp_model_new(&model, toy_widths, 1, NULL), MLP_OK);
    for (enum mlp_activation activation = MLP_RELU; activation <= MLP_SIGMOID; activation++) {
        ck_assert(mlp_activation_find(mlp_activation_name(activation), &found));
        ck_assert_int_eq(found, activation);
        mlp_net_use_activation(net, activation);
        ck_assert_int_eq(mlp_net_store(net, &model), MLP_OK);
        ck_assert_str_eq(model.metadata.activation, mlp_activation_name(activation));
        ck_assert_int_eq(mlp_net_load(other, &model), MLP_OK);
        ck_assert_int_eq(mlp_net_activation(other), activation);
        struct mlp_net *copy = net_clone(other);
        ck_assert_int_eq(mlp_net_activation(copy), activation);
        mlp_net_free(copy);
    }
    strcpy(model.metadata.activation, "sine");
    ck_assert_int_eq(mlp_net_load(other, &model), MLP_E_USAGE);
    model.metadata.activation[0] = '\0'; /* it does not say */
    ck_assert_int_eq(mlp_net_load(other, &model), MLP_OK);
    ck_assert_int_eq(mlp_net_activation(other), MLP_SIGMOID);
    ck_assert(!mlp_activation_find("RELU", &found));
    mlp_model_free(&model);
    mlp_net_free(net);
    mlp_net_free(other);
}
END_TEST

START_TEST(initialisation_depends_on_the_seed_alone)
{
    struct mlp_net *a = new_net(toy_widths, TOY_LAYERS, 1), *b = new_net(toy_widths, TOY_LAYERS, 1),
                   *c = new_net(toy_widths, TOY_LAYERS, 2);
    size_t n, differ = 0;
    float *pa = toy_parameters(a, &n), *pb = toy_parameters(b, &n), *pc = toy_parameters(c, &n);
    ck_assert_mem_eq(pa, pb, n * sizeof *pa);
    for (size_t i = 0; i < n; i++)
        differ += pa[i] != pc[i];
    ck_assert_uint_eq(differ, n - 33 - 17 - 5); /* all weights, no bias */
    /* The documented element: W1(0, 1) is the second of index 0. */
    struct random_key key = {.seed = 1, .purpose = RANDOM_INIT};
    double normal[4];
    random_normal4(&key, 0, normal);
    ck_assert(pa[1] == (float)(sqrt(2.0 / 99) * normal[1]));
    free(pa);
    free(pb);
    free(pc);
    mlp_net_free(a);
    mlp_net_free(b);
    mlp_net_free(c);
}
END_TEST

START_TEST(parameters_survive_store_and_load)
{
    enum { I = 3, O = 18 };
    float w1[I * O], b1[O], w2[O * 2], b2[2], w[I * O], b[O], v[O * 2], c[2];
    for (int i = 0; i < I * O; i++)
        w1[i] = (float)i;
    for (int i = 0; i < O; i++)
        b1[i] = -(float)i, w2[2 * i] = 100 + (float)i, w2[2 * i + 1] = 200 + (float)i;
    b2[0] = 7, b2[1] = NAN;
    struct mlp_model in = {.n_layers = 2,
                           .widths = (uint32_t[]){I, O, 2},
                           .weights = (float *[]){w1, w2},
                           .biases = (float *[]){b1, b2}};
    struct mlp_model out = in, other = in;
    out.weights = (float *[]){w, v};
    out.biases = (float *[]){b, c};
    struct mlp_net *net = new_net(in.widths, 2, 1);
    ck_assert_int_eq(mlp_net_load(net, &in), MLP_OK);
    ck_assert_int_eq(mlp_net_store(net, &out), MLP_OK);
    ck_assert_mem_eq(w, w1, sizeof w);
    ck_assert_mem_eq(b, b1, sizeof b);
    ck_assert_mem_eq(v, w2, sizeof v);
    ck_assert_mem_eq(c, b2, sizeof c);
    ck_assert_uint_eq(mlp_net_n_parameters(net), (I + 1) * O + (O + 1) * 2);

    other.widths = (uint32_t[]){I, O, 3};
    ck_assert_int_eq(mlp_net_load(net, &other), MLP_E_USAGE);
    ck_assert_int_eq(mlp_net_store(net, &other), MLP_E_USAGE);
    other.n_layers = 1;
    ck_assert_int_eq(mlp_net_load(net, &other), MLP_E_USAGE);
    mlp_net_free(net);
}
END_TEST

START_TEST(impossible_networks_are_refused)
{
    static const struct {
        uint32_t n_layers, widths[3];
    } bad[] = {{0, {5}},
               {1, {0, 5}},
               {2, {5, 0, 5}},
               {2, {5, 5, 0}},
               {1, {UINT32_MAX, UINT32_MAX}},
               {2, {1, UINT32_MAX, UINT32_MAX}}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct mlp_net *net = NULL;
        struct mlp_error error = {.status = MLP_OK};
        ck_assert_int_eq(mlp_net_new(&net, bad[i].widths, bad[i].n_layers, 1, &error), MLP_E_USAGE);
        ck_assert_int_eq(error.status, MLP_E_USAGE);
        ck_assert_ptr_null(net);
        ck_assert_int_ne(error.found[0], 0);
        ck_assert_int_eq(mlp_net_new(&net, bad[i].widths, bad[i].n_layers, 1, NULL), MLP_E_USAGE);
    }
}
END_TEST

START_TEST(kernels_are_chosen_by_name)
{
    struct mlp_net *net = new_net(toy_widths, TOY_LAYERS, 1);
    struct mlp_error error;
    ck_assert_str_eq(mlp_net_kernel(net), mlp_kernel_default());
    ck_assert_int_eq(mlp_net_use_kernel(net, "scalar", &error), MLP_OK);
    ck_assert_str_eq(mlp_net_kernel(net), "scalar");
    ck_assert_int_eq(mlp_net_use_kernel(net, "none", &error), MLP_E_USAGE);
    ck_assert_str_eq(error.found, "there is no kernel \"none\"");
    ck_assert_str_eq(mlp_net_kernel(net), "scalar");
    ck_assert_int_eq(mlp_net_use_kernel(net, "auto", NULL), MLP_OK);
    ck_assert_str_eq(mlp_net_kernel(net), mlp_kernel_default());
    struct mlp_net *copy = net_clone(net);
    ck_assert_ptr_nonnull(copy);
    ck_assert_mem_eq(copy->parameters, net->parameters, net->n_floats * sizeof(float));
    ck_assert_ptr_ne(copy->parameters, net->parameters);
    ck_assert(net_is_finite(copy));
    copy->layers[2].bias[4] = -INFINITY;
    ck_assert(!net_is_finite(copy));
    copy->layers[2].bias[4] = NAN;
    ck_assert(!net_is_finite(copy));
    mlp_net_free(copy);
    mlp_net_free(net);
}
END_TEST

Suite *net_suite(void)
{
    Suite *suite = suite_create("net");
    TCase *tests = tcase_create("net");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_caller_keeps_its_strtok);
    tcase_add_test(tests, he_initialisation_has_variance_2_over_inputs);
    tcase_add_test(tests, xavier_initialisation_is_uniform);
    tcase_add_test(tests, activations_survive_store_and_load);
    tcase_add_test(tests, initialisation_depends_on_the_seed_alone);
    tcase_add_test(tests, parameters_survive_store_and_load);
    tcase_add_test(tests, impossible_networks_are_refused);
    tcase_add_test(tests, kernels_are_chosen_by_name);
    suite_add_tcase(suite, tests);
    return suite;
}
