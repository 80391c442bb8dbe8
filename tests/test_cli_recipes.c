/* test_cli_recipes.c - presets, validation and early stopping on the command line; the recipe that
 * a file of weights tells. */
#include "cli/options.h"
#include "cli/presets.h"
#include "cli/value.h"
#include "cli_folder.h"
#include "mlp.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *cli_recipes_suite(void);

/* What cli_options_parse makes of `mlp train WORDS`. */
static struct cli_options parsed(const char *words)
{
    struct cli_options options = cli_options_default(CLI_TRAIN);
    char text[512], *argv[64], *rest = text;
    int argc = 0;
    snprintf(text, sizeof text, "train %s", words);
    for (char *word; (word = strtok_r(rest, " ", &rest)) != NULL;)
        argv[argc++] = word;
    ck_assert_int_eq(cli_options_parse(&options, CLI_TRAIN, argc, argv), 0);
    options.preset = NULL; /* points into text */
    return options;
}

static bool same(struct cli_options a, struct cli_options b)
{
    for (size_t i = 0; cli_option_at(i) != NULL; i++) {
        char of_a[512], of_b[512];
        const struct cli_option *option = cli_option_at(i);
        if (option->kind == CLI_TEXT || option->kind == CLI_KERNEL || option->kind == CLI_PRESET)
            continue;
        cli_value_format(option, &a, of_a, sizeof of_a);
        cli_value_format(option, &b, of_b, sizeof of_b);
        if (strcmp(of_a, of_b) != 0)
            return false;
    }
    return true;
}

START_TEST(a_preset_is_what_typing_its_options_is)
{
    char words[512];
    for (size_t i = 0; cli_preset_at(i) != NULL; i++) {
        const struct cli_preset *preset = cli_preset_at(i);
        snprintf(words, sizeof words, "--preset %s", preset->name);
        struct cli_options named = parsed(words);
        ck_assert_msg(same(named, parsed(preset->options)), "%s", preset->name);
        ck_assert_msg(same(named, cli_options_default(CLI_TRAIN)) ==
                          (strcmp(preset->name, "default") == 0),
                      "%s", preset->name);
        ck_assert(!cli_options_typed(&named, "layers"));
        ck_assert_ptr_eq(cli_preset_find(preset->name), preset);
    }
    ck_assert_ptr_null(cli_preset_find("defaults"));
}
END_TEST

START_TEST(classic_is_the_originals_recipe)
{
    struct cli_options plain = cli_options_plain();
    plain.epochs = 12;
    plain.batch = 128;
    plain.lr = 0.005f;
    plain.optimizer = MLP_SGD;
    ck_assert(same(parsed("--preset classic"), plain));
}
END_TEST

START_TEST(options_change_a_preset_from_anywhere)
{
    struct cli_options fast = parsed("--preset fast");
    fast.epochs = 7;
    ck_assert(same(parsed("--epochs 7 --preset fast"), fast));
    ck_assert(same(parsed("--preset fast --epochs 7"), fast));
    ck_assert(same(parsed("--preset classic --epochs 7 --preset fast"), fast)); /* the last one */
    ck_assert(same(parsed("--preset=fast --epochs=7"), fast));
    struct cli_options narrow = parsed("--layers 5 --preset record");
    ck_assert(cli_options_typed(&narrow, "layers"));
    ck_assert(!cli_options_typed(&narrow, "epochs"));
    ck_assert_uint_eq(narrow.layers.n, 1);
}
END_TEST

START_TEST(a_warm_up_leaves_time_for_the_rest)
{
    ck_assert_float_eq(parsed("--epochs 12").warmup, parsed("").warmup);
    ck_assert_float_eq(parsed("--epochs 2").warmup, 0.5F);
    ck_assert_float_eq(parsed("--epochs 1 --preset fast").warmup, 0.25F);
    ck_assert_float_eq(parsed("--epochs 3 --preset fast").warmup, 0.3F);
    ck_assert_float_eq(parsed("--epochs 2 --warmup 3").warmup, 3);
    ck_assert_float_eq(parsed("--epochs 1 --preset classic").warmup, 0);
}
END_TEST

START_TEST(presets_stand_in_the_help_and_the_header)
{
    struct cli_result result = cli_ends(0, "\"$mlp\" train --help");
    for (size_t i = 0; cli_preset_at(i) != NULL; i++) {
        const struct cli_preset *preset = cli_preset_at(i);
        char options[512], line[128];
        snprintf(line, sizeof line, "\n  %-10s%s\n", preset->name, preset->summary);
        const char *at = strstr(result.out, line);
        ck_assert_msg(at != NULL, "%s", preset->name);
        at += strlen(line);
        snprintf(options, sizeof options, "%s", preset->options);
        char *rest = options;
        for (char *word; (word = strtok_r(rest, " ", &rest)) != NULL; at += strlen(word)) {
            at += strspn(at, " \n");
            ck_assert_msg(strncmp(at, word, strlen(word)) == 0, "%s: %s", preset->name, word);
        }
    }
    for (char *line = strtok(result.out, "\n"); line != NULL; line = strtok(NULL, "\n"))
        if (strncmp(line, "            --", 14) == 0)
            ck_assert_msg(strlen(line) <= 80, "%s", line);
    cli_result_free(&result);
    for (size_t i = 0; cli_preset_at(i) != NULL; i++) {
        char command[128];
        snprintf(command, sizeof command,
                 "\"$mlp\" train --data set --layers 8 --epochs 1 --preset %s",
                 cli_preset_at(i)->name);
        result = cli_ends(0, command);
        bool classic = strstr(result.out, "--lr 0.005 --optimizer sgd ") != NULL;
        ck_assert_int_eq(classic, strcmp(cli_preset_at(i)->name, "classic") == 0);
        cli_result_free(&result);
    }
}
END_TEST

START_TEST(validation_stands_in_header_log_recipe_and_file)
{
    struct cli_result result = cli_ends(0, SMALL "--validation 100");
    double accuracy = -1;
    ck_assert_ptr_nonnull(strstr(result.out, "trained on the first 200, watched on the last 100"));
    ck_assert_ptr_nonnull(strstr(result.out, " --validation 100 "));
    ck_assert_ptr_nonnull(strstr(result.out, "valid loss  accuracy"));
    ck_assert_ptr_null(strstr(result.out, "test loss"));
    const char *last = strstr(result.out, "\n        3/3 ");
    ck_assert_ptr_nonnull(last);
    ck_assert_int_eq(sscanf(last, " 3/3 %*f %*f%% %*f %lf%%", &accuracy), 1);
    ck_assert_ptr_nonnull(strstr(result.out, "\nFinal Test Accuracy : "));
    cli_result_free(&result);
    result = cli_ends(0, "\"$mlp\" info --model out/mnist_model_1.npz");
    char line[64];
    snprintf(line, sizeof line, "  valid.    %.2f%%\n", accuracy);
    ck_assert_msg(strstr(result.out, line) != NULL, "'%s' is not in %s", line, result.out);
    ck_assert_ptr_nonnull(strstr(result.out, " 95 % interval "));
    ck_assert_ptr_nonnull(strstr(result.out, "(Wilson, 100 images)"));
    ck_assert_ptr_nonnull(strstr(result.out, " --validation 100 "));
    cli_result_free(&result);
    cli_done(SMALL "&& ! \"$mlp\" info --model out/mnist_model_1.npz | grep -q 'valid'");
}
END_TEST

START_TEST(early_stop_says_which_epoch_was_kept)
{
    struct cli_result result = cli_ends(0, SMALL "--lr 1e-9 --epochs 50 --validation 100 "
                                                 "--early-stop 4 --optimizer sgd --warmup 0");
    ck_assert_ptr_nonnull(
        strstr(result.out, "the best epoch is kept; ends after 4 epochs without a better one"));
    ck_assert_ptr_nonnull(strstr(result.out, "was the best on the 100 images held out"));
    cli_result_free(&result);
    cli_refused(SMALL "--early-stop 4", 2, "--early-stop without --validation");
    cli_refused(SMALL "--early-stop 4 --validation 100 --eval-every 0", 2,
                "--early-stop with --eval-every 0");
    cli_done(SMALL "--early-stop 0"); /* is what holds anyway */
    cli_refused(SMALL "--validation 300", 2,
                "--validation 300 of 300 training images; wanted at most 299");
}
END_TEST

START_TEST(the_recipe_in_the_file_repeats_it)
{
    struct mlp_kernel_info kernel;
    char option[64];
    cli_repeats("--adversarial 0.25");
    cli_done(SMALL "--adversarial 0.25 | grep -q 'images moved against the network by 0.25, seed'");
    cli_repeats("");
    cli_repeats("--lr 0.0123 --batch 7 --seed 18446744073709551615");
    cli_repeats("--layers none");
    cli_repeats("--optimizer adamw --lr 0.01 --weight-decay 0.1 --schedule cosine --warmup 0.5");
    cli_repeats("--layers 9,8,7 --classes 6");
    cli_repeats("--validation 100 --early-stop 2 --epochs 30 --lr 0.3");
    cli_repeats("--validation 100 --early-stop 4 --eval-every 3 --epochs 30 --lr 0.3");
    cli_done("\"$mlp\" info --model first.npz | grep -q -- ' --eval-every 3 '");
    cli_repeats("--preset classic");
    cli_repeats("--preset fast --momentum 0.8");
    cli_repeats("--activation leaky-relu --init xavier --clip-norm 0.5");
    cli_repeats("--activation gelu --label-smoothing 0.1 --dropout 0.2 --ema 0.9");
    cli_done(SMALL "--activation sigmoid --model s.npz");
    cli_repeats("--init-from s.npz");
    cli_repeats("--augment affine");
    cli_repeats("--augment elastic --augment-strength 0.7");
    cli_repeats("--preset record --augment none --epochs 1");
    cli_done(SMALL "--model \"it's \\$old.npz\"");
    cli_repeats("--init-from \"it's \\$old.npz\"");
    for (uint32_t i = 0; mlp_kernel_info(i, &kernel); i++) { /* with its name where bits differ */
        if (!kernel.available)
            continue;
        snprintf(option, sizeof option, "--precision bf16 --kernel %s", kernel.name);
        cli_repeats(option);
        snprintf(option, sizeof option, "--kernel %s", kernel.name);
        if (!kernel.only_bf16)
            cli_repeats(option);
    }
}
END_TEST

Suite *cli_recipes_suite(void)
{
    Suite *suite = suite_create("cli_recipes");
    TCase *tests = tcase_create("cli_recipes");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, cli_folder_new, cli_folder_remove);
    tcase_add_test(tests, a_preset_is_what_typing_its_options_is);
    tcase_add_test(tests, classic_is_the_originals_recipe);
    tcase_add_test(tests, options_change_a_preset_from_anywhere);
    tcase_add_test(tests, a_warm_up_leaves_time_for_the_rest);
    tcase_add_test(tests, the_recipe_in_the_file_repeats_it);
    tcase_add_test(tests, presets_stand_in_the_help_and_the_header);
    tcase_add_test(tests, validation_stands_in_header_log_recipe_and_file);
    tcase_add_test(tests, early_stop_says_which_epoch_was_kept);
    suite_add_tcase(suite, tests);
    return suite;
}
