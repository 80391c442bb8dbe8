/* test_accuracy.c - bench/accuracy.sh on a small data set and on results made up; its picture. */
#include "../bench/accuracy.h"
#include "cli_folder.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *accuracy_suite(void);

static const char columns[] =
    "recipe,seed,epochs,precision,train_accuracy,test_accuracy,low,high,seconds,command\n";

static char *script; /* whole path: the shell works in cli_folder */

static void set_up(void)
{
    cli_folder_new();
    script = realpath("bench/accuracy.sh", NULL);
    ck_assert_ptr_nonnull(script);
}

static void tear_down(void)
{
    free(script);
    cli_folder_remove();
}

static struct cli_result run(int code, const char *arguments)
{
    char command[512];
    snprintf(command, sizeof command, "MLP=\"$mlp\" MLP_BENCH=none '%s' %s", script, arguments);
    return cli_ends(code, command);
}

/* A line of the table, blanks squeezed. */
static void shows(const struct cli_result *result, const char *line)
{
    char squeezed[8192];
    size_t n = 0;
    for (const char *c = result->out; *c != '\0' && n + 1 < sizeof squeezed; c++)
        if (*c != ' ' || (n > 0 && squeezed[n - 1] != ' '))
            squeezed[n++] = *c;
    squeezed[n] = '\0';
    ck_assert_msg(strstr(squeezed, line) != NULL, "'%s' is not in: %s", line, squeezed);
}

START_TEST(the_table_tells_means_worst_seeds_and_what_missed_its_target)
{
    char csv[2048];
    int n = snprintf(csv, sizeof csv,
                     "%sdefault,1,12,f32,99,98.50,98.2,98.8,9.0,\"a, b\"\n"
                     "default,2,12,f32,99,98.29,98.0,98.6,7.0,\"a\"\n"
                     "default,3,12,f32,99,98.60,98.3,98.9,8.0,\"a\"\n"
                     "fast,1,3,f32,99,97.99,97.7,98.3,2.0,\"a\"\n"
                     "best,1,300,f32,99,12.00,11.0,13.0,2.0,\"a\"\n"
                     "best,1,300,f32,99,99.30,99.1,99.4,50.0,\"a\"\n"
                     "classic,1,12,f32,93,93.00,92.5,93.5,6.0,\"a\"\n"
                     "classic,2,12,f32,93,93.10,92.6,93.6,6.5,\"a\"\n",
                     columns);
    idx_put(cli_folder, "made-up.csv", csv, (size_t)n);
    struct cli_result result = run(0, "--table --out made-up.csv");
    /* the mean is enough, one seed is not */
    shows(&result, "\n default 3/5 98.46 % 98.29 % 98.45, each 98.3 MISSED 8.0 s\n");
    shows(&result, "\n fast 1/5 97.99 % 97.7 to 98.3 98 MISSED 2.0 s\n");
    shows(&result, "\n best 1/5 99.30 % 99.1 to 99.4 99.3 met 50.0 s\n"); /* the last counts */
    shows(&result, "\n classic 2/5 93.05 % 93.00 % 6.0 s\n");
    shows(&result, "\n record 0/1 not yet run 99.6\n");
    shows(&result, "\n Ciresan 2010: 2500-2000-1500-1000-500 99.65 %\n");
    cli_result_free(&result);
}
END_TEST

/* The CSV's row says what mlp itself says of the weights beside it. */
static void is_what_mlp_says(const char *name, int epochs)
{
    char command[768];
    snprintf(command, sizeof command,
             "row=$(grep '^%s,1,%d,f32,' r.csv) && test=$(echo \"$row\" | cut -d , -f 6) && "
             "low=$(echo \"$row\" | cut -d , -f 7) && high=$(echo \"$row\" | cut -d , -f 8) && "
             "\"$mlp\" eval --data set --quiet --model r_%s_1.npz > said && "
             "grep -qx \"Test Accuracy : $test%%\" said && "
             "grep -qx \"Interval (95%%): $low%% to $high%% (Wilson)\" said",
             name, epochs, name);
    cli_done(command);
}

START_TEST(what_is_measured_is_written_and_not_measured_again)
{
    struct cli_result result = run(0, "--quick --only fast,classic --data set --out r.csv");
    ck_assert_ptr_nonnull(strstr(result.out, "classic, seed 1 ... "));
    ck_assert_ptr_nonnull(strstr(result.out, "fast, seed 1 ... "));
    ck_assert_ptr_null(strstr(result.out, "seed 2"));
    cli_result_free(&result);
    is_what_mlp_says("classic", 12);
    is_what_mlp_says("fast", 3);
    cli_done("test $(wc -l < r.csv) = 3 && grep -q ',\"mlp train --data set --preset fast "
             "--seed 1 --eval-every 0\"$' r.csv && cp r.csv before");
    result = run(0, "--quick --only fast,classic --data set --out r.csv");
    ck_assert_ptr_null(strstr(result.out, "seed 1 ... "));
    cli_result_free(&result);
    cli_done("cmp r.csv before");
    result = run(0, "--only fast --data set --out r.csv"); /* the other four */
    ck_assert_ptr_null(strstr(result.out, "seed 1 ... "));
    ck_assert_ptr_nonnull(strstr(result.out, "seed 5 ... "));
    cli_result_free(&result);
    cli_done("test $(wc -l < r.csv) = 7 && cp r.csv before && cp -r set other");
    result = run(2, "--quick --data other --out r.csv");
    ck_assert_ptr_nonnull(strstr(result.err, "r.csv has results of other data"));
    cli_result_free(&result);
    cli_done("cmp r.csv before");
}
END_TEST

START_TEST(what_cannot_be_done_is_said)
{
    static const struct {
        const char *arguments;
        int code;
        const char *message;
    } bad[] = {
        {"--only fats", 2, "no recipe is called 'fats'"},
        {"--fast", 2, "no such option: --fast"},
        {"--data", 2, "--data wants a value"},
        {"--quick", 3, "no data, nothing trained"},
        {"--quick --data nowhere", 3, "mlp: nowhere: "},
        {"--table", 3, "nothing has been trained"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct cli_result result = run(bad[i].code, bad[i].arguments);
        ck_assert_msg(strstr(result.err, bad[i].message) != NULL, "%s", result.err);
        cli_result_free(&result);
    }
    cli_done("test ! -e out/accuracy.csv");
}
END_TEST

/* accuracy_read of the real recipes and this CSV. */
static enum mlp_status read_csv(struct accuracy *accuracy, const char *rows, char text[512])
{
    char csv[1024], path[96];
    struct mlp_error error = {.status = MLP_OK};
    int n = snprintf(csv, sizeof csv, "%s%s", columns, rows);
    idx_put(cli_folder, "r.csv", csv, (size_t)n);
    snprintf(path, sizeof path, "%s/r.csv", cli_folder);
    enum mlp_status status = accuracy_read(accuracy, "bench/accuracy.txt", path, &error);
    mlp_error_format(&error, text, 512);
    return status;
}

START_TEST(the_picture_has_all_lines)
{
    struct accuracy accuracy;
    struct mlp_picture some, none;
    char text[512];
    ck_assert_int_eq(read_csv(&accuracy, "", text), MLP_OK);
    ck_assert_int_eq(accuracy_draw(&none, &accuracy), MLP_OK);
    ck_assert_int_eq(read_csv(&accuracy,
                              "fast,1,3,f32,99,98.00,97.5,98.5,2.0,\"a, b\"\n"
                              "fast,2,3,f32,99,11.00,10.5,11.5,2.0,\"a\"\n"
                              "fast,2,3,f32,99,98.50,98.0,99.0,2.0,\"a\"\n",
                              text),
                     MLP_OK);
    const struct accuracy_line *line = accuracy.line;
    while (strcmp(line->name, "fast") != 0)
        line++;
    ck_assert_uint_eq(line->n, 2);
    ck_assert_double_eq_tol(accuracy_mean(line), 1.75, 1e-9);
    ck_assert_double_eq_tol(line->low, 1.0, 1e-9);
    ck_assert_double_eq_tol(line->target, 2.0, 1e-9);
    ck_assert_int_eq(accuracy_draw(&some, &accuracy), MLP_OK);
    ck_assert_uint_eq(some.width, none.width);
    ck_assert_uint_eq(some.height, none.height);
    size_t bytes = (size_t)3 * some.width * some.height;
    ck_assert_int_ne(memcmp(some.rgb, none.rgb, bytes), 0);
    mlp_picture_free(&some);
    mlp_picture_free(&none);
    ck_assert_int_eq(read_csv(&accuracy, "slow,1,3,f32,99,98,97,99,2,\"a\"\n", text), MLP_E_DATA);
    ck_assert_ptr_nonnull(strstr(text, "r.csv: line 2 is not as it should be"));
    ck_assert_int_eq(read_csv(&accuracy, "fast,1,3,f32,99,98,97,101,2,\"a\"\n", text), MLP_E_DATA);
    ck_assert_int_eq(read_csv(&accuracy, "fast\n", text), MLP_E_DATA);
}
END_TEST

Suite *accuracy_suite(void)
{
    Suite *suite = suite_create("accuracy");
    TCase *tests = tcase_create("accuracy");
    tcase_set_timeout(tests, 240);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, the_table_tells_means_worst_seeds_and_what_missed_its_target);
    tcase_add_test(tests, what_is_measured_is_written_and_not_measured_again);
    tcase_add_test(tests, what_cannot_be_done_is_said);
    tcase_add_test(tests, the_picture_has_all_lines);
    suite_add_tcase(suite, tests);
    return suite;
}
