#include "cli/presets.h"

#include <string.h>

/* A preset changes what the one called default, which always comes first, says; so typing its
 * options does the same. How they were chosen: docs/recipes.md. */
static const struct cli_preset table[] = {
    {"classic", "the NumPy original's: plain gradient descent",
     "--epochs 12 --batch 128 --lr 0.005 --optimizer sgd --weight-decay 0 --schedule constant "
     "--warmup 0"},
    {"default", "most accuracy in 12 epochs of plain images",
     "--epochs 12 --batch 128 --lr 0.2 --optimizer nesterov --momentum 0.9 --weight-decay 0.001 "
     "--schedule cosine --warmup 3"},
    {"fast", "98 % of MNIST soonest",
     "--epochs 3 --batch 128 --lr 0.2 --optimizer nesterov --momentum 0.9 --weight-decay 0.003 "
     "--schedule linear --warmup 0.3"},
    {"best", "most accuracy of the default network, at any price",
     "--epochs 300 --batch 128 --lr 0.1 --optimizer nesterov --momentum 0.9 --weight-decay 0.0003 "
     "--schedule cosine --warmup 2 --augment elastic"},
    {"record",
     "the network of Ciresan et al. 2010; hours, or 42 minutes on AMX with --precision auto",
     "--layers 2500,2000,1500,1000,500 --epochs 380 --batch 128 --lr 0.2 --optimizer nesterov "
     "--momentum 0.9 --weight-decay 0.001 --schedule cosine --warmup 3 --adversarial 0.5 "
     "--augment elastic"},
};

const struct cli_preset *cli_preset_at(size_t i)
{
    return i < sizeof table / sizeof table[0] ? &table[i] : NULL;
}

const struct cli_preset *cli_preset_find(const char *name)
{
    for (size_t i = 0; cli_preset_at(i) != NULL; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}

enum { TEXT_MAX = 512, WORDS_MAX = 64 };

/* The words go through the parser of the command line. No option that keeps the text itself (a
 * file, a kernel) is part of a recipe, so none points into `text` later. */
void cli_preset_apply(struct cli_options *options, const char *name)
{
    char text[TEXT_MAX], *words[WORDS_MAX] = {text}, *rest = text;
    int n = 1; /* as argv, whose first word is the program */
    strcpy(text, cli_preset_find(name)->options);
    for (char *word; n < WORDS_MAX && (word = strtok_r(rest, " ", &rest)) != NULL;)
        words[n++] = word;
    (void)cli_options_read(options, CLI_TRAIN, n, words, false);
}
