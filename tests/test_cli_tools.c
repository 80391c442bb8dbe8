/* test_cli_tools.c - the commands beside training: gradcheck, tune. */
#include "cli_folder.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *cli_tools_suite(void);

START_TEST(gradcheck_shows_every_layer)
{
    struct cli_result result =
        cli_ends(0, "\"$mlp\" gradcheck --layers 9,8,7 --batch 5 --seed 3 --kernel scalar");
    char row[8];
    ck_assert_ptr_nonnull(strstr(result.out, "784-9-8-7-10, relu, and 5\nbuilt-in digits"));
    ck_assert_ptr_nonnull(strstr(result.out, "the scalar kernel"));
    for (int l = 1; l <= 4; l++)
        for (int a = 0; a < 2; a++) {
            snprintf(row, sizeof row, "\n  %c%d  ", "Wb"[a], l);
            const char *at = strstr(result.out, row);
            ck_assert_ptr_nonnull(at);
            ck_assert_int_eq(strncmp(strchr(at + 1, '\n') - 5, "right", 5), 0);
        }
    ck_assert_ptr_nonnull(strstr(result.out, "the gradients agree.\n"));
    char *first = result.out, *save;
    for (char *line = strtok_r(first, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        ck_assert_msg(strlen(line) <= 90, "%s", line);
    cli_result_free(&result);
    cli_done("\"$mlp\" gradcheck --layers none --batch 1 > a && "
             "\"$mlp\" gradcheck --layers none --batch 1 --seed 1 > b && cmp a b && "
             "\"$mlp\" gradcheck --layers none --batch 1 --seed 2 > b && ! cmp -s a b");
    static const char *const activations[] = {"leaky-relu", "gelu", "tanh", "sigmoid"};
    for (size_t i = 0; i < sizeof activations / sizeof activations[0]; i++) {
        char command[128];
        snprintf(command, sizeof command,
                 "\"$mlp\" gradcheck --layers 9,8 --init xavier --activation %s | grep -q ', %s, '",
                 activations[i], activations[i]);
        cli_done(command);
    }
    cli_refused("\"$mlp\" gradcheck --epochs 3", 2, "`mlp gradcheck` has no option --epochs");
    cli_refused("\"$mlp\" gradcheck --batch 0", 2, "--batch: '0' is zero");
}
END_TEST

#define TUNE_ANY "\"$mlp\" tune --data set --layers 16 --seed 7 --preset classic --validation 100 "
#define TUNE TUNE_ANY "--batch 20 "
#define GRID TUNE_ANY "--grid "

START_TEST(a_sweep_suggests_a_rate_and_draws_it)
{
    struct cli_result result = cli_ends(0, TUNE "--optimizer adamw");
    double rate = -1;
    const char *at = strstr(result.out, "\nSuggested Learning Rate: ");
    ck_assert_ptr_nonnull(at);
    ck_assert_int_eq(sscanf(at, " Suggested Learning Rate: %lf", &rate), 1);
    ck_assert_double_gt(rate, 1e-4);
    ck_assert_double_lt(rate, 1);
    ck_assert_ptr_nonnull(strstr(result.out, " steps, learning rate 1e-05 to "));
    ck_assert_ptr_nonnull(strstr(result.out, "trained on the first 200, watched on the last 100"));
    cli_ends_with_picture(result.out, "out/lr.png");
    cli_result_free(&result);
    result = cli_ends(0, TUNE "--optimizer adamw --quiet --out a.png --threads 3 --force-threads");
    ck_assert_int_eq(strncmp(result.out, "Suggested Learning Rate: ", 25), 0);
    cli_ends_with_picture(result.out, "a.png");
    cli_result_free(&result);
    cli_done(
        "cmp out/lr.png a.png && ls -A out | grep -qx lr.png && test $(ls -A out | wc -l) = 1");
    cli_done(TUNE "--optimizer momentum --momentum 0.8 --weight-decay 0.1 --out b.png && "
                  "! cmp -s a.png b.png");
    cli_done(TUNE
             "--activation tanh --init xavier --clip-norm 1 --label-smoothing 0.1 --dropout 0.1 "
             "--precision f32 --out c.png && ! cmp -s a.png c.png");
    cli_refused(TUNE "--out none/x.png", 6, "none/x.png: cannot write: ");
    cli_refused(TUNE "--data nowhere", 3, "nowhere: ");
}
END_TEST

START_TEST(lists_are_checked)
{
    static const char *const rates[] = {
        "0",     "0.1,", ",0.1", "0.1,,0.2",
        "0.1,x", "''",   "1001", "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1"};
    static const char *const batches[] = {"0", "64,", "64,0", "1.5", "1000001", "none"};
    char command[256];
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        snprintf(command, sizeof command, TUNE "--grid --lrs %s", rates[i]);
        cli_refused(command, 2, "wanted up to 16 numbers from 1e-9 to 1000, as in 0.1,0.2");
    }
    for (size_t i = 0; i < sizeof batches / sizeof batches[0]; i++) {
        snprintf(command, sizeof command, TUNE "--grid --batches %s", batches[i]);
        cli_refused(command, 2, "wanted up to 16 whole numbers from 1 to 1000000, as in 64,128");
    }
    cli_refused(TUNE "--lrs 0.1", 2, "--lrs without --grid");
    cli_refused(TUNE "--batches 8", 2, "--batches without --grid");
    cli_refused(TUNE "--epochs 3", 2, "--epochs without --grid");
    cli_refused(TUNE "--lr 0.1", 2, "--lr without --grid");
    cli_refused(TUNE "--schedule step", 2, "--schedule without --grid");
    cli_refused(TUNE "--warmup 1", 2, "--warmup without --grid");
    cli_refused(TUNE "--ema 0.9", 2, "--ema without --grid");
    cli_refused(GRID "--out x.png", 2, "--out with --grid");
    cli_refused(GRID "--lrs 0.1,0.2 --lr 0.3", 2, "--lr beside --lrs");
    cli_refused(GRID "--batches 10,20 --batch 30", 2, "--batch beside --batches");
    cli_done(TUNE "--lrs 0.1 --help | grep -q '^  --lrs LIST'");
    cli_refused("\"$mlp\" tune --model x", 2, "`mlp tune` has no option --model");
    cli_refused("\"$mlp\" tune --validation 0", 2, "--validation 0; wanted images to compare by");
}
END_TEST

START_TEST(a_grid_tries_every_pair_and_marks_the_best)
{
    struct cli_result result = cli_ends(0, GRID "--lrs 1e-9,0.3,0.01 --batches 20,50 --epochs 4");
    double at_20, at_50, accuracy, low, high;
    int rows = 0, batch = 0;
    const char *table = strstr(result.out, "batch 20      batch 50\n");
    ck_assert_msg(table != NULL, "%s", result.out);
    ck_assert_int_eq(sscanf(strstr(table, "\n         0.3 "), " 0.3 * %lf%% %lf%%", &at_20, &at_50),
                     2);
    ck_assert_double_ge(at_20, at_50);
    const char *best = strstr(result.out, "\nBest: --lr 0.3 --batch 20, ");
    ck_assert_ptr_nonnull(best);
    ck_assert_int_eq(sscanf(best,
                            " Best: --lr 0.3 --batch %d, %lf%% of 100 validation images (95 %% "
                            "interval %lf%% to %lf%%)",
                            &batch, &accuracy, &low, &high),
                     4);
    ck_assert_double_eq(accuracy, at_20);
    ck_assert(low < accuracy && (accuracy <= high));
    ck_assert_ptr_null(strchr(strchr(table, '*') + 1, '*')); /* one is the best */
    char *save;
    for (char *line = strtok_r(result.out, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        double columns[6];
        rows += sscanf(line, "%lf %lf %lf %lf %lf%% %lf", &columns[0], &columns[1], &columns[2],
                       &columns[3], &columns[4], &columns[5]) == 6;
    }
    ck_assert_int_eq(rows, 6);
    cli_result_free(&result);
    /* It is what training by hand gives. */
    char command[256];
    snprintf(command, sizeof command,
             "\"$mlp\" train --data set --preset classic --layers 16 --seed 7 --validation 100 "
             "--lr 0.3 --batch 20 --epochs 4 && \"$mlp\" info --model out/mnist_model_1.npz | "
             "grep -qx '  valid.    %.2f%%'",
             accuracy);
    cli_done(command);
}
END_TEST

START_TEST(a_grid_has_lists_of_its_own_and_weathers_divergence)
{
    struct cli_result result =
        cli_ends(0, TUNE "--grid --epochs 2 --lr 0.1 --batch 50 --schedule cosine --warmup 0.5");
    static const char *const texts[] = {"batch 25      batch 50     batch 100\n", "\n        0.05 ",
                                        "\n         0.1 ", "\n         0.2 "};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        ck_assert_msg(strstr(result.out, texts[i]) != NULL, "%s%s", texts[i], result.out);
    cli_result_free(&result);
    result = cli_ends(0, GRID "--layers 64,64,64 --lrs 1000,0.1 --batches 1 --epochs 1");
    ck_assert_ptr_nonnull(strstr(result.out, "        1000      diverged\n"));
    ck_assert_ptr_nonnull(strstr(result.out, "\nBest: --lr 0.1 --batch 1, "));
    cli_result_free(&result);
    result = cli_ends(0, TUNE "--grid --lrs 0.1 --batch 3 --epochs 1");
    ck_assert_ptr_nonnull(strstr(result.out, "       batch 1       batch 3       batch 6\n"));
    cli_result_free(&result);
    result = cli_ends(0, TUNE "--grid --lrs 0.1 --batch 1 --epochs 1");
    ck_assert_ptr_nonnull(strstr(result.out, "rate       batch 1       batch 2\n"));
    cli_result_free(&result);
    result = cli_ends(5, GRID "--layers 64,64,64 --lrs 1000 --batches 1 --epochs 1 --quiet");
    ck_assert_str_eq(result.out, "");
    ck_assert_ptr_nonnull(strstr(result.err, "every training diverged; try lower rates"));
    cli_result_free(&result);
    cli_done("ls -A out | wc -l | grep -qx 0"); /* neither weights nor pictures */
}
END_TEST

START_TEST(a_grid_that_is_stopped_shows_what_it_has)
{
    struct cli_result result =
        cli_ends(143, GRID "--lrs 0.1,0.2 --batches 50,1 --epochs 3000 > log & pid=$!\n"
                           "until grep -q ' 0.2 .* 50 ' log; do sleep 0.1; done\n"
                           "kill -TERM $pid; wait $pid; code=$?; cat log; exit $code");
    const char *table = strstr(result.out, "batch 50       batch 1\n");
    ck_assert_ptr_nonnull(strstr(result.err, "stopped by a signal"));
    ck_assert_msg(table != NULL, "%s", result.out);
    const char *row = strstr(table, "\n         0.2 ") + 1;
    ck_assert_uint_lt(strcspn(row, "%"), strcspn(row, "\n")); /* has a figure */
    ck_assert_ptr_nonnull(strstr(table, " -\n"));
    ck_assert_ptr_nonnull(strstr(table, "\nBest: --lr 0."));
    cli_result_free(&result);
}
END_TEST

Suite *cli_tools_suite(void)
{
    Suite *suite = suite_create("cli_tools");
    TCase *tests = tcase_create("cli_tools");
    tcase_set_timeout(tests, 240);
    tcase_add_checked_fixture(tests, cli_folder_new, cli_folder_remove);
    tcase_add_test(tests, gradcheck_shows_every_layer);
    tcase_add_test(tests, a_sweep_suggests_a_rate_and_draws_it);
    tcase_add_test(tests, lists_are_checked);
    tcase_add_test(tests, a_grid_tries_every_pair_and_marks_the_best);
    tcase_add_test(tests, a_grid_has_lists_of_its_own_and_weathers_divergence);
    tcase_add_test(tests, a_grid_that_is_stopped_shows_what_it_has);
    suite_add_tcase(suite, tests);
    return suite;
}
