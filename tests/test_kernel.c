/* test_kernel.c - runs kernel-check, which checks every kernel, with and without CPU features; and
 * the table of kernels. */
#include "kernel/kernel.h"
#include "mlp.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *kernel_suite(void);

/* Runs the kernel-check beside this program, after the assignments for its environment; what it
 * printed goes into text. */
static int run_kernel_check(const char *environment, const char *arguments, char *text, size_t size)
{
    char folder[1024], command[1200];
    ssize_t n = readlink("/proc/self/exe", folder, sizeof folder - 1);
    ck_assert_int_gt(n, 0);
    folder[n] = '\0';
    *strrchr(folder, '/') = '\0';
    snprintf(command, sizeof command, "%s '%s/kernel-check' %s", environment, folder, arguments);
    FILE *program = popen(command, "r");
    ck_assert_ptr_nonnull(program);
    size_t got = fread(text, 1, size - 1, program);
    text[got] = '\0';
    int status = pclose(program);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* From the newest features to the oldest, each hiding the newer ones as well, and what is then said
 * of x86's kernels. */
static const struct {
    const char *environment, *said[3];
} hidden[] = {{"", {NULL}},
              {"MLP_CPU_DISABLE=amx", {"amx: skipped, there is no AMX-BF16 here"}},
              {"MLP_CPU_DISABLE=avx512", {"amx: skipped", "avx512: skipped"}},
              {"MLP_CPU_DISABLE=avx2",
               {"avx512: skipped, there is no AVX2 FMA AVX512 here",
                "avx2: skipped, there is no AVX2 FMA here"}},
              {"MLP_CPU_DISABLE=avx2,sse2,neon", {"sse2: skipped, there is no SSE2 here"}}};

START_TEST(kernels_pass_their_checks)
{
    char text[4096], want[64];
    int code = run_kernel_check(hidden[_i].environment, "--train", text, sizeof text);
    ck_assert_msg(code == 0, "%s: exit code %d\n%s", hidden[_i].environment, code, text);
    ck_assert_ptr_nonnull(strstr(text, "scalar: weights after training have the promised bits"));
#if defined(__x86_64__)
    for (int i = 0; i < 3 && hidden[_i].said[i] != NULL; i++)
        ck_assert_msg(strstr(text, hidden[_i].said[i]) != NULL, "no \"%s\" in\n%s",
                      hidden[_i].said[i], text);
#endif
    if (_i == 0) { /* in the same environment as this process */
        const struct kernel *kernel;
        for (uint32_t i = 0; (kernel = kernel_table(i)) != NULL; i++) {
            snprintf(want, sizeof want, "%s: skipped", kernel->name);
            ck_assert_int_eq(strstr(text, want) == NULL, kernel_runs(kernel));
        }
    }
}
END_TEST

/* Tiles that the operating system does not give are not there; everything else is. */
START_TEST(tiles_that_are_denied_are_not_available)
{
    char text[4096];
    int code = run_kernel_check("", "--small-signal-stack --kernel scalar", text, sizeof text);
    ck_assert_msg(code == 0, "exit code %d\n%s", code, text);
#if defined(__x86_64__)
    ck_assert_int_eq(run_kernel_check("", "--small-signal-stack --kernel amx", text, sizeof text),
                     0);
    ck_assert_msg(strstr(text, "amx: skipped, there is no ") != NULL, "%s", text);
#endif
}
END_TEST

START_TEST(kernel_check_notices_a_wrong_argument)
{
    char text[4096];
    ck_assert_int_eq(run_kernel_check("", "--kernel none 2>&1", text, sizeof text), 2);
}
END_TEST

START_TEST(the_table_is_sound)
{
    const struct kernel *kernel;
    bool found = false;
    for (uint32_t i = 0; (kernel = kernel_table(i)) != NULL; i++) {
        ck_assert_ptr_eq(kernel_find(kernel->name), kernel);
        struct mlp_kernel_info info;
        ck_assert(mlp_kernel_info(i, &info));
        ck_assert_str_eq(info.name, kernel->name);
        ck_assert_int_eq(info.available, kernel_runs(kernel));
        if (!found && info.available && !info.only_bf16) /* best first */
            ck_assert_str_eq(info.name, mlp_kernel_default());
        found = found || (info.available && !info.only_bf16);
        ck_assert_uint_ge(kernel->panels, 1);
        ck_assert_uint_le(kernel->panels, KERNEL_PANELS_MAX);
        for (uint32_t n = 0; n < kernel->panels; n++) {
            ck_assert_ptr_nonnull(kernel->product[KERNEL_BY_ROWS][n]);
            ck_assert_ptr_nonnull(kernel->product[KERNEL_BY_COLUMNS][n]);
        }
    }
    ck_assert(kernel_runs(kernel_find("scalar")));
    ck_assert(kernel_find("scalar")->fma);
    ck_assert_ptr_null(kernel_find("none"));
    ck_assert_ptr_eq(kernel_find("auto"), kernel_find(NULL));
    ck_assert(kernel_runs(kernel_find(NULL)));
}
END_TEST

Suite *kernel_suite(void)
{
    Suite *suite = suite_create("kernel");
    TCase *tests = tcase_create("kernel");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, kernels_pass_their_checks, 0, sizeof hidden / sizeof hidden[0]);
    tcase_add_test(tests, tiles_that_are_denied_are_not_available);
    tcase_add_test(tests, kernel_check_notices_a_wrong_argument);
    tcase_add_test(tests, the_table_is_sound);
    suite_add_tcase(suite, tests);
    return suite;
}
