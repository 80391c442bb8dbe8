#include "net/lead.h"

#include "gemm/tiles.h"
#include "net/optimizer.h"

/* In what a weight of the first layer takes, all three phases together: to fill a batch, for each
 * input, and the leader's updates, for each weight above. Measured: 784-256-128-10. */
enum { FILL = 65, UPDATE = 1 };

/* Weights above the first layer, for each input: with fewer the leader would wait for the other
 * member, and with more they gain from a second core. Bytes: half of a usual L2 cache, which the
 * batch shall share with its transpose. Measured: bench/README.md. */
enum { ABOVE_MIN = 12, ABOVE_MAX = 80, BATCH_BYTES = 1 << 20 };

/* Whether the layers above do little but multiply, so that one member keeps up, and the weights
 * with all that is kept of them stay in two L2 caches, unevenly shared. */
static bool is_plain(const struct mlp_net *net, const struct mlp_train_options *options)
{
    int kept = optimizer_moments(options->optimizer) + (options->ema > 0);
    return net->activation == MLP_RELU && options->dropout == 0 && options->clip_norm == 0 &&
           options->adversarial == 0 && kept <= 1;
}

struct lead lead_of(const struct mlp_net *net, uint32_t batch,
                    const struct mlp_train_options *options)
{
    uint64_t inputs = net->layers[0].inputs, outputs = net->layers[0].outputs, above = 0;
    for (uint32_t l = 1; l < net->n_layers; l++)
        above += (uint64_t)net->layers[l].inputs * net->layers[l].outputs;
    uint64_t first = inputs * outputs, besides = FILL * inputs + UPDATE * above;
    uint64_t pair = inputs * 2 * PANEL; /* of columns of blocks, which a product takes at a time */
    uint64_t share = first > besides ? (first - besides) / 2 : 0;
    return (struct lead){.pays = net->kernel->bf16.native && is_plain(net, options) &&
                                 above >= ABOVE_MIN * inputs && above <= ABOVE_MAX * inputs &&
                                 2 * sizeof(bf16) * batch * inputs <= BATCH_BYTES,
                         .blocks = 2 * (uint32_t)((share + pair / 2) / pair)};
}

struct gemm_slice lead_slice(const struct lead *lead, const struct team *team, uint32_t row_blocks,
                             uint32_t col_blocks)
{
    if (lead == NULL)
        return gemm_tiles_slice(team, row_blocks, col_blocks, GEMM_CUT_COLUMNS);
    if (team->id > 0)
        return (struct gemm_slice){0, row_blocks, lead->blocks, col_blocks};
    return lead->blocks == 0 ? (struct gemm_slice){0, 0, 0, 0}
                             : (struct gemm_slice){0, row_blocks, 0, lead->blocks};
}
