/* test_step.c - the reference against central differences, and the net's step against the
 * reference. */
#include "base/random.h"
#include "data/batcher.h"
#include "net/reference.h"
#include "net/step.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

Suite *step_suite(void);

static struct mlp_net *new_net(const uint32_t *widths, uint32_t n_layers, uint64_t seed)
{
    struct mlp_net *net = NULL;
    struct mlp_error error;
    ck_assert_int_eq(mlp_net_new(&net, widths, n_layers, seed, &error), MLP_OK);
    return net;
}

/* Biases begin at 0; other values show more mistakes. */
static void randomise_biases(struct mlp_net *net)
{
    for (uint32_t l = 0; l < net->n_layers; l++)
        for (uint32_t o = 0; o < net->layers[l].outputs; o++) {
            double normal[4];
            struct random_key key = {.seed = 5, .purpose = RANDOM_TEST, .sample = l};
            random_normal4(&key, o, normal);
            net->layers[l].bias[o] = (float)(0.3 * normal[0]);
        }
}

/* A batch of random inputs 0..1 in double, row-major, exact in float. */
static double *new_inputs(uint32_t batch, uint32_t inputs, uint32_t n_classes, uint8_t *labels)
{
    struct random_key key = {.seed = 6, .purpose = RANDOM_TEST};
    double *x = calloc((size_t)batch * inputs, sizeof *x);
    ck_assert_ptr_nonnull(x);
    for (uint32_t i = 0; i < batch * inputs; i++) {
        uint32_t random[4];
        random_u32x4(&key, i, random);
        x[i] = (double)(random[0] % 256) / 256;
        if (i < batch)
            labels[i] = (uint8_t)random_below(random[1], n_classes);
    }
    return x;
}

/* ---- the reference ---------------------------------------------------------------------- */

/* Where a z of the batch is this close to 0, differences may step over the kink of a ReLU. */
static double nearest_kink(const struct reference *r, uint32_t batch)
{
    double nearest = INFINITY;
    for (uint32_t l = 0; l + 1 < r->n_layers && r->activation <= MLP_LEAKY_RELU; l++)
        for (size_t i = 0; i < (size_t)batch * r->layers[l].outputs; i++)
            nearest = fmin(nearest, fabs(r->layers[l].z[i]));
    return nearest;
}

/* (L(w + h) - L(w - h)) / 2h, whose error is of the order h^2 and 2^-53 / h. */
static double central_difference(struct reference *r, double *w, const double *x,
                                 const uint8_t *labels, uint32_t batch)
{
    const double h = 1e-5, before = *w;
    *w = before + h;
    double above = reference_forward(r, x, labels, batch);
    *w = before - h;
    double below = reference_forward(r, x, labels, batch);
    *w = before;
    return (above - below) / (2 * h);
}

static void check_reference(struct reference *r, const double *x, const uint8_t *labels,
                            uint32_t batch)
{
    reference_forward(r, x, labels, batch);
    reference_backward(r, x, labels, batch);
    ck_assert_double_gt(nearest_kink(r, batch), 1e-4);
    for (uint32_t l = 0; l < r->n_layers; l++) {
        struct reference_layer *layer = &r->layers[l];
        uint32_t weights = layer->inputs * layer->outputs;
        double largest = 0;
        for (uint32_t i = 0; i < weights; i++)
            largest = fmax(largest, fabs(layer->dw[i]));
        ck_assert_double_gt(largest, 1e-3);
        for (uint32_t i = 0; i < weights + layer->outputs; i++) {
            bool bias = i >= weights;
            double *w = bias ? &layer->b[i - weights] : &layer->w[i];
            double gradient = bias ? layer->db[i - weights] : layer->dw[i];
            double difference = central_difference(r, w, x, labels, batch);
            ck_assert_double_eq_tol(gradient, difference, 1e-7 * largest);
        }
    }
}

/* Some units dropped, others scaled. */
static void drop_some(struct reference *r, uint32_t batch)
{
    for (uint32_t l = 0; l + 1 < r->n_layers; l++)
        for (uint32_t i = 0; i < batch * r->layers[l].outputs; i++)
            r->layers[l].drop[i] = (i + l) % 4 == 0 ? 0 : 1 / 0.75;
}

START_TEST(reference_gradients_are_central_differences)
{
    static const uint32_t widths[] = {7, 6, 5, 4, 3};
    for (enum mlp_activation activation = MLP_RELU; activation <= MLP_SIGMOID; activation++) {
        uint32_t n_layers = (uint32_t)_i + 1, batch = 5;
        struct mlp_net *net = new_net(widths + 4 - n_layers, n_layers, 2);
        mlp_net_use_activation(net, activation);
        randomise_biases(net);
        struct reference *r = reference_new(net, batch);
        uint8_t labels[5];
        double *x = new_inputs(batch, widths[4 - n_layers], widths[4], labels);
        check_reference(r, x, labels, batch);
        r->label_smoothing = 0.2;
        check_reference(r, x, labels, batch);
        drop_some(r, batch);
        check_reference(r, x, labels, batch);
        free(x);
        reference_free(r);
        mlp_net_free(net);
    }
}
END_TEST

/* ---- the step --------------------------------------------------------------------------- */

static void run_step(const struct team *team, void *step)
{
    step_run(step, team, NULL);
}

/* |w| 2^-24 for the rounding of the update; of the gradient, 32 of its units in the last place at
 * the size of the layer's largest: rounding errors of hundreds of additions, which largely cancel.
 * Measured: at most 8. */
static double bound_of(double w, double largest, double rate)
{
    return 0x1p-24 * (fabs(w) + 32 * rate * largest);
}

static void compare_layer(const struct net_layer *layer, const struct reference_layer *r,
                          double rate, const char *what)
{
    double largest = 0;
    for (uint32_t i = 0; i < r->inputs * r->outputs; i++)
        largest = fmax(largest, fabs(r->dw[i]));
    for (uint32_t o = 0; o < r->outputs; o++)
        largest = fmax(largest, fabs(r->db[o]));
    for (uint32_t o = 0; o < r->outputs; o++) {
        double b = r->b[o];
        if (!(fabs((double)layer->bias[o] - b) <= bound_of(b, largest, rate)))
            ck_abort_msg("%s: b(%u) is %.9g, wanted %.9g", what, o, (double)layer->bias[o], b);
        for (uint32_t i = 0; i < r->inputs; i++) {
            double w = r->w[(size_t)i * r->outputs + o];
            double got = (double)panel_at(&layer->w, i, o / PANEL)[o % PANEL];
            if (!(fabs(got - w) <= bound_of(w, largest, rate)))
                ck_abort_msg("%s: W(%u, %u) is %.9g, wanted %.9g", what, i, o, got, w);
        }
    }
}

/* Padding is zero from the beginning, and must stay so: products read it. */
static void check_pads(const struct mlp_net *net, const char *what)
{
    size_t n = 0, n_parameters = 0; /* that are not zero: anywhere, and where they belong */
    for (size_t i = 0; i < net->n_floats; i++)
        n += net->parameters[i] != 0;
    for (uint32_t l = 0; l < net->n_layers; l++)
        for (uint32_t o = 0; o < net->layers[l].outputs; o++) {
            n_parameters += net->layers[l].bias[o] != 0;
            for (uint32_t i = 0; i < net->layers[l].inputs; i++)
                n_parameters += panel_at(&net->layers[l].w, i, o / PANEL)[o % PANEL] != 0;
        }
    ck_assert_msg(n == n_parameters, "%s: %zu floats of padding are not 0", what, n - n_parameters);
}

/* One step with a step's memory for more samples than there are, as for the last batch. */
static void check_step(const struct kernel *kernel, const uint32_t *widths, uint32_t n_layers,
                       uint32_t batch, int n_threads, enum mlp_activation activation)
{
    char what[128];
    snprintf(what, sizeof what, "%s, %s, %u layers from %u to %u, batch %u, %d threads",
             kernel->name, mlp_activation_name(activation), n_layers, widths[0], widths[n_layers],
             batch, n_threads);
    const double rate = 0.5;
    struct mlp_net *net = new_net(widths, n_layers, 1);
    net->kernel = kernel;
    mlp_net_use_activation(net, activation);
    randomise_biases(net);
    struct batch x;
    ck_assert(data_batch_new(&x, batch + 5, 1, widths[0], false));
    double *inputs = new_inputs(batch, widths[0], widths[n_layers], x.labels);
    for (uint32_t i = 0; i < batch * widths[0]; i++)
        panel_at(&x.x, i / widths[0], i % widths[0] / PANEL)[i % widths[0] % PANEL] =
            (float)inputs[i];
    struct reference *r = reference_new(net, batch);
    double loss = reference_forward(r, inputs, x.labels, batch);
    reference_backward(r, inputs, x.labels, batch);
    reference_update(r, rate);

    struct mlp_train_options options = mlp_train_defaults();
    struct step *step = step_new(net, batch + 5, n_threads, &options);
    ck_assert_ptr_nonnull(step);
    step_batch(step, batch);
    x.x.rows = batch;
    struct step_input input[8]; /* for each member the same */
    ck_assert_int_le(n_threads, 8);
    for (int i = 0; i < n_threads; i++)
        input[i] = (struct step_input){.x = x.x};
    step->input = input;
    step->labels = x.labels;
    optimizer_step(&step->optimizer, rate);
    team_run(n_threads, run_step, step);
    double got = 0;
    for (uint32_t s = 0; s < batch; s++)
        got += (double)step->loss[s] / batch;
    ck_assert_msg(fabs(got - loss) <= 1e-6 * (1 + loss), "%s: loss %.9g, wanted %.9g", what, got,
                  loss);
    for (uint32_t l = 0; l < n_layers; l++)
        compare_layer(&net->layers[l], &r->layers[l], rate, what);
    check_pads(net, what);
    step_free(step);
    reference_free(r);
    free(inputs);
    data_batch_free(&x);
    mlp_net_free(net);
}

START_TEST(a_step_is_the_reference_step)
{
    static const uint32_t widths[][5] = {{1, 7, 16, 17, 33},    {100, 33, 17, 16, 7},
                                         {16, 100, 1, 33, 10},  {33, 16, 100, 7, 2},
                                         {17, 17, 33, 100, 16}, {7, 1, 33, 16, 100}};
    static const uint32_t batches[] = {1, 15, 16, 17, 100, 128};
    const struct kernel *kernel = kernel_table((uint32_t)_i);
    if (kernel == NULL || !kernel_serves(kernel, MLP_F32))
        return;
    for (uint32_t i = 0; i < 6; i++)
        for (uint32_t n_layers = 1; n_layers <= 4; n_layers++) /* ReLU, and others in turn */
            for (uint32_t other = 0; other < 2; other++)
                check_step(kernel, widths[(i + n_layers) % 6], n_layers, batches[i],
                           (int)(i + n_layers) % 4 + 1,
                           (enum mlp_activation)(other * (1 + (i + n_layers) % 4)));
    static const uint32_t wide[] = {33, 150, 7}; /* a bias of more than BIAS_PANELS */
    for (int threads = 1; threads <= 2; threads++)
        check_step(kernel, wide, 2, 33, threads, MLP_RELU);
}
END_TEST

Suite *step_suite(void)
{
    Suite *suite = suite_create("step");
    TCase *tests = tcase_create("step");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, reference_gradients_are_central_differences, 0, 4);
    tcase_add_loop_test(tests, a_step_is_the_reference_step, 0, 4);
    suite_add_tcase(suite, tests);
    return suite;
}
