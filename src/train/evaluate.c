/* evaluate.c - the forward pass alone: probabilities, accuracy, loss. Samples are cut over the
 * threads, each of which sends its chunks through the whole network by itself. */
#include "base/memory.h"
#include "data/batcher.h"
#include "net/mixed.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Samples that go through the network together: enough to use each weight often, few enough that
 * their activations stay in L2 beside the weights. Measured: bench, row "forward". */
enum { CHUNK = 128 };

/* What becomes of the logits: either may be NULL. */
struct job {
    const struct mlp_net *net;
    struct mixed *weights; /* in bf16; NULL: f32 */
    const struct mlp_images *images;
    bool nonzeros; /* the images are worth noting them */
    uint32_t first, n;
    float *probabilities; /* (n, C) */
    float *loss;          /* (n), and with it: */
    float *prediction;    /* (n) */
    atomic_bool out_of_memory;
};

/* One member's memory: a batch and the outputs of two consecutive layers. */
struct chunk {
    struct batch batch;
    struct live_batch x16; /* bf16: the batch's */
    struct panels y[2];
    struct mixed *mixed; /* bf16: outputs of all layers but the last, which is y[0] */
    float *zt;           /* (C, 16) logits of one group of samples, transposed */
    float *scratch;
};

static uint32_t widest_output(const struct mlp_net *net)
{
    uint32_t widest = 0;
    for (uint32_t l = 0; l < net->n_layers; l++)
        if (net->layers[l].outputs > widest)
            widest = net->layers[l].outputs;
    return widest;
}

static void chunk_free(struct chunk *c)
{
    data_batch_free(&c->batch);
    live_free(&c->x16);
    mixed_free(c->mixed);
    for (int i = 0; i < 2; i++)
        memory_free(c->y[i].data);
    memory_free(c->zt);
    memory_free(c->scratch);
}

static bool chunk_new(struct chunk *c, const struct mlp_net *net, bool nonzeros)
{
    memset(c, 0, sizeof *c);
    uint32_t width = widest_output(net);
    bool mixed = net->precision == MLP_BF16;
    uint32_t inputs = net->layers[0].inputs;
    bool ok = mixed ? live_new(&c->x16, CHUNK, inputs, true) &&
                          data_batch_new_tiles(&c->batch, CHUNK, &c->x16)
                    : data_batch_new(&c->batch, CHUNK, 1, inputs, nonzeros);
    if (mixed)
        c->mixed = mixed_new(net, CHUNK, MIXED_FORWARD, false);
    ok = ok && (!mixed || c->mixed != NULL);
    for (int i = 0; i < 2; i++) {
        c->y[i] = (struct panels){.rows = CHUNK, .cols = width, .stride = panel_stride(CHUNK)};
        c->y[i].data = memory_new(panel_floats(CHUNK, width) * sizeof(float));
        ok = ok && c->y[i].data != NULL;
    }
    c->zt = memory_new((size_t)panel_count(width) * PANEL * PANEL * sizeof(float));
    c->scratch =
        memory_new((mixed ? gemm_tiles_scratch(tile_count(CHUNK)) : gemm_scratch_floats(CHUNK)) *
                   sizeof(float));
    if (ok && c->zt != NULL && c->scratch != NULL)
        return true;
    chunk_free(c);
    return false;
}

/* Without slopes and dropout, which are for training. */
static struct activation hidden_activation(const struct mlp_net *net, uint32_t l)
{
    return (struct activation){.function = net->activation, .units = net->layers[l].outputs};
}

static struct panels *forward_mixed(const struct job *job, struct chunk *c, uint32_t n)
{
    const struct team alone = {.id = 0, .n = 1};
    struct worker worker = {.team = &alone, .kernel = job->net->kernel, .scratch = c->scratch};
    for (uint32_t l = 0; l < job->net->n_layers; l++) {
        struct activation activation = hidden_activation(job->net, l);
        mixed_forward(&worker, job->net, l, job->weights, c->mixed,
                      l == 0 ? &c->x16.x : &c->mixed->layers[l - 1].y, NULL, n, &c->y[0],
                      l + 1 < job->net->n_layers ? &activation : NULL);
    }
    return &c->y[0];
}

static struct panels *forward(const struct job *job, struct chunk *c, uint32_t n)
{
    const struct team alone = {.id = 0, .n = 1};
    const struct mlp_net *net = job->net;
    if (job->weights != NULL)
        return forward_mixed(job, c, n);
    struct worker worker = {.team = &alone, .kernel = net->kernel, .scratch = c->scratch};
    const struct panels *x = &c->batch.x;
    struct panels *y = NULL;
    for (uint32_t l = 0; l < net->n_layers; l++) {
        y = &c->y[l % 2];
        y->rows = n;
        struct activation activation = hidden_activation(net, l);
        dense_forward(&worker, &net->layers[l], x, y, l + 1 < net->n_layers ? &activation : NULL);
        x = y;
    }
    return y;
}

static uint32_t n_classes(const struct mlp_net *net)
{
    return net->layers[net->n_layers - 1].outputs;
}

/* Sixteen samples' softmax: logits z, transposed in zt, to rows of probabilities. */
static void store_probabilities(const struct mlp_net *net, const struct panels *z, uint32_t row,
                                float *zt, uint32_t n, float *probabilities)
{
    uint32_t classes = n_classes(net);
    for (uint32_t p = 0; p < panel_count(classes); p++)
        net->kernel->transpose(panel_at(z, row, p), zt + (size_t)p * PANEL * PANEL);
    net->kernel->softmax(classes, zt);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t c = 0; c < classes; c++)
            probabilities[(size_t)i * classes + c] = zt[(size_t)c * PANEL + i];
}

static void store_loss(const struct mlp_net *net, struct panels *z, uint32_t row, float *zt,
                       uint32_t n, const uint8_t *labels, float *loss, float *prediction)
{
    float group_loss[PANEL], group_prediction[PANEL];
    struct kernel_softmax softmax = {.n_classes = n_classes(net),
                                     .z = panel_at(z, row, 0),
                                     .z_stride = z->stride,
                                     .zt = zt,
                                     .label = labels + row,
                                     .scale = 1,
                                     .loss = group_loss,
                                     .prediction = group_prediction};
    net->kernel->softmax_gradient(&softmax);
    memcpy(loss, group_loss, n * sizeof *loss);
    memcpy(prediction, group_prediction, n * sizeof *prediction);
}

/* The chunk's logits to what the job asks for; at: of the job's samples. */
static void consume(const struct job *job, struct chunk *chunk, struct panels *logits, uint32_t at,
                    uint32_t n)
{
    for (uint32_t row = 0; row < n; row += PANEL) {
        uint32_t rows = n - row < PANEL ? n - row : PANEL;
        size_t sample = (size_t)at + row;
        if (job->probabilities != NULL)
            store_probabilities(job->net, logits, row, chunk->zt, rows,
                                job->probabilities + sample * n_classes(job->net));
        if (job->loss != NULL)
            store_loss(job->net, logits, row, chunk->zt, rows, chunk->batch.labels,
                       job->loss + sample, job->prediction + sample);
    }
}

static void run_job(const struct team *team, void *context)
{
    struct job *job = context;
    const struct team alone = {.id = 0, .n = 1};
    struct chunk chunk;
    if (!chunk_new(&chunk, job->net, job->nonzeros)) {
        atomic_store(&job->out_of_memory, true);
        return;
    }
    if (job->weights != NULL)
        mixed_begin(job->net->kernel);
    uint32_t begin, end;
    team_share(team, job->n / CHUNK + (job->n % CHUNK != 0), &begin, &end);
    for (uint32_t i = begin; i < end; i++) {
        uint32_t at = i * CHUNK, n = job->n - at < CHUNK ? job->n - at : CHUNK;
        data_gather(&chunk.batch, job->net->kernel, &alone, job->images, NULL, job->first + at, n);
        consume(job, &chunk, forward(job, &chunk, n), at, n);
    }
    if (job->weights != NULL)
        mixed_end(job->net->kernel);
    chunk_free(&chunk);
}

/* One sample: no batch, no team; the weights are read once. Same bits as in a batch. */
static enum mlp_status predict_one(const struct mlp_net *net, const uint8_t *pixels,
                                   float *probabilities)
{
    const struct kernel *kernel = net->kernel;
    uint32_t width = net->layers[0].inputs, widest = widest_output(net);
    widest = panel_count(width > widest ? width : widest) * PANEL;
    uint32_t groups = panel_count(n_classes(net));
    float *memory =
        memory_new((2 * (size_t)widest + (size_t)groups * PANEL * PANEL) * sizeof(float));
    if (memory == NULL)
        return MLP_E_MEMORY;
    float *x = memory, *y = memory + widest, *zt = memory + 2 * (size_t)widest;
    data_pixels(kernel, pixels, width, x);
    for (uint32_t l = 0; l < net->n_layers; l++) {
        const struct net_layer *layer = &net->layers[l];
        uint32_t lines = panel_count(layer->outputs);
        kernel->product_one(layer->inputs, x, layer->w.data, layer->w.stride, lines, y,
                            layer->bias);
        if (l + 1 < net->n_layers)
            kernel->activation[net->activation](lines, 1, y, 0, NULL, 0);
        float *other = x;
        x = y;
        y = other;
    }
    for (uint32_t c = 0; c < n_classes(net); c++)
        zt[(size_t)c * PANEL] = x[c];
    kernel->softmax(n_classes(net), zt);
    for (uint32_t c = 0; c < n_classes(net); c++)
        probabilities[c] = zt[(size_t)c * PANEL];
    memory_free(memory);
    return MLP_OK;
}

/* Sends all samples through the network. */
static enum mlp_status run(struct job *job, int n_threads)
{
    if (job->net->precision == MLP_BF16) {
        job->weights = mixed_new(job->net, CHUNK, MIXED_FORWARD, true);
        if (job->weights == NULL)
            return MLP_E_MEMORY;
        mixed_pack_weights(job->net, job->weights, &(struct team){.n = 1});
    }
    job->nonzeros = job->weights == NULL && nonzeros_pay(job->images, job->first, job->n);
    team_run(n_threads, run_job, job);
    mixed_free(job->weights);
    return atomic_load(&job->out_of_memory) ? MLP_E_MEMORY : MLP_OK;
}

static bool fits(const struct mlp_net *net, const struct mlp_images *images, uint32_t first,
                 uint32_t n)
{
    return (uint64_t)images->n_rows * images->n_cols == mlp_net_width(net, 0) &&
           first <= images->n_samples && n <= images->n_samples - first;
}

enum mlp_status mlp_predict(const struct mlp_net *net, const struct mlp_images *images,
                            uint32_t first, uint32_t n, int n_threads, float *probabilities)
{
    if (!fits(net, images, first, n))
        return MLP_E_USAGE;
    if (n == 1 && net->precision == MLP_F32)
        return predict_one(net, images->pixels + (size_t)first * mlp_net_width(net, 0),
                           probabilities);
    struct job job = {
        .net = net, .images = images, .first = first, .n = n, .probabilities = probabilities};
    return run(&job, n_threads);
}

/* Adds up in the order of the samples: one order of the sums for any number of threads. */
static void summarise(const struct job *job, struct mlp_evaluation *evaluation, uint32_t *confusion)
{
    uint32_t classes = n_classes(job->net);
    *evaluation = (struct mlp_evaluation){.n_samples = job->n};
    if (confusion != NULL)
        memset(confusion, 0, (size_t)classes * classes * sizeof *confusion);
    for (uint32_t i = 0; i < job->n; i++) {
        uint32_t label = job->images->labels[i], prediction = (uint32_t)job->prediction[i];
        evaluation->loss += (double)job->loss[i];
        evaluation->n_correct += prediction == label;
        if (confusion != NULL)
            confusion[(size_t)label * classes + prediction]++;
    }
    if (job->n > 0) {
        evaluation->loss /= job->n;
        evaluation->accuracy = (double)evaluation->n_correct / job->n;
    }
}

enum mlp_status mlp_evaluate(const struct mlp_net *net, const struct mlp_images *images,
                             int n_threads, struct mlp_evaluation *evaluation, uint32_t *confusion)
{
    uint32_t n = images->n_samples;
    for (uint32_t i = 0; i < n; i++) /* labels index the logits below */
        if (images->labels[i] >= n_classes(net))
            return MLP_E_USAGE;
    if (!fits(net, images, 0, n))
        return MLP_E_USAGE;
    struct job job = {.net = net,
                      .images = images,
                      .n = n,
                      .loss = memory_new(n * sizeof(float)),
                      .prediction = memory_new(n * sizeof(float))};
    enum mlp_status status = MLP_E_MEMORY;
    if (job.loss != NULL && job.prediction != NULL) {
        status = run(&job, n_threads);
        if (status == MLP_OK)
            summarise(&job, evaluation, confusion);
    }
    memory_free(job.loss);
    memory_free(job.prediction);
    return status;
}
