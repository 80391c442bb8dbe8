/* test_cli_bad.c - the command line when something is wrong: exit codes, messages, what it leaves
 * alone. */
#include "cli_folder.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Suite *cli_bad_suite(void);

START_TEST(data_that_were_named_are_never_passed_over)
{
    cli_refused("\"$mlp\" train --data nowhere", 3, "nowhere: ");
    cli_refused("\"$mlp\" train --data out", 3, "train-images");
    cli_refused("\"$mlp\" train --data set/train-images-idx3-ubyte", 3, "");
    cli_refused("MNIST_DIR=nowhere \"$mlp\" train", 3, "nowhere: ");
    cli_refused("mkdir data && : > data/t10k-labels-idx1-ubyte && \"$mlp\" train", 3, "data");
    cli_refused("cp set/* data && printf x >> data/train-images-idx3-ubyte && \"$mlp\" train", 3,
                "data/train-images-idx3-ubyte: ");
    cli_done("ls -A out | wc -l | grep -qx 0");
    /* The order: --data before $MNIST_DIR before data/. */
    cli_refused("MNIST_DIR=set \"$mlp\" train --data nowhere", 3, "nowhere: ");
    cli_done("MNIST_DIR=set \"$mlp\" train --epochs 1 | grep -q 'from \\$MNIST_DIR'");
    cli_done("MNIST_DIR=nowhere \"$mlp\" train --data set --epochs 1 | grep -q 'from --data'");
    cli_done("cp set/* data && MNIST_DIR= \"$mlp\" train --epochs 1 | grep -q 'in data/'");
}
END_TEST

START_TEST(weights_that_do_not_do_are_exit_4)
{
    char other[96];
    struct idx_set set = cli_set;
    set.n_classes = 3;
    snprintf(other, sizeof other, "%s/other", cli_folder);
    ck_assert_int_eq(mkdir(other, 0777), 0);
    idx_write_set(other, &set);
    cli_refused("\"$mlp\" eval --data set", 4, "out/mnist_model_1.npz: ");
    cli_refused("\"$mlp\" eval --data set", 4, "`mlp train` makes it");
    cli_refused("\"$mlp\" predict --data set --model out", 4, "out: ");
    cli_refused("echo hello > bad.npz; \"$mlp\" eval --data set --model bad.npz", 4, "bad.npz: ");
    cli_refused("\"$mlp\" info --model bad.npz", 4, "bad.npz: ");
    cli_done(SMALL);
    cli_refused("\"$mlp\" eval --data other", 4,
                "weights for 64 pixels and 4 classes; wanted 64 pixels (8x8) and 3 classes");
    cli_done("\"$mlp\" eval --data other --classes 4 | grep -q 'trained on other data'");
    set.n_rows = 9;
    idx_write_set(other, &set);
    cli_refused("\"$mlp\" predict --data other --out p.png", 4, "wanted 72 pixels (9x8)");
}
END_TEST

START_TEST(a_diverged_run_is_exit_5_and_keeps_the_old_weights)
{
    cli_done("printf 'PK\\003\\004 old' > w.npz && cp w.npz kept");
    struct cli_result result = cli_ends(
        5, "\"$mlp\" train --data set --layers 64,64,64 --batch 1 --lr 1000 --quiet --model w.npz");
    ck_assert_ptr_nonnull(strstr(result.err, "try a lower rate, such as --lr "));
    ck_assert_ptr_nonnull(strstr(result.err, "nothing is saved, w.npz is as it was\n"));
    cli_result_free(&result);
    cli_done("cmp w.npz kept && test \"$(ls | wc -l)\" = 4");
}
END_TEST

START_TEST(a_later_divergence_keeps_the_epoch_before)
{
    struct cli_result result =
        cli_ends(5, "\"$mlp\" train --data set --layers 64,64,64 --batch 128 --lr 100 --epochs 9");
    ck_assert_ptr_nonnull(strstr(result.err, "NaN in epoch 2; try a lower rate"));
    ck_assert_ptr_nonnull(strstr(result.err, "the weights of epoch 1, the last one finished, are"));
    cli_result_free(&result);
    cli_done("\"$mlp\" eval --data set"); /* which refuses weights that are not finite */
}
END_TEST

START_TEST(outputs_are_checked_before_training_starts)
{
    cli_refused(SMALL "--model none/x.npz", 6, "none/x.npz: cannot write: ");
    cli_refused("\"$mlp\" run --data set --out none/x.png", 6, "none/x.png: cannot write: ");
    cli_refused(SMALL "--model out", 6, "out: cannot write: a folder");
    cli_refused(SMALL "--model /dev/full", 6, "/dev/full: cannot write: not a regular file");
    cli_refused("rmdir out; " SMALL, 6, "out/mnist_model_1.npz: cannot write: ");
    cli_done(SMALL "--model w.npz");
    cli_refused("\"$mlp\" eval --data set --model w.npz --csv none/x.csv", 6, "none/x.csv: ");
    cli_refused("\"$mlp\" predict --data set --model w.npz --out none/x.png", 6, "none/x.png: ");
    if (geteuid() != 0) /* root may write anywhere */
        cli_refused("mkdir locked; chmod 555 locked; " SMALL "--model locked/w.npz", 6,
                    "locked/w.npz");
}
END_TEST

/* A disk that is full, as far as a process can tell: files may have 2 KiB. (Below 1 KiB some OpenMP
 * libraries fail to start.) */
START_TEST(a_full_disk_leaves_the_old_files)
{
    cli_done(SMALL "--model w.npz; cp w.npz kept.npz; \"$mlp\" predict --data set --model w.npz "
                   "--out p.png; cp p.png kept.png; echo old > p.csv");
    static const char *const commands[] = {
        SMALL "--quiet --seed 8 --model w.npz",
        "\"$mlp\" predict --quiet --data set --seed 8 --model w.npz --out p.png",
        "\"$mlp\" eval --quiet --data set --model w.npz --csv p.csv",
    };
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        char limited[256];
        snprintf(limited, sizeof limited, "ulimit -f 4; %s", commands[i]);
        struct cli_result result = cli_ends(6, limited);
        ck_assert_ptr_nonnull(strstr(result.err, ": cannot write: "));
        cli_result_free(&result);
    }
    cli_done("cmp w.npz kept.npz && cmp p.png kept.png && test \"$(cat p.csv)\" = old");
    cli_done("! ls | grep tmp"); /* nothing half written lies about */
}
END_TEST

START_TEST(a_network_beyond_memory_is_refused)
{
    cli_refused("\"$mlp\" train --data set --quiet --layers 16777216,16777216", 2, "");
    cli_done("ls -A out | wc -l | grep -qx 0");
}
END_TEST

START_TEST(what_cannot_be_opened_says_what_to_do)
{
    cli_refused("\"$mlp\" info --model none.npz", 4, "none.npz: cannot open: ");
    cli_refused("\"$mlp\" info --model none.npz", 4, "; check its name");
    cli_refused("\"$mlp\" eval --data set", 4, "; `mlp train` makes it");
    cli_refused("ln -s ring ring; \"$mlp\" info --model ring", 4, "; its links lead in a circle");
    struct cli_result result = cli_ends(6, "ulimit -f 4; " SMALL "--quiet --model w.npz");
    ck_assert_ptr_nonnull(strstr(result.err, "; raise the limit (`ulimit -f`)"));
    cli_result_free(&result);
    cli_done("! test -e w.npz && ! ls | grep tmp");
}
END_TEST

START_TEST(weights_are_not_overwritten_by_an_output)
{
    cli_done(SMALL);
    cli_refused("\"$mlp\" run --data set --model out/x --out out/../out/x", 2,
                "would be overwritten");
    cli_refused("\"$mlp\" predict --data set --out ./out/mnist_model_1.npz", 2,
                "would be overwritten");
    cli_refused("\"$mlp\" eval --data set --csv out/mnist_model_1.npz", 2, "would be overwritten");
    cli_refused(
        "\"$mlp\" tune --data set --init-from out/mnist_model_1.npz --out out/mnist_model_1.npz", 2,
        "would be overwritten");
    cli_done("\"$mlp\" eval --data set");
}
END_TEST

START_TEST(only_outputs_are_replaced_by_an_output)
{
    cli_done(SMALL "&& cp -r set kept && cp out/mnist_model_1.npz w.npz && cp w.npz kept.npz");
    cli_refused("\"$mlp\" train --data set --model set/t10k-labels-idx1-ubyte", 2,
                "data are in this file, and would be overwritten");
    cli_refused("\"$mlp\" eval --data set --csv set/train-labels-idx1-ubyte", 2, "data are in");
    cli_refused("\"$mlp\" augment --data set --preview w.npz", 2, "weights are in this file");
    cli_refused("\"$mlp\" tune --data set --out w.npz", 2, "weights are in this file");
    cli_refused("\"$mlp\" tune --data set --grid --lrs 0.1 --out w.npz", 2, "");
    cli_done("gzip -k set/t10k-labels-idx1-ubyte && echo a letter > letter");
    cli_refused("\"$mlp\" predict --data set --out set/t10k-labels-idx1-ubyte.gz", 2,
                "data are in");
    cli_refused("\"$mlp\" train --data set --model letter", 2,
                "something else is in this file, and would be overwritten");
    cli_done("rm set/*.gz && diff -r set kept && cmp w.npz kept.npz && grep -qx 'a letter' letter");
    cli_done(": > empty && \"$mlp\" train --data set --quiet --epochs 1 --model empty");
}
END_TEST

#define FOREVER "\"$mlp\" train --data set --preset classic --layers 16 --epochs 1000000 --lr 0.1 "

/* Starts it, waits for the third epoch, and kills it politely. */
static void stopped(const char *options)
{
    char command[512];
    snprintf(command, sizeof command,
             ": > log\n" /* or an earlier one is mistaken for it, and it is killed as it starts */
             FOREVER "%s > log & pid=$!\n"
             "until grep -q '^ *3/1000000 ' log; do sleep 0.02; done\n"
             "kill -TERM $pid; wait $pid",
             options);
    struct cli_result result = cli_ends(143, command);
    ck_assert_ptr_nonnull(strstr(result.err, "mlp: stopped by a signal: Terminated\n"));
    ck_assert_ptr_nonnull(strstr(result.err, ", are in out/"));
    cli_result_free(&result);
}

START_TEST(a_signal_keeps_the_last_finished_epoch)
{
    stopped("");
    cli_done("last=$(grep -c '^ *[0-9]*/1000000 ' log) && "
             "\"$mlp\" info --model out/mnist_model_1.npz | grep -q -- \"--epochs $last \" && "
             "\"$mlp\" train --data set --preset classic --layers 16 --epochs $last --lr 0.1 "
             "--model again.npz && "
             "\"$mlp\" eval --data set --csv stopped.csv && "
             "\"$mlp\" eval --data set --csv again.csv --model again.npz && "
             "cmp stopped.csv again.csv");
    stopped("--schedule cosine"); /* which is another one for fewer epochs */
    cli_done("last=$(grep -c '^ *[0-9]*/1000000 ' log) && "
             "\"$mlp\" info --model out/mnist_model_1.npz | "
             "grep -q -- \"--epochs 1000000 .* # stopped after epoch $last\"");
    stopped("--validation 100 --early-stop 1000000 --eval-every 900000"); /* looks at its end */
    cli_done("last=$(grep -c '^ *[0-9]*/1000000 ' log) && "
             "\"$mlp\" info --model out/mnist_model_1.npz | "
             "grep -q -- \"--epochs 1000000 .* # stopped after epoch $last\"");
}
END_TEST

/* As timeout(1) and a terminal that closes send them. */
START_TEST(two_signals_at_once_are_one_wish)
{
    cli_done(": > log\n" FOREVER "> log 2> said & pid=$!\n"
             "until grep -q '^ *3/1000000 ' log; do sleep 0.02; done\n"
             "kill -TERM $pid; kill -HUP $pid; wait $pid; code=$?\n"
             "[ $code = 143 ] || [ $code = 129 ] && " /* whichever is delivered first */
             "grep -q ', the last one finished, are in out/' said && \"$mlp\" eval --data set");
}
END_TEST

/* --save-every: not even the last word is needed. */
START_TEST(what_cannot_be_caught_costs_what_came_after_the_last_save)
{
    struct cli_result result =
        cli_ends(137, ": > log\n" FOREVER "--save-every 0.0001 > log & pid=$!\n"
                      "until grep -q '^ *3/1000000 ' log; do sleep 0.02; done\n"
                      "kill -KILL $pid; wait $pid");
    cli_result_free(&result);
    cli_done("\"$mlp\" eval --data set --csv killed.csv && "
             "epoch=$(\"$mlp\" info --model out/mnist_model_1.npz | "
             "sed -n 's/.*--epochs \\([0-9]*\\) .*/\\1/p') && [ \"$epoch\" -ge 2 ] && "
             "\"$mlp\" train --data set --preset classic --layers 16 --epochs $epoch --lr 0.1 "
             "--save-every 0 --model again.npz && "
             "\"$mlp\" eval --data set --csv again.csv --model again.npz && "
             "cmp killed.csv again.csv");
}
END_TEST

START_TEST(a_reader_that_goes_away_keeps_the_last_finished_epoch)
{
    cli_done("{ " FOREVER "2>&1; echo $? > code; } | sed '/^ *3.1000000 /q' > log\n"
             "grep -qx 141 code && \"$mlp\" eval --data set && "
             "\"$mlp\" info --model out/mnist_model_1.npz | grep -qE -- '--epochs [0-9]{1,6} '");
}
END_TEST

Suite *cli_bad_suite(void)
{
    Suite *suite = suite_create("cli_bad");
    TCase *tests = tcase_create("cli_bad");
    tcase_set_timeout(tests, 240);
    tcase_add_checked_fixture(tests, cli_folder_new, cli_folder_remove);
    tcase_add_test(tests, data_that_were_named_are_never_passed_over);
    tcase_add_test(tests, weights_that_do_not_do_are_exit_4);
    tcase_add_test(tests, a_diverged_run_is_exit_5_and_keeps_the_old_weights);
    tcase_add_test(tests, a_later_divergence_keeps_the_epoch_before);
    tcase_add_test(tests, outputs_are_checked_before_training_starts);
    tcase_add_test(tests, a_full_disk_leaves_the_old_files);
    tcase_add_test(tests, a_network_beyond_memory_is_refused);
    tcase_add_test(tests, what_cannot_be_opened_says_what_to_do);
    tcase_add_test(tests, weights_are_not_overwritten_by_an_output);
    tcase_add_test(tests, only_outputs_are_replaced_by_an_output);
    tcase_add_test(tests, a_signal_keeps_the_last_finished_epoch);
    tcase_add_test(tests, two_signals_at_once_are_one_wish);
    tcase_add_test(tests, what_cannot_be_caught_costs_what_came_after_the_last_save);
    tcase_add_test(tests, a_reader_that_goes_away_keeps_the_last_finished_epoch);
    suite_add_tcase(suite, tests);
    return suite;
}
