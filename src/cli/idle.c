#include "cli/idle.h"

#include "base/error.h"
#include "cli/output.h"

static bool plain_sgd(const struct cli_options *options)
{
    return options->optimizer == MLP_SGD;
}

static bool undistorted(const struct cli_options *options)
{
    return options->augment == MLP_AUGMENT_NONE;
}

static bool read_from_file(const struct cli_options *options)
{
    return options->init_from != NULL;
}

static bool nothing_held_out(const struct cli_options *options)
{
    return options->early_stop > 0 && options->validation == 0;
}

static bool never_looked_at(const struct cli_options *options)
{
    return options->early_stop > 0 && options->eval_every == 0;
}

static bool sweep(const struct cli_options *options)
{
    return !options->grid;
}

static bool listed_rates(const struct cli_options *options)
{
    return options->lrs.n > 0;
}

static bool listed_batches(const struct cli_options *options)
{
    return options->batches.n > 0;
}

static bool grid(const struct cli_options *options)
{
    return options->grid;
}

enum { LEARN = CLI_RUN | CLI_TRAIN, FIT = LEARN | CLI_TUNE };

static const struct {
    const char *option;
    uint32_t commands;
    bool (*idle)(const struct cli_options *options);
    const char *beside, *hint;
} rules[] = {
    {"momentum", FIT, plain_sgd, "with --optimizer sgd", "momentum, nesterov and adamw have one"},
    {"augment-strength", FIT, undistorted, "without --augment",
     "say what is to be distorted, such as --augment affine"},
    {"init", FIT, read_from_file, "beside --init-from",
     "weights are either drawn or read: leave one of them out"},
    {"early-stop", LEARN, nothing_held_out, "without --validation",
     "hold images out to look at, such as --validation 5000"},
    {"early-stop", LEARN, never_looked_at, "with --eval-every 0",
     "let epochs be looked at, such as --eval-every 1"},
    {"lrs", CLI_TUNE, sweep, "without --grid", "a sweep tries all rates by itself"},
    {"batches", CLI_TUNE, sweep, "without --grid", "a sweep takes one --batch"},
    {"lr", CLI_TUNE, sweep, "without --grid", "a sweep tries all rates by itself"},
    {"schedule", CLI_TUNE, sweep, "without --grid", "the rate of a sweep just rises"},
    {"warmup", CLI_TUNE, sweep, "without --grid", "the rate of a sweep just rises"},
    {"epochs", CLI_TUNE, sweep, "without --grid",
     "a sweep takes one pass, or less if the loss explodes"},
    {"ema", CLI_TUNE, sweep, "without --grid", "a sweep looks at each step, not at averages"},
    {"lr", CLI_TUNE, listed_rates, "beside --lrs", "the list has all that are tried"},
    {"batch", CLI_TUNE, listed_batches, "beside --batches", "the list has all that are tried"},
    {"out", CLI_TUNE, grid, "with --grid", "a grid prints its table and draws nothing"},
};

bool cli_idle_at(uint32_t command, size_t i, const char **option, const char **beside)
{
    for (size_t at = 0; at < sizeof rules / sizeof rules[0]; at++)
        if ((rules[at].commands & command) != 0 && i-- == 0) {
            *option = rules[at].option;
            *beside = rules[at].beside;
            return true;
        }
    return false;
}

int cli_options_refuse_idle(const struct cli_options *options, uint32_t command)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if ((rules[i].commands & command) == 0 || !cli_options_typed(options, rules[i].option) ||
            !rules[i].idle(options))
            continue;
        struct mlp_error error = {0};
        error_set(&error, MLP_E_USAGE, NULL, -1);
        error_found(&error, "--%s %s", rules[i].option, rules[i].beside);
        error_hint(&error, "%s", rules[i].hint);
        return cli_fail(&error);
    }
    return 0;
}
