#include "net/adversary.h"

#include "base/math.h"
#include "base/memory.h"

#include <string.h>

enum { BLOCK = PANEL * PANEL };

/* Squares of f32 gradients may vanish: below, a direction is not known any more, and an image that
 * is so well known has nothing to teach. */
#define FLAT 0x1p-100f

bool adversary_new(struct adversary *a, const struct mlp_net *net, uint32_t batch_max,
                   float distance)
{
    uint32_t inputs = net->layers[0].inputs;
    *a = (struct adversary){.distance = distance};
    a->dxt = (struct panels){.rows = inputs, .cols = batch_max, .stride = panel_stride(inputs)};
    a->moved.x =
        (struct panels){.rows = batch_max, .cols = inputs, .stride = panel_stride(batch_max)};
    a->dxt.data = memory_new(panel_floats(inputs, batch_max) * sizeof(float));
    bool ok = a->dxt.data != NULL;
    if (net->precision == MLP_BF16) {
        struct tiles *x16 = &a->moved.x16; /* as live_new, with all inputs */
        *x16 = (struct tiles){.blocks = 2 * tile_count(batch_max), .k_tiles = tile_count(inputs)};
        x16->data = memory_new(x16->blocks * tile_stride(x16) * sizeof(bf16));
        ok = ok && x16->data != NULL;
    } else {
        a->moved.x.data = memory_new(panel_floats(batch_max, inputs) * sizeof(float));
        ok = ok && a->moved.x.data != NULL;
    }
    if (!ok)
        adversary_free(a);
    return ok;
}

void adversary_free(struct adversary *a)
{
    memory_free(a->dxt.data);
    memory_free(a->moved.x.data);
    memory_free(a->moved.x16.data);
    *a = (struct adversary){0};
}

void adversary_batch(struct adversary *a, uint32_t batch)
{
    a->dxt.cols = batch;
    a->moved.x.rows = batch;
}

static float from_bf16(bf16 x)
{
    uint32_t bits = (uint32_t)x << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* As floats, 16 samples x 16 pixels of a batch in panels or as bytes. */
static void read_block(const struct panels *x, uint32_t group, uint32_t panel, float block[BLOCK])
{
    const struct nonzeros *z = &x->nonzeros;
    if (z->bytes == NULL) {
        memcpy(block, panel_at(x, group * PANEL, panel), BLOCK * sizeof *block);
        return;
    }
    for (uint32_t r = 0; r < PANEL; r++)
        for (uint32_t c = 0; c < PANEL; c++)
            block[r * PANEL + c] = z->values[nonzeros_at(z, group * PANEL + r, panel * PANEL)[c]];
}

/* 16 samples x 16 pixels; g (pixels, samples), row after row. `far` has e / |g| of each sample. */
static void move_block(const struct adversary *a, const struct kernel *kernel,
                       const struct step_input *from, uint32_t group, uint32_t panel,
                       const float far[PANEL])
{
    float g[BLOCK], *x = a->moved.x.data == NULL ? g : panel_at(&a->moved.x, group * PANEL, panel);
    kernel->transpose(panel_at(&a->dxt, panel * PANEL, group), g);
    if (a->moved.x.data != NULL) {
        float old[BLOCK];
        read_block(&from->x, group, panel, old);
        for (uint32_t i = 0; i < BLOCK; i++)
            x[i] = old[i] + far[i / PANEL] * g[i];
        return;
    }
    const bf16 *old = tile_rows_half(&from->x16, group, panel);
    for (uint32_t r = 0; r < PANEL; r++)
        for (uint32_t c = 0; c < PANEL; c++)
            g[r * PANEL + c] = from_bf16(old[r * TILE_K + c]) + 255 * far[r] * g[r * PANEL + c];
    kernel->bf16.pack(g, NULL, tile_rows_half(&a->moved.x16, group, panel), NULL);
}

void adversary_move(const struct adversary *a, const struct kernel *kernel, const struct team *team,
                    const struct step_input *from)
{
    uint32_t begin, end;
    team_share(team, panel_count(a->dxt.cols), &begin, &end);
    for (uint32_t group = begin; group < end; group++) {
        float far[PANEL];
        kernel->squares(a->dxt.rows, panel_at(&a->dxt, 0, group), far);
        for (uint32_t r = 0; r < PANEL; r++)
            far[r] = far[r] < FLAT ? 0 : (float)((double)a->distance / math_sqrt((double)far[r]));
        for (uint32_t panel = 0; panel < panel_count(a->dxt.rows); panel++)
            move_block(a, kernel, from, group, panel, far);
    }
}
