/* test_base.c - random numbers, exp/log/sin/cos, sizes, atomic files, thread numbers. */
#include "base/file.h"
#include "base/hash.h"
#include "base/math.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/team.h"
#include "mlp.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Suite *base_suite(void);

/* The known answers of the authors' own test vectors (random123, kat_vectors, philox4x32-10):
 * counter and key all ones. Our counter is (index, sample, epoch, purpose). */
START_TEST(philox_matches_its_known_answers)
{
    uint32_t out[4];
    struct random_key zeros = {0};
    random_u32x4(&zeros, 0, out);
    const uint32_t want0[4] = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
    ck_assert_mem_eq(out, want0, sizeof out);
    struct random_key ones = {UINT64_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};
    random_u32x4(&ones, UINT32_MAX, out);
    const uint32_t want1[4] = {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd};
    ck_assert_mem_eq(out, want1, sizeof out);
}
END_TEST

START_TEST(math_agrees_with_libm)
{
    for (int i = -70000; i <= 70000; i++) {
        double x = i * 0.01 + 1e-3, s, c;
        ck_assert_double_le(fabs(math_exp(x) / exp(x) - 1), 1e-13);
        double y = exp(x / 3);
        ck_assert_double_le(fabs(math_log(y) - log(y)), 4e-16 * (1 + fabs(log(y))));
        double turns = i * 1.37e-4;
        math_sincos_turns(turns, &s, &c);
        ck_assert_double_le(fabs(s - sin(2 * M_PI * turns)), 2e-14);
        ck_assert_double_le(fabs(c - cos(2 * M_PI * turns)), 2e-14);
    }
    ck_assert_double_eq(math_exp(0), 1);
    ck_assert_double_eq(math_log(1), 0);
    ck_assert_double_eq(math_exp(-1000), 0);
    ck_assert(isinf(math_exp(1000)));
    ck_assert(isnan(math_exp(NAN)));
}
END_TEST

START_TEST(normal_numbers_have_mean_0_and_variance_1)
{
    struct random_key key = {.seed = 7, .purpose = RANDOM_TEST};
    double sum = 0, sum2 = 0, sum4 = 0;
    enum { N = 200000 };
    for (uint32_t i = 0; i < N / 4; i++) {
        double x[4];
        random_normal4(&key, i, x);
        for (int j = 0; j < 4; j++)
            sum += x[j], sum2 += x[j] * x[j], sum4 += x[j] * x[j] * x[j] * x[j];
    }
    ck_assert_double_le(fabs(sum / N), 0.01);
    ck_assert_double_le(fabs(sum2 / N - 1), 0.02);
    ck_assert_double_le(fabs(sum4 / N - 3), 0.1);
}
END_TEST

START_TEST(sizes_that_overflow_are_refused)
{
    size_t size;
    ck_assert(memory_size(1 << 20, 1 << 20, &size));
    ck_assert_uint_eq(size, (size_t)1 << 40);
    ck_assert(!memory_size(SIZE_MAX / 2, 3, &size));
}
END_TEST

START_TEST(memory_is_aligned_and_zero)
{
    enum { HUGE_PAGE = 2 << 20, HUGE_FROM = HUGE_PAGE / 8 };
    static const size_t sizes[] = {0, 100, HUGE_FROM - 1, HUGE_FROM, HUGE_PAGE + 1, 2700000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint8_t *p = memory_new(sizes[i]), any = 0;
        ck_assert_ptr_nonnull(p);
        ck_assert_uint_eq((uintptr_t)p % (sizes[i] < HUGE_FROM ? 64 : HUGE_PAGE), 0);
        for (size_t at = 0; at < sizes[i]; at++)
            any |= p[at];
        ck_assert_uint_eq(any, 0);
        memory_free(p);
    }
    ck_assert_ptr_null(memory_new(SIZE_MAX - 10));
}
END_TEST

START_TEST(hash_sees_every_byte)
{
    uint8_t bytes[100] = {0};
    uint64_t before = hash_bytes(0, bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = 1;
        ck_assert(hash_bytes(0, bytes, sizeof bytes) != before);
        bytes[i] = 0;
    }
    ck_assert(hash_bytes(0, bytes, 99) != before);
    ck_assert(hash_bytes(1, bytes, 100) != before);
}
END_TEST

START_TEST(a_file_is_replaced_whole_or_not_at_all)
{
    char folder[] = "/tmp/mlp-test-XXXXXX", path[64], other[64];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
    struct mlp_error error;
    uint8_t *bytes;
    size_t n;
    ck_assert_int_eq(file_replace(path, "old", 3, &error), MLP_OK);
    ck_assert_int_eq(chmod(path, 0640), 0);
    ck_assert_int_eq(file_replace(path, "newer", 5, &error), MLP_OK);
    ck_assert_int_eq(file_read(path, MLP_E_DATA, &bytes, &n, &error), MLP_OK);
    ck_assert_uint_eq(n, 5);
    ck_assert_mem_eq(bytes, "newer", 5);
    free(bytes);
    struct stat info;
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_uint_eq(info.st_mode & 0777, 0640);
    ck_assert_int_eq(unlink(path), 0);
    mode_t mask = umask(027); /* a new one's are as of any file */
    ck_assert_int_eq(file_replace(path, "new", 3, &error), MLP_OK);
    ck_assert_uint_eq(umask(mask), 027);
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_uint_eq(info.st_mode & 0777, 0640);

    snprintf(other, sizeof other, "%s/none/file", folder);
    ck_assert_int_eq(file_replaceable(other, &error), MLP_E_OUTPUT);
    ck_assert_str_eq(error.file, other);
    ck_assert_int_eq(file_replaceable(folder, &error), MLP_E_OUTPUT);
    ck_assert_int_eq(file_replaceable(path, &error), MLP_OK);
    ck_assert_int_eq(file_read(folder, MLP_E_DATA, &bytes, &n, &error), MLP_E_DATA);
    ck_assert_int_eq(file_read(other, MLP_E_MODEL, &bytes, &n, &error), MLP_E_MODEL);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(rmdir(folder), 0); /* fails if a temporary file stayed behind */
}
END_TEST

static void make_file(const char *path, const char *text)
{
    ck_assert_int_eq(file_replace(path, text, strlen(text), NULL), MLP_OK);
}

static void holds(const char *path, const char *text)
{
    uint8_t *bytes;
    size_t n;
    ck_assert_int_eq(file_read(path, MLP_E_DATA, &bytes, &n, NULL), MLP_OK);
    ck_assert_uint_eq(n, strlen(text));
    ck_assert_mem_eq(bytes, text, n);
    free(bytes);
}

/* As by a shell's >: the link stays, and what it leads to is written, or made. */
START_TEST(a_symbolic_link_is_followed)
{
    static const char *const names[] = {"file", "to-link", "store/link", "store/real", "loop"};
    char folder[] = "/tmp/mlp-test-XXXXXX", paths[5][64], store[64];
    struct stat info;
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(store, sizeof store, "%s/store", folder);
    ck_assert_int_eq(mkdir(store, 0777), 0);
    for (int i = 0; i < 5; i++)
        snprintf(paths[i], sizeof paths[i], "%s/%s", folder, names[i]);
    ck_assert_int_eq(symlink("store/link", paths[1]), 0);
    ck_assert_int_eq(symlink("real", paths[2]), 0);
    ck_assert_int_eq(symlink(paths[4], paths[4]), 0);

    ck_assert(file_same(paths[1], paths[3]));
    ck_assert(!file_same(paths[1], paths[0]));
    ck_assert_int_eq(file_replaceable(paths[1], NULL), MLP_OK);
    make_file(paths[1], "new");
    holds(paths[3], "new");
    make_file(paths[1], "newer");
    holds(paths[3], "newer");
    for (int i = 1; i < 3; i++) {
        ck_assert_int_eq(lstat(paths[i], &info), 0);
        ck_assert(S_ISLNK(info.st_mode));
        ck_assert_int_eq(unlink(paths[i]), 0);
    }
    struct mlp_error error;
    ck_assert_int_eq(file_replaceable(paths[4], &error), MLP_E_OUTPUT);
    ck_assert_str_eq(error.file, paths[4]);
    ck_assert_int_eq(symlink("gone/file", paths[1]), 0);
    ck_assert_int_eq(file_replaceable(paths[1], &error), MLP_E_OUTPUT);
    ck_assert_ptr_nonnull(strstr(error.hint, "/gone/file: make that one's folder first"));
    ck_assert_int_eq(unlink(paths[1]), 0);
    ck_assert_int_eq(unlink(paths[4]), 0);
    ck_assert_int_eq(unlink(paths[3]), 0);
    ck_assert_int_eq(rmdir(store), 0);
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

/* Renaming asks only the folder. Root may write everything, so it tries as somebody else. */
START_TEST(a_write_protected_file_stays)
{
    enum { NOBODY = 65534 };
    char folder[] = "/tmp/mlp-test-XXXXXX", path[64];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chmod(folder, 0777), 0);
    snprintf(path, sizeof path, "%s/file", folder);
    make_file(path, "old");
    ck_assert_int_eq(chmod(path, 0444), 0);
    bool root = geteuid() == 0, somebody = !root || seteuid(NOBODY) == 0;
    struct mlp_error error;
    enum mlp_status before = file_replaceable(path, &error);
    enum mlp_status status = file_replace(path, somebody ? "new" : "old", 3, &error);
    if (root)
        ck_assert_int_eq(seteuid(0), 0);
    if (!somebody) {
        printf("skipped: root cannot become anybody else here\n");
    } else {
        ck_assert_int_eq(before, MLP_E_OUTPUT);
        ck_assert_int_eq(status, MLP_E_OUTPUT);
    }
    ck_assert(!somebody || strstr(error.hint, "chmod u+w") != NULL);
    holds(path, "old");
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

START_TEST(an_error_reads_as_one_line)
{
    struct mlp_error error = {.status = MLP_E_DATA,
                              .file = "f",
                              .offset_bytes = 4,
                              .found = "3 rows",
                              .wanted = "28 rows",
                              .hint = "try again"};
    char text[100], small[8];
    mlp_error_format(&error, text, sizeof text);
    ck_assert_str_eq(text, "f: at byte 4: 3 rows; wanted 28 rows; try again");
    mlp_error_format(&error, small, sizeof small);
    ck_assert_str_eq(small, "f: at b");
}
END_TEST

START_TEST(threads_are_capped_at_the_cores_unless_forced)
{
    unsetenv("OMP_NUM_THREADS");
    struct mlp_threads t = mlp_threads_choose(0, false);
    ck_assert_int_eq(t.source, MLP_THREADS_CORES);
    ck_assert_int_eq(t.n, t.n_cores);
    t = mlp_threads_choose(100000, false);
    ck_assert_int_eq(t.n, t.n_cores);
    ck_assert_int_eq(t.n_asked, 100000);
    ck_assert_int_eq(mlp_threads_choose(7, true).n, 7);
    setenv("OMP_NUM_THREADS", "1,4", 1);
    t = mlp_threads_choose(0, false);
    ck_assert_int_eq(t.source, MLP_THREADS_OMP);
    ck_assert_int_eq(t.n, 1);
}
END_TEST

static void count_shares(const struct team *team, void *context)
{
    uint32_t begin, end, *seen = context;
    team_share(team, 10, &begin, &end);
    team_barrier(team);
    for (uint32_t i = begin; i < end; i++)
        seen[i]++;
}

START_TEST(a_team_shares_every_item_once)
{
    for (int n = 1; n <= 13; n++) {
        uint32_t seen[10] = {0};
        team_run(n, count_shares, seen);
        for (int i = 0; i < 10; i++)
            ck_assert_uint_eq(seen[i], 1);
    }
}
END_TEST

Suite *base_suite(void)
{
    Suite *suite = suite_create("base");
    TCase *tests = tcase_create("base");
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, philox_matches_its_known_answers);
    tcase_add_test(tests, math_agrees_with_libm);
    tcase_add_test(tests, normal_numbers_have_mean_0_and_variance_1);
    tcase_add_test(tests, sizes_that_overflow_are_refused);
    tcase_add_test(tests, memory_is_aligned_and_zero);
    tcase_add_test(tests, hash_sees_every_byte);
    tcase_add_test(tests, a_file_is_replaced_whole_or_not_at_all);
    tcase_add_test(tests, a_symbolic_link_is_followed);
    tcase_add_test(tests, a_write_protected_file_stays);
    tcase_add_test(tests, an_error_reads_as_one_line);
    tcase_add_test(tests, threads_are_capped_at_the_cores_unless_forced);
    tcase_add_test(tests, a_team_shares_every_item_once);
    suite_add_tcase(suite, tests);
    return suite;
}
