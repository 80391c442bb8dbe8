/* test_cli_resume.c - `mlp train --resume`: the file is the one that an undisturbed training makes.
 */
#include "cli/recipe.h"
#include "cli_folder.h"
#include "mlp.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *cli_resume_suite(void);

/* Long enough to be interrupted, short enough to be waited for. */
#define LONG "train --data set --layers 16 --epochs 4000 --batch 64 "

static const char *const recipes[] = {
    "--preset default --init-from \"it's a file\" --kernel scalar",
    "--optimizer adamw --lr 0.002 --ema 0.99 --clip-norm 1 --dropout 0.1 --seed 5 --eval-every 0",
    "--schedule step --augment elastic --augment-strength 0.5 --activation gelu --init xavier",
    "--validation 60 --early-stop 3900 --eval-every 7 --label-smoothing 0.1",
    "--precision bf16 --optimizer momentum --lr 0.01",
};
enum { N_RECIPES = sizeof recipes / sizeof recipes[0] };

/* What an undisturbed training makes, in whole.npz. */
static void whole(const char *options)
{
    char command[512];
    snprintf(command, sizeof command, "\"$mlp\" " LONG "%s --model whole.npz --quiet", options);
    cli_done(command);
}

/* Runs it, and sends the signal as soon as it has logged an epoch of that pattern. What it says is
 * in the files log and said. */
static void interrupted(const char *arguments, const char *epoch, const char *signal)
{
    char command[768];
    snprintf(command, sizeof command,
             ": > log; \"$mlp\" %s > log 2> said & pid=$!\n"
             "until grep -q '^ *%s/4000 ' log; do sleep 0.02; done\n"
             "kill -%s $pid; wait $pid; [ $? -gt 128 ]",
             arguments, epoch, signal);
    cli_done(command);
}

/* Interrupted twice, by a signal that can be caught, and then as it said, with other threads. */
START_TEST(a_signal_loses_nothing)
{
    char first[512];
    snprintf(first, sizeof first, LONG "%s --threads 1", recipes[_i]);
    cli_done("\"$mlp\" train --data set --layers 16 --epochs 1 --model \"it's a file\" --quiet");
    whole(recipes[_i]);
    interrupted(first, "3", "TERM");
    cli_done(strstr(recipes[_i], "--eval-every 0") == NULL
                 ? "grep -q '^mlp: `mlp train --resume --data set` goes on$' said"
                 : "grep -q 'mlp train --resume --data set --eval-every 0` goes on$' said");
    cli_done("\"$mlp\" info --model out/mnist_model_1.npz | grep -q 'stopped .* of 4000, after'");
    interrupted("train --resume --data set --force-threads --threads 3", "[0-9]*", "TERM");
    cli_done("grep -q '^  resumed' log");
    cli_done("eval \"$(sed -n 's/^mlp: `mlp \\(.*\\)` goes on$/\"$mlp\" \\1/p' said)\" > log && "
             "cmp out/mnist_model_1.npz whole.npz");
}
END_TEST

/* By one that cannot: what came after the last save is computed again. */
START_TEST(a_killed_training_goes_on_from_its_last_save)
{
    whole("");
    interrupted(LONG "--save-every 0.0001", "3", "KILL");
    cli_done("\"$mlp\" eval --data set --quiet");
    cli_done("\"$mlp\" train --resume --data set --quiet && cmp out/mnist_model_1.npz whole.npz");
    cli_done("! \"$mlp\" info --model whole.npz | grep stopped");
}
END_TEST

START_TEST(there_must_be_something_to_go_on_with)
{
    cli_refused("\"$mlp\" train --resume --data set", 4, "cannot open");
    cli_done(SMALL);
    cli_refused("\"$mlp\" train --resume --data set", 4, "a training that is over");
    cli_refused("\"$mlp\" run --resume", 2, "no option --resume");
    interrupted(LONG, "3", "TERM");
    cli_refused("\"$mlp\" train --resume --data set --lr 0.1", 2, "--lr beside --resume");
    cli_refused("\"$mlp\" train --resume --data set --epochs 4000", 2, "--epochs beside --resume");
    cli_refused("\"$mlp\" train --resume --data builtin", 4, "a training on other data");
    cli_done("\"$mlp\" eval --data set --quiet && \"$mlp\" train --resume --data set --quiet");
}
END_TEST

/* Replaces what the file says of itself. */
static void change_recipe(const char *recipe)
{
    char path[128];
    struct mlp_model model;
    snprintf(path, sizeof path, "%s/out/mnist_model_1.npz", cli_folder);
    ck_assert_int_eq(mlp_model_read(&model, path, NULL), MLP_OK);
    snprintf(model.metadata.recipe, sizeof model.metadata.recipe, "%s", recipe);
    ck_assert_int_eq(mlp_model_write(&model, path, NULL), MLP_OK);
    mlp_model_free(&model);
}

/* Files come from anywhere: what they say neither overwrites nor reads other files. */
START_TEST(a_recipe_is_not_obeyed_beyond_training)
{
    interrupted(LONG, "3", "TERM");
    cli_done("echo precious > other");
    change_recipe(
        "--epochs 4000 --batch 64 --layers 16 --model other --data nowhere --threads 1000 "
        "--init-from missing --quiet --help");
    cli_done("\"$mlp\" train --resume --data set | grep -q 'Weights in out/mnist_model_1.npz' && "
             "grep -q precious other");
    interrupted(LONG, "3", "TERM");
    static const char *const damaged[] = {
        "", "--lr", "--lr x", "--rate 1", "--lr 0.1 ...", "--init-from 'open", "--epochs 5 x"};
    for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
        change_recipe(damaged[i]);
        cli_refused("\"$mlp\" train --resume --data set", 4, "the recipe \"");
    }
    change_recipe("--optimizer adamw --batch 64 --layers 16"); /* whose moments are not there */
    cli_refused("\"$mlp\" train --resume --data set", 4, "moments");
    change_recipe("--batch 1 --layers 16");
    cli_refused("\"$mlp\" train --resume --data set", 4, "epochs finished");
}
END_TEST

START_TEST(recipes_are_split_as_a_shell_does)
{
    static const struct {
        const char *recipe, *words[4];
        int n;
    } cases[] = {
        {"--lr 0.1", {"--lr", "0.1"}, 2},
        {"  --lr   0.1  ", {"--lr", "0.1"}, 2},
        {"--init-from 'a b' # stopped", {"--init-from", "a b"}, 2},
        {"--init-from 'it'\\''s' x", {"--init-from", "it's", "x"}, 3},
        {"a'#'b ''", {"a#b", ""}, 2},
        {"# all", {NULL}, 0},
        {"", {NULL}, 0},
        {"'open", {NULL}, 0},
        {"a b c d e", {NULL}, 0}, /* no room */
        {"a b ...", {NULL}, 0},   /* some were left out */
        {"a ...b", {"a", "...b"}, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char words[64], *argv[4];
        int n = cli_recipe_split(cases[i].recipe, words, argv, 4);
        ck_assert_msg(n == cases[i].n, "'%s' has %d words", cases[i].recipe, n);
        for (int w = 0; w < n; w++)
            ck_assert_str_eq(argv[w], cases[i].words[w]);
    }
}
END_TEST

Suite *cli_resume_suite(void)
{
    Suite *suite = suite_create("cli_resume");
    TCase *tests = tcase_create("cli_resume");
    tcase_set_timeout(tests, 240);
    tcase_add_checked_fixture(tests, cli_folder_new, cli_folder_remove);
    tcase_add_loop_test(tests, a_signal_loses_nothing, 0, N_RECIPES);
    tcase_add_test(tests, a_killed_training_goes_on_from_its_last_save);
    tcase_add_test(tests, there_must_be_something_to_go_on_with);
    tcase_add_test(tests, a_recipe_is_not_obeyed_beyond_training);
    tcase_add_test(tests, recipes_are_split_as_a_shell_does);
    suite_add_tcase(suite, tests);
    return suite;
}
