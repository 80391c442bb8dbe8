/* test_cli_files.c - the command line at work: what it reads, writes and says. */
#include "cli_folder.h"
#include "mlp.h"
#include "npz_files.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *cli_files_suite(void);

START_TEST(train_says_what_it_does_and_writes_the_weights)
{
    static const char *const lines[] = {
        "300 training and 100 test images, 8x8, 4 classes",
        "(from --data), fingerprint ",
        "64-16-4, 1,108 parameters",
        "3 epochs, batch 128, sgd at rate 0.1, seed 7",
        "1 (--threads)",
        "/set --epochs 3 --batch 128 --lr 0.1 --optimizer sgd ",
        " --seed 7 --layers 16\n",
        "\n        1/3  ",
        "\n        3/3  ",
        "\nFinal Train Accuracy: ",
        "\nFinal Test Accuracy : ",
        "\nWeights in out/mnist_model_1.npz\n",
    };
    struct cli_result result = cli_ends(0, SMALL "--threads 1");
    const char *at = result.out;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        at = strstr(at, lines[i]);
        ck_assert_msg(at != NULL, "'%s' is not in, or not in order: %s", lines[i], result.out);
    }
    ck_assert_ptr_null(strchr(result.out, '\033')); /* a pipe is no terminal */
    ck_assert_ptr_null(strchr(result.out, '\r'));
    ck_assert_str_eq(result.err, "");
    cli_result_free(&result);
    result = cli_ends(0, "ls -A out");
    ck_assert_str_eq(result.out, "mnist_model_1.npz\n");
    cli_result_free(&result);
}
END_TEST

START_TEST(accuracies_have_two_decimals_and_quiet_says_nothing_else)
{
    double train, test, low, high;
    int n = 0;
    struct cli_result result = cli_ends(0, SMALL "--quiet");
    sscanf(result.out,
           "Final Train Accuracy: %lf%%\nFinal Test Accuracy : %lf%%\n"
           "Interval (95%%)      : %lf%% to %lf%% (Wilson)\n%n",
           &train, &test, &low, &high, &n);
    ck_assert_int_eq(n, (int)strlen(result.out));
    char again[256];
    mlp_confidence_interval((uint32_t)(test + 0.5), 100, &low, &high); /* of 100 images */
    snprintf(again, sizeof again,
             "Final Train Accuracy: %.2f%%\nFinal Test Accuracy : %.2f%%\n"
             "Interval (95%%)      : %.2f%% to %.2f%% (Wilson)\n",
             train, test, 100 * low, 100 * high);
    ck_assert_str_eq(result.out, again);
    ck_assert_str_eq(result.err, "");
    cli_result_free(&result);
    result = cli_ends(0, "\"$mlp\" eval --data set --quiet");
    snprintf(again, sizeof again,
             "Test Accuracy : %.2f%%\nInterval (95%%): %.2f%% to %.2f%% (Wilson)\n", test,
             100 * low, 100 * high);
    ck_assert_str_eq(result.out, again);
    cli_result_free(&result);
}
END_TEST

START_TEST(eval_every_says_when_to_test)
{
    struct cli_result result = cli_ends(0, SMALL "--epochs 4 --eval-every 3");
    int tested = 0, epochs = 0;
    for (char *line = strtok(result.out, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        int number;
        if (sscanf(line, " %d/4", &number) != 1)
            continue;
        epochs++;
        bool skipped = strstr(line, "  -  ") != NULL;
        ck_assert_msg(skipped == (number < 3), "%s", line); /* the 3rd, and always the last */
        tested += !skipped;
    }
    ck_assert_int_eq(epochs, 4);
    ck_assert_int_eq(tested, 2);
    cli_result_free(&result);
    result = cli_ends(0, SMALL "--eval-every 0");
    ck_assert_ptr_nonnull(strstr(result.out, "Final Test Accuracy : "));
    cli_result_free(&result);
    /* What is held out is looked at, too. */
    cli_done(SMALL "--validation 100 --eval-every 0 && "
                   "\"$mlp\" info --model out/mnist_model_1.npz | grep -q '^  valid. .*%'");
}
END_TEST

START_TEST(the_same_command_gives_the_same_file)
{
    cli_done(SMALL "--model a.npz && " SMALL "--model b.npz && cmp a.npz b.npz");
    cli_done(SMALL "--model c.npz --threads 3 --force-threads && cmp a.npz c.npz");
    cli_done(SMALL "--model d.npz --seed 8 && ! cmp -s a.npz d.npz");
}
END_TEST

/* The word in the header says what computed; asking for f32, or for nothing, is f32 anywhere. */
START_TEST(precision_is_what_was_asked_for_and_is_said)
{
    struct mlp_kernel_info kernel;
    bool native = false;
    for (uint32_t i = 0; mlp_kernel_info(i, &kernel); i++)
        native = native || (kernel.only_bf16 && kernel.available);
    struct cli_result result = cli_ends(0, SMALL "--model f32.npz");
    ck_assert_ptr_null(strstr(result.out, "bf16"));
    cli_result_free(&result);
    result = cli_ends(0, SMALL "--precision bf16 --kernel scalar --model bf16.npz");
    ck_assert_ptr_nonnull(strstr(result.out, "precision bf16 products"));
    ck_assert_ptr_nonnull(strstr(result.out, "scalar, which rounds to bf16"));
    cli_result_free(&result);
    cli_done("! cmp -s f32.npz bf16.npz");
    /* Commands do not inherit it, but this process may be without AMX by it. */
    const char *disabled = getenv("MLP_CPU_DISABLE");
    char command[256];
    snprintf(command, sizeof command, "MLP_CPU_DISABLE=%s " SMALL "--precision auto",
             disabled == NULL ? "" : disabled);
    result = cli_ends(0, command);
    ck_assert(native == (strstr(result.out, "precision bf16 products") != NULL));
    ck_assert(native == (strstr(result.out, "whose tiles multiply bf16") != NULL));
    cli_result_free(&result);
    cli_done("\"$mlp\" eval --data set --model f32.npz --precision bf16");
    cli_done("\"$mlp\" eval --data set --model bf16.npz --precision f32");
    cli_done("MLP_CPU_DISABLE=amx " SMALL "--precision bf16");
    if (native)
        cli_refused(SMALL "--kernel amx", 2, "computes in bf16, and precision is f32");
}
END_TEST

START_TEST(weights_can_be_the_start)
{
    cli_done(SMALL "--model a.npz");
    struct cli_result result =
        cli_ends(0, "\"$mlp\" train --data set --init-from a.npz --epochs 1");
    ck_assert_ptr_nonnull(strstr(result.out, "64-16-4,")); /* its layers, not the default's */
    cli_result_free(&result);
    cli_done("cp a.npz b.npz && \"$mlp\" train --data set --init-from b.npz --model ./b.npz "
             "--epochs 1 && "
             "\"$mlp\" info --model b.npz | grep -q -- '--init-from b.npz # as it was before$' && "
             "! \"$mlp\" info --model out/mnist_model_1.npz | grep 'as it was before'");
    cli_refused(SMALL "--init-from a.npz --layers 17", 4, "other hidden layers than --layers says");
    cli_refused(SMALL "--init-from none.npz", 4, "none.npz: ");
    cli_refused(SMALL "--init-from a.npz --init he", 2, "--init beside --init-from");
}
END_TEST

/* Files say which activation they want; those of other programs may be told. */
START_TEST(the_activation_comes_from_the_file)
{
    static const char *const names[] = {"leaky-relu", "gelu", "tanh", "sigmoid"};
    static const char *const shown[] = {"leaky ReLU", "GELU", "tanh", "sigmoid"};
    char command[512];
    for (int i = 0; i < 4; i++) {
        snprintf(command, sizeof command,
                 SMALL
                 "--activation %s --dropout 0.1 --ema 0.5 > log && "
                 "\"$mlp\" eval --data set > eval.log && "
                 "test \"$(sed -n 's/Final Test//p' log)\" = \"$(sed -n 's/Test//p' eval.log)\""
                 " && grep -q ' parameters, %s, ' log && grep -q ' parameters, %s, ' eval.log"
                 " && \"$mlp\" info --model out/mnist_model_1.npz | grep -q 'version 1, %s$'",
                 names[i], shown[i], shown[i], names[i]);
        cli_done(command);
    }
    cli_done("\"$mlp\" eval --data set --activation sigmoid --quiet");
    cli_done("grep -q 'rate 0.1, dropout 0.1, weights averaged with decay 0.5, seed 7$' log");
    cli_refused("\"$mlp\" eval --data set --activation tanh", 4,
                "weights for --activation sigmoid; wanted tanh, as typed; leave --activation out");
    cli_refused("\"$mlp\" train --data set --init-from out/mnist_model_1.npz --activation relu", 4,
                "weights for --activation sigmoid; wanted relu");

    size_t n;
    const struct npz_member members[] = {npz_array("W1.npy", 64, 3), npz_array("b1.npy", 3, 0),
                                         npz_array("W2.npy", 3, 4), npz_array("b2.npy", 4, 0)};
    uint8_t *bytes = npz_make(members, 4, &n);
    snprintf(command, sizeof command, "%s/other.npz", cli_folder);
    FILE *file = fopen(command, "wb");
    ck_assert(file != NULL && fwrite(bytes, 1, n, file) == n && fclose(file) == 0);
    free(bytes);
    cli_done("\"$mlp\" eval --data set --model other.npz --csv a.csv | grep -q ' ReLU, '");
    cli_done("\"$mlp\" eval --data set --model other.npz --csv b.csv --activation tanh | "
             "grep -q ' tanh, ' && ! cmp -s a.csv b.csv");
    cli_repeats("--init-from other.npz --activation tanh --lr 0.001 --layers 3");
}
END_TEST

START_TEST(eval_shows_each_class)
{
    cli_done(SMALL);
    struct cli_result result = cli_ends(0, "\"$mlp\" eval --data set");
    ck_assert_ptr_nonnull(strstr(result.out, "trained on these data"));
    ck_assert_ptr_nonnull(strstr(result.out, "\nTest Accuracy : "));
    const char *at = strstr(result.out, "  class   images");
    ck_assert_ptr_nonnull(at);
    for (int class = 0; class < 4; class ++) {
        int shown, n_images;
        at = strchr(at, '\n') + 1;
        ck_assert_int_eq(sscanf(at, "%d %d", &shown, &n_images), 2);
        ck_assert_int_eq(shown, class);
        ck_assert_int_eq(n_images, 25);
    }
    cli_result_free(&result);
}
END_TEST

START_TEST(the_csv_agrees_with_the_accuracy)
{
    cli_done(SMALL);
    struct cli_result result = cli_ends(0, "\"$mlp\" eval --data set --quiet --csv p.csv");
    double accuracy;
    ck_assert_int_eq(sscanf(result.out, "Test Accuracy : %lf%%", &accuracy), 1);
    cli_result_free(&result);
    size_t n;
    char *text = (char *)idx_get(cli_folder, "p.csv", &n);
    text[n] = '\0';
    ck_assert_int_eq(strncmp(text, "label,prediction,p0,p1,p2,p3\n", 29), 0);
    int rows = 0, right = 0;
    for (char *line = strtok(text + 29, "\n"); line != NULL; line = strtok(NULL, "\n"), rows++) {
        int label, prediction;
        double p[4];
        ck_assert_int_eq(
            sscanf(line, "%d,%d,%lf,%lf,%lf,%lf", &label, &prediction, &p[0], &p[1], &p[2], &p[3]),
            6);
        ck_assert_double_le(fabs(p[0] + p[1] + p[2] + p[3] - 1), 1e-6);
        for (int i = 0; i < 4; i++)
            ck_assert_double_le(p[i], p[prediction]);
        ck_assert_int_eq(label, rows % 4);
        right += label == prediction;
    }
    ck_assert_int_eq(rows, 100);
    ck_assert_double_le(fabs(accuracy - right), 1e-9);
    free(text);
}
END_TEST

START_TEST(the_picture_is_the_last_line)
{
    struct cli_result result = cli_ends(0, "\"$mlp\" run --data set --layers 16 --epochs 2");
    ck_assert_ptr_nonnull(strstr(result.out, "Final Test Accuracy : "));
    cli_ends_with_picture(result.out, "out/predictions.png");
    cli_result_free(&result);
    result = cli_ends(0, "\"$mlp\" predict --data set --out a.png");
    cli_ends_with_picture(result.out, "a.png");
    cli_result_free(&result);
    cli_done("cmp a.png out/predictions.png"); /* the same weights, the same seed */
    cli_done("\"$mlp\" predict --data set --out b.png --seed 2 && ! cmp -s a.png b.png");
    cli_refused("\"$mlp\" run --data set --model x --out x", 2,
                "weights are in this file, and would be overwritten");
}
END_TEST

START_TEST(augmentation_can_be_looked_at)
{
    struct cli_result result = cli_ends(0, "\"$mlp\" augment --data set");
    cli_ends_with_picture(result.out, "out/augment.png");
    cli_result_free(&result);
    cli_done("\"$mlp\" augment --data set --preview a.png && cmp a.png out/augment.png");
    cli_done("\"$mlp\" augment --data set --preview b.png --seed 2 && ! cmp -s a.png b.png");
    cli_done("\"$mlp\" augment --data set --preview c.png --augment affine && "
             "! cmp -s a.png c.png");
    cli_done("\"$mlp\" augment --data set --preview b.png --augment-strength 2 && "
             "! cmp -s a.png b.png");
    cli_refused("\"$mlp\" augment --data set --preview none/a.png", 6, "none");
    cli_done("\"$mlp\" augment --help | grep 'default out/augment.png'");
    cli_refused("\"$mlp\" augment --data none", 3, "none");
}
END_TEST

START_TEST(only_wrong_digits_can_be_shown)
{
    cli_done("\"$mlp\" train --data set --layers 16 --epochs 1 --lr 1e-9");
    struct cli_result result = cli_ends(0, "\"$mlp\" predict --data set --wrong --out w.png");
    cli_ends_with_picture(result.out, "w.png");
    cli_result_free(&result);
    cli_done("rm w.png && \"$mlp\" train --data set --layers 64 --epochs 60");
    result = cli_ends(0, "\"$mlp\" predict --data set --wrong --out w.png; test ! -e w.png");
    ck_assert_ptr_nonnull(strstr(result.out, "No test image is misread"));
    cli_result_free(&result);
}
END_TEST

START_TEST(labels_can_start_at_one)
{
    cli_done("cp -r set from1");
    size_t n;
    static const char *const names[] = {"from1/train-labels-idx1-ubyte",
                                        "from1/t10k-labels-idx1-ubyte"};
    for (int file = 0; file < 2; file++) {
        uint8_t *bytes = idx_get(cli_folder, names[file], &n);
        for (size_t i = 8; i < n; i++)
            bytes[i]++;
        idx_put(cli_folder, names[file], bytes, n);
        free(bytes);
    }
    cli_refused("\"$mlp\" train --data from1", 3, "");
    cli_done("\"$mlp\" train --data from1 --label-base 1 --epochs 1 --layers 16");
    /* The file knows. */
    struct cli_result result = cli_ends(0, "\"$mlp\" eval --data from1 --csv p.csv");
    ck_assert_ptr_nonnull(strstr(result.out, "\n      4       25 "));
    cli_result_free(&result);
    cli_done("head -n 1 p.csv | grep -qx label,prediction,p1,p2,p3,p4");
}
END_TEST

START_TEST(built_in_digits_from_end_to_end)
{
    struct cli_result result = cli_ends(0, "\"$mlp\" run --epochs 1 --batch 64");
    const char *notice = "BUILT-IN digits", *first = strstr(result.out, notice);
    ck_assert_ptr_nonnull(first);
    const char *last = strstr(first + 1, notice);
    ck_assert_ptr_nonnull(last);
    ck_assert_ptr_nonnull(strstr(result.out, "make data"));
    const char *final = strstr(result.out, "Final Test Accuracy : ");
    ck_assert(final != NULL && first < final && final < last);
    ck_assert_double_gt(strtod(final + 22, NULL), 80);
    ck_assert_ptr_nonnull(strstr(result.out, "mlp train --data builtin --epochs 1 "));
    cli_ends_with_picture(result.out, "out/predictions.png");
    cli_result_free(&result);
    result = cli_ends(0, "\"$mlp\" eval --quiet");
    ck_assert_int_eq(strncmp(result.out, "Test Accuracy : ", 16), 0);
    ck_assert_ptr_nonnull(strstr(result.err, notice)); /* standard output is for results only */
    cli_result_free(&result);
}
END_TEST

START_TEST(mnist_from_end_to_end)
{
    const char *mnist = getenv("MNIST_DIR");
    char command[4352], *whole = mnist == NULL ? NULL : realpath(mnist, NULL);
    if (whole == NULL)
        return; /* not at hand */
    snprintf(command, sizeof command, "\"$mlp\" run --epochs 2 --data '%s'", whole);
    struct cli_result result = cli_ends(0, command);
    const char *final = strstr(result.out, "Final Test Accuracy : ");
    ck_assert_ptr_nonnull(final);
    ck_assert_double_gt(strtod(final + 22, NULL), 93);
    ck_assert_ptr_null(strstr(result.out, "BUILT-IN"));
    cli_ends_with_picture(result.out, "out/predictions.png");
    cli_result_free(&result);
    free(whole);
}
END_TEST

Suite *cli_files_suite(void)
{
    Suite *suite = suite_create("cli_files");
    TCase *tests = tcase_create("cli_files");
    tcase_set_timeout(tests, 240);
    tcase_add_checked_fixture(tests, cli_folder_new, cli_folder_remove);
    tcase_add_test(tests, train_says_what_it_does_and_writes_the_weights);
    tcase_add_test(tests, accuracies_have_two_decimals_and_quiet_says_nothing_else);
    tcase_add_test(tests, eval_every_says_when_to_test);
    tcase_add_test(tests, the_same_command_gives_the_same_file);
    tcase_add_test(tests, precision_is_what_was_asked_for_and_is_said);
    tcase_add_test(tests, weights_can_be_the_start);
    tcase_add_test(tests, the_activation_comes_from_the_file);
    tcase_add_test(tests, eval_shows_each_class);
    tcase_add_test(tests, the_csv_agrees_with_the_accuracy);
    tcase_add_test(tests, the_picture_is_the_last_line);
    tcase_add_test(tests, augmentation_can_be_looked_at);
    tcase_add_test(tests, only_wrong_digits_can_be_shown);
    tcase_add_test(tests, labels_can_start_at_one);
    tcase_add_test(tests, built_in_digits_from_end_to_end);
    tcase_add_test(tests, mnist_from_end_to_end);
    suite_add_tcase(suite, tests);
    return suite;
}
