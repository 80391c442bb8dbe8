/* test_idx.c - data sets in every way to store one. Those that are spoilt: test_idx_bad.c. */
#include "base/dataset.h"
#include "idx_damage.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Suite *idx_suite(void);

/* The loop index runs over gzip or not, dots or dashes, nested or flat. */
START_TEST(every_naming_is_read)
{
    struct idx_set set = idx_small;
    set.gzip = _i & 1, set.dots = _i & 2, set.nested = _i & 4;
    idx_write_set(idx_folder, &set);
    struct mlp_dataset dataset;
    struct mlp_error error;
    ck_assert(mlp_dataset_present(idx_folder));
    ck_assert_int_eq(mlp_dataset_read(&dataset, idx_folder, NULL, &error), MLP_OK);
    idx_check(&dataset.train, &set, false);
    idx_check(&dataset.test, &set, true);
    ck_assert_uint_eq(dataset.n_classes, 7);
    ck_assert_uint_eq(dataset.label_base, 0);
    ck_assert_str_eq(dataset.origin, idx_folder);
    ck_assert_str_eq(dataset.name, strrchr(idx_folder, '/') + 1);
    ck_assert_uint_eq(dataset.fingerprint, dataset_fingerprint(&dataset));
    mlp_dataset_free(&dataset);
    mlp_dataset_free(&dataset);
    ck_assert_ptr_null(dataset.train.pixels);
}
END_TEST

START_TEST(any_size_and_up_to_256_classes_are_read)
{
    const struct idx_set sets[] = {{256, 300, 1, 1, 256, false, false, false},
                                   {10, 10, 16, 16, 10, true, false, false},
                                   {1, 1, 5, 1, 1, false, false, false},
                                   {900, 256, 40, 60, 3, true, true, true}};
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        idx_write_set(idx_folder, &sets[i]);
        struct mlp_dataset dataset;
        ck_assert_int_eq(mlp_dataset_read(&dataset, idx_folder, NULL, NULL), MLP_OK);
        idx_check(&dataset.train, &sets[i], false);
        idx_check(&dataset.test, &sets[i], true);
        ck_assert_uint_eq(dataset.n_classes, sets[i].n_classes);
        mlp_dataset_free(&dataset);
        idx_teardown();
        idx_setup_empty();
    }
}
END_TEST

START_TEST(mnist_is_known_by_its_fingerprint)
{
    const char *mnist = getenv("MNIST_DIR");
    if (mnist == NULL) {
        printf("idx: MNIST_DIR is not set, the test of the real MNIST is skipped\n");
        return;
    }
    struct mlp_dataset dataset;
    ck_assert_int_eq(mlp_dataset_read(&dataset, mnist, NULL, NULL), MLP_OK);
    ck_assert_str_eq(dataset.name, "MNIST");
    ck_assert_uint_eq(dataset.n_classes, 10);
    mlp_dataset_free(&dataset);
}
END_TEST

START_TEST(gzip_is_told_by_its_magic_and_may_have_several_members)
{
    size_t n, n_first, n_second;
    uint8_t *raw = idx_get(idx_folder, TRAIN_IMAGES, &n);
    uint8_t *first = idx_gzip(raw, 21, &n_first), *second = idx_gzip(raw + 21, n - 21, &n_second);
    uint8_t *both = malloc(n_first + n_second);
    memcpy(both, first, n_first);
    memcpy(both + n_first, second, n_second);
    idx_put(idx_folder, TRAIN_IMAGES, both, n_first + n_second); /* packed, without ".gz" */
    free(raw), free(first), free(second), free(both);
    raw = idx_get(idx_folder, TEST_LABELS, &n);
    idx_put(idx_folder, TEST_LABELS ".gz", raw, n); /* ".gz", but not packed */
    free(raw);
    ck_assert_int_eq(unlink(idx_path(TEST_LABELS)), 0);
    struct mlp_dataset dataset;
    ck_assert_int_eq(mlp_dataset_read(&dataset, idx_folder, NULL, NULL), MLP_OK);
    idx_check(&dataset.train, &idx_small, false);
    idx_check(&dataset.test, &idx_small, true);
    mlp_dataset_free(&dataset);
}
END_TEST

START_TEST(packing_does_not_change_the_fingerprint_but_every_byte_does)
{
    struct mlp_dataset dataset;
    ck_assert_int_eq(mlp_dataset_read(&dataset, idx_folder, NULL, NULL), MLP_OK);
    uint64_t fingerprint = dataset.fingerprint;
    mlp_dataset_free(&dataset);
    for (int file = 0; file < 4; file++) {
        size_t n;
        uint8_t *raw = idx_get(idx_folder, idx_names[file], &n), last = raw[n - 1];
        for (int change = 1; change >= 0; change--) {
            raw[n - 1] = (uint8_t)(last ^ change);
            idx_put(idx_folder, idx_names[file], raw, n);
            /* The last label is the highest: changed, it must not leave a class without sample. */
            struct mlp_label_options options = {.n_classes = 8};
            ck_assert_int_eq(mlp_dataset_read(&dataset, idx_folder, &options, NULL), MLP_OK);
            ck_assert(change == (dataset.fingerprint != fingerprint));
            mlp_dataset_free(&dataset);
        }
        free(raw);
    }
    idx_teardown();
    idx_setup_empty();
    struct idx_set packed = idx_small;
    packed.gzip = true;
    idx_write_set(idx_folder, &packed);
    ck_assert_int_eq(mlp_dataset_read(&dataset, idx_folder, NULL, NULL), MLP_OK);
    ck_assert_uint_eq(dataset.fingerprint, fingerprint);
    mlp_dataset_free(&dataset);
}
END_TEST

START_TEST(the_name_is_that_of_the_folder)
{
    struct mlp_dataset dataset;
    char path[128], here[4096];
    snprintf(path, sizeof path, "%s///", idx_folder);
    ck_assert_int_eq(mlp_dataset_read(&dataset, path, NULL, NULL), MLP_OK);
    ck_assert_str_eq(dataset.name, strrchr(idx_folder, '/') + 1);
    ck_assert_str_eq(dataset.origin, path);
    mlp_dataset_free(&dataset);
    ck_assert_ptr_nonnull(getcwd(here, sizeof here));
    ck_assert_int_eq(chdir(idx_folder), 0);
    ck_assert_int_eq(mlp_dataset_read(&dataset, ".", NULL, NULL), MLP_OK);
    ck_assert_int_eq(chdir(here), 0);
    ck_assert_str_eq(dataset.name, strrchr(idx_folder, '/') + 1);
    mlp_dataset_free(&dataset);
}
END_TEST

START_TEST(labels_may_begin_anywhere)
{
    for (uint8_t i = 0; i < 14; i++) {
        uint8_t label = (uint8_t)(249 + i % 7);
        idx_patch(TRAIN_LABELS, LABEL_HEADER + i, &label, 1);
        if (i < 7)
            idx_patch(TEST_LABELS, LABEL_HEADER + i, &label, 1);
    }
    idx_expect(TRAIN_LABELS, -1, "--label-base 1");
    const struct mlp_label_options options = {.label_base = 249};
    struct mlp_dataset dataset;
    ck_assert_int_eq(mlp_dataset_read(&dataset, idx_folder, &options, NULL), MLP_OK);
    ck_assert_uint_eq(dataset.n_classes, 7);
    ck_assert_uint_eq(dataset.label_base, 249);
    idx_check(&dataset.train, &idx_small, false);
    idx_check(&dataset.test, &idx_small, true);
    mlp_dataset_free(&dataset);
    const struct mlp_label_options beyond = {.label_base = 255};
    idx_expect_with(&beyond, MLP_E_DATA, TRAIN_LABELS, LABEL_HEADER, "label 249");
}
END_TEST

Suite *idx_suite(void)
{
    Suite *suite = suite_create("idx");
    TCase *empty = idx_case("in an empty folder", idx_setup_empty);
    tcase_add_loop_test(empty, every_naming_is_read, 0, 8);
    tcase_add_test(empty, any_size_and_up_to_256_classes_are_read);
    tcase_add_test(empty, mnist_is_known_by_its_fingerprint);
    suite_add_tcase(suite, empty);
    TCase *tests = idx_case("on a small set", idx_setup_small);
    tcase_add_test(tests, gzip_is_told_by_its_magic_and_may_have_several_members);
    tcase_add_test(tests, packing_does_not_change_the_fingerprint_but_every_byte_does);
    tcase_add_test(tests, the_name_is_that_of_the_folder);
    tcase_add_test(tests, labels_may_begin_anywhere);
    suite_add_tcase(suite, tests);
    return suite;
}
