/* train.c - the epoch loop: mini-batch stochastic gradient descent. */
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "data/batcher.h"
#include "net/step.h"
#include "train/checkpoint.h"
#include "train/options.h"
#include "train/schedule.h"
#include "train/validation.h"
#include "train/variants.h"

#include <math.h>
#include <stdlib.h>

/* One epoch in progress, shared by the team. */
struct epoch {
    const struct mlp_train_options *options;
    const struct mlp_images *images;
    struct step *step;
    /* One is trained on while the other is filled. In a small team each member has two of its own:
     * to fill a batch takes less time than to fetch it from another core's cache. */
    struct batch (*batch)[2];
    struct step_input *input;  /* (members) what they read now */
    uint32_t n_owners;         /* of batches: all members, or 1 */
    struct variants *variants; /* the samples augmented; NULL: as they are */
    uint32_t *order;           /* (n_samples) a permutation */
    uint32_t number;           /* 1.. */
    uint32_t first_step;       /* steps that were done before this training was resumed */
    uint64_t steps_per_epoch;

    /* Written by member 0 between barriers. */
    enum mlp_status halt; /* MLP_OK: go on */
    uint32_t n_done;
    uint64_t n_correct;
    double loss_sum;
    double begin_seconds, report_seconds, save_seconds;
};

enum { REPORTS_PER_SECOND = 10 };

/* The samples of batch i, none beyond the last one. */
static const uint32_t *batch_samples(const struct epoch *e, uint32_t i, uint32_t *n)
{
    uint64_t all = e->images->n_samples, batch = e->options->batch, first = i * batch;
    first = first < all ? first : all;
    *n = (uint32_t)(all - first < batch ? all - first : batch);
    return e->order + first;
}

/* Prepares to fill the batch; augmented rows of it must be there. */
static struct gather begin_gather(struct epoch *e, const struct team *team, uint32_t i)
{
    static const struct team alone = {.id = 0, .n = 1};
    bool own = e->n_owners > 1;
    uint32_t n;
    const uint32_t *samples = batch_samples(e, i, &n);
    const struct mlp_images *images = e->images;
    if (e->variants != NULL) {
        images = &e->variants->rows[i % 2];
        samples = NULL;
    }
    return data_gather_begin(&e->batch[own ? team->id : 0][i % 2], e->step->net->kernel,
                             own ? &alone : team, images, samples, 0, n);
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
                                         .seconds = now - e->begin_seconds};
    e->options->on_progress(e->options->context, &report);
}

static void prepare_step(struct epoch *e, uint32_t i)
{
    struct step *s = e->step;
    s->labels = e->batch[0][i % 2].labels;
    s->input = e->input;
    for (int member = 0; member < s->n_members; member++) {
        const struct batch *batch = &e->batch[e->n_owners > 1 ? member : 0][i % 2];
        e->input[member] = (struct step_input){batch->x, batch->x16};
    }
    step_batch(s, e->batch[0][i % 2].x.rows);
    optimizer_step(&s->optimizer, train_rate(e->options, s->optimizer.t, e->steps_per_epoch));
}

/* What member 0 does between two steps, while the others wait. */
static void between_steps(struct epoch *e, uint32_t i, bool last)
{
    if (i > e->first_step) {
        account(e);
        report_progress(e);
    }
    if (e->halt == MLP_OK && !last && e->options->stop != NULL && *e->options->stop != 0)
        e->halt = MLP_E_STOPPED;
    if (e->halt == MLP_OK && !last)
        prepare_step(e, i);
}

static void gather_some(void *gather)
{
    (void)data_gather_some(gather);
}

static void run_steps(const struct team *team, struct epoch *e)
{
    uint32_t i = e->first_step;
    make_variants(e, team, i);
    if (e->variants != NULL)
        team_barrier(team);
    struct gather gather = begin_gather(e, team, i);
    while (data_gather_some(&gather))
        ;
    make_variants(e, team, i + 1);
    team_barrier(team);
    for (;; i++) {
        bool last = i >= e->steps_per_epoch;
        if (team->id == 0)
            between_steps(e, i, last);
        team_barrier(team);
        if (last || e->halt != MLP_OK)
            return;
        /* The next batch is filled during the step, from rows that were made in the one before. */
        gather = begin_gather(e, team, i + 1);
        struct gemm_aside aside = {gather_some, &gather};
        step_run(e->step, team, &aside);
        while (data_gather_some(&gather))
            ;
        make_variants(e, team, i + 2);
        team_barrier(team);
    }
}

static void run_epoch(const struct team *team, void *context)
{
    struct epoch *e = context;
    step_begin(e->step);
    run_steps(team, e);
    step_end(e->step);
}

/* Runs one epoch; what it measured goes into *report. */
static enum mlp_status train_epoch(struct epoch *e, struct mlp_epoch_report *report)
{
    e->begin_seconds = e->report_seconds = clock_seconds();
    uint32_t done_before = e->n_done;
    data_shuffle(e->order, e->images->n_samples, e->options->seed, e->number);
    team_run(e->step->n_members, run_epoch, e);
    double seconds = clock_seconds() - e->begin_seconds;
    *report = (struct mlp_epoch_report){.epoch = e->number,
                                        .n_epochs = e->options->n_epochs,
                                        .train_loss = e->loss_sum / e->n_done,
                                        .train_accuracy = (double)e->n_correct / e->n_done,
                                        .seconds = seconds,
                                        .images_per_second = (e->n_done - done_before) / seconds};
    return e->halt;
}

/* The weights that count: the average, where one is kept. */
static const struct mlp_net *weights_of(const struct epoch *e, const struct mlp_net *net)
{
    const struct mlp_net *average = e->step->optimizer.average;
    return average == NULL ? net : average;
}

/* After an epoch: on the images held out, else on the test set. */
static enum mlp_status evaluate(const struct epoch *e, const struct mlp_net *net,
                                struct validation *validation, const struct mlp_images *test,
                                struct mlp_epoch_report *report)
{
    const struct mlp_train_options *o = e->options;
    enum mlp_status status = validation_epoch(validation, net, report);
    if (status != MLP_OK || o->validation > 0 || !validation_due(o, e->number))
        return status;
    struct mlp_evaluation evaluation;
    status = mlp_evaluate(net, test, o->n_threads, &evaluation, NULL);
    if (status != MLP_OK)
        return status;
    report->evaluated = true;
    report->test_loss = evaluation.loss;
    report->test_accuracy = evaluation.accuracy;
    return MLP_OK;
}

/* Where training begins: at the first step, or where it was interrupted. */
static void begin(struct epoch *e, struct validation *validation)
{
    const struct mlp_checkpoint *from = e->options->resume;
    e->number = 1;
    if (from == NULL)
        return;
    e->number += (uint32_t)(from->step / e->steps_per_epoch);
    e->first_step = (uint32_t)(from->step % e->steps_per_epoch);
    uint64_t done = (uint64_t)e->first_step * e->options->batch;
    e->n_done = (uint32_t)done;
    e->n_correct = from->n_correct;
    e->loss_sum = from->loss_sum;
    validation->best_epoch = from->best_epoch;
    validation->best_loss = from->best_loss;
    validation->best_accuracy = from->best_accuracy;
}

static void next_epoch(struct epoch *e)
{
    e->number++;
    e->first_step = 0;
    e->n_done = 0;
    e->n_correct = 0;
    e->loss_sum = 0;
}

/* Lets the caller save what is needed to go on; without memory for it, nothing. */
static void save(struct epoch *e, const struct mlp_net *net, const struct mlp_net *good,
                 const struct validation *validation)
{
    const struct mlp_train_options *o = e->options;
    if (o->on_save == NULL)
        return;
    struct mlp_checkpoint *checkpoint = checkpoint_new(net, good, &e->step->optimizer);
    if (checkpoint == NULL)
        return;
    checkpoint->n_epochs = o->n_epochs;
    checkpoint->n_correct = e->n_correct;
    checkpoint->loss_sum = e->loss_sum;
    checkpoint->best_epoch = validation->best_epoch;
    checkpoint->best_loss = validation->best_loss;
    checkpoint->best_accuracy = validation->best_accuracy;
    o->on_save(o->context, good, checkpoint);
    mlp_checkpoint_free(checkpoint);
    e->save_seconds = clock_seconds();
}

static bool save_due(const struct epoch *e)
{
    double every = e->options->save_every;
    return every > 0 && clock_seconds() - e->save_seconds >= every;
}

/* Trains epoch e->number and looks at what it led to; says in *error what went wrong. */
static enum mlp_status learn(struct epoch *e, struct mlp_net *net, struct validation *validation,
                             const struct mlp_images *test, struct mlp_epoch_report *report,
                             struct mlp_error *error)
{
    enum mlp_status status = train_epoch(e, report);
    if (status == MLP_OK && !net_is_finite(net)) /* the last update is in no loss yet */
        status = MLP_E_DIVERGED;
    if (status != MLP_OK) {
        error_set(error, status, NULL, -1);
        error_found(error,
                    status == MLP_E_DIVERGED ? "loss or weights became infinite or NaN in epoch %u"
                                             : "asked to stop in epoch %u",
                    e->number);
        if (status == MLP_E_DIVERGED)
            error_hint(error, "try a lower learning rate than %g",
                       (double)e->options->learning_rate);
        return status;
    }
    status = evaluate(e, weights_of(e, net), validation, test, report);
    if (status != MLP_OK) {
        error_set(error, status, NULL, -1);
        error_found(error, "the evaluation after epoch %u failed", e->number);
    }
    return status;
}

/* good has the weights that are left behind, however training ends. */
static enum mlp_status train_epochs(struct epoch *e, struct mlp_net *net, struct mlp_net *good,
                                    struct validation *validation, const struct mlp_images *test,
                                    struct mlp_error *error)
{
    const struct mlp_train_options *o = e->options;
    enum mlp_status status = MLP_OK;
    begin(e, validation);
    e->save_seconds = clock_seconds();
    while (status == MLP_OK && e->number <= o->n_epochs &&
           !validation_over(validation, e->number - 1)) {
        struct mlp_epoch_report report;
        if (e->number > 1 && e->first_step == 0 && save_due(e))
            save(e, net, good, validation);
        status = learn(e, net, validation, test, &report, error);
        if (status == MLP_E_STOPPED && e->number > 1)
            save(e, net, good, validation);
        if (status != MLP_OK)
            break;
        if (report.kept)
            net_copy_parameters(good, weights_of(e, net));
        report.net = good;
        if (o->on_epoch != NULL)
            o->on_epoch(o->context, &report);
        next_epoch(e);
    }
    net_copy_parameters(net, good);
    return status;
}

/* Measured: bench, rows "epoch" and "by threads". Filling tiles is cheap enough for any team. */
enum { OWNERS_MAX = 4 };

static bool new_batches(struct epoch *e, const struct mlp_net *net)
{
    uint32_t inputs = mlp_net_width(net, 0), size = e->options->batch;
    uint32_t n_members = (uint32_t)e->options->n_threads;
    bool tiles = net->precision == MLP_BF16;
    bool nonzeros = !tiles && nonzeros_pay(e->images, 0, e->images->n_samples);
    e->n_owners = tiles || n_members <= OWNERS_MAX ? n_members : 1;
    e->batch = calloc(e->n_owners, sizeof *e->batch);
    e->input = calloc(n_members, sizeof *e->input);
    bool ok = e->batch != NULL && e->input != NULL;
    for (uint32_t i = 0; ok && i < 2 * e->n_owners; i++) {
        struct batch *batch = &e->batch[i / 2][i % 2];
        ok = tiles ? data_batch_new_tiles(batch, size, inputs)
                   : data_batch_new(batch, size, inputs, nonzeros);
    }
    return ok;
}

static void free_batches(struct epoch *e)
{
    for (uint32_t i = 0; e->batch != NULL && i < 2 * e->n_owners; i++)
        data_batch_free(&e->batch[i / 2][i % 2]);
    free(e->batch);
    free(e->input);
}

enum mlp_status mlp_train(struct mlp_net *net, const struct mlp_dataset *dataset,
                          const struct mlp_train_options *options, struct mlp_error *error)
{
    enum mlp_status status = train_options_check(net, dataset, options, error);
    if (status != MLP_OK)
        return status;
    struct mlp_train_options o = *options;
    struct validation validation = validation_split(&dataset->train, &o);
    const struct mlp_images *images = &validation.train;
    if (o.batch > images->n_samples)
        o.batch = images->n_samples;
    struct epoch e = {.options = &o, .images = images};
    e.steps_per_epoch = images->n_samples / o.batch + (images->n_samples % o.batch != 0);
    status = checkpoint_check(&o, net, images->n_samples, error);
    if (status != MLP_OK)
        return status;
    struct mlp_net *good = net_clone(net);
    if (o.resume != NULL)
        checkpoint_weights(o.resume, net);
    e.step = step_new(net, o.batch, o.n_threads, &o);
    e.order = memory_new((size_t)images->n_samples * sizeof *e.order);
    bool ok = good != NULL && e.step != NULL && e.order != NULL;
    ok = ok && new_batches(&e, net);
    if (o.augment != MLP_AUGMENT_NONE)
        ok = (e.variants = variants_new(images, &o)) != NULL && ok;
    if (ok && o.resume != NULL)
        checkpoint_optimizer(o.resume, net, good, &e.step->optimizer);
    if (ok)
        status = train_epochs(&e, net, good, &validation, &dataset->test, error);
    else
        status = error_memory(error, 0);
    free_batches(&e);
    variants_free(e.variants);
    memory_free(e.order);
    step_free(e.step);
    mlp_net_free(good);
    return status;
}
