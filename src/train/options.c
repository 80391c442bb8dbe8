#include "train/options.h"

#include "base/error.h"
#include "base/memory.h"
#include "data/augment.h"
#include "net/optimizer.h"
#include "train/validation.h"

#include <math.h>

struct mlp_train_options mlp_train_defaults(void)
{
    return (struct mlp_train_options){
        .n_epochs = 12,
        .batch = 128,
        .learning_rate = 0.5f, /* best of 0.05..1 on a validation split: docs/recipes.md */
        .momentum = 0.9f,
        .beta2 = 0.999f, /* and epsilon: Kingma and Ba 2015, algorithm 1 */
        .epsilon = 1e-8f,
        .augment_strength = 1,
        .seed = 1,
        .n_threads = 1,
        .eval_every = 1};
}

/* As on the command line: images are some ten apart. */
enum { ADVERSARIAL_MAX = 1000 };

/* The net, the last good one, moments, average and gradients. Memory that is not there is not
 * refused by the kernel, which then ends whoever uses it. */
static enum mlp_status check_memory(const struct mlp_net *net, const struct mlp_train_options *o,
                                    struct mlp_error *error)
{
    int copies = 2 + optimizer_moments(o->optimizer) + (o->ema > 0) + (o->clip_norm > 0);
    double bytes = (double)copies * (double)net->n_floats * sizeof(float);
    double machine = (double)memory_machine_bytes();
    if (bytes <= machine)
        return MLP_OK;
    error_set(error, MLP_E_USAGE, NULL, -1);
    error_found(error, "a training that takes %.1f GiB for %d arrays of all parameters",
                bytes / 0x1p30, copies);
    error_wanted(error, "at most the %.1f GiB of this machine", machine / 0x1p30);
    error_hint(error, "choose narrower layers, or a rule that remembers less, such as sgd");
    return MLP_E_USAGE;
}

/* Images of the net's input size, each label a class: what indexes memory later on. */
static enum mlp_status check_images(const struct mlp_net *net, const struct mlp_dataset *dataset,
                                    const struct mlp_images *images, struct mlp_error *error)
{
    uint32_t inputs = mlp_net_width(net, 0), outputs = mlp_net_width(net, net->n_layers);
    uint64_t pixels = (uint64_t)images->n_rows * images->n_cols;
    if (pixels != inputs || dataset->n_classes > outputs) {
        error_set(error, MLP_E_USAGE, NULL, -1);
        error_found(error, "a network of %u inputs and %u outputs", inputs, outputs);
        error_wanted(error, "%u x %u inputs and %u classes, as in the data", images->n_rows,
                     images->n_cols, dataset->n_classes);
        return MLP_E_USAGE;
    }
    for (uint32_t i = 0; i < images->n_samples; i++)
        if (images->labels[i] >= dataset->n_classes) {
            error_set(error, MLP_E_USAGE, NULL, -1);
            error_found(error, "label %u of sample %u", images->labels[i], i);
            error_wanted(error, "labels below the number of classes, %u", dataset->n_classes);
            return MLP_E_USAGE;
        }
    return MLP_OK;
}

enum mlp_status train_options_check(const struct mlp_net *net, const struct mlp_dataset *dataset,
                                    const struct mlp_train_options *o, struct mlp_error *error)
{
    enum mlp_status status = check_images(net, dataset, &dataset->train, error);
    if (status == MLP_OK && o->eval_every > 0 && o->validation == 0)
        status = check_images(net, dataset, &dataset->test, error);
    if (status == MLP_OK)
        status = validation_check(&dataset->train, o, error);
    if (status == MLP_OK)
        status = check_memory(net, o, error);
    if (status != MLP_OK)
        return status;
    uint32_t n_samples = dataset->train.n_samples;
    if (n_samples == 0 || o->batch == 0 || o->n_threads < 1 ||
        !(o->learning_rate > 0 && isfinite(o->learning_rate))) {
        error_set(error, MLP_E_USAGE, NULL, -1);
        error_found(error, "%u samples, batch %u, %d threads, learning rate %g", n_samples,
                    o->batch, o->n_threads, (double)o->learning_rate);
        error_wanted(error, "at least one of each, and a finite rate above 0");
        return MLP_E_USAGE;
    }
    if (!(o->momentum >= 0 && o->momentum < 1 &&
          (o->optimizer != MLP_ADAMW ||
           (o->beta2 >= 0 && o->beta2 < 1 && o->epsilon >= 1e-30f && o->epsilon <= 1e6f)))) {
        error_set(error, MLP_E_USAGE, NULL, -1);
        error_found(error, "momentum %g, beta2 %g, epsilon %g", (double)o->momentum,
                    (double)o->beta2, (double)o->epsilon);
        error_wanted(error, "the first two from 0 to below 1, epsilon from 1e-30 to 1e6");
        return MLP_E_USAGE;
    }
    if (!(o->dropout >= 0 && o->dropout < 1 && o->ema >= 0 && o->ema < 1 &&
          o->label_smoothing >= 0 && o->label_smoothing <= 1 && o->clip_norm >= 0 &&
          o->adversarial >= 0 && o->adversarial <= ADVERSARIAL_MAX)) {
        error_set(error, MLP_E_USAGE, NULL, -1);
        error_found(error, "dropout %g, ema %g, label smoothing %g, clip norm %g, adversarial %g",
                    (double)o->dropout, (double)o->ema, (double)o->label_smoothing,
                    (double)o->clip_norm, (double)o->adversarial);
        error_wanted(error,
                     "0 or more of each, the first two below 1, the third at most 1, the last %d",
                     ADVERSARIAL_MAX);
        return MLP_E_USAGE;
    }
    if (!data_augment_fits(o->augment, o->augment_strength, &dataset->train)) {
        error_set(error, MLP_E_USAGE, NULL, -1);
        error_found(error, "augmentation of %u x %u pixels, strength %g", dataset->train.n_rows,
                    dataset->train.n_cols, (double)o->augment_strength);
        error_wanted(error, "at most %d pixels a side, and a strength from 0 to %d",
                     MLP_AUGMENT_SIDE_MAX, MLP_AUGMENT_STRENGTH_MAX);
        return MLP_E_USAGE;
    }
    return MLP_OK;
}
