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

static void relu(const double *z, size_t n, double *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = z[i] > 0 ? z[i] : 0;
}

/* One sample: y = softmax(z); returns -log y(label). */
static double softmax(const double *z, uint32_t n_classes, uint8_t label, double *y)
{
    double maximum = z[0], sum = 0; /* taking it away changes no y, and no exp overflows */
    for (uint32_t c = 1; c < n_classes; c++)
        maximum = z[c] > maximum ? z[c] : maximum;
    for (uint32_t c = 0; c < n_classes; c++)
        sum += exp(z[c] - maximum);
    for (uint32_t c = 0; c < n_classes; c++)
        y[c] = exp(z[c] - maximum) / sum;
    return log(sum) - (z[label] - maximum);
}

double reference_forward(struct reference *reference, const double *x, const uint8_t *labels,
                         uint32_t batch)
{
    uint32_t last = reference->n_layers - 1;
    for (uint32_t l = 0; l <= last; l++) {
        const struct reference_layer *layer = &reference->layers[l];
        dense(layer, l == 0 ? x : reference->layers[l - 1].y, batch);
        if (l < last)
            relu(layer->z, (size_t)batch * layer->outputs, layer->y);
    }
    const struct reference_layer *layer = &reference->layers[last];
    double loss = 0;
    for (uint32_t s = 0; s < batch; s++) {
        size_t at = (size_t)s * layer->outputs;
        loss += softmax(layer->z + at, layer->outputs, labels[s], layer->y + at);
    }
    return loss / batch;
}

/* dL/dz = (y - onehot(label)) / B, since L = -1/B sum_s log y(s, label_s) */
static void loss_gradient(const struct reference_layer *layer, const uint8_t *labels,
                          uint32_t batch)
{
    for (uint32_t s = 0; s < batch; s++)
        for (uint32_t c = 0; c < layer->outputs; c++) {
            size_t at = (size_t)s * layer->outputs + c;
            layer->dz[at] = (layer->y[at] - (c == labels[s])) / batch;
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

/* dz of the layer below: (dz W^T) where its z > 0, else 0 */
static void input_gradient(const struct reference_layer *layer, const struct reference_layer *below,
                           uint32_t batch)
{
    uint32_t inputs = layer->inputs, outputs = layer->outputs;
    for (uint32_t s = 0; s < batch; s++)
        for (uint32_t i = 0; i < inputs; i++) {
            double sum = 0;
            for (uint32_t o = 0; o < outputs; o++)
                sum += layer->dz[(size_t)s * outputs + o] * layer->w[(size_t)i * outputs + o];
            size_t at = (size_t)s * inputs + i;
            below->dz[at] = below->z[at] > 0 ? sum : 0;
        }
}

void reference_backward(struct reference *reference, const double *x, const uint8_t *labels,
                        uint32_t batch)
{
    struct reference_layer *layers = reference->layers;
    uint32_t last = reference->n_layers - 1;
    loss_gradient(&layers[last], labels, batch);
    for (uint32_t l = last; l > 0; l--) {
        parameter_gradient(&layers[l], layers[l - 1].y, batch);
        input_gradient(&layers[l], &layers[l - 1], batch);
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
