/* test_cli_files.c - the command line at work: what it reads, writes, says, and leaves alone. */
#include "cli_process.h"
#include "idx_files.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Suite *cli_files_suite(void);

static char folder[64];
static const struct idx_set shapes = {
    .n_train = 300, .n_test = 100, .n_rows = 8, .n_cols = 8, .n_classes = 4};

/* A folder with a data set in set/ and an empty out/. */
static void setup(void)
{
    char path[96];
    idx_folder_new(folder);
    snprintf(path, sizeof path, "%s/out", folder);
    ck_assert_int_eq(mkdir(path, 0777), 0);
    snprintf(path, sizeof path, "%s/set", folder);
    ck_assert_int_eq(mkdir(path, 0777), 0);
    idx_write_set(path, &shapes);
}

static void teardown(void)
{
    idx_folder_remove(folder);
}

/* Runs it and holds it to its exit code; the caller frees. */
static struct cli_result shell(int code, const char *command)
{
    struct cli_result result = cli_shell(folder, "%s", command);
    ck_assert_msg(result.code == code, "%s: exit %d, wanted %d\n%s%s", command, result.code, code,
                  result.out, result.err);
    return result;
}

static void done(const char *command)
{
    struct cli_result result = shell(0, command);
    cli_result_free(&result);
}

/* It fails with this code and message, and says nothing of a training that had begun. */
static void refused(const char *command, int code, const char *message)
{
    struct cli_result result = shell(code, command);
    ck_assert_msg(strstr(result.err, message) != NULL, "%s: '%s' is not in: %s", command, message,
                  result.err);
    ck_assert_str_eq(result.out, "");
    cli_result_free(&result);
}

#define SMALL "\"$mlp\" train --data set --layers 16 --epochs 3 --batch 128 --lr 0.1 --seed 7 "

START_TEST(train_says_what_it_does_and_writes_the_weights)
{
    static const char *const lines[] = {
        "300 training and 100 test images, 8x8, 4 classes",
        "(from --data), fingerprint ",
        "64-16-4, 1,108 parameters",
        "3 epochs, batch 128, sgd at rate 0.1, seed 7",
        "1 (--threads)",
        "/set --epochs 3 --batch 128 --lr 0.1 --seed 7 --layers 16\n",
        "\n        1/3  ",
        "\n        3/3  ",
        "\nFinal Train Accuracy: ",
        "\nFinal Test Accuracy : ",
        "\nWeights in out/mnist_model_1.npz\n",
    };
    struct cli_result result = shell(0, SMALL "--threads 1");
    const char *at = result.out;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        at = strstr(at, lines[i]);
        ck_assert_msg(at != NULL, "'%s' is not in, or not in order: %s", lines[i], result.out);
    }
    ck_assert_ptr_null(strchr(result.out, '\033')); /* a pipe is no terminal */
    ck_assert_ptr_null(strchr(result.out, '\r'));
    ck_assert_str_eq(result.err, "");
    cli_result_free(&result);
    result = shell(0, "ls -A out");
    ck_assert_str_eq(result.out, "mnist_model_1.npz\n");
    cli_result_free(&result);
}
END_TEST

START_TEST(accuracies_have_two_decimals_and_quiet_says_nothing_else)
{
    double train, test;
    int n = 0;
    struct cli_result result = shell(0, SMALL "--quiet");
    sscanf(result.out, "Final Train Accuracy: %lf%%\nFinal Test Accuracy : %lf%%\n%n", &train,
           &test, &n);
    ck_assert_int_eq(n, (int)strlen(result.out));
    char again[128];
    snprintf(again, sizeof again, "Final Train Accuracy: %.2f%%\nFinal Test Accuracy : %.2f%%\n",
             train, test);
    ck_assert_str_eq(result.out, again);
    ck_assert_str_eq(result.err, "");
    cli_result_free(&result);
    result = shell(0, "\"$mlp\" eval --data set --quiet");
    snprintf(again, sizeof again, "Test Accuracy : %.2f%%\n", test);
    ck_assert_str_eq(result.out, again);
    cli_result_free(&result);
}
END_TEST

START_TEST(eval_every_says_when_to_test)
{
    struct cli_result result = shell(0, SMALL "--epochs 4 --eval-every 3");
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
    result = shell(0, SMALL "--eval-every 0");
    ck_assert_ptr_nonnull(strstr(result.out, "Final Test Accuracy : "));
    cli_result_free(&result);
}
END_TEST

START_TEST(the_same_command_gives_the_same_file)
{
    done(SMALL "--model a.npz && " SMALL "--model b.npz && cmp a.npz b.npz");
    done(SMALL "--model c.npz --threads 3 --force-threads && cmp a.npz c.npz");
    done(SMALL "--model d.npz --seed 8 && ! cmp -s a.npz d.npz");
}
END_TEST

/* What `mlp info` calls "repeat" makes the same file, also from other weights and with --kernel. */
START_TEST(the_recipe_in_the_file_repeats_it)
{
    static const char *const options[] = {"", "--kernel scalar --lr 0.0123 --batch 7",
                                          "--init-from first.npz --layers 16", "--layers none",
                                          "--layers 9,8,7 --classes 6"};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        char command[512];
        snprintf(command, sizeof command,
                 SMALL "%s --model first.npz && cp first.npz kept.npz && "
                       "again=$(\"$mlp\" info --model first.npz | sed -n 's/ *repeat *mlp//p') && "
                       "%s"
                       "eval \"\\\"\\$mlp\\\" ${again%%DIR}set --model again.npz\" && "
                       "cmp kept.npz again.npz",
                 options[i],
                 strstr(options[i], "--init-from") == NULL ? "" : "cp old.npz first.npz; ");
        done(command);
        done("cp kept.npz old.npz");
        if (strstr(options[i], "--kernel") != NULL) /* the next one starts from 16 hidden ones */
            done(SMALL "--model old.npz && cp old.npz first.npz");
    }
}
END_TEST

START_TEST(weights_can_be_the_start)
{
    done(SMALL "--model a.npz");
    struct cli_result result = shell(0, "\"$mlp\" train --data set --init-from a.npz --epochs 1");
    ck_assert_ptr_nonnull(strstr(result.out, "64-16-4,")); /* its layers, not the default's */
    cli_result_free(&result);
    refused(SMALL "--init-from a.npz --layers 17", 4, "other hidden layers than --layers says");
    refused(SMALL "--init-from none.npz", 4, "none.npz: ");
}
END_TEST

START_TEST(eval_shows_each_class)
{
    done(SMALL);
    struct cli_result result = shell(0, "\"$mlp\" eval --data set");
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
    done(SMALL);
    struct cli_result result = shell(0, "\"$mlp\" eval --data set --quiet --csv p.csv");
    double accuracy;
    ck_assert_int_eq(sscanf(result.out, "Test Accuracy : %lf%%", &accuracy), 1);
    cli_result_free(&result);
    size_t n;
    char *text = (char *)idx_get(folder, "p.csv", &n);
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

/* The last line is the absolute path of a PNG. */
static void ends_with_picture(const char *out, const char *name)
{
    char wanted[128], whole[96];
    ck_assert_ptr_nonnull(realpath(folder, whole));
    snprintf(wanted, sizeof wanted, "%s/%s\n", whole, name);
    ck_assert_int_ge((int)strlen(out), (int)strlen(wanted));
    ck_assert_str_eq(out + strlen(out) - strlen(wanted), wanted);
    size_t n;
    uint8_t *bytes = idx_get(folder, name, &n);
    ck_assert_uint_gt(n, 1000);
    ck_assert_mem_eq(bytes, "\x89PNG\r\n\x1a\n", 8);
    free(bytes);
}

START_TEST(the_picture_is_the_last_line)
{
    struct cli_result result = shell(0, "\"$mlp\" run --data set --layers 16 --epochs 2");
    ck_assert_ptr_nonnull(strstr(result.out, "Final Test Accuracy : "));
    ends_with_picture(result.out, "out/predictions.png");
    cli_result_free(&result);
    result = shell(0, "\"$mlp\" predict --data set --out a.png");
    ends_with_picture(result.out, "a.png");
    cli_result_free(&result);
    done("cmp a.png out/predictions.png"); /* the same weights, the same seed */
    done("\"$mlp\" predict --data set --out b.png --seed 2 && ! cmp -s a.png b.png");
    refused("\"$mlp\" run --data set --model x --out x", 2, "--model and --out name the same file");
}
END_TEST

START_TEST(only_wrong_digits_can_be_shown)
{
    done("\"$mlp\" train --data set --layers 16 --epochs 1 --lr 1e-9");
    struct cli_result result = shell(0, "\"$mlp\" predict --data set --wrong --out w.png");
    ends_with_picture(result.out, "w.png");
    cli_result_free(&result);
    done("rm w.png && \"$mlp\" train --data set --layers 64 --epochs 60");
    result = shell(0, "\"$mlp\" predict --data set --wrong --out w.png; test ! -e w.png");
    ck_assert_ptr_nonnull(strstr(result.out, "No test image is misread"));
    cli_result_free(&result);
}
END_TEST

START_TEST(data_that_were_named_are_never_passed_over)
{
    refused("\"$mlp\" train --data nowhere", 3, "nowhere: ");
    refused("\"$mlp\" train --data out", 3, "train-images");
    refused("\"$mlp\" train --data set/train-images-idx3-ubyte", 3, "");
    refused("MNIST_DIR=nowhere \"$mlp\" train", 3, "nowhere: ");
    refused("mkdir data && : > data/t10k-labels-idx1-ubyte && \"$mlp\" train", 3, "data");
    refused("cp set/* data && printf x >> data/train-images-idx3-ubyte && \"$mlp\" train", 3,
            "data/train-images-idx3-ubyte: ");
    done("ls -A out | wc -l | grep -qx 0");
    /* The order: --data before $MNIST_DIR before data/. */
    refused("MNIST_DIR=set \"$mlp\" train --data nowhere", 3, "nowhere: ");
    done("MNIST_DIR=set \"$mlp\" train --epochs 1 | grep -q 'from \\$MNIST_DIR'");
    done("MNIST_DIR=nowhere \"$mlp\" train --data set --epochs 1 | grep -q 'from --data'");
    done("cp set/* data && MNIST_DIR= \"$mlp\" train --epochs 1 | grep -q 'in data/'");
}
END_TEST

START_TEST(weights_that_do_not_do_are_exit_4)
{
    char other[96];
    struct idx_set set = shapes;
    set.n_classes = 3;
    snprintf(other, sizeof other, "%s/other", folder);
    ck_assert_int_eq(mkdir(other, 0777), 0);
    idx_write_set(other, &set);
    refused("\"$mlp\" eval --data set", 4, "out/mnist_model_1.npz: ");
    refused("\"$mlp\" eval --data set", 4, "`mlp train` makes it");
    refused("\"$mlp\" predict --data set --model out", 4, "out: ");
    refused("echo hello > bad.npz; \"$mlp\" eval --data set --model bad.npz", 4, "bad.npz: ");
    refused("\"$mlp\" info --model bad.npz", 4, "bad.npz: ");
    done(SMALL);
    refused("\"$mlp\" eval --data other", 4,
            "weights for 64 pixels and 4 classes; wanted 64 pixels (8x8) and 3 classes");
    done("\"$mlp\" eval --data other --classes 4 | grep -q 'trained on other data'");
    set.n_rows = 9;
    idx_write_set(other, &set);
    refused("\"$mlp\" predict --data other --out p.png", 4, "wanted 72 pixels (9x8)");
}
END_TEST

/* Divergence, and damage found on the way, leave the old file; and no new ones. */
START_TEST(a_diverged_run_is_exit_5_and_keeps_the_old_weights)
{
    done("echo old > w.npz");
    struct cli_result result = shell(
        5, "\"$mlp\" train --data set --layers 64,64,64 --batch 1 --lr 1000 --quiet --model w.npz");
    ck_assert_ptr_nonnull(strstr(result.err, "try a lower rate, such as --lr "));
    ck_assert_ptr_nonnull(strstr(result.err, "nothing is saved, w.npz is as it was\n"));
    cli_result_free(&result);
    done("test \"$(cat w.npz)\" = old && test \"$(ls | wc -l)\" = 3");
}
END_TEST

START_TEST(outputs_are_checked_before_training_starts)
{
    refused(SMALL "--model none/x.npz", 6, "none/x.npz: cannot write: ");
    refused("\"$mlp\" run --data set --out none/x.png", 6, "none/x.png: cannot write: ");
    refused(SMALL "--model out", 6, "out: cannot write: a folder");
    refused(SMALL "--model /dev/full", 6, "/dev/full: cannot write: not a regular file");
    refused("rmdir out; " SMALL, 6, "out/mnist_model_1.npz: cannot write: ");
    done(SMALL "--model w.npz");
    refused("\"$mlp\" eval --data set --model w.npz --csv none/x.csv", 6, "none/x.csv: ");
    refused("\"$mlp\" predict --data set --model w.npz --out none/x.png", 6, "none/x.png: ");
    if (geteuid() != 0) /* root may write anywhere */
        refused("mkdir locked; chmod 555 locked; " SMALL "--model locked/w.npz", 6, "locked/w.npz");
}
END_TEST

/* A disk that is full, as far as a process can tell: files may have 2 KiB. (Below 1 KiB some OpenMP
 * libraries fail to start.) */
START_TEST(a_full_disk_leaves_the_old_files)
{
    done(SMALL "--model w.npz; cp w.npz kept.npz; \"$mlp\" predict --data set --model w.npz "
               "--out p.png; cp p.png kept.png; echo old > p.csv");
    static const char *const commands[] = {
        SMALL "--quiet --seed 8 --model w.npz",
        "\"$mlp\" predict --quiet --data set --seed 8 --model w.npz --out p.png",
        "\"$mlp\" eval --quiet --data set --model w.npz --csv p.csv",
    };
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        char limited[256];
        snprintf(limited, sizeof limited, "ulimit -f 4; %s", commands[i]);
        struct cli_result result = shell(6, limited);
        ck_assert_ptr_nonnull(strstr(result.err, ": cannot write: "));
        cli_result_free(&result);
    }
    done("cmp w.npz kept.npz && cmp p.png kept.png && test \"$(cat p.csv)\" = old");
    done("! ls | grep tmp"); /* nothing half written lies about */
}
END_TEST

START_TEST(a_network_beyond_memory_is_refused)
{
    refused("\"$mlp\" train --data set --quiet --layers 16777216,16777216", 2, "");
    done("ls -A out | wc -l | grep -qx 0");
}
END_TEST

START_TEST(labels_can_start_at_one)
{
    done("cp -r set from1");
    size_t n;
    static const char *const names[] = {"from1/train-labels-idx1-ubyte",
                                        "from1/t10k-labels-idx1-ubyte"};
    for (int file = 0; file < 2; file++) {
        uint8_t *bytes = idx_get(folder, names[file], &n);
        for (size_t i = 8; i < n; i++)
            bytes[i]++;
        idx_put(folder, names[file], bytes, n);
        free(bytes);
    }
    refused("\"$mlp\" train --data from1", 3, "");
    done("\"$mlp\" train --data from1 --label-base 1 --epochs 1 --layers 16");
    /* The file knows. */
    struct cli_result result = shell(0, "\"$mlp\" eval --data from1 --csv p.csv");
    ck_assert_ptr_nonnull(strstr(result.out, "\n      4       25 "));
    cli_result_free(&result);
    done("head -n 1 p.csv | grep -qx label,prediction,p1,p2,p3,p4");
}
END_TEST

/* A polite kill in the middle keeps the epoch before, and its recipe makes the same weights. */
START_TEST(a_signal_keeps_the_last_finished_epoch)
{
    struct cli_result result =
        shell(143, "\"$mlp\" train --data set --layers 16 --epochs 1000000 > log & pid=$!\n"
                   "until grep -q '^ *3/1000000 ' log; do sleep 0.02; done\n"
                   "kill -TERM $pid; wait $pid");
    ck_assert_ptr_nonnull(strstr(result.err, "mlp: stopped by a signal: Terminated\n"));
    ck_assert_ptr_nonnull(strstr(result.err, ", the last one finished, are in out/"));
    cli_result_free(&result);
    result = shell(0, "\"$mlp\" eval --data set --quiet");
    ck_assert_ptr_nonnull(strstr(result.out, "Test Accuracy : "));
    cli_result_free(&result);
    done("last=$(grep -c '^ *[0-9]*/1000000 ' log) && "
         "\"$mlp\" info --model out/mnist_model_1.npz | grep -q -- \"--epochs $last \"");
}
END_TEST

START_TEST(built_in_digits_from_end_to_end)
{
    struct cli_result result = shell(0, "\"$mlp\" run --epochs 1 --batch 64");
    const char *notice = "BUILT-IN digits", *first = strstr(result.out, notice);
    ck_assert_ptr_nonnull(first);
    const char *last = strstr(first + 1, notice);
    ck_assert_ptr_nonnull(last);
    ck_assert_ptr_nonnull(strstr(result.out, "make data"));
    const char *final = strstr(result.out, "Final Test Accuracy : ");
    ck_assert(final != NULL && first < final && final < last);
    ck_assert_double_gt(strtod(final + 22, NULL), 80);
    ck_assert_ptr_nonnull(strstr(result.out, "mlp train --data builtin --epochs 1 "));
    ends_with_picture(result.out, "out/predictions.png");
    cli_result_free(&result);
    result = shell(0, "\"$mlp\" eval --quiet");
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
    struct cli_result result = shell(0, command);
    const char *final = strstr(result.out, "Final Test Accuracy : ");
    ck_assert_ptr_nonnull(final);
    ck_assert_double_gt(strtod(final + 22, NULL), 93);
    ck_assert_ptr_null(strstr(result.out, "BUILT-IN"));
    ends_with_picture(result.out, "out/predictions.png");
    cli_result_free(&result);
    free(whole);
}
END_TEST

Suite *cli_files_suite(void)
{
    Suite *suite = suite_create("cli_files");
    TCase *tests = tcase_create("cli_files");
    tcase_set_timeout(tests, 240);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, train_says_what_it_does_and_writes_the_weights);
    tcase_add_test(tests, accuracies_have_two_decimals_and_quiet_says_nothing_else);
    tcase_add_test(tests, eval_every_says_when_to_test);
    tcase_add_test(tests, the_same_command_gives_the_same_file);
    tcase_add_test(tests, the_recipe_in_the_file_repeats_it);
    tcase_add_test(tests, weights_can_be_the_start);
    tcase_add_test(tests, eval_shows_each_class);
    tcase_add_test(tests, the_csv_agrees_with_the_accuracy);
    tcase_add_test(tests, the_picture_is_the_last_line);
    tcase_add_test(tests, only_wrong_digits_can_be_shown);
    tcase_add_test(tests, data_that_were_named_are_never_passed_over);
    tcase_add_test(tests, weights_that_do_not_do_are_exit_4);
    tcase_add_test(tests, a_diverged_run_is_exit_5_and_keeps_the_old_weights);
    tcase_add_test(tests, outputs_are_checked_before_training_starts);
    tcase_add_test(tests, a_full_disk_leaves_the_old_files);
    tcase_add_test(tests, a_network_beyond_memory_is_refused);
    tcase_add_test(tests, labels_can_start_at_one);
    tcase_add_test(tests, a_signal_keeps_the_last_finished_epoch);
    tcase_add_test(tests, built_in_digits_from_end_to_end);
    tcase_add_test(tests, mnist_from_end_to_end);
    suite_add_tcase(suite, tests);
    return suite;
}
