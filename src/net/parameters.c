/* parameters.c - initialisation, and parameters to and from plain row-major arrays.
 *
 *     he        W ~ N(0, 2 / I)                          He et al. 2015, eq. 10: keeps the variance
 *                                                        of activations through layers of ReLU
 *     xavier    W ~ U(-a, a), a = sqrt(6 / (I + O))      Glorot and Bengio 2010, eq. 16: that of
 *                                                        activations and gradients about 0
 *
 * b = 0. Element e = i * O + o of layer l is number e % 4 of index e / 4, sample l. */
#include "base/math.h"
#include "base/random.h"
#include "net/net.h"

#include <stdio.h>

static float *weight_at(const struct net_layer *layer, uint32_t i, uint32_t o)
{
    return panel_at(&layer->w, i, o / PANEL) + o % PANEL;
}

/* Four weights. */
static void draw(enum mlp_init init, const struct random_key *key, uint32_t index, double scale,
                 double weights[4])
{
    uint32_t random[4];
    if (init == MLP_HE) {
        random_normal4(key, index, weights);
    } else {
        random_u32x4(key, index, random);
        for (int i = 0; i < 4; i++)
            weights[i] = 2 * random_unit(random[i]) - 1;
    }
    for (int i = 0; i < 4; i++)
        weights[i] *= scale;
}

void mlp_net_init(struct mlp_net *net, enum mlp_init init, uint64_t seed)
{
    for (uint32_t l = 0; l < net->n_layers; l++) {
        const struct net_layer *layer = &net->layers[l];
        struct random_key key = {.seed = seed, .purpose = RANDOM_INIT, .sample = l};
        double inputs = layer->inputs, weights[4] = {0};
        double scale = math_sqrt(init == MLP_HE ? 2 / inputs : 6 / (inputs + layer->outputs));
        uint64_t e = 0;
        for (uint32_t i = 0; i < layer->inputs; i++)
            for (uint32_t o = 0; o < layer->outputs; o++, e++) {
                if (e % 4 == 0) { /* the epoch takes what does not fit the index */
                    key.epoch = (uint32_t)(e >> 34);
                    draw(init, &key, (uint32_t)(e / 4), scale, weights);
                }
                *weight_at(layer, i, o) = (float)weights[e % 4];
            }
        for (uint32_t o = 0; o < layer->outputs; o++)
            layer->bias[o] = 0;
    }
}

static bool fits(const struct mlp_net *net, const struct mlp_model *model)
{
    bool same = net->n_layers == model->n_layers;
    for (uint32_t l = 0; same && l <= net->n_layers; l++)
        same = mlp_net_width(net, l) == model->widths[l];
    return same;
}

enum mlp_status mlp_net_load(struct mlp_net *net, const struct mlp_model *model)
{
    const char *activation = model->metadata.activation;
    if (!fits(net, model) ||
        (activation[0] != '\0' && !mlp_activation_find(activation, &net->activation)))
        return MLP_E_USAGE;
    for (uint32_t l = 0; l < net->n_layers; l++) {
        const struct net_layer *layer = &net->layers[l];
        for (uint32_t i = 0; i < layer->inputs; i++)
            for (uint32_t o = 0; o < layer->outputs; o++)
                *weight_at(layer, i, o) = model->weights[l][(size_t)i * layer->outputs + o];
        for (uint32_t o = 0; o < layer->outputs; o++)
            layer->bias[o] = model->biases[l][o];
    }
    return MLP_OK;
}

enum mlp_status mlp_net_store(const struct mlp_net *net, struct mlp_model *model)
{
    if (!fits(net, model))
        return MLP_E_USAGE;
    for (uint32_t l = 0; l < net->n_layers; l++) {
        const struct net_layer *layer = &net->layers[l];
        for (uint32_t i = 0; i < layer->inputs; i++)
            for (uint32_t o = 0; o < layer->outputs; o++)
                model->weights[l][(size_t)i * layer->outputs + o] = *weight_at(layer, i, o);
        for (uint32_t o = 0; o < layer->outputs; o++)
            model->biases[l][o] = layer->bias[o];
    }
    snprintf(model->metadata.activation, sizeof model->metadata.activation, "%s",
             mlp_activation_name(net->activation));
    return MLP_OK;
}

/* Where element o of row i of layer l is in a block, row `inputs` being b. */
static size_t place(const struct mlp_net *net, uint32_t l, uint32_t i, uint32_t o)
{
    const struct net_layer *layer = &net->layers[l];
    const float *at = i < layer->inputs ? weight_at(layer, i, o) : layer->bias + o;
    return (size_t)(at - net->parameters);
}

void net_flatten(const struct mlp_net *net, const float *block, float *flat)
{
    for (uint32_t l = 0; l < net->n_layers; l++)
        for (uint32_t i = 0; i <= net->layers[l].inputs; i++)
            for (uint32_t o = 0; o < net->layers[l].outputs; o++)
                *flat++ = block[place(net, l, i, o)];
}

void net_unflatten(const struct mlp_net *net, float *block, const float *flat)
{
    for (uint32_t l = 0; l < net->n_layers; l++)
        for (uint32_t i = 0; i <= net->layers[l].inputs; i++)
            for (uint32_t o = 0; o < net->layers[l].outputs; o++)
                block[place(net, l, i, o)] = *flat++;
}
