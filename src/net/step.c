/* step.c - a training step, phase by phase. Phases are separated by barriers, all of them in this
 * file but the one between the two parts of a step that is led: within a phase no member reads what
 * another writes. */
#include "net/step.h"

#include "base/memory.h"

#include <stdlib.h>

/* Logits to dL/dz = (softmax(z) - onehot(label)) / B, and each sample's loss and prediction, by
 * groups of 16 samples. */
static void loss_and_gradient(struct step *s, const struct team *team)
{
    uint32_t last = s->net->n_layers - 1, begin, end;
    team_share(team, panel_count(s->batch), &begin, &end);
    for (uint32_t group = begin; group < end; group++) {
        size_t sample = (size_t)group * PANEL;
        struct kernel_softmax softmax = {.n_classes = s->net->layers[last].outputs,
                                         .z = panel_at(&s->y[last], group * PANEL, 0),
                                         .z_stride = s->y[last].stride,
                                         .zt = panel_at(&s->dzt[last], 0, group),
                                         .label = s->labels + sample,
                                         .scale = 1.0f / (float)s->batch,
                                         .smoothing = s->label_smoothing,
                                         .loss = s->loss + sample,
                                         .prediction = s->prediction + sample};
        s->net->kernel->softmax_gradient(&softmax);
        if (s->mixed != NULL)
            mixed_loss(s->net->kernel, s->mixed, &s->y[last], &s->dzt[last], group, s->batch);
    }
}

static bool is_plain_relu(const struct step *s)
{
    return s->net->activation == MLP_RELU && s->dropout == 0;
}

static struct activation activation_of(const struct step *s, uint32_t l)
{
    return (struct activation){.function = s->net->activation,
                               .units = s->net->layers[l].outputs,
                               .slope = is_plain_relu(s) ? NULL : &s->dz[l],
                               .dropout = s->dropout,
                               .seed = s->seed,
                               .step = (uint32_t)s->optimizer.t,
                               .layer = l};
}

static const struct step_input *input(const struct worker *worker, const struct step *s)
{
    return worker->moved ? &s->adversary.moved : &s->input[worker->team->id];
}

/* The columns of x of layer l, if they are not all inputs. */
static const struct live *columns(const struct worker *worker, const struct step *s, uint32_t l)
{
    const struct live *live = &s->input[worker->team->id].live;
    return l == 0 && live->inputs != NULL ? live : NULL;
}

/* The products of layer l, in f32 or with operands in bf16. */

static void forward(const struct worker *worker, struct step *s, uint32_t l)
{
    struct activation f = activation_of(s, l);
    const struct activation *activation = l + 1 < s->net->n_layers ? &f : NULL;
    const struct step_input *x = input(worker, s);
    if (s->mixed != NULL)
        mixed_forward(worker, s->net, l, s->mixed, s->mixed,
                      l == 0 ? &x->x16 : &s->mixed->layers[l - 1].y, columns(worker, s, l),
                      l == 0 ? x->x.rows : s->batch /* perhaps not set yet: step_run_ahead */,
                      &s->y[l], activation);
    else
        dense_forward(worker, &s->net->layers[l], l == 0 ? &x->x : &s->y[l - 1], &s->y[l],
                      activation);
}

static void input_gradient(const struct worker *worker, struct step *s, uint32_t l)
{
    if (s->mixed != NULL)
        mixed_input_gradient(worker, s->net, l, s->mixed, s->batch,
                             is_plain_relu(s) ? NULL : &s->dz[l - 1]);
    else
        dense_input_gradient(worker, &s->net->layers[l], &s->dzt[l],
                             is_plain_relu(s) ? &s->y[l - 1] : NULL, &s->dz[l - 1],
                             l > 1 || s->adversary.distance > 0 ? &s->dzt[l - 1] : NULL);
}

/* dX = dZ W^T of the first layer, transposed. */
static void data_gradient(const struct worker *worker, struct step *s)
{
    if (s->mixed != NULL)
        mixed_data_gradient(worker, s->net, s->mixed, s->batch, &s->adversary.dxt);
    else
        dense_data_gradient(worker, &s->net->layers[0], &s->dzt[0], &s->adversary.dxt);
}

/* dW = x^T dz and db = 1^T dz: applied at once, or kept until all of them are there. */
static void weight_gradient(const struct worker *worker, struct step *s, uint32_t l)
{
    struct net_layer *to = s->clip.norm == 0 ? &s->net->layers[l] : &s->clip.gradient->layers[l];
    const struct optimizer *optimizer = s->clip.norm == 0 ? &s->optimizer : NULL;
    const struct step_input *x = input(worker, s);
    if (s->mixed != NULL)
        mixed_weight_gradient(worker, to, l, s->mixed, &x->x16, columns(worker, s, l), s->batch,
                              optimizer);
    else if (optimizer != NULL)
        dense_update(worker, to, l == 0 ? &x->x : &s->y[l - 1], &s->dz[l], optimizer);
    else
        dense_gradient(worker, to, l == 0 ? &x->x : &s->y[l - 1], &s->dz[l]);
}

/* The update from gradients that were kept. */
static void clipped_update(struct step *s, const struct team *team)
{
    team_barrier(team);
    clip_measure(&s->clip, team);
    team_barrier(team);
    clip_update(&s->clip, team, s->net, &s->optimizer);
    if (s->mixed == NULL)
        return;
    team_barrier(team);
    mixed_pack_weights(s->net, s->mixed, team);
}

void step_begin(const struct step *s)
{
    if (s->mixed != NULL)
        mixed_begin(s->net->kernel);
}

void step_end(const struct step *s)
{
    if (s->mixed != NULL)
        mixed_end(s->net->kernel);
}

/* Whether members get about as many samples each, by groups of 16: no share is over an eighth
 * larger than another. Tiles gain nothing by it. Measured: bench, rows "epoch". */
static bool can_cut_by_samples(const struct step *s, const struct team *team)
{
    uint32_t groups = panel_count(s->batch), n = (uint32_t)team->n;
    return s->mixed == NULL && (groups % n == 0 || groups / n >= 8);
}

/* Above the first layer, where from its y to its dz nobody reads what another member writes. */
static void above_by_samples(struct worker *worker, struct step *s)
{
    worker->by_samples = true;
    uint32_t last = s->net->n_layers - 1;
    for (uint32_t l = 1; l <= last; l++)
        forward(worker, s, l);
    loss_and_gradient(s, worker->team);
    for (uint32_t l = last; l > 0; l--)
        input_gradient(worker, s, l);
    team_barrier(worker->team); /* every W has been read by all: it may change now */
    for (uint32_t l = last; l > 0; l--)
        weight_gradient(worker, s, l);
    worker->by_samples = false;
}

/* Forward from layer `from` on, and dL/dz of the last; each product cut as suits it. */
static void forward_to_loss(struct worker *worker, struct step *s, uint32_t from)
{
    for (uint32_t l = from; l < s->net->n_layers; l++) {
        forward(worker, s, l);
        team_barrier(worker->team);
    }
    loss_and_gradient(s, worker->team);
    team_barrier(worker->team);
}

static void above_by_products(struct worker *worker, struct step *s)
{
    forward_to_loss(worker, s, 1);
    for (uint32_t l = s->net->n_layers - 1; l > 0; l--) {
        input_gradient(worker, s, l);
        team_barrier(worker->team); /* W of layer l has been read by all: it may change now */
        weight_gradient(worker, s, l);
    }
}

/* Moves the batch against the net: forward and backward once more, to its own gradient. */
static void move_batch(struct worker *worker, struct step *s)
{
    forward_to_loss(worker, s, 0);
    for (uint32_t l = s->net->n_layers - 1; l > 0; l--) {
        input_gradient(worker, s, l);
        team_barrier(worker->team);
    }
    data_gradient(worker, s);
    team_barrier(worker->team);
    adversary_move(&s->adversary, worker->kernel, worker->team, input(worker, s));
    team_barrier(worker->team);
    worker->moved = true;
}

bool step_is_led(const struct step *s, const struct team *team)
{
    return s->lead.pays && team->n == 2;
}

static struct worker new_worker(const struct step *s, const struct team *team)
{
    return (struct worker){.team = team,
                           .kernel = s->net->kernel,
                           .scratch = s->scratch + (size_t)team->id * s->scratch_floats};
}

void step_run(struct step *s, const struct team *team, const struct gemm_aside *aside)
{
    struct worker worker = new_worker(s, team);
    if (s->adversary.distance > 0)
        move_batch(&worker, s);
    worker.aside = s->mixed != NULL ? aside : NULL; /* while tiles multiply */
    forward(&worker, s, 0);
    worker.aside = NULL;
    team_barrier(team);
    if (can_cut_by_samples(s, team))
        above_by_samples(&worker, s);
    else
        above_by_products(&worker, s);
    if (s->mixed == NULL)
        worker.aside = aside; /* the longest phase, and no barrier waits for it in between */
    weight_gradient(&worker, s, 0);
    if (s->clip.norm > 0)
        clipped_update(s, team);
}

/* ---- a step that is led ------------------------------------------------------------------- */

static const struct team one_member = {.id = 0, .n = 1}, second_of_two = {.id = 1, .n = 2};

static struct worker led_worker(const struct step *s, const struct team *team)
{
    struct worker worker = new_worker(s, team);
    worker.lead = &s->lead;
    return worker;
}

/* Above the first layer, as far as the other member, which sees to its aside meanwhile, waits for
 * it: to dZ of its part of the first layer. */
static void above_by_leader(struct worker leader, struct step *s)
{
    uint32_t last = s->net->n_layers - 1;
    leader.team = &one_member;
    forward(&leader, s, 1);
    mixed_transpose(leader.kernel, s->mixed, 0, s->batch);
    for (uint32_t l = 2; l <= last; l++)
        forward(&leader, s, l);
    loss_and_gradient(s, &one_member);
    for (uint32_t l = last; l > 1; l--)
        input_gradient(&leader, s, l);
    leader.team = &second_of_two;
    input_gradient(&leader, s, 1);
}

static void rest_by_leader(struct worker leader, struct step *s)
{
    input_gradient(&leader, s, 1);
    leader.team = &one_member;
    for (uint32_t l = s->net->n_layers - 1; l > 0; l--)
        weight_gradient(&leader, s, l);
}

void step_run_ahead(struct step *s, const struct team *team)
{
    struct worker worker = led_worker(s, team);
    forward(&worker, s, 0);
}

void step_run_led(struct step *s, const struct team *team, const struct gemm_aside *aside)
{
    struct worker worker = led_worker(s, team);
    if (team->id == 0)
        above_by_leader(worker, s);
    else
        aside->run(aside->context);
    team_barrier(team);
    if (team->id == 0)
        rest_by_leader(worker, s);
    weight_gradient(&worker, s, 0);
}

/* ---- memory ----------------------------------------------------------------------------- */

/* Takes a matrix from the block, or, with memory NULL, only counts. */
static void take(struct panels *m, uint32_t rows, uint32_t cols, float *memory, size_t *at)
{
    *m = (struct panels){.data = memory == NULL ? NULL : memory + *at,
                         .rows = rows,
                         .cols = cols,
                         .stride = panel_stride(rows)};
    *at += panel_floats(rows, cols);
}

static size_t lay_out(struct step *s, float *memory)
{
    size_t at = 0;
    uint32_t rows = panel_count(s->batch_max) * PANEL;
    for (uint32_t l = 0; l < s->net->n_layers; l++) {
        uint32_t outputs = s->net->layers[l].outputs;
        if (s->mixed != NULL && l + 1 < s->net->n_layers) { /* the others are in bf16 */
            if (!is_plain_relu(s))
                take(&s->dz[l], s->batch_max, outputs, memory, &at);
            continue;
        }
        take(&s->y[l], s->batch_max, outputs, memory, &at);
        s->dz[l] = s->y[l];
        if (l + 1 < s->net->n_layers)
            take(&s->dz[l], s->batch_max, outputs, memory, &at);
        if (l > 0 || l + 1 == s->net->n_layers || s->adversary.distance > 0)
            take(&s->dzt[l], outputs, s->batch_max, memory, &at);
    }
    float **const rows_of_floats[] = {&s->loss, &s->prediction};
    for (int i = 0; i < 2; i++, at += rows)
        *rows_of_floats[i] = memory == NULL ? NULL : memory + at;
    s->scratch = memory == NULL ? NULL : memory + at;
    return at + s->scratch_floats * (size_t)s->n_members;
}

struct step *step_new(struct mlp_net *net, uint32_t batch_max, int n_members,
                      const struct mlp_train_options *options)
{
    struct step *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->net = net;
    s->batch_max = batch_max;
    s->n_members = n_members;
    s->label_smoothing = options->label_smoothing;
    s->dropout = options->dropout;
    s->seed = options->seed;
    uint32_t widest = 0;
    for (uint32_t l = 0; l < net->n_layers; l++)
        widest = net->layers[l].inputs > widest ? net->layers[l].inputs : widest;
    s->scratch_floats = gemm_scratch_floats(widest);
    if (options->adversarial > 0 &&
        !adversary_new(&s->adversary, net, batch_max, options->adversarial)) {
        step_free(s);
        return NULL;
    }
    if (net->precision == MLP_BF16) {
        s->mixed = mixed_new(net, batch_max,
                             options->adversarial > 0 ? MIXED_TO_DATA : MIXED_TRAINING, true);
        s->scratch_floats = gemm_tiles_scratch(tile_count(batch_max));
        if (s->mixed == NULL) {
            step_free(s);
            return NULL;
        }
        mixed_pack_weights(net, s->mixed, &(struct team){.n = 1});
        s->lead = lead_of(net, batch_max, options);
    }
    s->y = calloc(net->n_layers, sizeof *s->y);
    s->dz = calloc(net->n_layers, sizeof *s->dz);
    s->dzt = calloc(net->n_layers, sizeof *s->dzt);
    if (s->y != NULL && s->dz != NULL && s->dzt != NULL) {
        s->memory = memory_new(lay_out(s, NULL) * sizeof(float));
        if (s->memory != NULL && optimizer_new(&s->optimizer, net, options) &&
            (options->clip_norm == 0 || clip_new(&s->clip, net, options->clip_norm))) {
            lay_out(s, s->memory);
            step_batch(s, batch_max);
            return s;
        }
    }
    step_free(s);
    return NULL;
}

void step_free(struct step *s)
{
    if (s == NULL)
        return;
    optimizer_free(&s->optimizer);
    adversary_free(&s->adversary);
    mixed_free(s->mixed);
    clip_free(&s->clip);
    memory_free(s->memory);
    free(s->y);
    free(s->dz);
    free(s->dzt);
    free(s);
}

/* Strides stay those of batch_max; only the number of rows, or of transposed columns, changes. */
void step_batch(struct step *s, uint32_t batch)
{
    s->batch = batch;
    adversary_batch(&s->adversary, batch);
    for (uint32_t l = 0; l < s->net->n_layers; l++) {
        s->y[l].rows = s->dz[l].rows = batch;
        s->dzt[l].cols = batch;
    }
}
