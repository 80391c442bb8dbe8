/* test_cli.c - the command line: what is typed wrong, help, exit codes, texts made of tables. */
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/value.h"
#include "cli_process.h"
#include "idx_files.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *cli_suite(void);

static char folder[64];

static void setup(void)
{
    idx_folder_new(folder);
}

static void teardown(void)
{
    idx_folder_remove(folder);
}

/* The command ends with this code, says both texts on standard error, and nothing else. */
static void refused2(const char *arguments, int code, const char *message, const char *more)
{
    struct cli_result result = cli_shell(folder, "\"$mlp\" %s", arguments);
    ck_assert_msg(result.code == code, "mlp %s: exit %d, wanted %d: %s", arguments, result.code,
                  code, result.err);
    ck_assert_msg(strstr(result.err, message) != NULL && strstr(result.err, more) != NULL,
                  "mlp %s: '%s' or '%s' is not in: %s", arguments, message, more, result.err);
    ck_assert_msg(strncmp(result.err, "mlp: ", 5) == 0, "mlp %s: %s", arguments, result.err);
    ck_assert_str_eq(result.out, "");
    cli_result_free(&result);
}

static void refused(const char *arguments, int code, const char *message)
{
    refused2(arguments, code, message, "");
}

static void printed(const char *arguments, const char *text)
{
    struct cli_result result = cli_shell(folder, "\"$mlp\" %s", arguments);
    ck_assert_msg(result.code == 0, "mlp %s: exit %d: %s", arguments, result.code, result.err);
    ck_assert_msg(strstr(result.out, text) != NULL, "mlp %s: '%s' is not in: %s", arguments, text,
                  result.out);
    ck_assert_str_eq(result.err, "");
    cli_result_free(&result);
}

START_TEST(values_out_of_range_are_refused_and_the_range_is_said)
{
    static const struct {
        const char *option, *range;
        const char *values[12];
    } cases[] = {
        {"epochs",
         "a whole number from 1 to 1000000",
         {"0", "-1", "-0", "+1", "1.5", "1e3", "nan", "inf", "1000001", "' 1'", "3x"}},
        {"batch",
         "a whole number from 1 to 1000000",
         {"0", "-128", "1000001", "99999999999999999999", "abc", "''", "0x10"}},
        {"lr",
         "from 1e-9 to 1000",
         {"0", "-0.1", "nan", "-nan", "inf", "1e999", "1001", "1e-10", "0.1x", "0x1p-3", "''"}},
        {"seed",
         "from 0 to 18446744073709551615",
         {"-1", "18446744073709551616", "1.0", "nan", "''", "seed"}},
        {"layers",
         "up to 32 widths from 1 to 16777216",
         {"0", "256,0", "256,", ",256", "-5", "16777217", "'2 5'", "none,5", "5,none", "''", "nan",
          "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1"}},
        {"save-every", "from 0 to 1000", {"-1", "1001", "x"}},
        {"eval-every", "from 0 to 1000000", {"-1", "1000001", "x"}},
        {"activation",
         "one of relu|leaky-relu|gelu|tanh|sigmoid",
         {"ReLU", "leaky", "''", "relu,tanh", "0"}},
        {"init", "one of he|xavier", {"glorot", "He", "''"}},
        {"clip-norm", "a number from 0 to 1000", {"-1", "1001", "nan", "inf", "x", "''"}},
        {"label-smoothing", "a number from 0 to 0.9999", {"-0.1", "1", "nan", "10%"}},
        {"dropout", "a number from 0 to 0.9999", {"-0.1", "1", "nan", "50%"}},
        {"adversarial", "a number from 0 to 1000", {"-1", "1001", "nan", "x"}},
        {"ema", "a number from 0 to 0.9999", {"-0.1", "1", "nan", "0,9"}},
        {"threads", "from 1 to 1024", {"0", "-2", "1025", "two"}},
        {"classes", "from 2 to 256", {"0", "1", "257", "-3"}},
        {"label-base", "from 0 to 255", {"-1", "256", "one"}},
        {"kernel", "auto", {"''", "avx", "AVX2", "none"}},
        {"augment", "one of none|shift|affine|elastic", {"''", "Elastic", "rotate", "1"}},
        {"augment-strength", "a number from 0 to 4", {"-1", "4.1", "nan", "inf", "x", "''"}},
        {"preset", "one of classic|default|fast|best|record", {"''", "bset", "Fast", "none"}},
        {"validation", "from 0 to 1000000", {"-1", "1000001", "x"}},
        {"early-stop", "from 0 to 1000000", {"-1", "1000001", "0.5"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char arguments[256], wanted[128];
        for (size_t k = 0; k < 12 && cases[i].values[k] != NULL; k++) {
            snprintf(arguments, sizeof arguments, "train --%s %s", cases[i].option,
                     cases[i].values[k]);
            snprintf(wanted, sizeof wanted, "--%s: '", cases[i].option);
            refused2(arguments, 2, wanted, cases[i].range);
        }
        snprintf(arguments, sizeof arguments, "train --%s", cases[i].option);
        snprintf(wanted, sizeof wanted, "--%s lacks its value; wanted ", cases[i].option);
        refused(arguments, 2, wanted);
    }
}
END_TEST

START_TEST(unknown_words_are_refused_with_a_guess)
{
    refused("tran", 2, "unknown command 'tran'; did you mean `mlp train`?");
    refused("Train", 2, "did you mean `mlp train`?");
    refused("evla", 2, "did you mean `mlp eval`?");
    refused("help", 2, "did you mean --help?");
    refused("xyzzy", 2, "unknown command 'xyzzy'\n");
    refused("--quiet", 2, "the command comes first, as in: mlp run --quiet");
    refused("-v", 2, "unknown command '-v'");
    refused("''", 2, "unknown command");
    refused("train --epoch 3", 2, "unknown option '--epoch'; did you mean --epochs?");
    refused("train --ep=3", 2, "unknown option '--ep'; did you mean --epochs?");
    refused("train --sede 3", 2, "did you mean --seed?");
    refused("train --xyzzy", 2, "unknown option '--xyzzy'; `mlp train --help` lists them");
    refused("train -e 3", 2, "unknown option '-e'");
    refused("train -epochs 3", 2, "did you mean --epochs?");
    refused("train extra", 2, "what is 'extra'?");
    refused("train -- extra", 2, "what is 'extra'?");
    refused("train --quiet=1", 2, "--quiet takes no value");
    refused("eval --epochs 3", 2, "`mlp eval` has no option --epochs (run, train, tune have it)");
    refused("train --csv x", 2, "`mlp train` has no option --csv (eval has it)");
    refused("augment --augment none", 2, "--augment: 'none' leaves nothing to show");
    refused("train --data", 2, "--data lacks its value; wanted a folder");
    refused("train --data --quiet", 2, "--data: '--quiet' looks like an option");
    refused("train --optimizer sgd --momentum 0.9", 2, "--momentum with --optimizer sgd");
    refused("run --preset classic --momentum 0.9", 2, "--momentum with --optimizer sgd");
    refused("train --augment-strength 2", 2, "--augment-strength without --augment");
    refused("train --model ''", 2, "--model: '' is empty; wanted a file");
}
END_TEST

/* The help of a command that has it. */
static const char *taker(const struct cli_option *option)
{
    return option->commands & CLI_EVAL    ? "eval --help"
           : option->commands & CLI_RUN   ? "run --help"
           : option->commands & CLI_TRAIN ? "train --help"
           : option->commands & CLI_TUNE  ? "tune --help"
                                          : "augment --help";
}

START_TEST(help_shows_commands_options_defaults_and_exit_codes)
{
    struct cli_options defaults = cli_options_default(CLI_RUN);
    printed("--help", "Exit codes");
    printed("--help", "128+n");
    printed("--version", "mlp " MLP_VERSION "\n");
    static const char *const commands[] = {"run", "train", "eval", "predict", "info"};
    printed("--help", "\n  tune      ");
    printed("--help", "\n  gradcheck ");
    printed("tune --help", "default out/lr.png");
    printed("tune --help", "  --epochs without --grid\n");
    printed("train --help", "  --momentum with --optimizer sgd\n");
    for (size_t i = 0; i < 5; i++) {
        char arguments[64];
        printed("--help", commands[i]);
        snprintf(arguments, sizeof arguments, "%s --help", commands[i]);
        printed(arguments, i < 4 ? "default out/mnist_model_1.npz" : "default none\n");
    }
    for (size_t i = 0; cli_option_at(i) != NULL; i++) {
        char text[128], value[64];
        const struct cli_option *option = cli_option_at(i);
        snprintf(text, sizeof text, "  --%s", option->name);
        printed(taker(option), text);
        if (option->kind != CLI_COUNT || option->otherwise != NULL)
            continue;
        cli_value_format(option, &defaults, value, sizeof value);
        snprintf(text, sizeof text, "from %u to %u; default %s\n", option->low, option->high,
                 value);
        printed(taker(option), text);
    }
}
END_TEST

START_TEST(a_bare_mlp_in_a_pipe_says_how_it_is_used)
{
    struct cli_result result = cli_shell(folder, "\"$mlp\"; echo $?; echo y | \"$mlp\"; echo $?");
    ck_assert_str_eq(result.out, "2\n2\n");
    ck_assert_ptr_nonnull(strstr(result.err, "Usage: mlp COMMAND"));
    cli_result_free(&result);
}
END_TEST

START_TEST(info_names_kernels_threads_and_libraries)
{
    struct mlp_kernel_info kernel;
    for (uint32_t i = 0; mlp_kernel_info(i, &kernel); i++)
        printed("info", kernel.name);
    printed("info", "zlib 1.");
    printed("info", "libzip 1.");
    printed("info --threads 1", "1 (--threads)\n");
    printed("info --threads 1024 --force-threads", "1024 (--threads, forced");
    struct cli_result result = cli_shell(folder, "OMP_NUM_THREADS=1 \"$mlp\" info");
    ck_assert_ptr_nonnull(strstr(result.out, "1 (OMP_NUM_THREADS)\n"));
    cli_result_free(&result);
    result =
        cli_shell(folder, "\"$mlp\" info > free && OMP_PROC_BIND=true \"$mlp\" info > bound && "
                          "cmp free bound"); /* a bound main thread is no fewer cores */
    ck_assert_int_eq(result.code, 0);
    cli_result_free(&result);
}
END_TEST

START_TEST(standard_output_that_takes_nothing_is_exit_6)
{
    struct cli_result result =
        cli_shell(folder, "\"$mlp\" info > /dev/full; echo $?; \"$mlp\" --help >&-; echo $?;"
                          "\"$mlp\" info --model nowhere > /dev/full; echo $?;"
                          "{ \"$mlp\" info; echo $? > code; } | true; cat code");
    /* The last one is killed by SIGPIPE, or finished before the reader went. */
    ck_assert_msg(strncmp(result.out, "6\n6\n4\n", 6) == 0, "%s", result.out);
    ck_assert_msg(strcmp(result.out + 6, "141\n") == 0 || strcmp(result.out + 6, "0\n") == 0, "%s",
                  result.out);
    ck_assert_ptr_nonnull(
        strstr(result.err, "mlp: cannot write to standard output: No space left on device\n"));
    ck_assert_ptr_nonnull(
        strstr(result.err, "mlp: cannot write to standard output: Bad file descriptor\n"));
    ck_assert_ptr_null(strstr(result.err, "pipe"));
    cli_result_free(&result);
}
END_TEST

START_TEST(the_progress_line_never_exceeds_the_width)
{
    struct mlp_progress_report report = {.epoch = 999999,
                                         .n_epochs = 1000000,
                                         .n_done = 400000000,
                                         .n_samples = 4000000000,
                                         .loss = 1e30,
                                         .accuracy = 1,
                                         .seconds = 1e-9};
    char text[512], previous[512] = "";
    for (int columns = 0; columns < 200; columns++) {
        cli_progress_text(&report, columns, text, sizeof text);
        ck_assert_int_le((int)strlen(text), columns);
        ck_assert(strlen(text) >= strlen(previous)); /* more room, more to read */
        strcpy(previous, text);
    }
    report = (struct mlp_progress_report){2, 12, 30000, 60000, 0.25, 0.925, 0.5};
    cli_progress_text(&report, 200, text, sizeof text);
    ck_assert_str_eq(text, "2/12 [============>           ]  50%  loss 0.2500  accuracy 92.50%"
                           "  60,000 images/s, 0 s left");
    cli_progress_text(&report, 79, text, sizeof text);
    ck_assert_str_eq(text, "2/12 [=====>    ]  50%  loss 0.2500  accuracy 92.50%"
                           "  60,000 images/s, 0 s left");
    cli_progress_text(&report, 8, text, sizeof text);
    ck_assert_str_eq(text, " 50%");
    report.n_samples = report.n_done = 0; /* before the first step */
    report.seconds = 0;
    cli_progress_text(&report, 200, text, sizeof text);
    ck_assert_ptr_null(strstr(text, "nan"));
}
END_TEST

START_TEST(values_are_written_as_they_are_typed)
{
    static const float rates[] = {0.1f, 0.005f, 1e-9f, 1000, 0.3333333432674408f, 1.0f / 3e5f};
    char text[64];
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        cli_rate_format(rates[i], text, sizeof text);
        ck_assert(strtof(text, NULL) == rates[i]);
    }
    cli_rate_format(60, text, sizeof text);
    ck_assert_str_eq(text, "60");
    cli_rate_format(0.1f, text, sizeof text);
    ck_assert_str_eq(text, "0.1");
    cli_layers_format(&(struct cli_layers){.n = 2, .widths = {256, 128}}, text, sizeof text);
    ck_assert_str_eq(text, "256,128");
    cli_layers_format(&(struct cli_layers){0}, text, sizeof text);
    ck_assert_str_eq(text, "none");
    cli_grouped(1234567, text);
    ck_assert_str_eq(text, "1,234,567");
    cli_grouped(UINT64_MAX, text);
    ck_assert_str_eq(text, "18,446,744,073,709,551,615");
    cli_grouped(999, text);
    ck_assert_str_eq(text, "999");
}
END_TEST

Suite *cli_suite(void)
{
    Suite *suite = suite_create("cli");
    TCase *tests = tcase_create("cli");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, values_out_of_range_are_refused_and_the_range_is_said);
    tcase_add_test(tests, unknown_words_are_refused_with_a_guess);
    tcase_add_test(tests, help_shows_commands_options_defaults_and_exit_codes);
    tcase_add_test(tests, a_bare_mlp_in_a_pipe_says_how_it_is_used);
    tcase_add_test(tests, info_names_kernels_threads_and_libraries);
    tcase_add_test(tests, standard_output_that_takes_nothing_is_exit_6);
    tcase_add_test(tests, the_progress_line_never_exceeds_the_width);
    tcase_add_test(tests, values_are_written_as_they_are_typed);
    suite_add_tcase(suite, tests);
    return suite;
}
