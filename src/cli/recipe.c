#include "cli/recipe.h"

#include "base/file.h"
#include "cli/value.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char more[] = " ...";

/* A text that takes whole words while there is room. */
struct words {
    char *text;
    size_t size, length;
    bool full;
};

static void add(struct words *words, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct words *words, const char *format, ...)
{
    char word[8192];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(word, sizeof word, format, arguments);
    va_end(arguments);
    size_t space = words->length > 0; /* the blank between two */
    if (n < 0 || (size_t)n >= sizeof word ||
        words->length + space + (size_t)n + sizeof more > words->size) {
        words->full = true;
        return;
    }
    if (space != 0)
        words->text[words->length++] = ' ';
    memcpy(words->text + words->length, word, (size_t)n + 1);
    words->length += (size_t)n;
}

/* One word for a POSIX shell: quoted only where it must be, a ' as '\''. */
static void quote(const char *text, char *quoted, size_t size)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                "0123456789_-./,:=@%+";
    if (text[0] != '\0' && strspn(text, plain) == strlen(text)) {
        snprintf(quoted, size, "%s", text);
        return;
    }
    size_t at = 0;
    quoted[at++] = '\'';
    for (; *text != '\0' && at + 6 < size; text++) {
        if (*text == '\'')
            at += (size_t)snprintf(quoted + at, size - at, "'\\''");
        else
            quoted[at++] = *text;
    }
    quoted[at++] = '\'';
    quoted[at] = '\0';
}

static void add_path(struct words *words, const char *option, const char *path)
{
    char quoted[4200]; /* PATH_MAX is 4096 */
    quote(path, quoted, sizeof quoted);
    add(words, "%s %s", option, quoted);
}

static const char as_before[] = "# as it was before";

/* The file that the training started from is the one that it saves to. */
static bool start_was_replaced(const struct cli_job *job)
{
    if (job->checkpoint != NULL) /* names may be of another folder now */
        return strstr(job->origin.recipe, as_before) != NULL;
    return file_same(job->options->init_from, job->options->model);
}

static void add_start(struct words *words, const struct cli_job *job)
{
    enum mlp_activation activation = mlp_net_activation(job->net);
    if (activation != MLP_RELU)
        add(words, "--activation %s", mlp_activation_name(activation));
    if (job->options->init_from != NULL) { /* which has the widths, too */
        add_path(words, "--init-from", job->options->init_from);
        if (words->full) { /* the rest shall stay a recipe */
            words->full = false;
            add_path(words, "--init-from", "(too long)");
        }
        if (start_was_replaced(job))
            add(words, "%s", as_before);
        return;
    }
    if (job->options->init != MLP_HE)
        add(words, "--init xavier");
    char layers[CLI_HIDDEN_MAX * 9 + 8];
    cli_layers_format(&job->options->layers, layers, sizeof layers);
    add(words, "--layers %s", layers);
}

/* Whether another kernel with this seed would give other bits. */
static bool kernel_matters(const char *name)
{
    struct mlp_kernel_info info;
    for (uint32_t i = 0; mlp_kernel_info(i, &info); i++)
        if (strcmp(info.name, name) == 0)
            return !info.bit_reproducible;
    return true;
}

static void format(const struct cli_options *options, const char *name, char *value, size_t size)
{
    cli_value_named(name, options, value, size);
}

static void add_option(struct words *words, const struct cli_options *options, const char *name)
{
    char value[64];
    format(options, name, value, sizeof value);
    add(words, "--%s %s", name, value);
}

/* Adds an option that was typed or that a preset sets; the others change nothing. What `default`
 * sets is said even where it is off, since whoever types nothing gets it. */
static void add_set(struct words *words, const struct cli_options *options, const char *name)
{
    struct cli_options plain = cli_options_plain(), usual = cli_options_default(CLI_TRAIN);
    char value[64], plain_value[64], usual_value[64];
    format(options, name, value, sizeof value);
    format(&plain, name, plain_value, sizeof plain_value);
    format(&usual, name, usual_value, sizeof usual_value);
    if (strcmp(value, plain_value) != 0 || strcmp(usual_value, plain_value) != 0)
        add(words, "--%s %s", name, value);
}

/* Off at 0; the name of the option, and what to call it. */
static const char *const extras[][2] = {{"clip-norm", "gradients clipped to norm"},
                                        {"label-smoothing", "label smoothing"},
                                        {"dropout", "dropout"},
                                        {"ema", "weights averaged with decay"},
                                        {"adversarial", "images moved against the network by"}};
enum { N_EXTRAS = sizeof extras / sizeof extras[0] };

static void describe_extras(struct words *words, const struct cli_options *options)
{
    for (int i = 0; i < N_EXTRAS; i++) {
        char value[64];
        format(options, extras[i][0], value, sizeof value);
        if (strcmp(value, "0") == 0)
            continue;
        if (words->length + 1 < words->size) /* a comma to what stands before */
            words->text[words->length++] = ',';
        add(words, "%s %s", extras[i][1], value);
    }
}

void cli_recipe_describe(const struct cli_options *options, char *text, size_t size)
{
    char optimizer[32], momentum[32], rate[32], schedule[32], warmup[32], decay[32];
    format(options, "optimizer", optimizer, sizeof optimizer);
    format(options, "momentum", momentum, sizeof momentum);
    format(options, "lr", rate, sizeof rate);
    format(options, "schedule", schedule, sizeof schedule);
    format(options, "warmup", warmup, sizeof warmup);
    format(options, "weight-decay", decay, sizeof decay);
    struct words words = {.text = text, .size = size};
    add(&words, "%s", optimizer);
    if (options->optimizer != MLP_SGD)
        add(&words, "%s", momentum);
    add(&words, "at rate %s", rate);
    if (options->schedule != MLP_CONSTANT)
        add(&words, "(%s)", schedule);
    if (options->warmup > 0)
        add(&words, "after %s epochs of warm-up", warmup);
    if (options->weight_decay > 0)
        add(&words, "with weight decay %s", decay);
    describe_extras(&words, options);
}

/* Whatever else changes weights. */
static const char *const settings[] = {"weight-decay",    "schedule",   "warmup",    "clip-norm",
                                       "label-smoothing", "dropout",    "ema",       "adversarial",
                                       "augment",         "validation", "early-stop"};

static void add_training(struct words *words, const struct cli_job *job, uint32_t n_epochs)
{
    const struct cli_options *options = job->options;
    add(words, "--epochs %" PRIu32 " --batch %" PRIu32, n_epochs, options->batch);
    add_option(words, options, "lr");
    add_option(words, options, "optimizer");
    if (options->optimizer != MLP_SGD)
        add_option(words, options, "momentum");
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        add_set(words, options, settings[i]);
    if (options->augment != MLP_AUGMENT_NONE)
        add_set(words, options, "augment-strength");
    if (options->early_stop > 0) /* chooses among the epochs that are looked at */
        add_set(words, options, "eval-every");
    add(words, "--seed %" PRIu64, options->seed);
    if (options->classes != 0)
        add(words, "--classes %" PRIu32, options->classes);
    if (options->label_base != 0)
        add(words, "--label-base %" PRIu32, options->label_base);
    bool bf16 = mlp_net_precision(job->net) == MLP_BF16;
    if (bf16)
        add(words, "--precision bf16");
    if (bf16 || kernel_matters(mlp_net_kernel(job->net)))
        add(words, "--kernel %s", mlp_net_kernel(job->net));
    add_start(words, job);
}

static void finish(struct words *words)
{
    if (words->full)
        memcpy(words->text + words->length, more, sizeof more);
}

void cli_recipe(const struct cli_job *job, uint32_t n_epochs, char *text, size_t size)
{
    struct words words = {.text = text, .size = size};
    text[0] = '\0';
    if (job->source == CLI_SOURCE_BUILTIN)
        add(&words, "--data builtin");
    /* At a constant rate, fewer epochs make the same weights; other schedules stretch to their end,
     * and a last epoch is looked at even if it is not its turn. Such a run can be repeated only by
     * stopping it there again. */
    const struct cli_options *options = job->options;
    bool same_end = options->early_stop == 0 || n_epochs % options->eval_every == 0;
    bool whole = n_epochs == options->epochs || (options->schedule == MLP_CONSTANT && same_end);
    add_training(&words, job, whole ? n_epochs : options->epochs);
    if (!whole)
        add(&words, "# stopped after epoch %" PRIu32, n_epochs);
    finish(&words);
}

void cli_command_line(const struct cli_job *job, char *text, size_t size)
{
    struct words words = {.text = text, .size = size};
    text[0] = '\0';
    add(&words, "mlp train");
    char *folder = job->source == CLI_SOURCE_BUILTIN ? NULL : realpath(job->dataset.origin, NULL);
    if (folder != NULL)
        add_path(&words, "--data", folder);
    else
        add_path(&words, "--data",
                 job->source == CLI_SOURCE_BUILTIN ? "builtin" : job->dataset.origin);
    free(folder);
    add_training(&words, job, job->options->epochs);
    finish(&words);
}

void cli_resume_line(const char *model, const char *data, char *text, size_t size)
{
    struct words words = {.text = text, .size = size};
    text[0] = '\0';
    add(&words, "mlp train --resume");
    if (strcmp(model, cli_options_plain().model) != 0)
        add_path(&words, "--model", model);
    if (data != NULL)
        add_path(&words, "--data", data);
    finish(&words);
}

/* One word, without its quotes, to *to; where it ended, or NULL if a quote has no end. */
static const char *unquote(const char *from, char **to)
{
    bool quoted = false;
    for (; *from != '\0' && (quoted || *from != ' '); from++) {
        if (*from == '\'')
            quoted = !quoted;
        else if (*from == '\\' && !quoted && from[1] != '\0')
            *(*to)++ = *++from;
        else
            *(*to)++ = *from;
    }
    *(*to)++ = '\0';
    return quoted ? NULL : from;
}

int cli_recipe_split(const char *recipe, char *words, char **argv, int n_room)
{
    size_t length = strlen(recipe), n_more = sizeof more - 1;
    if (length >= n_more && strcmp(recipe + length - n_more, more) == 0)
        return 0;
    int n = 0;
    while (recipe != NULL && *(recipe += strspn(recipe, " ")) != '\0' && *recipe != '#') {
        if (n == n_room)
            return 0;
        argv[n++] = words;
        recipe = unquote(recipe, &words);
    }
    return recipe == NULL ? 0 : n;
}
