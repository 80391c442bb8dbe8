#include "cli/resume.h"

#include "base/error.h"
#include "cli/idle.h"
#include "cli/output.h"
#include "cli/recipe.h"

#include <inttypes.h>
#include <string.h>

/* What may be another way each time; take_typed takes it. */
static const char *const free_options[] = {"resume",        "model",      "data",       "threads",
                                           "force-threads", "eval-every", "save-every", "quiet"};

static bool is_free(const char *name)
{
    bool found = false;
    for (size_t i = 0; i < sizeof free_options / sizeof free_options[0]; i++)
        found = found || strcmp(name, free_options[i]) == 0;
    return found;
}

/* Everything else is in the file, and what was typed might contradict it. */
static enum mlp_status check_typed(const struct cli_options *typed, struct mlp_error *error)
{
    for (size_t i = 0; cli_option_at(i) != NULL; i++) {
        const char *name = cli_option_at(i)->name;
        if (!cli_options_typed(typed, name) || is_free(name))
            continue;
        error_set(error, MLP_E_USAGE, NULL, -1);
        error_found(error, "--%s beside --resume", name);
        error_hint(error, "leave it out: the file of weights has the whole recipe");
        return MLP_E_USAGE;
    }
    return MLP_OK;
}

static bool in_range(const char *name, uint32_t value)
{
    for (size_t i = 0; cli_option_at(i) != NULL; i++)
        if (strcmp(cli_option_at(i)->name, name) == 0)
            return value >= cli_option_at(i)->low && value <= cli_option_at(i)->high;
    return false;
}

/* The best one here among those with the same bits: a recipe that names no kernel is of them. */
static const char *reproducible_kernel(void)
{
    struct mlp_kernel_info info;
    for (uint32_t i = 0; mlp_kernel_info(i, &info); i++)
        if (info.available && info.bit_reproducible && !info.only_bf16)
            return info.name;
    return "auto";
}

static enum mlp_status check_unfinished(const struct mlp_model *model, const char *path,
                                        struct mlp_error *error)
{
    if (model->checkpoint != NULL)
        return MLP_OK;
    error_set(error, MLP_E_MODEL, path, -1);
    error_found(error, "weights of a training that is over, or by another program");
    error_wanted(error, "those of one that was interrupted");
    error_hint(error, "`mlp train --init-from FILE` begins a new training with them");
    return MLP_E_MODEL;
}

/* Files come from anywhere: what they say is held to what may be typed. */
static enum mlp_status fail_recipe(const struct mlp_model *model, const char *path,
                                   struct mlp_error *error)
{
    error_set(error, MLP_E_MODEL, path, -1);
    error_found(error, "the recipe \"%.150s\" of %" PRIu32 " epochs", model->metadata.recipe,
                model->checkpoint->n_epochs);
    error_wanted(error, "options of `mlp train` that this program and machine have");
    error_hint(error, "`mlp train --init-from FILE` begins a new training with the weights");
    return MLP_E_MODEL;
}

static enum mlp_status read_recipe(struct cli_resume *resume, const char *path,
                                   struct mlp_error *error)
{
    enum { ROOM = 128 };
    char command[] = "train", *argv[ROOM + 2] = {command};
    struct cli_options *options = &resume->options;
    uint32_t n_epochs = resume->model.checkpoint->n_epochs;
    int n = cli_recipe_split(resume->model.metadata.recipe, resume->words, argv + 1, ROOM);
    *options = cli_options_default(CLI_TRAIN);
    if (n == 0 || cli_options_parse(options, CLI_TRAIN, n + 1, argv) != 0 ||
        cli_options_refuse_idle(options, CLI_TRAIN) != 0 || !in_range("epochs", n_epochs))
        return fail_recipe(&resume->model, path, error);
    options->epochs = n_epochs;
    if (!cli_options_typed(options, "kernel"))
        options->kernel = reproducible_kernel();
    return MLP_OK;
}

/* Where it decides which epochs are looked at, it is no matter of taste. */
static enum mlp_status check_eval_every(const struct cli_options *options,
                                        const struct cli_options *typed, struct mlp_error *error)
{
    if (options->early_stop == 0 || !cli_options_typed(typed, "eval-every"))
        return MLP_OK;
    error_set(error, MLP_E_USAGE, NULL, -1);
    error_found(error, "--eval-every beside --resume of a training with --early-stop");
    error_hint(error, "leave it out: the file says which epochs are looked at");
    return MLP_E_USAGE;
}

static void take_typed(struct cli_options *options, const struct cli_options *typed)
{
    bool builtin = options->data != NULL && strcmp(options->data, "builtin") == 0;
    if (!builtin || typed->data != NULL)
        options->data = typed->data;
    options->model = typed->model;
    options->threads = typed->threads;
    options->force_threads = typed->force_threads;
    options->save_every = typed->save_every;
    options->quiet = typed->quiet;
    options->help = false;
    options->typed |= typed->typed;
    if (options->early_stop == 0)
        options->eval_every = typed->eval_every;
}

int cli_resume_open(struct cli_resume *resume, const struct cli_options *typed)
{
    struct mlp_error error = {0};
    *resume = (struct cli_resume){0};
    enum mlp_status status = check_typed(typed, &error);
    if (status == MLP_OK)
        status = mlp_model_read(&resume->model, typed->model, &error);
    if (status == MLP_OK)
        status = check_unfinished(&resume->model, typed->model, &error);
    if (status == MLP_OK)
        status = read_recipe(resume, typed->model, &error);
    if (status == MLP_OK)
        status = check_eval_every(&resume->options, typed, &error);
    if (status != MLP_OK)
        return cli_fail(&error);
    take_typed(&resume->options, typed);
    return 0;
}

void cli_resume_close(struct cli_resume *resume)
{
    mlp_model_free(&resume->model);
}
