#include "net/lead.h"

#include "gemm/tiles.h"
#include "net/optimizer.h"

/* What the leader does besides its part of the first layer, while the other member does nothing but
 * its own: it fills its batch and updates the weights above. (The layers above take longer than the
 * other one's transpose and fill, and own dZ, made meanwhile, is counted nowhere.) Counted in
 * weights of the first layer, multiplied forward and backward: so many for each input to be filled,
 * and one for each weight to be updated. Measured: 784-256-128-10, batch 128; with 30, for which
 * the leader's share is half as large again, an epoch is as long. */
enum { FILL = 65 };

/* For how many weights above the first layer, for each input, this pays: with fewer the leader
 * would wait for the other member, and more of them gain from a second core. Measured:
 * bench/README.md. */
enum { ABOVE_MIN = 12, ABOVE_MAX = 80 };

/* Up to how many bytes: of a batch and its transpose, half of a usual L2 cache; of weights and what
 * is kept of each, which two L2 caches share unevenly. Measured: the same. */
enum { BATCH_BYTES = 1 << 20, WEIGHT_BYTES = 5 << 19 };

/* Whether the layers above do little but multiply, so that one member keeps up. */
static bool is_plain(const struct mlp_net *net, const struct mlp_train_options *options)
{
    return net->activation == MLP_RELU && options->dropout == 0 && options->clip_norm == 0 &&
           options->adversarial == 0;
}

static bool fits(uint64_t inputs, uint64_t weights, uint32_t batch,
                 const struct mlp_train_options *options)
{
    uint64_t floats = 1 + (uint64_t)optimizer_moments(options->optimizer) + (options->ema > 0);
    return 2 * sizeof(bf16) * batch * inputs <= BATCH_BYTES &&
           floats * sizeof(float) * weights <= WEIGHT_BYTES;
}

struct lead lead_of(const struct mlp_net *net, uint32_t batch,
                    const struct mlp_train_options *options)
{
    uint64_t inputs = net->layers[0].inputs, outputs = net->layers[0].outputs, above = 0;
    for (uint32_t l = 1; l < net->n_layers; l++)
        above += (uint64_t)net->layers[l].inputs * net->layers[l].outputs;
    uint64_t first = inputs * outputs, besides = FILL * inputs + above;
    uint64_t share = first > besides ? (first - besides) / 2 : 0;
    uint64_t pair = inputs * 2 * PANEL; /* of columns of blocks, which a product takes at a time */
    return (struct lead){.pays = net->kernel->bf16.native && is_plain(net, options) &&
                                 fits(inputs, first + above, batch, options) &&
                                 above >= ABOVE_MIN * inputs && above <= ABOVE_MAX * inputs,
                         .blocks = 2 * (uint32_t)((share + pair / 2) / pair)};
}

struct gemm_slice lead_slice(const struct lead *lead, const struct team *team, uint32_t row_blocks,
                             uint32_t col_blocks)
{
    if (lead == NULL)
        return gemm_tiles_slice(team, row_blocks, col_blocks, GEMM_CUT_COLUMNS);
    if (team->id > 0)
        return (struct gemm_slice){0, row_blocks, lead->blocks, col_blocks};
    return lead->blocks == 0 ? (struct gemm_slice){0, 0, 0, 0} /* no rows to be transposed either */
                             : (struct gemm_slice){0, row_blocks, 0, lead->blocks};
}

struct gemm_slice lead_rows(const struct lead *lead, const struct team *team, uint32_t row_blocks,
                            uint32_t col_blocks)
{
    struct gemm_slice turned = lead_slice(lead, team, col_blocks, row_blocks);
    return (struct gemm_slice){turned.panel_begin, turned.panel_end, turned.row_begin,
                               turned.row_end};
}
