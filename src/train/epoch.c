/* epoch.c - the loop over mini-batches: each member's copy of the next one is filled while a step
 * runs, or just after it; a leader's (net/lead.h) just before its own step. */
#include "train/epoch.h"

#include "base/clock.h"
#include "base/memory.h"
#include "train/schedule.h"

#include <math.h>
#include <stdlib.h>

enum { REPORTS_PER_SECOND = 10 };

/* The samples of batch i, none beyond the last one. */
static const uint32_t *batch_samples(const struct epoch *e, uint32_t i, uint32_t *n)
{
    uint64_t all = e->images->n_samples, batch = e->options->batch, first = i * batch;
    first = first < all ? first : all;
    *n = (uint32_t)(all - first < batch ? all - first : batch);
    return e->order + first;
}

/* Batch i as this member has it. */
static struct batch *batch_of(const struct epoch *e, const struct team *team, uint32_t i)
{
    return &e->batch[e->n_owners > 1 ? team->id : 0][i % 2];
}

/* Prepares to fill the batch; augmented rows of it must be there. */
static struct gather begin_gather(struct epoch *e, const struct team *team, uint32_t i)
{
    static const struct team alone = {.id = 0, .n = 1};
    uint32_t n;
    const uint32_t *samples = batch_samples(e, i, &n);
    const struct mlp_images *images = e->images;
    if (e->variants != NULL) {
        images = &e->variants->rows[i % 2];
        samples = NULL;
    }
    return data_gather_begin(batch_of(e, team, i), e->step->net->kernel,
                             e->n_owners > 1 ? &alone : team, images, samples, 0, n);
}

/* A member's share of the augmented rows of batch i; nothing to do without augmentation. */
static void make_variants(struct epoch *e, const struct team *team, uint32_t i)
{
    uint32_t n;
    const uint32_t *samples = batch_samples(e, i, &n);
    if (e->variants != NULL)
        variants_make(e->variants, e->step->net->kernel, team, &e->variants->rows[i % 2], e->images,
                      e->number, samples, n);
}

static void report_step(const struct epoch *e, double loss)
{
    uint64_t step = e->step->optimizer.t - 1;
    struct mlp_step_report report = {
        .step = step, .rate = train_rate(e->options, step, e->steps_per_epoch), .loss = loss};
    e->options->on_step(e->options->context, &report);
}

/* Adds up a finished step in the order of its samples, so that the sums have one order too. */
static void account(struct epoch *e)
{
    const struct step *s = e->step;
    double before = e->loss_sum;
    for (uint32_t i = 0; i < s->batch; i++) {
        e->loss_sum += (double)s->loss[i];
        e->n_correct += s->prediction[i] == (float)s->labels[i];
    }
    e->n_done += s->batch;
    if (!isfinite(e->loss_sum))
        e->halt = MLP_E_DIVERGED;
    else if (e->options->on_step != NULL)
        report_step(e, (e->loss_sum - before) / s->batch);
}

static void report_progress(struct epoch *e)
{
    double now = clock_seconds();
    if (e->options->on_progress == NULL || now - e->report_seconds < 1.0 / REPORTS_PER_SECOND)
        return;
    e->report_seconds = now;
    struct mlp_progress_report report = {.epoch = e->number,
                                         .n_epochs = e->options->n_epochs,
                                         .n_done = e->n_done,
                                         .n_samples = e->images->n_samples,
                                         .loss = e->loss_sum / e->n_done,
                                         .accuracy = (double)e->n_correct / e->n_done,
                                         .seconds = (now - e->begin_seconds) * e->n_done /
                                                    (e->n_done - e->done_before)};
    e->options->on_progress(e->options->context, &report);
}

static void prepare_step(struct epoch *e, uint32_t i)
{
    struct step *s = e->step;
    s->labels = e->batch[0][i % 2].labels;
    step_batch(s, e->batch[0][i % 2].x.rows);
    optimizer_step(&s->optimizer, train_rate(e->options, s->optimizer.t, e->steps_per_epoch));
}

/* What member 0 does with the step before step i, and whether it halts before that. */
static void finish_step_before(struct epoch *e, uint32_t i)
{
    if (i > e->first_step) {
        account(e);
        report_progress(e);
    }
    if (e->halt == MLP_OK && i < e->steps_per_epoch && e->options->stop != NULL &&
        *e->options->stop != 0)
        e->halt = MLP_E_STOPPED;
}

/* Known to all members once a barrier has followed finish_step_before. */
static bool ends(const struct epoch *e, uint32_t i)
{
    return i >= e->steps_per_epoch || e->halt != MLP_OK;
}

/* What this member reads in step i. */
static void set_input(struct epoch *e, const struct team *team, uint32_t i)
{
    const struct batch *batch = batch_of(e, team, i);
    struct step_input *input = &e->input[team->id];
    input->x = batch->x;
    if (batch->x16 != NULL) {
        input->x16 = batch->x16->x;
        input->live = batch->x16->live;
    }
}

static void gather_some(void *gather)
{
    (void)data_gather_some(gather);
}

static void gather_all(struct gather *gather)
{
    while (data_gather_some(gather))
        ;
}

/* The steps from i on. Meanwhile the next batch is filled, or, with live inputs, right after. */
static void run_steps(struct epoch *e, const struct team *team, uint32_t i, struct gather *next)
{
    struct gemm_aside gather = {gather_some, next};
    for (;; i++) {
        if (team->id == 0) {
            finish_step_before(e, i);
            if (!ends(e, i))
                prepare_step(e, i);
        }
        team_barrier(team);
        if (ends(e, i))
            return;
        *next = begin_gather(e, team, i + 1); /* from rows that were made a step before */
        set_input(e, team, i);
        step_run(e->step, team, e->live ? NULL : &gather);
        gather_all(next);
        make_variants(e, team, i + 2);
        team_barrier(team);
    }
}

/* What the other member does while the leader is above the first layer. */
struct follower {
    struct live_batch *x16; /* of this step, and then of the next */
    struct step_input *input;
    struct gather *next;
};

static void turn_and_gather(void *context)
{
    const struct follower *f = context;
    live_turn(f->x16, f->next->kernel, f->input->x.rows, &f->input->live);
    gather_all(f->next);
}

/* The same of steps that are led. Who is done with one goes on to the next one's first layer; the
 * leader fills its batch before that. */
static void run_led_steps(struct epoch *e, const struct team *team, uint32_t i, struct gather *next)
{
    struct follower follower = {batch_of(e, team, i)->x16, &e->input[team->id], next};
    struct gemm_aside follow = {turn_and_gather, &follower};
    for (;; i++) {
        if (team->id == 0)
            finish_step_before(e, i);
        if (i < e->steps_per_epoch) {
            gather_all(next);
            set_input(e, team, i);
            step_run_ahead(e->step, team);
        }
        team_barrier(team);
        if (ends(e, i))
            return;
        if (team->id == 0)
            prepare_step(e, i);
        *next = begin_gather(e, team, i + 1);
        step_run_led(e->step, team, &follow);
        make_variants(e, team, i + 2);
    }
}

static void run_epoch(const struct team *team, void *context)
{
    struct epoch *e = context;
    uint32_t i = e->first_step;
    step_begin(e->step);
    make_variants(e, team, i);
    if (e->variants != NULL)
        team_barrier(team);
    struct gather gather = begin_gather(e, team, i);
    gather_all(&gather);
    make_variants(e, team, i + 1);
    team_barrier(team);
    if (step_is_led(e->step, team))
        run_led_steps(e, team, i, &gather);
    else
        run_steps(e, team, i, &gather);
    step_end(e->step);
}

enum mlp_status epoch_run(struct epoch *e, struct mlp_epoch_report *report)
{
    e->begin_seconds = e->report_seconds = clock_seconds();
    e->done_before = e->n_done;
    data_shuffle(e->order, e->images->n_samples, e->options->seed, e->number);
    team_run(e->step->n_members, run_epoch, e);
    double seconds = clock_seconds() - e->begin_seconds;
    *report =
        (struct mlp_epoch_report){.epoch = e->number,
                                  .n_epochs = e->options->n_epochs,
                                  .train_loss = e->loss_sum / e->n_done,
                                  .train_accuracy = (double)e->n_correct / e->n_done,
                                  .seconds = seconds,
                                  .images_per_second = (e->n_done - e->done_before) / seconds};
    return e->halt;
}

/* Measured: bench, rows "epoch" and "by threads", two threads. What a member's own batch takes does
 * not shrink with the team. */
enum { OWNERS_MAX = 4 };

static bool new_panels(struct epoch *e)
{
    const struct mlp_images *images = e->images;
    bool nonzeros = nonzeros_pay(images, 0, images->n_samples), ok = true;
    for (uint32_t i = 0; ok && i < 2 * e->n_owners; i++)
        ok = data_batch_new(&e->batch[i / 2][i % 2], e->options->batch, images->n_rows,
                            images->n_cols, nonzeros);
    return ok;
}

static uint32_t x16_of_each(const struct epoch *e)
{
    return e->live ? 1 : 2;
}

/* To make them takes as long as they save in two epochs on one thread, or four on two. Measured:
 * mlp train --preset classic. */
enum { COMPACT_EPOCHS = 4 };

static bool compacts(const struct epoch *e)
{
    const struct mlp_train_options *o = e->options;
    uint32_t done = o->resume == NULL ? 0 : o->resume->epoch;
    return e->live && o->augment == MLP_AUGMENT_NONE && o->n_epochs >= COMPACT_EPOCHS + done;
}

static bool new_tiles(struct epoch *e, uint32_t inputs)
{
    e->live = e->options->adversarial == 0; /* whoever moves images makes every pixel live */
    uint32_t each = x16_of_each(e), n = each * e->n_owners;
    e->x16 = calloc(n, sizeof *e->x16);
    bool ok = e->x16 != NULL;
    if (ok && compacts(e))
        compact_new(&e->compact, e->step->net->kernel, e->images, e->options->n_threads);
    for (uint32_t i = 0; ok && i < n; i++) {
        bool follows = e->step->lead.pays && i / each == 1; /* member 1, of a team of two */
        ok = live_new(&e->x16[i], e->options->batch, inputs, !e->live) &&
             (!follows || live_new_turned(&e->x16[i])) &&
             (e->compact.data == NULL || live_new_compact(&e->x16[i], &e->compact));
    }
    for (uint32_t i = 0; ok && i < 2 * e->n_owners; i++)
        ok = data_batch_new_tiles(&e->batch[i / 2][i % 2], e->options->batch,
                                  &e->x16[i / 2 * each + i % each]);
    return ok;
}

static bool new_batches(struct epoch *e, const struct mlp_net *net)
{
    uint32_t n_members = (uint32_t)e->options->n_threads;
    bool tiles = net->precision == MLP_BF16;
    e->n_owners = tiles || n_members <= OWNERS_MAX ? n_members : 1;
    e->batch = calloc(e->n_owners, sizeof *e->batch);
    e->input = calloc(n_members, sizeof *e->input);
    if (e->batch == NULL || e->input == NULL)
        return false;
    return tiles ? new_tiles(e, mlp_net_width(net, 0)) : new_panels(e);
}

static void free_batches(struct epoch *e)
{
    for (uint32_t i = 0; e->batch != NULL && i < 2 * e->n_owners; i++)
        data_batch_free(&e->batch[i / 2][i % 2]);
    for (uint32_t i = 0; e->x16 != NULL && i < x16_of_each(e) * e->n_owners; i++)
        live_free(&e->x16[i]);
    compact_free(&e->compact);
    free(e->x16);
    free(e->batch);
    free(e->input);
}

bool epoch_new(struct epoch *e, struct mlp_net *net, const struct mlp_train_options *options,
               const struct mlp_images *images)
{
    uint32_t n = images->n_samples;
    *e = (struct epoch){.options = options,
                        .images = images,
                        .number = 1,
                        .steps_per_epoch = n / options->batch + (n % options->batch != 0)};
    e->step = step_new(net, options->batch, options->n_threads, options);
    e->order = memory_new((size_t)n * sizeof *e->order);
    bool ok = e->step != NULL && e->order != NULL && new_batches(e, net);
    if (ok)
        e->step->input = e->input;
    if (options->augment != MLP_AUGMENT_NONE)
        ok = ok && (e->variants = variants_new(images, options)) != NULL;
    return ok;
}

void epoch_free(struct epoch *e)
{
    free_batches(e);
    variants_free(e->variants);
    memory_free(e->order);
    step_free(e->step);
}

void epoch_next(struct epoch *e)
{
    e->number++;
    e->first_step = 0;
    e->n_done = 0;
    e->n_correct = 0;
    e->loss_sum = 0;
}
