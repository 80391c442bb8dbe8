/* train.c - the loop over epochs: train, evaluate, keep what is good, let the caller save it. */
#include "base/clock.h"
#include "base/error.h"
#include "train/checkpoint.h"
#include "train/epoch.h"
#include "train/options.h"
#include "train/validation.h"

#include <math.h>

struct training {
    struct mlp_train_options options;
    struct mlp_net *net;
    struct mlp_net *good; /* has the weights that are left behind, however training ends */
    const struct mlp_images *test;
    struct validation validation;
    struct epoch epoch;
    double save_seconds; /* when it was saved last, or began */
};

/* The weights that count: the average, where one is kept. */
static const struct mlp_net *weights_of(const struct training *t)
{
    const struct mlp_net *average = t->epoch.step->optimizer.average;
    return average == NULL ? t->net : average;
}

/* After an epoch: on the images held out, else on the test set. */
static enum mlp_status evaluate(struct training *t, struct mlp_epoch_report *report)
{
    const struct mlp_train_options *o = &t->options;
    enum mlp_status status = validation_epoch(&t->validation, weights_of(t), report);
    if (status != MLP_OK || o->validation > 0 || !validation_due(o, report->epoch))
        return status;
    struct mlp_evaluation evaluation;
    status = mlp_evaluate(weights_of(t), t->test, o->n_threads, &evaluation, NULL);
    if (status != MLP_OK)
        return status;
    report->evaluated = true;
    report->test_loss = evaluation.loss;
    report->test_accuracy = evaluation.accuracy;
    return MLP_OK;
}

/* One epoch and a look at what it led to; says in *error what went wrong. */
static enum mlp_status learn(struct training *t, struct mlp_epoch_report *report,
                             struct mlp_error *error)
{
    enum mlp_status status = epoch_run(&t->epoch, report);
    if (status != MLP_E_DIVERGED && !net_is_finite(t->net)) /* the last update is in no loss yet */
        status = MLP_E_DIVERGED;
    const char *what =
        status == MLP_E_DIVERGED ? "loss or weights became infinite or NaN in" : "asked to stop in";
    if (status == MLP_OK) {
        status = evaluate(t, report);
        what = "the evaluation failed after";
    }
    if (status == MLP_OK)
        return MLP_OK;
    error_set(error, status, NULL, -1);
    error_found(error, "%s epoch %u", what, t->epoch.number);
    if (status == MLP_E_DIVERGED)
        error_hint(error, "try a lower learning rate than %g", (double)t->options.learning_rate);
    return status;
}

/* ---- interruptions ---------------------------------------------------------------------- */

/* Goes on where it was; the net has the checkpoint's weights already. */
static void resume(struct training *t)
{
    const struct mlp_checkpoint *from = t->options.resume;
    struct epoch *e = &t->epoch;
    checkpoint_restore_optimizer(from, t->net, t->good, &e->step->optimizer);
    e->number = from->epoch + 1;
    e->first_step = (uint32_t)(from->step % e->steps_per_epoch);
    e->n_done = e->first_step * t->options.batch;
    e->n_correct = from->n_correct;
    e->loss_sum = from->loss_sum;
    t->validation.best_epoch = from->best_epoch;
    t->validation.best_loss = from->best_loss;
    t->validation.best_accuracy = from->best_accuracy;
}

/* Lets the caller save what is needed to go on, if that can be had. */
static void save(struct training *t)
{
    const struct mlp_train_options *o = &t->options;
    const struct epoch *e = &t->epoch;
    bool known = isfinite(t->validation.best_loss);
    struct mlp_checkpoint *checkpoint =
        o->on_save == NULL || !known ? NULL : checkpoint_new(t->net, t->good, &e->step->optimizer);
    if (checkpoint == NULL)
        return;
    checkpoint->epoch = e->number - 1;
    checkpoint->n_epochs = o->n_epochs;
    checkpoint->n_correct = e->n_correct;
    checkpoint->loss_sum = e->loss_sum;
    checkpoint->best_epoch = t->validation.best_epoch;
    checkpoint->best_loss = t->validation.best_loss;
    checkpoint->best_accuracy = t->validation.best_accuracy;
    o->on_save(o->context, t->good, checkpoint);
    mlp_checkpoint_free(checkpoint);
    t->save_seconds = clock_seconds();
}

/* Before an epoch, where there is anything to save. */
static bool save_due(const struct training *t)
{
    double every = t->options.save_every;
    return t->epoch.number > 1 && t->epoch.first_step == 0 && every > 0 &&
           clock_seconds() - t->save_seconds >= every;
}

/* ---- all epochs ------------------------------------------------------------------------- */

static bool is_over(const struct training *t)
{
    return t->epoch.number > t->options.n_epochs ||
           validation_over(&t->validation, t->epoch.number - 1);
}

static enum mlp_status train_epochs(struct training *t, struct mlp_error *error)
{
    const struct mlp_train_options *o = &t->options;
    t->save_seconds = clock_seconds();
    while (!is_over(t)) {
        struct mlp_epoch_report report;
        if (save_due(t))
            save(t);
        enum mlp_status status = learn(t, &report, error);
        if (status == MLP_E_STOPPED && t->epoch.number > 1)
            save(t);
        if (status != MLP_OK)
            return status;
        if (report.kept)
            net_copy_parameters(t->good, weights_of(t));
        if (o->on_epoch != NULL)
            o->on_epoch(o->context, &report);
        epoch_next(&t->epoch);
    }
    return MLP_OK;
}

enum mlp_status mlp_train_check(const struct mlp_net *net, const struct mlp_dataset *dataset,
                                const struct mlp_train_options *options, struct mlp_error *error)
{
    enum mlp_status status = train_options_check(net, dataset, options, error);
    return status == MLP_OK ? checkpoint_check(options, net, &dataset->train, error) : status;
}

enum mlp_status mlp_train(struct mlp_net *net, const struct mlp_dataset *dataset,
                          const struct mlp_train_options *options, struct mlp_error *error)
{
    enum mlp_status status = mlp_train_check(net, dataset, options, error);
    if (status != MLP_OK)
        return status;
    struct training t = {.options = *options, .net = net, .test = &dataset->test};
    t.validation = validation_split(&dataset->train, &t.options);
    const struct mlp_images *images = &t.validation.train;
    if (t.options.batch > images->n_samples)
        t.options.batch = images->n_samples;
    t.good = net_clone(net);
    if (t.good == NULL)
        return error_memory(error, 0);
    if (options->resume != NULL) /* before they are packed for the first step */
        checkpoint_restore_weights(options->resume, net);
    if (epoch_new(&t.epoch, net, &t.options, images)) {
        if (options->resume != NULL)
            resume(&t);
        status = train_epochs(&t, error);
    } else {
        status = error_memory(error, 0);
    }
    net_copy_parameters(net, t.good);
    epoch_free(&t.epoch);
    mlp_net_free(t.good);
    return status;
}
