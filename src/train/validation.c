#include "train/validation.h"

#include "base/error.h"

struct validation validation_split(const struct mlp_images *images,
                                   const struct mlp_train_options *options)
{
    struct validation v = {.train = *images, .held_out = *images, .options = options};
    uint32_t n_train = images->n_samples - options->validation;
    v.train.n_samples = n_train;
    v.held_out.n_samples = options->validation;
    v.held_out.pixels += (size_t)n_train * images->n_rows * images->n_cols;
    v.held_out.labels += n_train;
    return v;
}

enum mlp_status validation_check(const struct mlp_images *images,
                                 const struct mlp_train_options *options, struct mlp_error *error)
{
    if (options->validation > 0 && options->validation >= images->n_samples) {
        error_set(error, MLP_E_USAGE, NULL, -1);
        error_found(error, "%u of %u training images held out for validation", options->validation,
                    images->n_samples);
        error_wanted(error, "fewer, so that some are left to train on");
        return MLP_E_USAGE;
    }
    if (options->early_stop > 0 && (options->validation == 0 || options->eval_every == 0)) {
        error_set(error, MLP_E_USAGE, NULL, -1);
        error_found(error, "early stopping without %s",
                    options->validation == 0 ? "a validation split" : "evaluations");
        error_wanted(error, "images that are held out and looked at after each epoch");
        return MLP_E_USAGE;
    }
    return MLP_OK;
}

bool validation_due(const struct mlp_train_options *options, uint32_t epoch)
{
    return options->eval_every > 0 &&
           (epoch % options->eval_every == 0 || epoch == options->n_epochs);
}

/* Accuracy is what recipes are compared by; the loss goes on falling or rising where it stands
 * still, and decides between equals. */
static bool better(const struct validation *v, const struct mlp_evaluation *evaluation)
{
    return v->best_epoch == 0 || evaluation->accuracy > v->best_accuracy ||
           (evaluation->accuracy == v->best_accuracy && evaluation->loss < v->best_loss);
}

enum mlp_status validation_epoch(struct validation *v, const struct mlp_net *net,
                                 struct mlp_epoch_report *report)
{
    report->kept = v->options->early_stop == 0 || v->best_epoch == 0;
    if (v->options->validation == 0 || !validation_due(v->options, report->epoch))
        return MLP_OK;
    struct mlp_evaluation evaluation;
    enum mlp_status status =
        mlp_evaluate(net, &v->held_out, v->options->n_threads, &evaluation, NULL);
    if (status != MLP_OK)
        return status;
    report->validated = true;
    report->validation_loss = evaluation.loss;
    report->validation_accuracy = evaluation.accuracy;
    if (better(v, &evaluation)) {
        v->best_epoch = report->epoch;
        v->best_loss = evaluation.loss;
        v->best_accuracy = evaluation.accuracy;
        report->kept = true;
    }
    return MLP_OK;
}

/* Epochs that were not looked at say nothing. */
bool validation_over(const struct validation *v, uint32_t epoch)
{
    uint32_t patience = v->options->early_stop;
    return validation_due(v->options, epoch) && patience > 0 && v->best_epoch > 0 &&
           epoch - v->best_epoch >= patience;
}
