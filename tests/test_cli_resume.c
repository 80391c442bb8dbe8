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
#ifdef __SANITIZE_ADDRESS__
enum { N_EPOCHS = 800 };
#    define EPOCHS "800"
#else
enum { N_EPOCHS = 4000 };
#    define EPOCHS "4000"
#endif
#define LONG "train --data set --layers 16 --epochs " EPOCHS " --batch 64 "
/* One thread where their number does not matter: two that share a busy core take ten times as long
 * for steps as small as these. */
#define RESUME "\"$mlp\" train --resume --data set --threads 1"

static const char *const recipes[] = {
    "--preset default --init-from \"it's a file\" --kernel scalar",
    "--optimizer adamw --lr 0.002 --ema 0.99 --clip-norm 1 --dropout 0.1 --seed 5 --eval-every 0",
    "--schedule step --augment elastic --augment-strength 0.5 --activation gelu --init xavier",
    "--validation 60 --early-stop 100000 --eval-every 7 --label-smoothing 0.1",
    "--precision bf16 --optimizer momentum --lr 0.01",
    "--preset classic --adversarial 0.2", /* fewer epochs at a constant rate are another recipe */
};
enum { N_RECIPES = sizeof recipes / sizeof recipes[0] };

/* What an undisturbed training makes, in whole.npz. */
static void whole(const char *options)
{
    char command[1280];
    snprintf(command, sizeof command, "\"$mlp\" " LONG "%s --model whole.npz --threads 1 --quiet",
             options);
    cli_done(command);
}

/* Runs it, and sends the signal as soon as it has logged an epoch of that pattern. What it says is
 * in the files log and said. */
static void interrupted(const char *arguments, const char *epoch, const char *signal)
{
    char command[1536];
    snprintf(command, sizeof command,
             ": > log; \"$mlp\" %s > log 2> said & pid=$!\n"
             "until grep -q '^ *%s/" EPOCHS " ' log; do sleep 0.02; done\n"
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
    cli_done("grep -q '^mlp: `mlp train --resume --data set` goes on$' said");
    cli_done("\"$mlp\" info --model out/mnist_model_1.npz > info && "
             "grep -q 'stopped .* of " EPOCHS ", after' info && "
             "grep -q 'go on .* mlp train --resume --data DIR$' info");
    interrupted("train --resume --data set --force-threads --threads 3", "[0-9]*", "TERM");
    cli_done("grep -q '^  resumed' log");
    cli_done("eval \"$(sed -n 's/^mlp: `mlp \\(.*\\)` goes on$/\"$mlp\" \\1 --threads 1/p' said)\" "
             "> log && "
             "cmp out/mnist_model_1.npz whole.npz");
}
END_TEST

/* By one that cannot: what came after the last save is computed again. */
START_TEST(a_killed_training_goes_on_from_its_last_save)
{
    whole("");
    interrupted(LONG "--save-every 0.0001", "3", "KILL");
    cli_done("\"$mlp\" eval --data set --quiet");
    cli_done(RESUME " --quiet && cmp out/mnist_model_1.npz whole.npz");
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
    cli_refused("\"$mlp\" train --resume --data set --epochs 9", 2, "--epochs beside --resume");
    cli_refused("\"$mlp\" train --resume --data builtin", 4, "a training on other data");
    cli_done("\"$mlp\" eval --data set --quiet && " RESUME " --quiet");
}
END_TEST

/* Replaces what the file says of itself. */
static void change(const char *recipe, uint32_t n_epochs)
{
    char path[128];
    struct mlp_model model;
    snprintf(path, sizeof path, "%s/out/mnist_model_1.npz", cli_folder);
    ck_assert_int_eq(mlp_model_read(&model, path, NULL), MLP_OK);
    snprintf(model.metadata.recipe, sizeof model.metadata.recipe, "%s", recipe);
    model.checkpoint->n_epochs = n_epochs;
    ck_assert_int_eq(mlp_model_write(&model, path, NULL), MLP_OK);
    mlp_model_free(&model);
}

/* A recipe names no kernel where all of them give the same bits; the best here might not. */
START_TEST(another_machine_goes_on_with_the_same_bits)
{
    whole("");
    interrupted(LONG, "3", "TERM");
    cli_done("MLP_CPU_DISABLE=amx,avx512,avx2,fma " RESUME " > log && "
             "grep -q 'kernel .*scalar' log && cmp out/mnist_model_1.npz whole.npz");
}
END_TEST

/* A recipe has room for 1024 characters; where a path does not fit, the rest still does. */
START_TEST(a_path_that_is_too_long_leaves_a_recipe)
{
    char start[1024], command[1200];
    memset(start, 0, sizeof start);
    for (int i = 0; i < 450; i++)
        memcpy(start + 2 * (size_t)i, "./", 2);
    strcat(start, "start.npz");
    cli_done(SMALL "--model start.npz --quiet");
    snprintf(command, sizeof command, LONG "--init-from %s", start);
    whole(command + sizeof LONG - 1);
    interrupted(command, "3", "TERM");
    cli_done(RESUME " --quiet && cmp out/mnist_model_1.npz whole.npz");
    cli_done("\"$mlp\" info --model whole.npz | grep -q -- \"--init-from '(too long)'$\"");
}
END_TEST

/* Files come from anywhere: what they say neither overwrites nor reads other files. */
START_TEST(a_recipe_is_not_obeyed_beyond_training)
{
    interrupted(LONG, "3", "TERM");
    cli_done("echo precious > other");
    change("--epochs " EPOCHS " --batch 64 --layers 16 --model other --data nowhere --threads 1000 "
           "--init-from missing --quiet --help",
           N_EPOCHS);
    cli_done(RESUME " | grep -q 'Weights in out/mnist_model_1.npz' && "
                    "grep -q precious other");
}
END_TEST

START_TEST(a_recipe_that_cannot_be_is_refused)
{
    static const struct {
        const char *recipe;
        uint32_t n_epochs;
        const char *word;
    } damages[] = {
        {"", N_EPOCHS, "the recipe \""},
        {"--lr", N_EPOCHS, "the recipe \""},
        {"--lr x", N_EPOCHS, "the recipe \""},
        {"--rate 1", N_EPOCHS, "the recipe \""},
        {"--lr 0.1 ...", N_EPOCHS, "the recipe \""},
        {"--init-from 'open", N_EPOCHS, "the recipe \""},
        {"--epochs 5 x", N_EPOCHS, "the recipe \""},
        {"--batch 64 --layers 16", 0, "of 0 epochs"},
        {"--batch 64 --layers 16", 4294967295u, "of 4294967295 epochs"},
        {"--validation 9 --early-stop 3 --eval-every 0 --help", N_EPOCHS, "the recipe \""},
        {"--batch 64 --layers 16 --validation 300", N_EPOCHS,
         "out/mnist_model_1.npz: --validation 300"},
        {"--batch 64 --layers 16 --optimizer adamw", N_EPOCHS, "moments"},
        {"--batch 1 --layers 16", N_EPOCHS, "epochs finished"},
    };
    interrupted(LONG, "3", "TERM");
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        change(damages[i].recipe, damages[i].n_epochs);
        cli_refused("\"$mlp\" train --resume --data set", 4, damages[i].word);
    }
    change("--batch 64 --layers 16 --validation 60 --early-stop 9 --eval-every 3", N_EPOCHS);
    cli_refused("\"$mlp\" train --resume --data set --eval-every 1", 2,
                "--eval-every beside --resume of a training with --early-stop");
}
END_TEST

/* But not without a word. */
START_TEST(a_new_training_may_replace_one_that_was_interrupted)
{
    interrupted(LONG, "3", "TERM");
    struct cli_result result = cli_ends(0, SMALL);
    ck_assert_ptr_nonnull(strstr(result.err, "mlp: out/mnist_model_1.npz has a training that was "
                                             "interrupted, which this one will replace; `mlp train "
                                             "--resume --data set` goes on with it\n"));
    cli_result_free(&result);
    result = cli_ends(0, SMALL);
    ck_assert_str_eq(result.err, "");
    cli_result_free(&result);
}
END_TEST

/* What cannot be saved when training is stopped leaves what was saved before. */
START_TEST(a_full_disk_leaves_the_last_save)
{
    whole("");
    interrupted(LONG "--save-every 0.0001", "3", "KILL");
    cli_done("(ulimit -f 4; timeout -s TERM 0.2 " RESUME " > log 2> said); e=$?; "
             "[ $e = 124 ] || [ $e = 6 ] && grep -q 'File too large' said");
    cli_done(RESUME " --quiet && cmp out/mnist_model_1.npz whole.npz");
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
    tcase_add_test(tests, another_machine_goes_on_with_the_same_bits);
    tcase_add_test(tests, a_path_that_is_too_long_leaves_a_recipe);
    tcase_add_test(tests, a_recipe_is_not_obeyed_beyond_training);
    tcase_add_test(tests, a_recipe_that_cannot_be_is_refused);
    tcase_add_test(tests, a_new_training_may_replace_one_that_was_interrupted);
    tcase_add_test(tests, a_full_disk_leaves_the_last_save);
    tcase_add_test(tests, recipes_are_split_as_a_shell_does);
    suite_add_tcase(suite, tests);
    return suite;
}
