/* onednn_train.c - trains 784-256-128-10 on oneDNN's primitives, as an expert would: a peer.
 *
 * Everything is created once. The rate is folded into the loss gradient, so that every update is an
 * addition. PEER_MODE says how the products are made; the harness tries all and takes the fastest:
 *   ip       inner products; weights stay in the format that the forward pass likes best, which
 *            backward and update use as it is; bias and ReLU fused, bias gradients for free
 *   matmul   W row-major, the weight gradient added to it in the product's epilogue: no update pass
 *   packed   as matmul, then W reordered once a step into the formats that matmul likes best
 *   bf16...  mixed precision: onednn_train_bf16.c
 * Usage: onednn_train IMAGES LABELS, threads in OMP_NUM_THREADS. */
#include "onednn_train.h"
#include "base/clock.h"
#include "base/memory.h"
#include "onednn.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { L = PEER_N_LAYERS };
enum mode { IP, MATMUL, PACKED };

struct layer {
    int in, out;
    dnnl_memory_desc_t w_desc;       /* ip: as forward likes it; else row-major (in,out) */
    dnnl_memory_t w, dw, b, db;      /* ip needs dw and db */
    dnnl_memory_t w_forward, w_back; /* what the products read; packed: copies */
    dnnl_memory_desc_t forward_desc, back_desc;
    float *w_data, *dw_data, *b_data, *db_data;
    size_t w_floats;
};

/* Everything that depends on the number of samples: the full batch, and the last short one. */
struct shape {
    int n;
    float *a[L + 1], *d[L + 1]; /* activations and their gradients, (n, width) */
    dnnl_memory_t a_memory[L + 1], d_memory[L + 1];
    struct product forward[L], back_data[L], back_weights[L];
};

struct trainer {
    enum mode mode;
    struct peer_data data;
    struct layer layers[L];
    struct shape full, last;
    struct product reorders[2 * L];
    int n_reorders;
    uint32_t *order;
    uint64_t random;
};

/* ---- building ---------------------------------------------------------------------------- */

/* One inner product; `kind` as in oneDNN. hint is the forward description that backward needs. */
static dnnl_primitive_desc_t inner_product(struct layer *layer, long n, int kind, bool relu,
                                           dnnl_primitive_desc_t hint)
{
    dnnl_memory_desc_t x = onednn_matrix(n, layer->in, ROWS),
                       y = onednn_matrix(n, layer->out, ROWS);
    dnnl_memory_desc_t b = onednn_vector(layer->out);
    dnnl_inner_product_desc_t operation;
    dnnl_primitive_desc_t description;
    if (kind == dnnl_forward_training)
        ONEDNN(dnnl_inner_product_forward_desc_init(&operation, dnnl_forward_training, &x,
                                                    &layer->w_desc, &b, &y));
    else if (kind == dnnl_backward_data)
        ONEDNN(dnnl_inner_product_backward_data_desc_init(&operation, &x, &layer->w_desc, &y));
    else
        ONEDNN(
            dnnl_inner_product_backward_weights_desc_init(&operation, &x, &layer->w_desc, &b, &y));
    dnnl_primitive_attr_t attributes = onednn_attributes(relu ? RELU : STORE);
    ONEDNN(dnnl_primitive_desc_create(&description, &operation, attributes, onednn_engine, hint));
    ONEDNN(dnnl_primitive_attr_destroy(attributes));
    return description;
}

static void layer_new_ip(struct layer *layer)
{
    /* oneDNN's weights are (out,in); ANY lets it choose, for the full batch, and we keep that. */
    layer->w_desc = onednn_matrix(layer->out, layer->in, ANY);
    dnnl_primitive_desc_t first =
        inner_product(layer, PEER_BATCH, dnnl_forward_training, true, NULL);
    layer->w_desc = *dnnl_primitive_desc_query_md(first, dnnl_query_weights_md, 0);
    ONEDNN(dnnl_primitive_desc_destroy(first));
    layer->w = onednn_memory(&layer->w_desc, &layer->w_data);
    layer->dw = onednn_memory(&layer->w_desc, &layer->dw_data);
    layer->w_forward = layer->w_back = layer->w;
    layer->w_floats = dnnl_memory_desc_get_size(&layer->w_desc) / sizeof(float);
}

static void layer_new_matmul(struct layer *layer, enum mode mode)
{
    layer->w_desc = onednn_matrix(layer->in, layer->out, ROWS);
    layer->w = onednn_memory(&layer->w_desc, &layer->w_data);
    layer->w_floats = (size_t)layer->in * (size_t)layer->out;
    layer->forward_desc = onednn_matrix(layer->in, layer->out, mode == PACKED ? ANY : ROWS);
    layer->back_desc = onednn_matrix(layer->out, layer->in, mode == PACKED ? ANY : COLUMNS);
    /* The first product made with the full batch fixes what ANY means; see shape_new_matmul. */
}

static void shape_new_ip(struct shape *shape, struct layer *layers)
{
    for (int l = 0; l < L; l++) {
        struct layer *layer = &layers[l];
        dnnl_primitive_desc_t hint =
            inner_product(layer, shape->n, dnnl_forward_training, l < L - 1, NULL);
        struct product *p = &shape->back_weights[l];
        *p = onednn_product(inner_product(layer, shape->n, dnnl_backward_weights, false, hint));
        product_bind(p, DNNL_ARG_SRC, shape->a_memory[l]);
        product_bind(p, DNNL_ARG_DIFF_DST, shape->d_memory[l + 1]);
        product_bind(p, DNNL_ARG_DIFF_WEIGHTS, layer->dw);
        product_bind(p, DNNL_ARG_DIFF_BIAS, layer->db);
        p = &shape->back_data[l];
        *p = onednn_product(inner_product(layer, shape->n, dnnl_backward_data, false, hint));
        product_bind(p, DNNL_ARG_DIFF_DST, shape->d_memory[l + 1]);
        product_bind(p, DNNL_ARG_WEIGHTS, layer->w);
        product_bind(p, DNNL_ARG_DIFF_SRC, shape->d_memory[l]);
        p = &shape->forward[l];
        *p = onednn_product(hint);
        product_bind(p, DNNL_ARG_SRC, shape->a_memory[l]);
        product_bind(p, DNNL_ARG_WEIGHTS, layer->w);
        product_bind(p, DNNL_ARG_BIAS, layer->b);
        product_bind(p, DNNL_ARG_DST, shape->a_memory[l + 1]);
    }
}

static void matmul_back_weights(struct shape *shape, struct layer *layer, int l)
{
    dnnl_memory_desc_t x = onednn_matrix(layer->in, shape->n, COLUMNS); /* X^T, no copy */
    dnnl_memory_desc_t d = onednn_matrix(shape->n, layer->out, ROWS);
    struct product *p = &shape->back_weights[l];
    *p = onednn_matmul(&x, &d, NULL, &layer->w_desc, ADD);
    product_bind(p, DNNL_ARG_SRC, onednn_view(&x, shape->a[l]));
    product_bind(p, DNNL_ARG_WEIGHTS, shape->d_memory[l + 1]);
    product_bind(p, DNNL_ARG_DST, layer->w);
}

static void shape_new_matmul(struct shape *shape, struct layer *layers, enum mode mode)
{
    for (int l = 0; l < L; l++) {
        struct layer *layer = &layers[l];
        dnnl_memory_desc_t x = onednn_matrix(shape->n, layer->in, ROWS);
        dnnl_memory_desc_t y = onednn_matrix(shape->n, layer->out, ROWS);
        dnnl_memory_desc_t b = onednn_matrix(1, layer->out, ROWS);
        struct product *forward = &shape->forward[l], *back = &shape->back_data[l];
        *forward = onednn_matmul(&x, &layer->forward_desc, &b, &y, l < L - 1 ? RELU : STORE);
        *back = onednn_matmul(&y, &layer->back_desc, NULL, &x, STORE);
        if (layer->w_forward == NULL && mode == MATMUL) {
            layer->w_forward = layer->w;
            layer->w_back = onednn_view(&layer->back_desc, layer->w_data);
        } else if (layer->w_forward == NULL) {
            layer->w_forward = onednn_memory(&layer->forward_desc, NULL);
            layer->w_back = onednn_memory(&layer->back_desc, NULL);
        }
        product_bind(forward, DNNL_ARG_SRC, shape->a_memory[l]);
        product_bind(forward, DNNL_ARG_WEIGHTS, layer->w_forward);
        product_bind(forward, DNNL_ARG_BIAS, onednn_view(&b, layer->b_data));
        product_bind(forward, DNNL_ARG_DST, shape->a_memory[l + 1]);
        product_bind(back, DNNL_ARG_SRC, shape->d_memory[l + 1]);
        product_bind(back, DNNL_ARG_WEIGHTS, layer->w_back);
        product_bind(back, DNNL_ARG_DST, shape->d_memory[l]);
        matmul_back_weights(shape, layer, l);
    }
}

static void shape_new(struct shape *shape, int n, struct trainer *trainer)
{
    shape->n = n;
    for (int l = 0; l <= L; l++) {
        dnnl_memory_desc_t desc = onednn_matrix(n, peer_widths[l], ROWS);
        shape->a_memory[l] = onednn_memory(&desc, &shape->a[l]);
        shape->d_memory[l] = onednn_memory(&desc, &shape->d[l]);
    }
    if (trainer->mode == IP)
        shape_new_ip(shape, trainer->layers);
    else
        shape_new_matmul(shape, trainer->layers, trainer->mode);
}

/* packed: from the row-major weights to the copies that the products read. */
static void reorders_new(struct trainer *trainer)
{
    for (int l = 0; l < L; l++) {
        struct layer *layer = &trainer->layers[l];
        trainer->reorders[trainer->n_reorders++] = onednn_reorder(layer->w, layer->w_forward);
        if (l == 0)
            continue; /* nobody needs the gradient of the pixels */
        dnnl_memory_desc_t transposed = onednn_matrix(layer->out, layer->in, COLUMNS);
        trainer->reorders[trainer->n_reorders++] =
            onednn_reorder(onednn_view(&transposed, layer->w_data), layer->w_back);
    }
}

static void reorder_weights(const struct trainer *trainer)
{
    for (int i = 0; i < trainer->n_reorders; i++)
        product_run(&trainer->reorders[i]);
}

/* He initialisation, drawn row-major (in,out) and brought into whatever format W has. */
static void layer_init(struct layer *layer, enum mode mode, uint64_t *random)
{
    dnnl_memory_desc_t plain =
        mode == IP ? onednn_matrix(layer->out, layer->in, COLUMNS) : layer->w_desc;
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

static void trainer_new(struct trainer *trainer)
{
    for (int l = 0; l < L; l++) {
        struct layer *layer = &trainer->layers[l];
        layer->in = peer_widths[l];
        layer->out = peer_widths[l + 1];
        dnnl_memory_desc_t b = onednn_vector(layer->out);
        layer->b = onednn_memory(&b, &layer->b_data);
        layer->db = onednn_memory(&b, &layer->db_data);
        if (trainer->mode == IP)
            layer_new_ip(layer);
        else
            layer_new_matmul(layer, trainer->mode);
        layer_init(layer, trainer->mode, &trainer->random);
    }
    shape_new(&trainer->full, PEER_BATCH, trainer);
    shape_new(&trainer->last, (int)((trainer->data.n - 1) % PEER_BATCH) + 1, trainer);
    if (trainer->mode == PACKED)
        reorders_new(trainer);
    reorder_weights(trainer);
    trainer->order = memory_new(trainer->data.n * sizeof *trainer->order);
}

/* ---- training ---------------------------------------------------------------------------- */

static void gather(const struct trainer *trainer, struct shape *shape, const uint32_t *order)
{
    const int width = peer_widths[0];
#pragma omp parallel for schedule(static)
    for (int i = 0; i < shape->n; i++) {
        const uint8_t *restrict image = trainer->data.images + (size_t)order[i] * (size_t)width;
        float *restrict x = shape->a[0] + (size_t)i * (size_t)width;
        if (i + 8 < shape->n) /* random rows wait for memory; ask for one some rows ahead */
            for (int j = 0; j < width; j += 64)
                __builtin_prefetch(trainer->data.images + (size_t)order[i + 8] * (size_t)width + j);
        for (int j = 0; j < width; j++)
            x[j] = (float)image[j] * (1.0f / 255);
    }
}

static void forward(const struct shape *shape)
{
    for (int l = 0; l < L; l++)
        product_run(&shape->forward[l]);
}

/* Sum of the cross-entropies; d[L] becomes -rate/n times the gradient of the logits. */
static double loss(const struct trainer *trainer, struct shape *shape, const uint32_t *order)
{
    const float scale = -PEER_RATE / (float)shape->n;
    double sum = 0;
    for (int i = 0; i < shape->n; i++) {
        const float *z = shape->a[L] + i * PEER_CLASSES;
        float *d = shape->d[L] + i * PEER_CLASSES;
        float max = z[0], total = 0;
        for (int c = 1; c < PEER_CLASSES; c++)
            max = z[c] > max ? z[c] : max;
        for (int c = 0; c < PEER_CLASSES; c++)
            d[c] = expf(z[c] - max);
        for (int c = 0; c < PEER_CLASSES; c++)
            total += d[c];
        uint8_t label = trainer->data.labels[order[i]];
        sum += logf(total) + max - z[label];
        for (int c = 0; c < PEER_CLASSES; c++)
            d[c] *= scale / total;
        d[label] -= scale;
    }
    return sum;
}

/* d <- d where the activation is positive, else 0. */
static void mask(float *restrict d, const float *restrict a, int n)
{
#pragma omp parallel for simd schedule(static)
    for (int i = 0; i < n; i++)
        d[i] = a[i] > 0 ? d[i] : 0;
}

static void add(float *restrict to, const float *restrict from, size_t n)
{
#pragma omp parallel for simd schedule(static)
    for (size_t i = 0; i < n; i++)
        to[i] += from[i];
}

/* b += column sums of d (n, out): the matmul modes' bias gradient. */
static void add_columns(float *restrict b, const float *restrict d, int n, int out)
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j < out; j++)
            b[j] += d[i * out + j];
}

static void backward_and_update(const struct trainer *trainer, struct shape *shape)
{
    for (int l = L - 1; l >= 0; l--) {
        const struct layer *layer = &trainer->layers[l];
        /* Down before the update: the gradient of the inputs needs the weights as they were. */
        if (l > 0) {
            product_run(&shape->back_data[l]);
            mask(shape->d[l], shape->a[l], shape->n * layer->in);
        }
        product_run(&shape->back_weights[l]);
        if (trainer->mode == IP) {
            add(layer->w_data, layer->dw_data, layer->w_floats);
            for (int j = 0; j < layer->out; j++)
                layer->b_data[j] += layer->db_data[j];
        } else {
            add_columns(layer->b_data, shape->d[l + 1], shape->n, layer->out);
        }
    }
    reorder_weights(trainer);
}

static double epoch(void *context, uint32_t n_steps, double *mean_loss)
{
    struct trainer *trainer = context;
    double begin = clock_seconds(), sum = 0;
    uint32_t n = trainer->data.n;
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
    uint32_t correct = 0, n = trainer->data.n;
    for (uint32_t i = 0; i < n; i++)
        trainer->order[i] = i;
    for (uint32_t first = 0; first < n; first += PEER_BATCH) {
        struct shape *shape = n - first >= PEER_BATCH ? &trainer->full : &trainer->last;
        gather(trainer, shape, trainer->order + first);
        forward(shape);
        for (int i = 0; i < shape->n; i++) {
            const float *z = shape->a[L] + i * PEER_CLASSES;
            int best = 0;
            for (int c = 1; c < PEER_CLASSES; c++)
                best = z[c] > z[best] ? c : best;
            correct += best == trainer->data.labels[first + (uint32_t)i];
        }
    }
    return (double)correct / n;
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"OMP_PROC_BIND", "DNNL_MAX_CPU_ISA", NULL};
    static struct trainer trainer = {.random = 1};
    if (argc != 3)
        peer_die("usage: %s IMAGES LABELS", argv[0]);
    const char *word = getenv("PEER_MODE");
    if (word == NULL)
        word = "ip";
    struct peer_commands commands = {&trainer, epoch, accuracy, NULL};
    trainer.mode = strcmp(word, "matmul") == 0 ? MATMUL : strcmp(word, "packed") == 0 ? PACKED : IP;
    omp_set_num_threads(peer_threads());
    onednn_begin();
    trainer.data = peer_read(argv[1], argv[2]);
    if (!onednn_train_bf16(word, &trainer.data, &commands))
        trainer_new(&trainer);
    char settings[256];
    snprintf(settings, sizeof settings, "%s %s %d threads%s", word, onednn_isa(), peer_threads(),
             peer_environment(names));
    peer_serve("onednn", onednn_version(), settings, &commands);
    return EXIT_SUCCESS;
}
