#include "train/checkpoint.h"

#include "base/error.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A copy of a block laid out like the net's parameters; files take finite numbers alone. */
static bool take(struct mlp_checkpoint *c, enum mlp_checkpoint_array which,
                 const struct mlp_net *net, const float *block)
{
    c->arrays[which] = memory_new_unset(c->n_parameters * sizeof(float));
    if (c->arrays[which] == NULL || !net_block_is_finite(net, block))
        return false;
    net_flatten(net, block, c->arrays[which]);
    return true;
}

static bool same(const struct mlp_net *a, const struct mlp_net *b)
{
    return memcmp(a->parameters, b->parameters, a->n_floats * sizeof(float)) == 0;
}

struct mlp_checkpoint *checkpoint_new(const struct mlp_net *net, const struct mlp_net *good,
                                      const struct optimizer *optimizer)
{
    struct mlp_checkpoint *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    c->n_parameters = mlp_net_n_parameters(net);
    c->step = optimizer->t;
    const struct mlp_net *average = optimizer->average;
    bool ok = same(net, good) || take(c, MLP_CHECKPOINT_WEIGHTS, net, net->parameters);
    if (ok && average != NULL && !same(average, good))
        ok = take(c, MLP_CHECKPOINT_AVERAGE, net, average->parameters);
    if (ok && optimizer->m != NULL)
        ok = take(c, MLP_CHECKPOINT_M, net, optimizer->m);
    if (ok && optimizer->v != NULL)
        ok = take(c, MLP_CHECKPOINT_V, net, optimizer->v);
    if (ok)
        return c;
    mlp_checkpoint_free(c);
    return NULL;
}

static enum mlp_status fail(struct mlp_error *error, const char *name, uint64_t found,
                            const char *most, uint64_t wanted)
{
    error_set(error, MLP_E_USAGE, NULL, -1);
    error_found(error, "a checkpoint that says %" PRIu64 " %s", found, name);
    error_wanted(error, "%s%" PRIu64 ", by net, data and options", most, wanted);
    error_hint(error, "it goes on with those that it was made with");
    return MLP_E_USAGE;
}

static uint64_t n_moments(const struct mlp_checkpoint *c)
{
    return (uint64_t)(c->arrays[MLP_CHECKPOINT_M] != NULL) + (c->arrays[MLP_CHECKPOINT_V] != NULL);
}

enum mlp_status checkpoint_check(const struct mlp_train_options *options, const struct mlp_net *net,
                                 const struct mlp_images *images, struct mlp_error *error)
{
    const struct mlp_checkpoint *c = options->resume;
    if (c == NULL)
        return MLP_OK;
    uint64_t moments = (uint64_t)optimizer_moments(options->optimizer);
    if (c->n_parameters != mlp_net_n_parameters(net))
        return fail(error, "parameters", c->n_parameters, "", mlp_net_n_parameters(net));
    if (c->n_epochs != options->n_epochs)
        return fail(error, "epochs", c->n_epochs, "", options->n_epochs);
    if (n_moments(c) != moments || (moments == 1 && c->arrays[MLP_CHECKPOINT_M] == NULL))
        return fail(error, "moments", n_moments(c), "", moments);
    uint32_t n_samples = images->n_samples - options->validation;
    uint64_t steps = n_samples / options->batch + (n_samples % options->batch != 0);
    if (c->step > steps * c->n_epochs)
        return fail(error, "steps", c->step, "at most ", steps * c->n_epochs);
    if (c->epoch != c->step / steps)
        return fail(error, "epochs finished", c->epoch, "", c->step / steps);
    uint64_t done = c->step % steps * options->batch;
    if (c->n_correct > done)
        return fail(error, "images of this epoch recognised", c->n_correct, "at most ", done);
    if (c->best_epoch > c->epoch)
        return fail(error, "for its best epoch", c->best_epoch, "at most ", c->epoch);
    return MLP_OK;
}

void checkpoint_restore_weights(const struct mlp_checkpoint *checkpoint, struct mlp_net *net)
{
    if (checkpoint->arrays[MLP_CHECKPOINT_WEIGHTS] != NULL)
        net_unflatten(net, net->parameters, checkpoint->arrays[MLP_CHECKPOINT_WEIGHTS]);
}

void checkpoint_restore_optimizer(const struct mlp_checkpoint *checkpoint,
                                  const struct mlp_net *net, const struct mlp_net *good,
                                  struct optimizer *optimizer)
{
    float *const *arrays = checkpoint->arrays;
    optimizer->t = checkpoint->step;
    if (optimizer->m != NULL)
        net_unflatten(net, optimizer->m, arrays[MLP_CHECKPOINT_M]);
    if (optimizer->v != NULL)
        net_unflatten(net, optimizer->v, arrays[MLP_CHECKPOINT_V]);
    if (optimizer->average == NULL)
        return;
    if (arrays[MLP_CHECKPOINT_AVERAGE] != NULL)
        net_unflatten(net, optimizer->average->parameters, arrays[MLP_CHECKPOINT_AVERAGE]);
    else
        net_copy_parameters(optimizer->average, good);
}
