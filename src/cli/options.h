/* options.h - the one option table: what can be typed, in which range, with which default. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "mlp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Commands as bits, so that an option can say which of them take it. */
enum cli_command_bit {
    CLI_RUN = 1 << 0,
    CLI_TRAIN = 1 << 1,
    CLI_EVAL = 1 << 2,
    CLI_PREDICT = 1 << 3,
    CLI_INFO = 1 << 4,
    CLI_AUGMENT = 1 << 5,
    CLI_TUNE = 1 << 6,
    CLI_GRADCHECK = 1 << 7
};

enum { CLI_PRECISION_AUTO = MLP_BF16 + 1 };
enum { CLI_HIDDEN_MAX = 32, CLI_WIDTH_MAX = 1 << 24, CLI_LIST_MAX = 16 };

/* Hidden layers; n 0 is plain softmax regression. */
struct cli_layers {
    uint32_t n;
    uint32_t widths[CLI_HIDDEN_MAX];
};

/* What to try; n 0: nothing was typed. */
struct cli_rates {
    uint32_t n;
    float at[CLI_LIST_MAX];
};

struct cli_counts {
    uint32_t n;
    uint32_t at[CLI_LIST_MAX];
};

/* Everything that can be typed. A text is NULL where nothing was typed and no default exists. */
struct cli_options {
    const char *data, *model, *init_from, *kernel, *out, *csv, *preview;
    const char *preset; /* NULL: the one called default */
    struct cli_layers layers;
    uint32_t epochs, batch, eval_every;
    uint32_t validation, early_stop; /* 0: none, off */
    uint32_t threads;                /* 0: not typed */
    uint32_t classes;                /* 0: as the files have them */
    uint32_t label_base;
    float lr, momentum, weight_decay, warmup;
    float save_every; /* seconds; 0: only when stopped, and at the end */
    float label_smoothing, dropout, ema, clip_norm, adversarial; /* 0: off */
    uint32_t optimizer;                                          /* enum mlp_optimizer */
    uint32_t schedule;                                           /* enum mlp_schedule */
    uint32_t activation;                                         /* enum mlp_activation */
    uint32_t init;                                               /* enum mlp_init */
    uint32_t precision; /* enum mlp_precision, or CLI_PRECISION_AUTO */
    uint32_t augment;   /* enum mlp_augmentation */
    float augment_strength;
    uint64_t seed;
    struct cli_rates lrs;
    struct cli_counts batches;
    bool resume, force_threads, quiet, wrong, ask, grid, help;
    uint64_t typed; /* a bit for each row of the table */
};

enum cli_kind {
    CLI_FLAG,
    CLI_TEXT,
    CLI_COUNT,
    CLI_SEED,
    CLI_RATE,   /* above 0 */
    CLI_SHARE,  /* 0 or more, below 1 */
    CLI_AMOUNT, /* 0 or more; at most `high`, unless that is 0 */
    CLI_CHOICE, /* one of the words of `argument`, by its place in it */
    CLI_LAYERS,
    CLI_RATES,  /* several, in between commas */
    CLI_COUNTS, /* likewise */
    CLI_KERNEL,
    CLI_PRESET
};

struct cli_option {
    const char *name;
    const char *argument; /* "DIR"; "sgd|adamw" for a choice; NULL for a flag */
    enum cli_kind kind;
    uint32_t commands; /* bits of those that take it */
    size_t field;      /* where in struct cli_options */
    uint32_t low, high;
    const char *otherwise; /* what holds if it is not typed; NULL: the field's default */
    const char *help;
};

/* cli_option_at - the i-th row of the table; NULL beyond the last one. */
const struct cli_option *cli_option_at(size_t i);

/* cli_options_plain - mlp_train_defaults: what holds before any preset. */
struct cli_options cli_options_plain(void);

/* cli_options_default - what holds for a command where nothing is typed: the preset `default`. */
struct cli_options cli_options_default(uint32_t command);

/* cli_options_typed - whether the option of that name was typed. */
bool cli_options_typed(const struct cli_options *options, const char *name);

/* cli_options_parse - argv[1..] are options of `command` (argv[0] is its name, for messages). A
 *                     --preset comes first, wherever it stands.
 * Returns  0; 2 after a message on standard error */
int cli_options_parse(struct cli_options *options, uint32_t command, int argc, char **argv);

/* cli_options_read - the same, word by word: --preset is noted and no more, and nothing counts as
 *                    typed if typed is false. */
int cli_options_read(struct cli_options *options, uint32_t command, int argc, char **argv,
                     bool typed);

#endif
