#include "cli/resume.h"

#include "base/error.h"
#include "cli/output.h"
#include "cli/recipe.h"

#include <string.h>

/* What changes no weight, and may be another way each time. */
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

/* What the options were, by the file; it is only believed where it says nothing about files. */
static enum mlp_status read_recipe(struct cli_resume *resume, const char *path,
                                   struct mlp_error *error)
{
    enum { ROOM = 128 };
    char command[] = "train", *argv[ROOM + 2] = {command};
    const char *recipe = resume->model.metadata.recipe;
    int n = cli_recipe_split(recipe, resume->words, argv + 1, ROOM);
    resume->options = cli_options_default(CLI_TRAIN);
    if (n > 0 && cli_options_parse(&resume->options, CLI_TRAIN, n + 1, argv) == 0)
        return MLP_OK;
    error_set(error, MLP_E_MODEL, path, -1);
    error_found(error, "the recipe \"%.150s\"", recipe);
    error_wanted(error, "the options of `mlp train`, none left out");
    return MLP_E_MODEL;
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
    if (options->early_stop == 0) /* else it decides which epochs are looked at */
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
    if (status != MLP_OK)
        return cli_fail(&error);
    take_typed(&resume->options, typed);
    resume->options.epochs = resume->model.checkpoint->n_epochs;
    return 0;
}

void cli_resume_close(struct cli_resume *resume)
{
    mlp_model_free(&resume->model);
}
