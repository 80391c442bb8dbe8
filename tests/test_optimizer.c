/* test_optimizer.c - a hundred steps of each optimizer, and of each option of learning, against
 * their equations in double, and the learning rate's schedules. */
#include "base/random.h"
#include "data/batcher.h"
#include "net/reference.h"
#include "net/step.h"
#include "train/schedule.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

Suite *optimizer_suite(void);

enum { BATCH = 40, INPUTS = 20, CLASSES = 5, STEPS = 100 };
static const uint32_t widths[] = {INPUTS, 17, CLASSES};

/* One parameter array of the double network, with its moments. */
struct moments {
    double *w, *m, *v, *g;
    double *mean; /* the numerator of the average of w */
    size_t n;
    bool decays;
};

/* Written from the papers' equations, not from kernel/update.h. */
static void update(const struct mlp_train_options *o, const struct moments *p, double rate, int t)
{
    double mu = (double)o->momentum, beta2 = (double)o->beta2;
    for (size_t i = 0; i < p->n; i++) {
        double g = p->g[i], step = g;
        double decay = p->decays ? rate * (double)o->weight_decay * p->w[i] : 0;
        if (o->optimizer == MLP_ADAMW) {
            p->m[i] = mu * p->m[i] + (1 - mu) * g;
            p->v[i] = beta2 * p->v[i] + (1 - beta2) * g * g;
            step = p->m[i] / (1 - pow(mu, t)) /
                   (sqrt(p->v[i] / (1 - pow(beta2, t))) + (double)o->epsilon);
        } else if (o->optimizer != MLP_SGD) {
            p->m[i] = mu * p->m[i] + g;
            step = o->optimizer == MLP_MOMENTUM ? p->m[i] : g + mu * p->m[i];
        }
        p->w[i] -= decay + rate * step;
        p->mean[i] = (double)o->ema * p->mean[i] + (1 - (double)o->ema) * p->w[i];
    }
}

/* All gradients together, shortened to the norm. Returns whether they were longer. */
static bool clip(struct moments p[4], double most)
{
    double sum = 0;
    for (int i = 0; i < 4; i++)
        for (size_t j = 0; j < p[i].n; j++)
            sum += p[i].g[j] * p[i].g[j];
    for (int i = 0; i < 4 && sqrt(sum) > most; i++)
        for (size_t j = 0; j < p[i].n; j++)
            p[i].g[j] *= most / sqrt(sum);
    return sqrt(sum) > most;
}

/* lowbias32 once more: kernel/dropout.h. */
static uint32_t hash(uint32_t x)
{
    x = (x ^ x >> 16) * 0x7feb352du;
    x = (x ^ x >> 15) * 0x846ca68bu;
    return x ^ x >> 16;
}

/* What dropout makes of the hidden units at step t (1..). */
static void drop(const struct mlp_train_options *o, struct reference *r, int t)
{
    double share = (double)o->dropout;
    for (uint32_t s = 0; s < BATCH && share > 0; s++)
        for (uint32_t u = 0; u < widths[1]; u++) {
            struct random_key key = {.seed = o->seed, .purpose = 5, .epoch = (uint32_t)t};
            uint32_t keys[4];
            random_u32x4(&key, s / 4, keys);
            bool dropped = (hash(keys[s % 4] + u) >> 8) * 0x1p-24 < share;
            r->layers[0].drop[s * widths[1] + u] = dropped ? 0 : 1 / (1 - share);
        }
}

/* The images moved against the net: x + e g / |g|, g = dL/dx = dz W^T of the first layer. */
static void move(const struct mlp_train_options *o, struct reference *r, const double *x,
                 const uint8_t *labels, double *moved)
{
    const struct reference_layer *first = &r->layers[0];
    reference_forward(r, x, labels, BATCH);
    reference_backward(r, x, labels, BATCH);
    for (uint32_t s = 0; s < BATCH; s++) {
        double g[INPUTS] = {0}, squares = 0;
        for (uint32_t i = 0; i < INPUTS; i++) {
            for (uint32_t u = 0; u < first->outputs; u++)
                g[i] += first->dz[s * first->outputs + u] * first->w[i * first->outputs + u];
            squares += g[i] * g[i];
        }
        double far =
            squares == 0 ? 0 /* no unit is at work */ : (double)o->adversarial / sqrt(squares);
        for (uint32_t i = 0; i < INPUTS; i++)
            moved[s * INPUTS + i] = x[s * INPUTS + i] + far * g[i];
    }
}

static void run_step(const struct team *team, void *step)
{
    step_run(step, team, NULL);
}

static void fill(struct batch *batch, double *x)
{
    struct random_key key = {.seed = 8, .purpose = RANDOM_TEST};
    for (uint32_t i = 0; i < BATCH * INPUTS; i++) {
        uint32_t random[4];
        random_u32x4(&key, i, random);
        x[i] = (double)(random[0] % 256) / 256;
        panel_at(&batch->x, i / INPUTS, i % INPUTS / PANEL)[i % INPUTS % PANEL] = (float)x[i];
        if (i < BATCH)
            batch->labels[i] = (uint8_t)random_below(random[1], CLASSES);
    }
}

static double *zeros(size_t n)
{
    double *array = calloc(n, sizeof *array);
    ck_assert_ptr_nonnull(array);
    return array;
}

/* The largest difference of a weight, as a share of the largest weight; weights are p[2 l].w, or
 * its means, with what they are to be divided by. */
static double difference(const struct mlp_net *net, const struct moments p[4], bool mean,
                         double divisor)
{
    double largest = 0, worst = 0;
    for (uint32_t l = 0; l < net->n_layers; l++)
        for (uint32_t i = 0; i < widths[l]; i++)
            for (uint32_t o = 0; o < widths[l + 1]; o++) {
                double w = (mean ? p[2 * l].mean : p[2 * l].w)[i * widths[l + 1] + o] / divisor;
                double got = (double)panel_at(&net->layers[l].w, i, o / PANEL)[o % PANEL];
                largest = fmax(largest, fabs(w));
                worst = fmax(worst, fabs(got - w));
            }
    return worst / largest;
}

static double after_a_hundred_steps(struct mlp_train_options options,
                                    enum mlp_activation activation, int n_threads)
{
    struct mlp_net *net = NULL;
    struct batch batch;
    ck_assert_int_eq(mlp_net_new(&net, widths, 2, 3, NULL), MLP_OK);
    mlp_net_use_activation(net, activation);
    ck_assert(data_batch_new(&batch, BATCH, 1, INPUTS, false));
    double *x = zeros(BATCH * INPUTS), *moved = zeros(BATCH * INPUTS);
    fill(&batch, x);
    struct reference *r = reference_new(net, BATCH);
    struct step *step = step_new(net, BATCH, n_threads, &options);
    ck_assert(r != NULL && step != NULL);
    r->label_smoothing = (double)options.label_smoothing;
    int n_clipped = 0;
    double loss = 0;
    step_batch(step, BATCH);
    struct step_input input[4]; /* for each member the same */
    ck_assert_int_le(n_threads, 4);
    for (int i = 0; i < n_threads; i++)
        input[i] = (struct step_input){.x = batch.x};
    step->input = input;
    step->labels = batch.labels;
    struct moments p[4];
    for (int l = 0; l < 2; l++) {
        struct reference_layer *layer = &r->layers[l];
        size_t n = (size_t)layer->inputs * layer->outputs, n_biases = layer->outputs;
        p[2 * l] = (struct moments){layer->w, zeros(n), zeros(n), layer->dw, zeros(n), n, true};
        p[2 * l + 1] = (struct moments){layer->b,  zeros(n_biases), zeros(n_biases),
                                        layer->db, zeros(n_biases), n_biases,
                                        false};
    }
    for (int t = 1; t <= STEPS; t++) {
        double rate = train_rate(&options, (uint64_t)t - 1, 10);
        drop(&options, r, t);
        const double *seen = x;
        if (options.adversarial > 0) {
            move(&options, r, x, batch.labels, moved);
            seen = moved;
        }
        loss = reference_forward(r, seen, batch.labels, BATCH);
        reference_backward(r, seen, batch.labels, BATCH);
        if (options.clip_norm > 0)
            n_clipped += clip(p, (double)options.clip_norm);
        for (int i = 0; i < 4; i++)
            update(&options, &p[i], rate, t);
        optimizer_step(&step->optimizer, rate);
        team_run(n_threads, run_step, step);
    }
    for (uint32_t s = 0; s < BATCH; s++) /* the loss that is minimised */
        loss -= (double)step->loss[s] / BATCH;
    ck_assert_double_eq_tol(loss, 0, 1e-4);
    double worst = difference(net, p, false, 1);
    if (options.ema > 0) {
        double whole = 1 - pow((double)options.ema, STEPS);
        worst = fmax(worst, difference(step->optimizer.average, p, true, whole));
        ck_assert_double_gt(difference(net, p, true, whole), 1e-4); /* not the raw weights */
    }
    if (options.clip_norm > 0) /* both sides of the bound were seen */
        ck_assert(n_clipped > 0 && n_clipped < STEPS);
    for (int i = 0; i < 4; i++)
        free(p[i].m), free(p[i].v), free(p[i].mean);
    step_free(step);
    reference_free(r);
    data_batch_free(&batch);
    mlp_net_free(net);
    free(x), free(moved);
    return worst;
}

START_TEST(a_hundred_steps_follow_the_equations)
{
    struct mlp_train_options options = mlp_train_defaults();
    options.n_epochs = 10;
    options.learning_rate = _i == MLP_ADAMW ? 0.01f : 0.1f;
    options.optimizer = (enum mlp_optimizer)_i;
    options.schedule = MLP_COSINE;
    options.warmup = 1;
    for (int decay = 0; decay < 2; decay++) {
        options.weight_decay = decay == 0 ? 0 : 0.05f;
        double worst = after_a_hundred_steps(options, MLP_RELU, 2);
        ck_assert_msg(worst < 2e-5, "optimizer %d, decay %d: differs by %g", _i, decay, worst);
    }
}
END_TEST

/* Each option alone, then all of them, with each activation. */
START_TEST(a_hundred_steps_with_each_option_follow_the_equations)
{
    for (int option = 0; option <= 6; option++) {
        struct mlp_train_options options = mlp_train_defaults();
        options.n_epochs = 10;
        options.learning_rate = 0.1f;
        options.optimizer = MLP_NESTEROV;
        options.label_smoothing = option == 1 || option == 6 ? 0.1f : 0;
        options.dropout = option == 2 || option == 6 ? 0.3f : 0;
        options.ema = option == 3 || option == 6 ? 0.95f : 0;
        options.clip_norm = option == 4 || option == 6 ? 0.3f : 0;
        options.adversarial = option == 5 || option == 6 ? 0.05f : 0;
        double worst = after_a_hundred_steps(options, (enum mlp_activation)_i, option % 3 + 1);
        ck_assert_msg(worst < 2e-5, "activation %d, option %d: differs by %g", _i, option, worst);
    }
}
END_TEST

START_TEST(schedules_begin_and_end_where_they_should)
{
    struct mlp_train_options o = mlp_train_defaults();
    o.n_epochs = 10;
    o.learning_rate = 0.5f;
    for (uint64_t s = 0; s < 100; s++)
        ck_assert_double_eq(train_rate(&o, s, 10), 0.5);
    o.schedule = MLP_STEP;
    ck_assert_double_eq(train_rate(&o, 49, 10), 0.5);
    ck_assert_double_eq_tol(train_rate(&o, 50, 10), 0.05, 1e-12);
    ck_assert_double_eq_tol(train_rate(&o, 75, 10), 0.005, 1e-12);
    o.schedule = MLP_LINEAR;
    ck_assert_double_eq(train_rate(&o, 0, 10), 0.5);
    ck_assert_double_eq_tol(train_rate(&o, 99, 10), 0.005, 1e-12);
    o.schedule = MLP_COSINE;
    for (uint64_t s = 0; s < 100; s++)
        ck_assert_double_eq_tol(train_rate(&o, s, 10), 0.25 * (1 + cos(M_PI * (double)s / 100)),
                                1e-12);
}
END_TEST

START_TEST(a_warm_up_rises_to_the_peak)
{
    struct mlp_train_options o = mlp_train_defaults();
    o.n_epochs = 3;
    o.learning_rate = 1;
    o.warmup = 0.9f; /* 9 steps of 10 */
    o.schedule = MLP_LINEAR;
    for (uint64_t s = 0; s < 9; s++)
        ck_assert_double_eq_tol(train_rate(&o, s, 10), (double)(s + 1) / 10, 1e-6);
    ck_assert_double_eq_tol(train_rate(&o, 9, 10), 1, 1e-6);
    for (uint64_t s = 10; s < 30; s++)
        ck_assert_double_lt(train_rate(&o, s, 10), train_rate(&o, s - 1, 10));
    o.warmup = 100; /* longer than training: never at the peak, never beyond */
    for (uint64_t s = 0; s < 30; s++)
        ck_assert_double_lt(train_rate(&o, s, 10), 0.031);
}
END_TEST

Suite *optimizer_suite(void)
{
    Suite *suite = suite_create("optimizer");
    TCase *tests = tcase_create("optimizer");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, a_hundred_steps_follow_the_equations, MLP_SGD, MLP_ADAMW + 1);
    tcase_add_loop_test(tests, a_hundred_steps_with_each_option_follow_the_equations, MLP_RELU,
                        MLP_SIGMOID + 1);
    tcase_add_test(tests, schedules_begin_and_end_where_they_should);
    tcase_add_test(tests, a_warm_up_rises_to_the_peak);
    suite_add_tcase(suite, tests);
    return suite;
}
