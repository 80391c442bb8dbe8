/* parameters.c - He initialisation, and parameters to and from plain row-major arrays. */
#include "base/math.h"
#include "base/random.h"
#include "net/net.h"

static float *weight_at(const struct net_layer *layer, uint32_t i, uint32_t o)
{
    return panel_at(&layer->w, i, o / PANEL) + o % PANEL;
}

/* W ~ N(0, 2 / I), b = 0: keeps the variance of activations through layers of ReLU.
 * Element e = i * O + o of layer l is normal number e % 4 of index e / 4, sample l. */
void net_init_he(struct mlp_net *net, uint64_t seed)
{
    for (uint32_t l = 0; l < net->n_layers; l++) {
        const struct net_layer *layer = &net->layers[l];
        struct random_key key = {.seed = seed, .purpose = RANDOM_INIT, .sample = l};
        double scale = math_sqrt(2.0 / layer->inputs), normal[4] = {0};
        uint64_t e = 0;
        for (uint32_t i = 0; i < layer->inputs; i++)
            for (uint32_t o = 0; o < layer->outputs; o++, e++) {
                if (e % 4 == 0) { /* the epoch takes what does not fit the index */
                    key.epoch = (uint32_t)(e >> 34);
                    random_normal4(&key, (uint32_t)(e / 4), normal);
                }
                *weight_at(layer, i, o) = (float)(scale * normal[e % 4]);
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
    if (!fits(net, model))
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
    return MLP_OK;
}
