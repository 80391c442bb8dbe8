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
    ck_assert_ptr_nonnull(strstr(result.out, "784-9-8-7-10 and 5 built-in digits"));
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
    cli_refused("\"$mlp\" gradcheck --epochs 3", 2, "`mlp gradcheck` has no option --epochs");
    cli_refused("\"$mlp\" gradcheck --batch 0", 2, "--batch: '0' is zero");
}
END_TEST

Suite *cli_tools_suite(void)
{
    Suite *suite = suite_create("cli_tools");
    TCase *tests = tcase_create("cli_tools");
    tcase_set_timeout(tests, 240);
    tcase_add_checked_fixture(tests, cli_folder_new, cli_folder_remove);
    tcase_add_test(tests, gradcheck_shows_every_layer);
    suite_add_tcase(suite, tests);
    return suite;
}
