/* test_cli_terminal.c - the command line on a terminal: the question, the live line, Ctrl-C. */
#include "cli_process.h"
#include "idx_files.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

Suite *cli_terminal_suite(void);

static char folder[64];
static struct cli_terminal terminal;

/* A folder with out/ and a data set in data/, where it is found without being named. */
static void setup(void)
{
    char path[96];
    struct idx_set set = {.n_train = 300, .n_test = 100, .n_rows = 8, .n_cols = 8, .n_classes = 4};
    idx_folder_new(folder);
    snprintf(path, sizeof path, "%s/out", folder);
    ck_assert_int_eq(mkdir(path, 0777), 0);
    snprintf(path, sizeof path, "%s/data", folder);
    ck_assert_int_eq(mkdir(path, 0777), 0);
    idx_write_set(path, &set);
}

static void teardown(void)
{
    idx_folder_remove(folder);
}

static void done(const char *command)
{
    struct cli_result result = cli_shell(folder, "%s", command);
    ck_assert_msg(result.code == 0, "%s: exit %d\n%s%s", command, result.code, result.out,
                  result.err);
    cli_result_free(&result);
}

/* Starts it and waits for the question. */
static void asked(const char *command)
{
    cli_terminal_start(&terminal, folder, 80, command);
    cli_terminal_expect(&terminal, "Train or Not (y/n): ");
}

static void ends(int code)
{
    int found = cli_terminal_end(&terminal);
    ck_assert_msg(found == code, "exit %d, wanted %d: %s", found, code,
                  cli_terminal_tail(&terminal));
}

START_TEST(yes_trains_and_no_uses_the_weights)
{
    asked("\"$mlp\"");
    cli_terminal_type(&terminal, "y\n");
    cli_terminal_expect(&terminal, "Final Test Accuracy : ");
    cli_terminal_expect(&terminal, "/out/predictions.png\r\n");
    ends(0);
    ck_assert_uint_eq(terminal.seen, terminal.length); /* the path is the last line */
    done("test -e out/mnist_model_1.npz && mv out/predictions.png first.png");

    asked("\"$mlp\"");
    cli_terminal_type(&terminal, "  No \n");
    cli_terminal_expect(&terminal, "\nTest Accuracy : ");
    cli_terminal_expect(&terminal, "/out/predictions.png\r\n");
    ends(0);
    ck_assert_uint_eq(terminal.seen, terminal.length);
    ck_assert_ptr_null(strstr(terminal.text, "Final"));
    done("cmp first.png out/predictions.png");
}
END_TEST

START_TEST(no_without_weights_says_what_is_missing)
{
    asked("\"$mlp\"");
    cli_terminal_type(&terminal, "n\n");
    cli_terminal_expect(&terminal, "out/mnist_model_1.npz: ");
    cli_terminal_expect(&terminal, "`mlp train` makes it");
    ends(4);
}
END_TEST

START_TEST(nonsense_and_the_end_of_input_are_asked_once_more)
{
    static const char *const nonsense[] = {"maybe\n", "\n", "\004", "y n\n", "yn\n", "1\n"};
    for (size_t i = 0; i < sizeof nonsense / sizeof nonsense[0]; i++) {
        asked("\"$mlp\"");
        cli_terminal_type(&terminal, nonsense[i]);
        cli_terminal_expect(&terminal, "Train or Not (y/n): ");
        cli_terminal_type(&terminal, nonsense[(i + 1) % 6]);
        ends(2);
    }
    asked("\"$mlp\"");
    cli_terminal_type(&terminal, "\004"); /* ends one answer, not the terminal */
    cli_terminal_expect(&terminal, "Train or Not (y/n): ");
    cli_terminal_type(&terminal, "n\n");
    ends(4);
    char line[202]; /* longer than any answer: one answer all the same */
    memset(line, 'y', 200);
    strcpy(line + 200, "\n");
    asked("\"$mlp\"");
    cli_terminal_type(&terminal, line);
    cli_terminal_expect(&terminal, "Train or Not (y/n): ");
    cli_terminal_type(&terminal, "n\n");
    ends(4);
}
END_TEST

START_TEST(run_asks_only_if_told_to_and_weights_exist)
{
    const char *run = "\"$mlp\" run --ask --layers 8 --epochs 2";
    cli_terminal_start(&terminal, folder, 80, run);
    cli_terminal_expect(&terminal, "/out/predictions.png\r\n");
    ends(0);
    ck_assert_ptr_null(strstr(terminal.text, "Train or Not"));
    asked("\"$mlp\" run --ask --layers 8 --epochs 2 --validation 100000");
    cli_terminal_type(&terminal, "n\n");
    cli_terminal_expect(&terminal, "64-8-4");
    ends(0);
    ck_assert_ptr_null(strstr(terminal.text, "watched")); /* nothing is trained */
    asked(run);
    cli_terminal_type(&terminal, "YES\n");
    cli_terminal_expect(&terminal, " 2/2 ");
    ends(0);
    done("\"$mlp\" run --ask --layers 8 --epochs 2 | grep -q 'Final Test'"); /* nobody to ask */
}
END_TEST

START_TEST(colour_only_where_it_is_wanted)
{
    cli_terminal_start(&terminal, folder, 80, "\"$mlp\" info");
    ends(0);
    ck_assert_ptr_nonnull(strstr(terminal.text, "\033[1m"));
    static const char *const plain[] = {"env NO_COLOR=1 \"$mlp\" info",
                                        "env TERM=dumb \"$mlp\" info", "env -u TERM \"$mlp\" info"};
    for (size_t i = 0; i < 3; i++) {
        cli_terminal_start(&terminal, folder, 80, plain[i]);
        ends(0);
        ck_assert_ptr_null(strchr(terminal.text, '\033'));
    }
    done("test \"$(\"$mlp\" info | tr -cd '\\033' | wc -c)\" = 0");
}
END_TEST

/* A network so wide that one epoch, an image a step, takes long on any machine. */
#define LONG "\"$mlp\" train --layers 2000,2000 --batch 1 --lr 0.001 --epochs 100000 "

START_TEST(a_live_line_fits_the_terminal)
{
    cli_terminal_start(&terminal, folder, 24, LONG);
    cli_terminal_expect(&terminal, "%\033[K");
    const char *end = terminal.text + terminal.seen - 3, *begin = end;
    while (*begin != '\r')
        begin--;
    ck_assert_int_le((int)(end - begin - 1), 23);
    cli_terminal_type(&terminal, "\003");
    ends(130);

    cli_terminal_start(&terminal, folder, 80, "env TERM=dumb " LONG);
    cli_terminal_expect(&terminal, "images/s");
    cli_terminal_type(&terminal, "\003");
    ends(130);
    ck_assert_ptr_null(strchr(terminal.text, '\033'));
}
END_TEST

START_TEST(ctrl_c_keeps_the_last_finished_epoch)
{
    cli_terminal_start(&terminal, folder, 80, "\"$mlp\" train --layers 16 --epochs 1000000");
    cli_terminal_expect(&terminal, " 2/1000000 ");
    cli_terminal_type(&terminal, "\003");
    cli_terminal_expect(&terminal, "mlp: stopped by a signal: Interrupt\r\n");
    cli_terminal_expect(&terminal, ", the last one finished, are in out/mnist_model_1.npz\r\n");
    ends(130);
    done("\"$mlp\" eval && ls -A out | grep -qx mnist_model_1.npz");
}
END_TEST

START_TEST(ctrl_c_in_the_first_epoch_keeps_the_old_file)
{
    done("printf 'PK\\003\\004 old' > out/mnist_model_1.npz && cp out/mnist_model_1.npz old");
    cli_terminal_start(&terminal, folder, 80, LONG);
    cli_terminal_expect(&terminal, "images/s");
    cli_terminal_type(&terminal, "\003");
    cli_terminal_expect(&terminal, "nothing is saved, out/mnist_model_1.npz is as it was\r\n");
    ends(130);
    done("cmp out/mnist_model_1.npz old");
}
END_TEST

Suite *cli_terminal_suite(void)
{
    Suite *suite = suite_create("cli_terminal");
    TCase *tests = tcase_create("cli_terminal");
    tcase_set_timeout(tests, 240);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, yes_trains_and_no_uses_the_weights);
    tcase_add_test(tests, no_without_weights_says_what_is_missing);
    tcase_add_test(tests, nonsense_and_the_end_of_input_are_asked_once_more);
    tcase_add_test(tests, run_asks_only_if_told_to_and_weights_exist);
    tcase_add_test(tests, colour_only_where_it_is_wanted);
    tcase_add_test(tests, a_live_line_fits_the_terminal);
    tcase_add_test(tests, ctrl_c_keeps_the_last_finished_epoch);
    tcase_add_test(tests, ctrl_c_in_the_first_epoch_keeps_the_old_file);
    suite_add_tcase(suite, tests);
    return suite;
}
