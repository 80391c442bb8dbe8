#include "cli/options.h"

#include "cli/command.h"
#include "cli/output.h"
#include "cli/suggest.h"
#include "cli/value.h"
#include "mlp.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

enum {
    LEARN = CLI_RUN | CLI_TRAIN,
    USE = CLI_EVAL | CLI_PREDICT,
    WORK = LEARN | USE,
    ALL = WORK | CLI_INFO,
    SHOW = CLI_AUGMENT,
    MILLION = 1000000
};

#define FIELD(name) offsetof(struct cli_options, name)

/* Ranges: epochs and batches beyond a million are slips of the keyboard, threads beyond 1024 would
 * only fail to start; labels are bytes. */
static const struct cli_option table[] = {
    {"data", "DIR", CLI_TEXT, WORK | SHOW, FIELD(data), 0, 0, 0, "$MNIST_DIR, data/, builtin",
     "folder of the four IDX files, or builtin"},
    {"model", "FILE", CLI_TEXT, ALL, FIELD(model), FIELD(model_typed), 0, 0, NULL,
     "the weights (.npz)"},
    {"layers", "LIST", CLI_LAYERS, LEARN, FIELD(layers), FIELD(layers_typed), 0, 0, NULL,
     "widths of the hidden layers, or none"},
    {"activation", "relu|leaky-relu|gelu|tanh|sigmoid", CLI_CHOICE, WORK, FIELD(activation),
     FIELD(activation_typed), 0, 0, "what the weights say, relu", "between layers"},
    {"init", "he|xavier", CLI_CHOICE, LEARN, FIELD(init), 0, 0, 0, NULL,
     "how weights are drawn from the seed"},
    {"epochs", "N", CLI_COUNT, LEARN, FIELD(epochs), 0, 1, MILLION, NULL,
     "passes over the training set"},
    {"batch", "N", CLI_COUNT, LEARN, FIELD(batch), 0, 1, MILLION, NULL, "images a step"},
    {"lr", "RATE", CLI_RATE, LEARN, FIELD(lr), 0, 0, 0, NULL, "learning rate, at its peak"},
    {"optimizer", "sgd|momentum|nesterov|adamw", CLI_CHOICE, LEARN, FIELD(optimizer), 0, 0, 0, NULL,
     "how gradients change weights"},
    {"momentum", "SHARE", CLI_SHARE, LEARN, FIELD(momentum), 0, 0, 0, NULL,
     "of the gradients before; AdamW's beta 1"},
    {"weight-decay", "RATE", CLI_AMOUNT, LEARN, FIELD(weight_decay), 0, 0, 0, NULL,
     "shrinks weights each step, times the learning rate"},
    {"schedule", "constant|step|linear|cosine", CLI_CHOICE, LEARN, FIELD(schedule), 0, 0, 0, NULL,
     "of the learning rate after the warm-up"},
    {"warmup", "EPOCHS", CLI_AMOUNT, LEARN, FIELD(warmup), 0, 0, 0, NULL,
     "in which the rate rises to its peak"},
    {"augment", "none|shift|affine|elastic", CLI_CHOICE, LEARN | SHOW, FIELD(augment),
     FIELD(augment_typed), 0, 0, "none (mlp augment: each of the others)",
     "distorts each training image anew in each epoch"},
    {"augment-strength", "S", CLI_AMOUNT, LEARN | SHOW, FIELD(augment_strength), 0, 0,
     MLP_AUGMENT_STRENGTH_MAX, NULL, "times the usual distortion"},
    {"clip-norm", "NORM", CLI_AMOUNT, LEARN, FIELD(clip_norm), 0, 0, 0, "0: none",
     "largest norm of all gradients together"},
    {"label-smoothing", "SHARE", CLI_SHARE, LEARN, FIELD(label_smoothing), 0, 0, 0, "0: none",
     "of each label that all classes share"},
    {"dropout", "SHARE", CLI_SHARE, LEARN, FIELD(dropout), 0, 0, 0, "0: none",
     "of hidden units left out at each step"},
    {"ema", "DECAY", CLI_SHARE, LEARN, FIELD(ema), 0, 0, 0, "0: none",
     "of the average of weights, which is tested and saved"},
    {"seed", "N", CLI_SEED, LEARN | CLI_PREDICT | SHOW, FIELD(seed), 0, 0, 0, NULL,
     "of weights, shuffles, dropout, distortion and picture"},
    {"init-from", "FILE", CLI_TEXT, LEARN, FIELD(init_from), 0, 0, 0, "as --init says",
     "start from these weights (.npz)"},
    {"eval-every", "N", CLI_COUNT, LEARN, FIELD(eval_every), 0, 0, MILLION, NULL,
     "epochs between tests; 0: only at the end"},
    {"csv", "FILE", CLI_TEXT, CLI_EVAL, FIELD(csv), 0, 0, 0, "not written",
     "label, prediction and probabilities of each image"},
    {"out", "FILE", CLI_TEXT, CLI_RUN | CLI_PREDICT, FIELD(out), 0, 0, 0, NULL,
     "the picture (.png)"},
    {"preview", "FILE", CLI_TEXT, SHOW, FIELD(preview), 0, 0, 0, NULL, "the picture (.png)"},
    {"wrong", NULL, CLI_FLAG, CLI_RUN | CLI_PREDICT, FIELD(wrong), 0, 0, 0, NULL,
     "picture only of digits that were misread"},
    {"ask", NULL, CLI_FLAG, CLI_RUN, FIELD(ask), 0, 0, 0, NULL,
     "on a terminal, if the weights exist: train or not?"},
    {"classes", "N", CLI_COUNT, WORK | SHOW, FIELD(classes), 0, 2, 256, "largest label + 1",
     "number of classes; not all need occur"},
    {"label-base", "N", CLI_COUNT, WORK | SHOW, FIELD(label_base), FIELD(label_base_typed), 0, 255,
     NULL, "smallest label in the files (EMNIST letters: 1)"},
    {"threads", "N", CLI_COUNT, ALL | SHOW, FIELD(threads), 0, 1, 1024,
     "$OMP_NUM_THREADS, all cores", "at most the usable cores"},
    {"force-threads", NULL, CLI_FLAG, ALL | SHOW, FIELD(force_threads), 0, 0, 0, NULL,
     "even more threads than usable cores"},
    {"kernel", "NAME", CLI_KERNEL, WORK, FIELD(kernel), 0, 0, 0, NULL, "see mlp info"},
    {"precision", "f32|bf16|auto", CLI_CHOICE, WORK, FIELD(precision), 0, 0, 0, NULL,
     "of products; auto: bf16 where the CPU has AMX"},
    {"quiet", NULL, CLI_FLAG, WORK | SHOW, FIELD(quiet), 0, 0, 0, NULL, "results only"},
    {"help", NULL, CLI_FLAG, ALL | SHOW, FIELD(help), 0, 0, 0, NULL, "this text"},
};
enum { N_OPTIONS = sizeof table / sizeof table[0] };

const struct cli_option *cli_option_at(size_t i)
{
    return i < N_OPTIONS ? &table[i] : NULL;
}

struct cli_options cli_options_default(void)
{
    struct mlp_train_options train = mlp_train_defaults();
    return (struct cli_options){
        .model = "out/mnist_model_1.npz",
        .kernel = "auto",
        .out = "out/predictions.png",
        .preview = "out/augment.png",
        .layers = {.n = 2, .widths = {256, 128}},
        .epochs = train.n_epochs,
        .batch = train.batch,
        .eval_every = train.eval_every,
        .lr = train.learning_rate,
        .optimizer = train.optimizer,
        .momentum = train.momentum,
        .weight_decay = train.weight_decay,
        .schedule = train.schedule,
        .warmup = train.warmup,
        .augment = train.augment,
        .augment_strength = train.augment_strength,
        .clip_norm = train.clip_norm,
        .label_smoothing = train.label_smoothing,
        .dropout = train.dropout,
        .ema = train.ema,
        .seed = train.seed,
    };
}

static void say_unknown(uint32_t command, const char *name, const char *word)
{
    char typed[64];
    size_t length = strcspn(word, "=") < sizeof typed ? strcspn(word, "=") : sizeof typed - 1;
    memcpy(typed, word, length);
    typed[length] = '\0';
    struct cli_suggestion suggestion = {.typed = typed + strspn(typed, "-")};
    for (int i = 0; i < N_OPTIONS; i++)
        if ((table[i].commands & command) != 0)
            cli_suggest_offer(&suggestion, table[i].name);
    if (suggestion.best != NULL)
        cli_warn("unknown option '%s'; did you mean --%s?", typed, suggestion.best);
    else
        cli_warn("unknown option '%s'; `mlp %s --help` lists them", typed, name);
}

/* An option of other commands is not unknown, just out of place. */
static void say_misplaced(const struct cli_option *option, const char *name)
{
    char takers[64] = "";
    for (size_t i = 0; cli_command_at(i) != NULL; i++) {
        const struct cli_command *command = cli_command_at(i);
        if ((command->bit & option->commands) == 0)
            continue;
        size_t at = strlen(takers);
        snprintf(takers + at, sizeof takers - at, "%s%s", at == 0 ? "" : ", ", command->name);
    }
    cli_warn("`mlp %s` has no option --%s (%s %s it)", name, option->name, takers,
             strchr(takers, ',') == NULL ? "has" : "have");
}

static int take(struct cli_options *options, const struct cli_option *option, const char *text)
{
    const char *wrong = cli_value_parse(option, options, text);
    if (wrong != NULL) {
        char wanted[256];
        cli_value_wanted(option, wanted, sizeof wanted);
        cli_warn("--%s: '%s' %s; wanted %s", option->name, text, wrong, wanted);
        return MLP_E_USAGE;
    }
    if (option->typed != 0)
        *(bool *)((char *)options + option->typed) = true;
    return 0;
}

static int say_lacking(const struct cli_option *option)
{
    char wanted[256];
    cli_value_wanted(option, wanted, sizeof wanted);
    cli_warn("--%s lacks its value; wanted %s", option->name, wanted);
    return MLP_E_USAGE;
}

/* getopt_long takes unambiguous abbreviations; scripts that use them break when an option is added.
 * So the word itself is compared, too. */
static bool exact(const char *word, const char *name)
{
    size_t length = strlen(name);
    return strncmp(word, "--", 2) == 0 && strncmp(word + 2, name, length) == 0 &&
           (word[2 + length] == '\0' || word[2 + length] == '=');
}

int cli_options_parse(struct cli_options *options, uint32_t command, int argc, char **argv)
{
    struct option rows[N_OPTIONS + 1] = {{0}};
    for (int i = 0; i < N_OPTIONS; i++)
        rows[i] = (struct option){
            table[i].name, table[i].kind == CLI_FLAG ? no_argument : required_argument, NULL, i};
    opterr = 0;
    while (optind < argc) {
        const char *word = argv[optind];
        int i = -1;
        int found = getopt_long(argc, argv, "+:", rows, &i);
        if (found == -1)
            break;
        if (i < 0 && (found == '?' || found == ':')) /* optopt: the row, if there was one */
            for (int row = 0; row < N_OPTIONS; row++)
                i = exact(word, table[row].name) ? row : i;
        if (i < 0 || !exact(word, table[i].name)) {
            say_unknown(command, argv[0], word);
            return MLP_E_USAGE;
        }
        if ((table[i].commands & command) == 0) {
            say_misplaced(&table[i], argv[0]);
            return MLP_E_USAGE;
        }
        if (found == ':')
            return say_lacking(&table[i]);
        if (found == '?') {
            cli_warn("--%s takes no value", table[i].name);
            return MLP_E_USAGE;
        }
        if (take(options, &table[i], optarg) != 0)
            return MLP_E_USAGE;
    }
    if (optind < argc) {
        cli_warn("what is '%s'? Options begin with --; `mlp %s --help` lists them", argv[optind],
                 argv[0]);
        return MLP_E_USAGE;
    }
    return 0;
}
