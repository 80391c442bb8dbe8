#include "cli_folder.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

char cli_folder[64];
const struct idx_set cli_set = {
    .n_train = 300, .n_test = 100, .n_rows = 8, .n_cols = 8, .n_classes = 4};

void cli_folder_new(void)
{
    char path[96];
    idx_folder_new(cli_folder);
    snprintf(path, sizeof path, "%s/out", cli_folder);
    ck_assert_int_eq(mkdir(path, 0777), 0);
    snprintf(path, sizeof path, "%s/set", cli_folder);
    ck_assert_int_eq(mkdir(path, 0777), 0);
    idx_write_set(path, &cli_set);
}

void cli_folder_remove(void)
{
    idx_folder_remove(cli_folder);
}

struct cli_result cli_ends(int code, const char *command)
{
    struct cli_result result = cli_shell(cli_folder, "%s", command);
    ck_assert_msg(result.code == code, "%s: exit %d, wanted %d\n%s%s", command, result.code, code,
                  result.out, result.err);
    return result;
}

void cli_done(const char *command)
{
    struct cli_result result = cli_ends(0, command);
    cli_result_free(&result);
}

void cli_refused(const char *command, int code, const char *message)
{
    struct cli_result result = cli_ends(code, command);
    ck_assert_msg(strstr(result.err, message) != NULL, "%s: '%s' is not in: %s", command, message,
                  result.err);
    ck_assert_str_eq(result.out, "");
    cli_result_free(&result);
}

void cli_ends_with_picture(const char *out, const char *name)
{
    char wanted[4200], *whole = realpath(cli_folder, NULL);
    ck_assert_ptr_nonnull(whole);
    snprintf(wanted, sizeof wanted, "%s/%s\n", whole, name);
    free(whole);
    ck_assert_int_ge((int)strlen(out), (int)strlen(wanted));
    ck_assert_str_eq(out + strlen(out) - strlen(wanted), wanted);
    size_t n;
    uint8_t *bytes = idx_get(cli_folder, name, &n);
    ck_assert_uint_gt(n, 1000);
    ck_assert_mem_eq(bytes, "\x89PNG\r\n\x1a\n", 8);
    free(bytes);
}

void cli_repeats(const char *options)
{
    char command[512];
    snprintf(command, sizeof command,
             SMALL "%s --model first.npz && "
                   "again=$(\"$mlp\" info --model first.npz | sed -n "
                   "'s/--data DIR/--data set/; s/ *repeat *mlp//p') && "
                   "eval \"\\\"\\$mlp\\\" $again --model again.npz\" && "
                   "cmp first.npz again.npz",
             options);
    cli_done(command);
}
