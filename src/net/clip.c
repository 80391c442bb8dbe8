#include "net/clip.h"

#include "base/math.h"
#include "base/memory.h"

#include <math.h>

/* Lines whose squares are added up in f32, 16 columns apart; from there on in double, one after the
 * other. The order depends on nothing but the widths. */
enum { RUN = 64 };

/* A panel of W, or b: what is measured and updated at a time. */
struct piece {
    float *data;
    size_t at; /* of data in the block of all parameters */
    uint32_t lines;
    bool decays;
};

static uint32_t count_pieces(const struct mlp_net *net)
{
    uint32_t n = 0;
    for (uint32_t l = 0; l < net->n_layers; l++)
        n += panel_count(net->layers[l].outputs) + 1;
    return n;
}

static struct piece piece_at(const struct mlp_net *net, uint32_t i)
{
    const struct net_layer *layer = net->layers;
    for (; i > panel_count(layer->outputs); layer++)
        i -= panel_count(layer->outputs) + 1;
    struct piece piece = {layer->bias, 0, panel_count(layer->outputs), false};
    if (i < panel_count(layer->outputs))
        piece =
            (struct piece){panel_at(&layer->w, 0, i), 0, panel_count(layer->inputs) * PANEL, true};
    piece.at = (size_t)(piece.data - net->parameters);
    return piece;
}

static double sum_squares(const struct kernel *kernel, const struct piece *piece)
{
    double sum = 0;
    for (uint32_t line = 0; line < piece->lines; line += RUN) {
        uint32_t left = piece->lines - line;
        float columns[PANEL];
        kernel->squares(left < RUN ? left : RUN, piece->data + (size_t)line * PANEL, columns);
        for (int c = 0; c < PANEL; c++)
            sum += (double)columns[c];
    }
    return sum;
}

bool clip_new(struct clip *clip, const struct mlp_net *net, float norm)
{
    *clip = (struct clip){.norm = norm};
    clip->gradient = net_clone(net);
    clip->squares = memory_new(count_pieces(net) * sizeof *clip->squares);
    if (clip->gradient != NULL && clip->squares != NULL)
        return true;
    clip_free(clip);
    return false;
}

void clip_free(struct clip *clip)
{
    mlp_net_free(clip->gradient);
    memory_free(clip->squares);
    *clip = (struct clip){0};
}

void clip_measure(struct clip *clip, const struct team *team)
{
    uint32_t begin, end;
    team_share(team, count_pieces(clip->gradient), &begin, &end);
    for (uint32_t i = begin; i < end; i++) {
        struct piece piece = piece_at(clip->gradient, i);
        clip->squares[i] = sum_squares(clip->gradient->kernel, &piece);
    }
}

void clip_update(struct clip *clip, const struct team *team, struct mlp_net *net,
                 const struct optimizer *optimizer)
{
    uint32_t n = count_pieces(net), begin, end;
    double sum = 0; /* by each member for itself: cheaper than to wait for one */
    for (uint32_t i = 0; i < n; i++)
        sum += clip->squares[i];
    double norm = math_sqrt(sum), most = (double)clip->norm;
    float factor = norm > most ? (float)(most / norm) : 1;
    if (isinf(norm)) /* squares beyond f32: times 0 they would stand still for ever, not diverge */
        factor = NAN;
    team_share(team, n, &begin, &end);
    for (uint32_t i = begin; i < end; i++) {
        struct piece g = piece_at(clip->gradient, i);
        struct kernel_update numbers = optimizer_numbers(optimizer, factor, g.decays);
        optimizer_apply(optimizer, net->kernel, &numbers, g.lines, NULL, net->parameters + g.at,
                        g.data, NULL);
    }
}
