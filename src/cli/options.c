#include "cli/options.h"

#include "cli/command.h"
#include "cli/idle.h"
#include "cli/output.h"
#include "cli/presets.h"
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
    FIT = LEARN | CLI_TUNE,
    ANY = ALL | CLI_TUNE | CLI_GRADCHECK,
    MILLION = 1000000
};

#define FIELD(name) offsetof(struct cli_options, name)

/* Ranges: epochs and batches beyond a million are slips of the keyboard, threads beyond 1024 would
 * only fail to start; labels are bytes. */
static const struct cli_option table[] = {
    {"data", "DIR", CLI_TEXT, WORK | SHOW | CLI_TUNE, FIELD(data), 0, 0,
     "$MNIST_DIR, data/, builtin", "folder of the four IDX files, or builtin"},
    {"model", "FILE", CLI_TEXT, ALL, FIELD(model), 0, 0, NULL, "the weights (.npz)"},
    {"preset", "NAME", CLI_PRESET, FIT, FIELD(preset), 0, 0, "default",
     "a whole recipe; other options change it"},
    {"layers", "LIST", CLI_LAYERS, FIT | CLI_GRADCHECK, FIELD(layers), 0, 0, NULL,
     "widths of the hidden layers, or none"},
    {"activation", "relu|leaky-relu|gelu|tanh|sigmoid", CLI_CHOICE, WORK | CLI_TUNE | CLI_GRADCHECK,
     FIELD(activation), 0, 0, "what the weights say, relu", "between layers"},
    {"init", "he|xavier", CLI_CHOICE, FIT | CLI_GRADCHECK, FIELD(init), 0, 0, NULL,
     "how weights are drawn from the seed"},
    {"epochs", "N", CLI_COUNT, FIT, FIELD(epochs), 1, MILLION, NULL,
     "passes over the training set"},
    {"batch", "N", CLI_COUNT, FIT | CLI_GRADCHECK, FIELD(batch), 1, MILLION, NULL, "images a step"},
    {"lr", "RATE", CLI_RATE, FIT, FIELD(lr), 0, 0, NULL, "learning rate, at its peak"},
    {"optimizer", "sgd|momentum|nesterov|adamw", CLI_CHOICE, FIT, FIELD(optimizer), 0, 0, NULL,
     "how gradients change weights"},
    {"momentum", "SHARE", CLI_SHARE, FIT, FIELD(momentum), 0, 0, NULL,
     "of the gradients before; AdamW's beta 1; plain sgd has none"},
    {"weight-decay", "RATE", CLI_AMOUNT, FIT, FIELD(weight_decay), 0, 0, NULL,
     "shrinks weights each step, times the learning rate"},
    {"schedule", "constant|step|linear|cosine", CLI_CHOICE, FIT, FIELD(schedule), 0, 0, NULL,
     "of the learning rate after the warm-up"},
    {"warmup", "EPOCHS", CLI_AMOUNT, FIT, FIELD(warmup), 0, 0, NULL,
     "in which the rate rises; unless typed, at most a quarter of --epochs"},
    {"clip-norm", "NORM", CLI_AMOUNT, FIT, FIELD(clip_norm), 0, 0, "0: none",
     "largest norm of all gradients together"},
    {"label-smoothing", "SHARE", CLI_SHARE, FIT, FIELD(label_smoothing), 0, 0, "0: none",
     "of each label that all classes share"},
    {"dropout", "SHARE", CLI_SHARE, FIT, FIELD(dropout), 0, 0, "0: none",
     "of hidden units left out at each step"},
    {"ema", "DECAY", CLI_SHARE, FIT, FIELD(ema), 0, 0, "0: none",
     "of the average of weights, which is tested and saved"},
    {"adversarial", "DISTANCE", CLI_AMOUNT, FIT, FIELD(adversarial), 0, 0, "0: none",
     "moves each image so far, pixels being 0 to 1, against the network"},
    {"augment", "none|shift|affine|elastic", CLI_CHOICE, FIT | SHOW, FIELD(augment), 0, 0,
     "none (mlp augment: each of the others)", "distorts each training image anew in each epoch"},
    {"augment-strength", "S", CLI_AMOUNT, FIT | SHOW, FIELD(augment_strength), 0,
     MLP_AUGMENT_STRENGTH_MAX, NULL, "times the usual distortion of --augment"},
    {"seed", "N", CLI_SEED, FIT | CLI_PREDICT | CLI_GRADCHECK | SHOW, FIELD(seed), 0, 0, NULL,
     "of weights, shuffles, dropout, distortion and picture"},
    {"init-from", "FILE", CLI_TEXT, FIT, FIELD(init_from), 0, 0, "as --init says",
     "start from these weights (.npz)"},
    {"resume", NULL, CLI_FLAG, CLI_TRAIN, FIELD(resume), 0, 0, NULL,
     "go on with the training that --model was interrupted in"},
    {"eval-every", "N", CLI_COUNT, LEARN, FIELD(eval_every), 0, MILLION, NULL,
     "epochs between tests; 0: only at the end"},
    {"save-every", "SECONDS", CLI_AMOUNT, LEARN, FIELD(save_every), 0, 0, NULL,
     "least time between saves, after an epoch; 0: only at the end"},
    {"validation", "N", CLI_COUNT, FIT, FIELD(validation), 0, MILLION, "none; to tune, a twelfth",
     "the last N training images are held out to watch"},
    {"early-stop", "N", CLI_COUNT, LEARN, FIELD(early_stop), 0, MILLION, NULL,
     "epochs without a better validation; 0: never"},
    {"grid", NULL, CLI_FLAG, CLI_TUNE, FIELD(grid), 0, 0, NULL,
     "train with each rate and batch instead"},
    {"lrs", "LIST", CLI_RATES, CLI_TUNE, FIELD(lrs), 0, 0, "half, one and two times --lr",
     "learning rates of the grid"},
    {"batches", "LIST", CLI_COUNTS, CLI_TUNE, FIELD(batches), 1, MILLION,
     "half, one and two times --batch", "batches of the grid"},
    {"csv", "FILE", CLI_TEXT, CLI_EVAL, FIELD(csv), 0, 0, "not written",
     "label, prediction and probabilities of each image"},
    {"out", "FILE", CLI_TEXT, CLI_RUN | CLI_PREDICT | CLI_TUNE, FIELD(out), 0, 0, NULL,
     "the picture (.png)"},
    {"preview", "FILE", CLI_TEXT, SHOW, FIELD(preview), 0, 0, NULL, "the picture (.png)"},
    {"wrong", NULL, CLI_FLAG, CLI_RUN | CLI_PREDICT, FIELD(wrong), 0, 0, NULL,
     "picture only of digits that were misread"},
    {"ask", NULL, CLI_FLAG, CLI_RUN, FIELD(ask), 0, 0, NULL,
     "on a terminal, if the weights exist: train or not?"},
    {"classes", "N", CLI_COUNT, WORK | SHOW | CLI_TUNE, FIELD(classes), 2, 256,
     "largest label, less --label-base, + 1", "number of classes; not all need occur"},
    {"label-base", "N", CLI_COUNT, WORK | SHOW | CLI_TUNE, FIELD(label_base), 0, 255,
     "what the weights say, 0", "smallest label in the files (EMNIST letters: 1)"},
    {"threads", "N", CLI_COUNT, ALL | SHOW | CLI_TUNE, FIELD(threads), 1, 1024,
     "$OMP_NUM_THREADS, all cores", "at most the usable cores"},
    {"force-threads", NULL, CLI_FLAG, ALL | SHOW | CLI_TUNE, FIELD(force_threads), 0, 0, NULL,
     "even more threads than usable cores"},
    {"kernel", "NAME", CLI_KERNEL, WORK | CLI_TUNE | CLI_GRADCHECK, FIELD(kernel), 0, 0, NULL,
     "see mlp info"},
    {"precision", "f32|bf16|auto", CLI_CHOICE, WORK | CLI_TUNE, FIELD(precision), 0, 0, NULL,
     "of products; auto: bf16 where the CPU has AMX"},
    {"quiet", NULL, CLI_FLAG, WORK | SHOW | CLI_TUNE, FIELD(quiet), 0, 0, NULL, "results only"},
    {"help", NULL, CLI_FLAG, ANY | SHOW, FIELD(help), 0, 0, NULL, "this text"},
};
enum { N_OPTIONS = sizeof table / sizeof table[0] };
_Static_assert(N_OPTIONS <= 64, "cli_options.typed has a bit for each");

const struct cli_option *cli_option_at(size_t i)
{
    return i < N_OPTIONS ? &table[i] : NULL;
}

bool cli_options_typed(const struct cli_options *options, const char *name)
{
    for (size_t i = 0; i < N_OPTIONS; i++)
        if (strcmp(table[i].name, name) == 0)
            return (options->typed >> i & 1) != 0;
    return false;
}

struct cli_options cli_options_plain(void)
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
        .save_every = 60,
        .lr = train.learning_rate,
        .optimizer = train.optimizer,
        .momentum = train.momentum,
        .weight_decay = train.weight_decay,
        .schedule = train.schedule,
        .warmup = train.warmup,
        .clip_norm = train.clip_norm,
        .label_smoothing = train.label_smoothing,
        .dropout = train.dropout,
        .ema = train.ema,
        .adversarial = train.adversarial,
        .augment = train.augment,
        .augment_strength = train.augment_strength,
        .seed = train.seed,
    };
}

struct cli_options cli_options_default(uint32_t command)
{
    struct cli_options options = cli_options_plain();
    cli_preset_apply(&options, "default");
    if (command == CLI_TUNE)
        options.out = "out/lr.png";
    if (command == CLI_INFO)
        options.model = "none"; /* and says nothing of weights */
    if (command == CLI_GRADCHECK)
        options.batch = 8; /* in double, twice for each parameter */
    return options;
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

static int take(struct cli_options *options, const struct cli_option *option, const char *text,
                bool typed)
{
    const char *wrong = cli_value_parse(option, options, text);
    if (wrong != NULL) {
        char wanted[256];
        cli_value_wanted(option, wanted, sizeof wanted);
        cli_warn("--%s: '%s' %s; wanted %s", option->name, text, wrong, wanted);
        return MLP_E_USAGE;
    }
    if (typed)
        options->typed |= UINT64_C(1) << (option - table);
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

int cli_options_read(struct cli_options *options, uint32_t command, int argc, char **argv,
                     bool typed)
{
    struct option rows[N_OPTIONS + 1] = {{0}};
    for (int i = 0; i < N_OPTIONS; i++)
        rows[i] = (struct option){
            table[i].name, table[i].kind == CLI_FLAG ? no_argument : required_argument, NULL, i};
    opterr = 0;
    optind = 1;
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
        if (take(options, &table[i], optarg, typed) != 0)
            return MLP_E_USAGE;
    }
    if (optind < argc) {
        cli_warn("what is '%s'? Options begin with --; `mlp %s --help` lists them", argv[optind],
                 argv[0]);
        return MLP_E_USAGE;
    }
    return 0;
}

/* A preset's warm-up is for its own epochs: with fewer the rate would never come down again. A
 * quarter is what `default` has. */
static void fit_warmup(struct cli_options *options)
{
    float most = (float)options->epochs / 4;
    if (cli_options_typed(options, "epochs") && !cli_options_typed(options, "warmup") &&
        options->warmup > most)
        options->warmup = most;
}

int cli_options_parse(struct cli_options *options, uint32_t command, int argc, char **argv)
{
    struct cli_options typed = *options;
    int code = cli_options_read(&typed, command, argc, argv, true);
    if (code == 0 && typed.preset != NULL) {
        cli_preset_apply(options, typed.preset);
        code = cli_options_read(options, command, argc, argv, true);
    } else {
        *options = typed;
    }
    fit_warmup(options);
    return code == 0 && !options->help ? cli_options_refuse_idle(options, command) : code;
}
