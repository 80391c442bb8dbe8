/* gradcheck.c - the gradient three ways: back-propagation in double (net/reference.h), central
 * differences, and what a step of the f32 kernels takes from the weights. */
#include "base/error.h"
#include "base/math.h"
#include "base/memory.h"
#include "base/random.h"
#include "net/reference.h"

#include <stdlib.h>
#include <string.h>

/* The rounding of L, about 2^-53, over h and the curvature, about h^2, are balanced where h is the
 * cube root of that. Source: Press et al., "Numerical Recipes", section 5.7. */
static const double h = 0x1p-17;

/* What all of it is computed on. */
struct batch_in_double {
    double *x; /* (B,I) */
    const uint8_t *labels;
    uint32_t n;
};

/* Sums for |a - b| / (|a| + |b|). */
struct comparison {
    double a, b, difference; /* sums of squares */
};

static void compare(struct comparison *c, double a, double b)
{
    c->a += a * a;
    c->b += b * b;
    c->difference += (a - b) * (a - b);
}

static double relative_error(const struct comparison *c)
{
    double norms = math_sqrt(c->a) + math_sqrt(c->b);
    return norms == 0 ? 0 : math_sqrt(c->difference) / norms;
}

/* Which units are on the upper side of their kink at 0. */
static uint64_t active_units(const struct reference *r, uint32_t batch)
{
    uint64_t hash = 0;
    for (uint32_t l = 0; l + 1 < r->n_layers; l++)
        for (size_t i = 0; i < (size_t)batch * r->layers[l].outputs; i++)
            hash = 31 * hash + (r->layers[l].z[i] > 0);
    return hash;
}

/* dL/dw by central differences. False if a unit crosses its kink in between: there the loss has a
 * corner, and the slope of a line across it means nothing. */
static bool slope(struct reference *r, const struct batch_in_double *batch, double *w,
                  double *found)
{
    double kept = *w;
    *w = kept + h;
    double above = reference_forward(r, batch->x, batch->labels, batch->n);
    uint64_t units = active_units(r, batch->n);
    *w = kept - h;
    double below = reference_forward(r, batch->x, batch->labels, batch->n);
    *w = kept;
    *found = (above - below) / (2 * h);
    return units == active_units(r, batch->n);
}

/* One array of parameters w with its gradient dw, and the same array after a step at rate 1. Tries
 * up to n_tries places drawn from the key, or all if there are no more. */
static struct mlp_gradient_figures check_array(struct reference *r,
                                               const struct batch_in_double *batch, double *w,
                                               const double *dw, const double *stepped, uint64_t n,
                                               uint32_t n_tries, const struct random_key *key)
{
    struct mlp_gradient_figures figures = {.n_parameters = n};
    struct comparison by_difference = {0}, by_kernel = {0};
    bool all = n <= n_tries;
    for (uint32_t i = 0; i < (all ? n : n_tries); i++) {
        uint32_t random[4];
        random_u32x4(key, i, random);
        uint64_t at = all ? i : ((uint64_t)random[0] << 32 | random[1]) % n;
        double difference;
        if (!slope(r, batch, &w[at], &difference)) {
            figures.n_kinks++;
            continue;
        }
        figures.n_tried++;
        compare(&by_difference, dw[at], difference);
    }
    for (uint64_t i = 0; i < n; i++)
        compare(&by_kernel, dw[i], w[i] - stepped[i]);
    figures.norm = math_sqrt(by_kernel.a);
    figures.difference_error = relative_error(&by_difference);
    figures.kernel_error = relative_error(&by_kernel);
    return figures;
}

/* The parameters after a step of plain gradient descent at rate 1 by the net's own kernel; NULL if
 * out of memory. */
static enum mlp_status step_once(const struct mlp_net *net, const struct mlp_images *images,
                                 struct reference **stepped, struct mlp_error *error)
{
    struct mlp_net *copy = net_clone(net);
    if (copy == NULL)
        return error_memory(error, 0);
    struct mlp_dataset dataset = {.train = *images, .n_classes = mlp_net_width(net, net->n_layers)};
    struct mlp_train_options options = mlp_train_defaults();
    options.n_epochs = 1;
    options.batch = images->n_samples;
    options.learning_rate = 1;
    options.eval_every = 0;
    enum mlp_status status = mlp_train(copy, &dataset, &options, error);
    *stepped = status == MLP_OK ? reference_new(copy, 1) : NULL;
    mlp_net_free(copy);
    return status;
}

static void check_layers(struct reference *r, const struct reference *stepped,
                         const struct batch_in_double *batch, uint32_t n_tries, uint64_t seed,
                         struct mlp_gradient_layer *layers)
{
    reference_forward(r, batch->x, batch->labels, batch->n);
    reference_backward(r, batch->x, batch->labels, batch->n);
    for (uint32_t l = 0; l < r->n_layers; l++) {
        const struct reference_layer *layer = &r->layers[l], *after = &stepped->layers[l];
        struct random_key key = {.seed = seed, .purpose = RANDOM_GRADCHECK, .sample = 2 * l};
        layers[l].w = check_array(r, batch, layer->w, layer->dw, after->w,
                                  (uint64_t)layer->inputs * layer->outputs, n_tries, &key);
        key.sample++;
        layers[l].b =
            check_array(r, batch, layer->b, layer->db, after->b, layer->outputs, n_tries, &key);
    }
}

enum mlp_status mlp_gradient_check(const struct mlp_net *net, const struct mlp_images *images,
                                   uint32_t n_tries, uint64_t seed,
                                   struct mlp_gradient_layer *layers, struct mlp_error *error)
{
    struct reference *stepped = NULL;
    enum mlp_status status = step_once(net, images, &stepped, error); /* checks the shapes, too */
    if (status != MLP_OK)
        return status;
    size_t n_pixels = (size_t)images->n_samples * mlp_net_width(net, 0);
    struct reference *r = reference_new(net, images->n_samples);
    struct batch_in_double batch = {.x = memory_new(n_pixels * sizeof(double)),
                                    .labels = images->labels,
                                    .n = images->n_samples};
    if (stepped != NULL && r != NULL && batch.x != NULL) {
        for (size_t i = 0; i < n_pixels; i++)
            batch.x[i] = images->pixels[i] / 255.0;
        check_layers(r, stepped, &batch, n_tries, seed, layers);
    } else {
        status = error_memory(error, n_pixels * sizeof(double));
    }
    memory_free(batch.x);
    reference_free(r);
    reference_free(stepped);
    return status;
}
