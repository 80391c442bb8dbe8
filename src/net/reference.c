#include "net/reference.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

/* z = x W + b */
static void dense(const struct reference_layer *layer, const double *x, uint32_t batch)
{
    uint32_t inputs = layer->inputs, outputs = layer->outputs;
    for (uint32_t s = 0; s < batch; s++)
        for (uint32_t o = 0; o < outputs; o++) {
            double sum = layer->b[o];
            for (uint32_t i = 0; i < inputs; i++)
                sum += x[(size_t)s * inputs + i] * layer->w[(size_t)i * outputs + o];
            layer->z[(size_t)s * outputs + o] = sum;
        }
}

static const double ROOT_2_OVER_PI = 0.79788456080286535588;

/* f(z); equations and papers stand in kernel/activation.h. */
static double activate(enum mlp_activation activation, double z)
{
    switch (activation) {
    case MLP_RELU:
        return z > 0 ? z : 0;
    case MLP_LEAKY_RELU:
        return z > 0 ? z : 0.01 * z;
    case MLP_GELU:
        return 0.5 * z * (1 + tanh(ROOT_2_OVER_PI * (z + 0.044715 * z * z * z)));
    case MLP_TANH:
        return tanh(z);
    case MLP_SIGMOID:
        break;
    }
    return 1 / (1 + exp(-z));
}

/* f'(z) */
static double slope(enum mlp_activation activation, double z)
{
    double y = activate(activation, z), t;
    switch (activation) {
    case MLP_RELU:
        return z > 0 ? 1 : 0;
    case MLP_LEAKY_RELU:
        return z > 0 ? 1 : 0.01;
    case MLP_GELU:
        t = tanh(ROOT_2_OVER_PI * (z + 0.044715 * z * z * z));
        return 0.5 * (1 + t) + 0.5 * z * (1 - t * t) * ROOT_2_OVER_PI * (1 + 3 * 0.044715 * z * z);
    case MLP_TANH:
        return 1 - y * y;
    case MLP_SIGMOID:
        break;
    }
    return y * (1 - y);
}

/* q: what softmax should say of class c */
static double target(const struct reference *reference, uint32_t n_classes, uint32_t c,
                     uint8_t label)
{
    double e = reference->label_smoothing;
    return (1 - e) * (c == label) + e / n_classes;
}

/* One sample: y = softmax(z); returns -sum_c q(c) log y(c). */
static double softmax(const struct reference *reference, const double *z, uint32_t n_classes,
                      uint8_t label, double *y)
{
    double maximum = z[0], sum = 0,
           loss = 0; /* taking it away changes no y, and no exp overflows */
    for (uint32_t c = 1; c < n_classes; c++)
        maximum = z[c] > maximum ? z[c] : maximum;
    for (uint32_t c = 0; c < n_classes; c++)
        sum += exp(z[c] - maximum);
    for (uint32_t c = 0; c < n_classes; c++) {
        y[c] = exp(z[c] - maximum) / sum;
        loss += target(reference, n_classes, c, label) * (log(sum) - (z[c] - maximum));
    }
    return loss;
}

double reference_forward(struct reference *reference, const double *x, const uint8_t *labels,
                         uint32_t batch)
{
    uint32_t last = reference->n_layers - 1;
    for (uint32_t l = 0; l <= last; l++) {
        const struct reference_layer *layer = &reference->layers[l];
        dense(layer, l == 0 ? x : reference->layers[l - 1].y, batch);
        for (size_t i = 0; l < last && i < (size_t)batch * layer->outputs; i++)
            layer->y[i] = layer->drop[i] * activate(reference->activation, layer->z[i]);
    }
    const struct reference_layer *layer = &reference->layers[last];
    double loss = 0;
    for (uint32_t s = 0; s < batch; s++) {
        size_t at = (size_t)s * layer->outputs;
        loss += softmax(reference, layer->z + at, layer->outputs, labels[s], layer->y + at);
    }
    return loss / batch;
}

/* dL/dz = (y - q) / B, since L = -1/B sum_s sum_c q(s, c) log y(s, c) and sum_c q(s, c) = 1 */
static void loss_gradient(const struct reference *reference, const uint8_t *labels, uint32_t batch)
{
    const struct reference_layer *layer = &reference->layers[reference->n_layers - 1];
    for (uint32_t s = 0; s < batch; s++)
        for (uint32_t c = 0; c < layer->outputs; c++) {
            size_t at = (size_t)s * layer->outputs + c;
            layer->dz[at] =
                (layer->y[at] - target(reference, layer->outputs, c, labels[s])) / batch;
        }
}

/* dW = x^T dz, db = 1^T dz */
static void parameter_gradient(const struct reference_layer *layer, const double *x, uint32_t batch)
{
    uint32_t inputs = layer->inputs, outputs = layer->outputs;
    for (uint32_t o = 0; o < outputs; o++) {
        layer->db[o] = 0;
        for (uint32_t s = 0; s < batch; s++)
            layer->db[o] += layer->dz[(size_t)s * outputs + o];
    }
    for (uint32_t i = 0; i < inputs; i++)
        for (uint32_t o = 0; o < outputs; o++) {
            double sum = 0;
            for (uint32_t s = 0; s < batch; s++)
                sum += x[(size_t)s * inputs + i] * layer->dz[(size_t)s * outputs + o];
            layer->dw[(size_t)i * outputs + o] = sum;
        }
}

/* dz of the layer below: (dz W^T) d f'(z) */
static void input_gradient(enum mlp_activation activation, const struct reference_layer *layer,
                           const struct reference_layer *below, uint32_t batch)
{
    uint32_t inputs = layer->inputs, outputs = layer->outputs;
    for (uint32_t s = 0; s < batch; s++)
        for (uint32_t i = 0; i < inputs; i++) {
            double sum = 0;
            for (uint32_t o = 0; o < outputs; o++)
                sum += layer->dz[(size_t)s * outputs + o] * layer->w[(size_t)i * outputs + o];
            size_t at = (size_t)s * inputs + i;
            below->dz[at] = sum * below->drop[at] * slope(activation, below->z[at]);
        }
}

void reference_backward(struct reference *reference, const double *x, const uint8_t *labels,
                        uint32_t batch)
{
    struct reference_layer *layers = reference->layers;
    uint32_t last = reference->n_layers - 1;
    loss_gradient(reference, labels, batch);
    for (uint32_t l = last; l > 0; l--) {
        parameter_gradient(&layers[l], layers[l - 1].y, batch);
        input_gradient(reference->activation, &layers[l], &layers[l - 1], batch);
    }
    parameter_gradient(&layers[0], x, batch);
}

void reference_update(struct reference *reference, double rate)
{
    for (uint32_t l = 0; l < reference->n_layers; l++) {
        const struct reference_layer *layer = &reference->layers[l];
        for (size_t i = 0; i < (size_t)layer->inputs * layer->outputs; i++)
            layer->w[i] -= rate * layer->dw[i];
        for (uint32_t o = 0; o < layer->outputs; o++)
            layer->b[o] -= rate * layer->db[o];
    }
}

/* ---- memory ----------------------------------------------------------------------------- */

static double *take(double *memory, size_t n, size_t *at)
{
    double *taken = memory == NULL ? NULL : memory + *at;
    *at += n;
    return taken;
}

/* Points the layers into the memory, or, with NULL, only counts. Returns the doubles used. */
static size_t lay_out(struct reference *reference, double *memory, uint32_t batch)
{
    size_t at = 0;
    for (uint32_t l = 0; l < reference->n_layers; l++) {
        struct reference_layer *layer = &reference->layers[l];
        size_t weights = (size_t)layer->inputs * layer->outputs;
        size_t values = (size_t)batch * layer->outputs;
        layer->w = take(memory, weights, &at);
        layer->b = take(memory, layer->outputs, &at);
        layer->dw = take(memory, weights, &at);
        layer->db = take(memory, layer->outputs, &at);
        layer->z = take(memory, values, &at);
        layer->y = take(memory, values, &at);
        layer->dz = take(memory, values, &at);
        layer->drop = take(memory, values, &at);
        for (size_t i = 0; memory != NULL && i < values; i++)
            layer->drop[i] = 1;
    }
    return at;
}

static void copy_parameters(struct reference_layer *to, const struct net_layer *from)
{
    for (uint32_t o = 0; o < to->outputs; o++) {
        to->b[o] = from->bias[o];
        for (uint32_t i = 0; i < to->inputs; i++)
            to->w[(size_t)i * to->outputs + o] = panel_at(&from->w, i, o / PANEL)[o % PANEL];
    }
}

struct reference *reference_new(const struct mlp_net *net, uint32_t batch_max)
{
    struct reference *reference = calloc(1, sizeof *reference);
    if (reference == NULL)
        return NULL;
    reference->n_layers = net->n_layers;
    reference->activation = net->activation;
    reference->layers = calloc(net->n_layers, sizeof *reference->layers);
    if (reference->layers != NULL) {
        for (uint32_t l = 0; l < net->n_layers; l++) {
            reference->layers[l].inputs = net->layers[l].inputs;
            reference->layers[l].outputs = net->layers[l].outputs;
        }
        reference->memory = memory_new(lay_out(reference, NULL, batch_max) * sizeof(double));
        if (reference->memory != NULL) {
            lay_out(reference, reference->memory, batch_max);
            for (uint32_t l = 0; l < net->n_layers; l++)
                copy_parameters(&reference->layers[l], &net->layers[l]);
            return reference;
        }
    }
    reference_free(reference);
    return NULL;
}

void reference_free(struct reference *reference)
{
    if (reference == NULL)
        return;
    memory_free(reference->memory);
    free(reference->layers);
    free(reference);
}
