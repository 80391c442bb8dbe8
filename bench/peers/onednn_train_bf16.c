/* onednn_train_bf16.c - the trainer of onednn_train.c in mixed precision: activations, gradients
 * and the weights that products read in bf16; sums, biases and the weights that are updated in f32.
 *
 * Everything is created once, the rate is folded into the loss gradient, bias and ReLU are fused.
 * After each update the weights are rounded into what the next products read:
 *   bf16        matmul; the weight gradient is added to the f32 weights in its epilogue; copies in
 *               the formats that matmul likes best, rounded by our loop and packed by reorders
 *   bf16-plain  as bf16, but the rounded copy is read as it is, row-major, and packed by the
 * product bf16-ip     inner products; f32 weights in the format of their gradients, reorders round
 */
#include "base/clock.h"
#include "base/memory.h"
#include "onednn.h"
#include "onednn_train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { L = PEER_N_LAYERS };
enum mode { PACKED, PLAIN, IP };

struct layer {
    int in, out;
    dnnl_memory_desc_t forward_desc, back_desc, dw_desc;
    dnnl_memory_t w, dw, w_forward, w_back, b, db;
    float *w_data, *dw_data, *b_data, *db_data;
    uint16_t *rounded; /* matmul: (in,out) row-major */
    size_t n_weights;  /* of w_data, padding included */
};

/* Everything that depends on the number of samples: the full batch, and the last short one. */
struct shape {
    int n;
    uint16_t *a[L], *d[L + 1]; /* activations and gradients, (n, width); a[0] is the input */
    float *z;                  /* (n, classes) logits */
    dnnl_memory_t a_memory[L + 1], d_memory[L + 1];
    struct product forward[L], back_data[L], back_weights[L];
};

struct trainer {
    enum mode mode;
    const struct peer_data *data;
    struct layer layers[L];
    struct shape full, last;
    struct product reorders[2 * L];
    int n_reorders;
    uint32_t *order;
    uint64_t random;
};

/* ---- building ---------------------------------------------------------------------------- */

static dnnl_memory_t new_memory(const dnnl_memory_desc_t *desc, void *data)
{
    return onednn_memory(desc, (float **)data);
}

static void layer_new_matmul(struct layer *layer, enum mode mode)
{
    layer->dw_desc = onednn_matrix(layer->in, layer->out, ROWS);
    layer->forward_desc = onednn_matrix_bf16(layer->in, layer->out, mode == PACKED ? ANY : ROWS);
    layer->back_desc = onednn_matrix_bf16(layer->out, layer->in, mode == PACKED ? ANY : COLUMNS);
    dnnl_memory_desc_t rounded = onednn_matrix_bf16(layer->in, layer->out, ROWS);
    layer->w = new_memory(&layer->dw_desc, &layer->w_data);
    layer->w_forward = new_memory(&rounded, &layer->rounded);
    layer->n_weights = (size_t)layer->in * (size_t)layer->out;
}

static void shape_new_matmul(struct trainer *trainer, struct shape *shape)
{
    for (int l = 0; l < L; l++) {
        struct layer *layer = &trainer->layers[l];
        dnnl_memory_desc_t x = onednn_matrix_bf16(shape->n, layer->in, ROWS);
        dnnl_memory_desc_t xt = onednn_matrix_bf16(layer->in, shape->n, COLUMNS); /* no copy */
        dnnl_memory_desc_t d = onednn_matrix_bf16(shape->n, layer->out, ROWS);
        dnnl_memory_desc_t y = l < L - 1 ? d : onednn_matrix(shape->n, layer->out, ROWS);
        dnnl_memory_desc_t b = onednn_matrix(1, layer->out, ROWS);
        struct product *forward = &shape->forward[l], *back = &shape->back_data[l];
        *forward = onednn_matmul(&x, &layer->forward_desc, &b, &y, l < L - 1 ? RELU : STORE);
        *back = onednn_matmul(&d, &layer->back_desc, NULL, &x, STORE);
        shape->back_weights[l] = onednn_matmul(&xt, &d, NULL, &layer->dw_desc, ADD);
        if (layer->w_back == NULL && trainer->mode == PLAIN) {
            layer->w_back = onednn_view(&layer->back_desc, layer->rounded);
        } else if (layer->w_back == NULL) { /* the full batch fixes what ANY means */
            dnnl_memory_desc_t turned = onednn_matrix_bf16(layer->out, layer->in, COLUMNS);
            dnnl_memory_t plain = layer->w_forward;
            layer->w_forward = new_memory(&layer->forward_desc, NULL);
            layer->w_back = new_memory(&layer->back_desc, NULL);
            trainer->reorders[trainer->n_reorders++] = onednn_reorder(plain, layer->w_forward);
            if (l > 0) /* nobody needs the gradient of the pixels */
                trainer->reorders[trainer->n_reorders++] =
                    onednn_reorder(onednn_view(&turned, layer->rounded), layer->w_back);
        }
        product_bind3(forward, DNNL_ARG_SRC, shape->a_memory[l], DNNL_ARG_WEIGHTS, layer->w_forward,
                      DNNL_ARG_DST, shape->a_memory[l + 1]);
        product_bind(forward, DNNL_ARG_BIAS, onednn_view(&b, layer->b_data));
        product_bind3(back, DNNL_ARG_SRC, shape->d_memory[l + 1], DNNL_ARG_WEIGHTS, layer->w_back,
                      DNNL_ARG_DST, shape->d_memory[l]);
        product_bind3(&shape->back_weights[l], DNNL_ARG_SRC, onednn_view(&xt, shape->a[l]),
                      DNNL_ARG_WEIGHTS, shape->d_memory[l + 1], DNNL_ARG_DST, layer->w);
    }
}

/* One inner product; `kind` as in oneDNN. y_f32: the logits. hint: what backward needs. */
static dnnl_primitive_desc_t inner_product(const struct layer *layer, long n, int kind, bool relu,
                                           bool y_f32, dnnl_primitive_desc_t hint)
{
    dnnl_memory_desc_t x = onednn_matrix_bf16(n, layer->in, ROWS);
    dnnl_memory_desc_t y =
        y_f32 ? onednn_matrix(n, layer->out, ROWS) : onednn_matrix_bf16(n, layer->out, ROWS);
    dnnl_memory_desc_t b = onednn_vector(layer->out);
    dnnl_inner_product_desc_t operation;
    dnnl_primitive_desc_t description;
    if (kind == dnnl_forward_training)
        ONEDNN(dnnl_inner_product_forward_desc_init(&operation, dnnl_forward_training, &x,
                                                    &layer->forward_desc, &b, &y));
    else if (kind == dnnl_backward_data)
        ONEDNN(dnnl_inner_product_backward_data_desc_init(&operation, &x, &layer->back_desc, &y));
    else
        ONEDNN(
            dnnl_inner_product_backward_weights_desc_init(&operation, &x, &layer->dw_desc, &b, &y));
    dnnl_primitive_attr_t attributes = onednn_attributes(relu ? RELU : STORE);
    ONEDNN(dnnl_primitive_desc_create(&description, &operation, attributes, onednn_engine, hint));
    ONEDNN(dnnl_primitive_attr_destroy(attributes));
    return description;
}

static void layer_new_ip(struct trainer *trainer, struct layer *layer, bool first, bool last)
{
    layer->forward_desc = layer->back_desc = onednn_matrix_bf16(layer->out, layer->in, ANY);
    layer->dw_desc = onednn_matrix(layer->out, layer->in, ANY);
    dnnl_primitive_desc_t hint =
        inner_product(layer, PEER_BATCH, dnnl_forward_training, false, false, NULL);
    dnnl_primitive_desc_t all[3] = {
        inner_product(layer, PEER_BATCH, dnnl_forward_training, !last, last, NULL),
        inner_product(layer, PEER_BATCH, dnnl_backward_data, false, false, hint),
        inner_product(layer, PEER_BATCH, dnnl_backward_weights, false, false, hint)};
    layer->forward_desc = *dnnl_primitive_desc_query_md(all[0], dnnl_query_weights_md, 0);
    layer->back_desc = *dnnl_primitive_desc_query_md(all[1], dnnl_query_weights_md, 0);
    layer->dw_desc = *dnnl_primitive_desc_query_md(all[2], dnnl_query_diff_weights_md, 0);
    for (int i = 0; i < 3; i++)
        ONEDNN(dnnl_primitive_desc_destroy(all[i]));
    ONEDNN(dnnl_primitive_desc_destroy(hint));
    layer->w = new_memory(&layer->dw_desc, &layer->w_data);
    layer->dw = new_memory(&layer->dw_desc, &layer->dw_data);
    layer->n_weights = dnnl_memory_desc_get_size(&layer->dw_desc) / sizeof(float);
    layer->w_forward = new_memory(&layer->forward_desc, NULL);
    layer->w_back = new_memory(&layer->back_desc, NULL);
    trainer->reorders[trainer->n_reorders++] = onednn_reorder(layer->w, layer->w_forward);
    if (!first)
        trainer->reorders[trainer->n_reorders++] = onednn_reorder(layer->w, layer->w_back);
}

static void shape_new_ip(struct trainer *trainer, struct shape *shape)
{
    for (int l = 0; l < L; l++) {
        struct layer *layer = &trainer->layers[l];
        bool last = l == L - 1;
        dnnl_primitive_desc_t hint =
            inner_product(layer, shape->n, dnnl_forward_training, false, false, NULL);
        struct product *p = &shape->forward[l];
        *p = onednn_product(
            inner_product(layer, shape->n, dnnl_forward_training, !last, last, NULL));
        product_bind3(p, DNNL_ARG_SRC, shape->a_memory[l], DNNL_ARG_WEIGHTS, layer->w_forward,
                      DNNL_ARG_DST, shape->a_memory[l + 1]);
        product_bind(p, DNNL_ARG_BIAS, layer->b);
        p = &shape->back_data[l];
        *p = onednn_product(inner_product(layer, shape->n, dnnl_backward_data, false, false, hint));
        product_bind3(p, DNNL_ARG_DIFF_DST, shape->d_memory[l + 1], DNNL_ARG_WEIGHTS, layer->w_back,
                      DNNL_ARG_DIFF_SRC, shape->d_memory[l]);
        p = &shape->back_weights[l];
        *p = onednn_product(
            inner_product(layer, shape->n, dnnl_backward_weights, false, false, hint));
        product_bind3(p, DNNL_ARG_SRC, shape->a_memory[l], DNNL_ARG_DIFF_DST,
                      shape->d_memory[l + 1], DNNL_ARG_DIFF_WEIGHTS, layer->dw);
        product_bind(p, DNNL_ARG_DIFF_BIAS, layer->db);
        ONEDNN(dnnl_primitive_desc_destroy(hint));
    }
}

static void shape_new(struct trainer *trainer, struct shape *shape, int n)
{
    dnnl_memory_desc_t logits = onednn_matrix(n, PEER_CLASSES, ROWS);
    shape->n = n;
    for (int l = 0; l <= L; l++) {
        dnnl_memory_desc_t desc = onednn_matrix_bf16(n, peer_widths[l], ROWS);
        if (l < L)
            shape->a_memory[l] = new_memory(&desc, &shape->a[l]);
        shape->d_memory[l] = new_memory(&desc, &shape->d[l]);
    }
    shape->a_memory[L] = new_memory(&logits, &shape->z);
    if (trainer->mode == IP)
        shape_new_ip(trainer, shape);
    else
        shape_new_matmul(trainer, shape);
}

/* He initialisation, drawn row-major (in,out) and brought into whatever format W has. */
static void layer_init(struct layer *layer, enum mode mode, uint64_t *random)
{
    dnnl_memory_desc_t plain = mode == IP ? onednn_matrix(layer->out, layer->in, COLUMNS)
                                          : onednn_matrix(layer->in, layer->out, ROWS);
    float *values;
    dnnl_memory_t source = onednn_memory(&plain, &values);
    for (int i = 0; i < layer->in * layer->out; i++)
        values[i] = peer_normal(random) * sqrtf(2.0f / (float)layer->in);
    struct product reorder = onednn_reorder(source, layer->w);
    product_run(&reorder);
    ONEDNN(dnnl_primitive_destroy(reorder.primitive));
    ONEDNN(dnnl_memory_destroy(source));
    memory_free(values);
}

static void round_weights(const struct trainer *trainer)
{
    for (int l = 0; l < L && trainer->mode != IP; l++) {
        const float *restrict w = trainer->layers[l].w_data;
        uint16_t *restrict rounded = trainer->layers[l].rounded;
        size_t n = trainer->layers[l].n_weights;
#pragma omp parallel for simd schedule(static)
        for (size_t i = 0; i < n; i++)
            rounded[i] = onednn_bf16(w[i]);
    }
    for (int i = 0; i < trainer->n_reorders; i++)
        product_run(&trainer->reorders[i]);
}

/* ---- training ---------------------------------------------------------------------------- */

static void gather(const struct trainer *trainer, struct shape *shape, const uint32_t *order)
{
    const int width = peer_widths[0];
    const uint8_t *images = trainer->data->images;
#pragma omp parallel for schedule(static)
    for (int i = 0; i < shape->n; i++) {
        const uint8_t *restrict image = images + (size_t)order[i] * (size_t)width;
        uint16_t *restrict x = shape->a[0] + (size_t)i * (size_t)width;
        if (i + 8 < shape->n) /* random rows wait for memory; ask for one some rows ahead */
            for (int j = 0; j < width; j += 64)
                __builtin_prefetch(images + (size_t)order[i + 8] * (size_t)width + j);
        for (int j = 0; j < width; j++)
            x[j] = onednn_bf16((float)image[j] * (1.0f / 255));
    }
}

static void forward(const struct shape *shape)
{
    for (int l = 0; l < L; l++)
        product_run(&shape->forward[l]);
}

/* Sum of the cross-entropies; d[L] becomes -rate/n times the gradient of the logits, rounded. */
static double loss(const struct trainer *trainer, struct shape *shape, const uint32_t *order)
{
    const float scale = -PEER_RATE / (float)shape->n;
    double sum = 0;
    for (int i = 0; i < shape->n; i++) {
        const float *z = shape->z + i * PEER_CLASSES;
        uint16_t *d = shape->d[L] + i * PEER_CLASSES;
        float max = z[0], total = 0, e[PEER_CLASSES];
        for (int c = 1; c < PEER_CLASSES; c++)
            max = z[c] > max ? z[c] : max;
        for (int c = 0; c < PEER_CLASSES; c++)
            e[c] = expf(z[c] - max);
        for (int c = 0; c < PEER_CLASSES; c++)
            total += e[c];
        uint8_t label = trainer->data->labels[order[i]];
        sum += logf(total) + max - z[label];
        for (int c = 0; c < PEER_CLASSES; c++)
            d[c] = onednn_bf16((e[c] / total - (c == label ? 1.0f : 0.0f)) * scale);
    }
    return sum;
}

/* d <- d where the activation, which a ReLU has made, is not zero, else 0. */
static void mask(uint16_t *restrict d, const uint16_t *restrict a, int n)
{
#pragma omp parallel for simd schedule(static)
    for (int i = 0; i < n; i++)
        d[i] = (a[i] & 0x7fff) != 0 ? d[i] : 0;
}

static void add(float *restrict to, const float *restrict from, size_t n)
{
#pragma omp parallel for simd schedule(static)
    for (size_t i = 0; i < n; i++)
        to[i] += from[i];
}

/* b += column sums of d (n, out), as for the matmul modes. */
static void add_columns(float *restrict b, const uint16_t *restrict d, int n, int out)
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j < out; j++) {
            uint32_t bits = (uint32_t)d[i * out + j] << 16;
            float value;
            memcpy(&value, &bits, sizeof value);
            b[j] += value;
        }
}

static void backward_and_update(const struct trainer *trainer, struct shape *shape)
{
    for (int l = L - 1; l >= 0; l--) {
        const struct layer *layer = &trainer->layers[l];
        if (l > 0) {
            product_run(&shape->back_data[l]);
            mask(shape->d[l], shape->a[l], shape->n * layer->in);
        }
        product_run(&shape->back_weights[l]);
        if (trainer->mode == IP) {
            add(layer->w_data, layer->dw_data, layer->n_weights);
            add(layer->b_data, layer->db_data, (size_t)layer->out);
        } else {
            add_columns(layer->b_data, shape->d[l + 1], shape->n, layer->out);
        }
    }
    round_weights(trainer);
}

static double epoch(void *context, uint32_t n_steps, double *mean_loss)
{
    struct trainer *trainer = context;
    double begin = clock_seconds(), sum = 0;
    uint32_t n = trainer->data->n;
    peer_shuffle(trainer->order, n, &trainer->random);
    uint32_t end = n_steps == 0 || n_steps > n / PEER_BATCH ? n : n_steps * PEER_BATCH;
    for (uint32_t first = 0; first < end; first += PEER_BATCH) {
        struct shape *shape = end - first >= PEER_BATCH ? &trainer->full : &trainer->last;
        const uint32_t *order = trainer->order + first;
        gather(trainer, shape, order);
        forward(shape);
        sum += loss(trainer, shape, order);
        backward_and_update(trainer, shape);
    }
    *mean_loss = sum / end;
    return clock_seconds() - begin;
}

static double accuracy(void *context)
{
    struct trainer *trainer = context;
    uint32_t correct = 0, n = trainer->data->n;
    for (uint32_t i = 0; i < n; i++)
        trainer->order[i] = i;
    for (uint32_t first = 0; first < n; first += PEER_BATCH) {
        struct shape *shape = n - first >= PEER_BATCH ? &trainer->full : &trainer->last;
        gather(trainer, shape, trainer->order + first);
        forward(shape);
        for (int i = 0; i < shape->n; i++) {
            const float *z = shape->z + i * PEER_CLASSES;
            int best = 0;
            for (int c = 1; c < PEER_CLASSES; c++)
                best = z[c] > z[best] ? c : best;
            correct += best == trainer->data->labels[first + (uint32_t)i];
        }
    }
    return (double)correct / n;
}

bool onednn_train_bf16(const char *mode, const struct peer_data *data,
                       struct peer_commands *commands)
{
    static const char *const modes[] = {"bf16", "bf16-plain", "bf16-ip"};
    static struct trainer trainer = {.random = 1};
    int chosen = 0;
    while (chosen < 3 && strcmp(modes[chosen], mode) != 0)
        chosen++;
    if (chosen == 3)
        return false;
    trainer.mode = (enum mode)chosen;
    trainer.data = data;
    for (int l = 0; l < L; l++) {
        struct layer *layer = &trainer.layers[l];
        layer->in = peer_widths[l];
        layer->out = peer_widths[l + 1];
        dnnl_memory_desc_t b = onednn_vector(layer->out);
        layer->b = onednn_memory(&b, &layer->b_data);
        layer->db = onednn_memory(&b, &layer->db_data);
        if (trainer.mode == IP)
            layer_new_ip(&trainer, layer, l == 0, l == L - 1);
        else
            layer_new_matmul(layer, trainer.mode);
        layer_init(layer, trainer.mode, &trainer.random);
    }
    shape_new(&trainer, &trainer.full, PEER_BATCH);
    shape_new(&trainer, &trainer.last, (int)((data->n - 1) % PEER_BATCH) + 1);
    round_weights(&trainer);
    trainer.order = memory_new(data->n * sizeof *trainer.order);
    if (trainer.order == NULL)
        peer_die("no memory");
    *commands = (struct peer_commands){&trainer, epoch, accuracy, NULL};
    return true;
}
