/* test_idx_bad.c - data sets in every way to spoil one. */
#include "idx_damage.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Suite *idx_bad_suite(void);

START_TEST(an_empty_folder_and_an_archive_get_advice)
{
    struct mlp_dataset dataset;
    struct mlp_error error;
    ck_assert(!mlp_dataset_present(idx_folder));
    ck_assert_int_eq(mlp_dataset_read(&dataset, idx_folder, NULL, &error), MLP_E_DATA);
    ck_assert_str_eq(error.hint, "");
    idx_put(idx_folder, "archive.zip", "PK\3\4", 4);
    ck_assert(mlp_dataset_present(idx_folder));
    ck_assert_int_eq(mlp_dataset_read(&dataset, idx_folder, NULL, &error), MLP_E_DATA);
    ck_assert_ptr_nonnull(strstr(error.hint, "unzip archive.zip"));
}
END_TEST

START_TEST(a_missing_file_is_named)
{
    ck_assert_int_eq(unlink(idx_path(idx_names[_i])), 0);
    struct mlp_dataset dataset;
    struct mlp_error error;
    ck_assert_int_eq(mlp_dataset_read(&dataset, idx_folder, NULL, &error), MLP_E_DATA);
    ck_assert_str_eq(error.file, idx_folder);
    ck_assert_ptr_nonnull(strstr(error.found, idx_names[_i]));
    ck_assert(mlp_dataset_present(idx_folder)); /* the others are */
}
END_TEST

START_TEST(a_folder_that_is_none_is_refused)
{
    struct mlp_dataset dataset;
    struct mlp_error error;
    const char *path = idx_path("nowhere");
    ck_assert(!mlp_dataset_present(path));
    ck_assert_int_eq(mlp_dataset_read(&dataset, path, NULL, &error), MLP_E_DATA);
    ck_assert_str_eq(error.file, path);
    ck_assert_ptr_nonnull(strstr(error.found, "No such file"));
    ck_assert_int_eq(mlp_dataset_read(&dataset, idx_path(TRAIN_IMAGES), NULL, &error), MLP_E_DATA);
    ck_assert_ptr_nonnull(strstr(error.wanted, "folder"));
}
END_TEST

START_TEST(a_folder_in_place_of_a_file_is_refused)
{
    ck_assert_int_eq(unlink(idx_path(TEST_LABELS)), 0);
    ck_assert_int_eq(mkdir(idx_path(TEST_LABELS), 0777), 0);
    idx_expect(TEST_LABELS, -1, "a folder");
    ck_assert_int_eq(mkdir(idx_path(TEST_LABELS "/" TEST_LABELS), 0777), 0);
    idx_expect(TEST_LABELS, -1, "a folder");
}
END_TEST

START_TEST(what_cannot_be_opened_is_refused)
{
    ck_assert_int_eq(unlink(idx_path(TRAIN_LABELS)), 0);
    ck_assert_int_eq(symlink(TRAIN_LABELS, idx_path(TRAIN_LABELS)), 0); /* to itself */
    idx_expect(TRAIN_LABELS, -1, "symbolic links");
    ck_assert_int_eq(unlink(idx_path(TRAIN_LABELS)), 0);
    ck_assert_int_eq(symlink("nowhere", idx_path(TRAIN_LABELS)), 0);
    idx_expect(TRAIN_LABELS, -1, "No such file");
    ck_assert_int_eq(unlink(idx_path(TRAIN_LABELS)), 0);
    ck_assert_int_eq(mkfifo(idx_path(TRAIN_LABELS), 0666), 0); /* must not wait for a writer */
    idx_expect(TRAIN_LABELS, -1, "not a regular file");
}
END_TEST

START_TEST(what_may_not_be_read_is_refused)
{
    ck_assert_int_eq(chmod(idx_folder, 0755), 0);
    ck_assert_int_eq(chmod(idx_path(TEST_IMAGES), 0), 0);
    bool root = geteuid() == 0; /* who may read everything, so become nobody for a while */
    ck_assert(!root || seteuid(65534) == 0);
    idx_expect(TEST_IMAGES, -1, "Permission denied");
    ck_assert(!root || seteuid(0) == 0);
}
END_TEST

START_TEST(every_truncation_is_refused)
{
    size_t n, header = _i % 2 == 0 ? IMAGE_HEADER : LABEL_HEADER;
    uint8_t *bytes = idx_get(idx_folder, idx_names[_i], &n);
    for (size_t length = 0; length < n; length++) {
        idx_put(idx_folder, idx_names[_i], bytes, length);
        idx_expect(idx_names[_i], (int64_t)length,
                   length == 0       ? "an empty file"
                   : length < header ? "IDX header"
                                     : "the file ends; wanted");
    }
    free(bytes);
}
END_TEST

START_TEST(trailing_bytes_are_refused)
{
    size_t n;
    uint8_t *bytes = idx_get(idx_folder, idx_names[_i], &n);
    bytes[n] = 0; /* idx_get leaves room */
    idx_put(idx_folder, idx_names[_i], bytes, n + 1);
    idx_expect(idx_names[_i], (int64_t)n, "more bytes than the header announces");
    free(bytes);
}
END_TEST

START_TEST(well_known_wrong_magics_are_explained)
{
    const struct {
        const char *bytes;
        size_t n;
        int64_t offset;
        const char *word;
    } cases[] = {
        {"\0\0\x08\1", 4, 3, "exchanged"},
        {"\3\x08\0\0", 4, 0, "byte-swapped"},
        {"\0\0\x0d\3", 4, 2, "element type 0x0d"},
        {"\0\0\x08\4", 4, 3, "4 dimensions"},
        {"<!DOCTYPE html><html>", 21, 0, "HTML"},
        {"\xef\xbb\xbf \r\n<html>", 12, 0, "HTML"},
        {"<?xml version=\"1.0\"?>", 21, 0, "XML"},
        {"version https://git-lfs.github.com/spec/v1\n", 43, 0, "git lfs pull"},
        {"PK\3\4abcdefghijkl", 16, 0, "unzip"},
        {"BZh91AY&SY", 10, 0, "bunzip2"},
        {"\x93NUMPY\1\0", 8, 0, "NumPy"},
        {"oh no, not again", 16, 0, "the bytes 6f 68 20 6e"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        idx_put(idx_folder, TRAIN_IMAGES, cases[i].bytes, cases[i].n);
        idx_expect(TRAIN_IMAGES, cases[i].offset, cases[i].word);
    }
    idx_start_over();
    idx_patch(TEST_LABELS, 0, "\0\0\x08\3", 4);
    idx_expect(TEST_LABELS, 3, "exchanged");
    idx_patch(TEST_LABELS, 0, "\1\x08\0\0", 4);
    idx_expect(TEST_LABELS, 0, "byte-swapped");
}
END_TEST

START_TEST(dimensions_that_cannot_be_are_refused)
{
    for (int d = 0; d < 3; d++) {
        static const char *const words[3] = {"0 images", "0 rows", "0 columns"};
        size_t n;
        uint8_t *bytes = idx_get(idx_folder, TRAIN_IMAGES, &n);
        idx_patch(TRAIN_IMAGES, 4 + 4 * (size_t)d, "\0\0\0\0", 4);
        idx_expect(TRAIN_IMAGES, 4 + 4 * d, words[d]);
        idx_put(idx_folder, TRAIN_IMAGES, bytes, n);
        free(bytes);
    }
    idx_patch(TRAIN_IMAGES, 4, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12);
    idx_expect(TRAIN_IMAGES, 4, "overflows");
    idx_patch(TRAIN_IMAGES, 4, "\0\0\0\1\0\1\0\0\0\1\0\0", 12); /* one image of 2^32 pixels */
    idx_expect(TRAIN_IMAGES, 4, "overflows");
    idx_patch(TRAIN_IMAGES, 4, "\1\0\0\0\0\0\x10\0\0\0\x10\0",
              12); /* 2^48 bytes, in a small file */
    idx_expect(TRAIN_IMAGES, IMAGE_HEADER + 14 * SMALL_PIXELS, "the file ends");
    idx_start_over();
    idx_patch(TEST_LABELS, 4, "\0\0\0\0", 4);
    idx_expect(TEST_LABELS, 4, "0 labels");
}
END_TEST

/* A file of holes is as large as it says and takes no disk: only memory can refuse it. */
START_TEST(more_data_than_memory_is_refused)
{
    idx_patch(TRAIN_IMAGES, 4, "\0\x10\0\0\0\0\x04\0\0\0\x04\0", 12); /* 2^40 bytes */
    idx_patch(TRAIN_LABELS, 4, "\0\x10\0\0", 4);
    if (truncate(idx_path(TRAIN_IMAGES), IMAGE_HEADER + (1LL << 40)) != 0) {
        printf("idx: no file of 1 TiB can be made here, the test of memory is skipped\n");
        return;
    }
    ck_assert_int_eq(truncate(idx_path(TRAIN_LABELS), LABEL_HEADER + (1 << 20)), 0);
    idx_patch(TEST_IMAGES, 8, "\0\0\x04\0\0\0\x04\0", 8);
    ck_assert_int_eq(truncate(idx_path(TEST_IMAGES), IMAGE_HEADER + (7 << 20)), 0);
    idx_expect(TRAIN_IMAGES, 4, "1024.0 GiB of data");
}
END_TEST

START_TEST(files_that_do_not_belong_together_are_refused)
{
    size_t n;
    uint8_t *bytes = idx_get(idx_folder, TRAIN_LABELS, &n);
    bytes[7]--;
    idx_put(idx_folder, TRAIN_LABELS, bytes, n - 1);
    idx_expect(TRAIN_LABELS, 4, "13 labels; wanted 14, one for each image");
    free(bytes);
    idx_start_over();
    bytes = idx_get(idx_folder, TEST_IMAGES, &n);
    bytes[7]--;
    idx_put(idx_folder, TEST_IMAGES, bytes, n - SMALL_PIXELS);
    idx_expect(TEST_LABELS, 4, "7 labels; wanted 6");
    free(bytes);
    idx_start_over();
    idx_patch(TEST_IMAGES, 8, "\0\0\0\4\0\0\0\3", 8);
    idx_expect(TEST_IMAGES, 8, "4 x 3; wanted 3 x 4");
    for (int d = 0; d < 2; d++) { /* one dimension alone, twice as large */
        static const char *const words[2] = {"6 x 4; wanted 3 x 4", "3 x 8; wanted 3 x 4"};
        idx_start_over();
        idx_patch(TEST_IMAGES, 8, d == 0 ? "\0\0\0\6\0\0\0\4" : "\0\0\0\3\0\0\0\x08", 8);
        ck_assert_int_eq(truncate(idx_path(TEST_IMAGES), IMAGE_HEADER + 7 * 2 * SMALL_PIXELS), 0);
        idx_expect(TEST_IMAGES, 8, words[d]);
    }
}
END_TEST

START_TEST(labels_must_be_classes)
{
    const struct mlp_label_options six = {.n_classes = 6}, base1 = {.label_base = 1};
    idx_expect_with(&six, MLP_E_DATA, TRAIN_LABELS, LABEL_HEADER + 6, "label 6; wanted 0 to 5");
    idx_expect_with(&base1, MLP_E_DATA, TRAIN_LABELS, LABEL_HEADER, "label 0; wanted 1 to 6");
    idx_patch(TEST_LABELS, LABEL_HEADER + 2, "\7", 1);
    idx_expect(TEST_LABELS, LABEL_HEADER + 2, "label 7; wanted 0 to 6");
    idx_patch(TEST_LABELS, LABEL_HEADER + 2, "\xff", 1);
    idx_expect(TEST_LABELS, LABEL_HEADER + 2, "label 255");
}
END_TEST

START_TEST(every_class_must_have_a_sample)
{
    idx_patch(TRAIN_LABELS, LABEL_HEADER + 3, "\4", 1);
    idx_patch(TRAIN_LABELS, LABEL_HEADER + 10, "\4", 1);
    idx_expect(TRAIN_LABELS, -1, "no sample of class 3, though labels go up to 6");
    const struct mlp_label_options seven = {.n_classes = 7};
    struct mlp_dataset dataset;
    ck_assert_int_eq(mlp_dataset_read(&dataset, idx_folder, &seven, NULL), MLP_OK);
    ck_assert_uint_eq(dataset.n_classes, 7);
    mlp_dataset_free(&dataset);
}
END_TEST

START_TEST(options_that_no_byte_can_meet_are_refused)
{
    const struct mlp_label_options many = {.n_classes = 257}, high = {.label_base = 256};
    struct mlp_dataset dataset;
    ck_assert_int_eq(mlp_dataset_read(&dataset, idx_folder, &many, NULL), MLP_E_USAGE);
    ck_assert_int_eq(mlp_dataset_read(&dataset, idx_folder, &high, NULL), MLP_E_USAGE);
}
END_TEST

Suite *idx_bad_suite(void)
{
    Suite *suite = suite_create("idx_bad");
    TCase *empty = idx_case("in an empty folder", idx_setup_empty);
    tcase_add_test(empty, an_empty_folder_and_an_archive_get_advice);
    suite_add_tcase(suite, empty);
    TCase *tests = idx_case("on a small set", idx_setup_small);
    tcase_add_loop_test(tests, a_missing_file_is_named, 0, 4);
    tcase_add_test(tests, a_folder_that_is_none_is_refused);
    tcase_add_test(tests, a_folder_in_place_of_a_file_is_refused);
    tcase_add_test(tests, what_cannot_be_opened_is_refused);
    tcase_add_test(tests, what_may_not_be_read_is_refused);
    tcase_add_loop_test(tests, every_truncation_is_refused, 0, 4);
    tcase_add_loop_test(tests, trailing_bytes_are_refused, 0, 4);
    tcase_add_test(tests, well_known_wrong_magics_are_explained);
    tcase_add_test(tests, dimensions_that_cannot_be_are_refused);
    tcase_add_test(tests, more_data_than_memory_is_refused);
    tcase_add_test(tests, files_that_do_not_belong_together_are_refused);
    tcase_add_test(tests, labels_must_be_classes);
    tcase_add_test(tests, every_class_must_have_a_sample);
    tcase_add_test(tests, options_that_no_byte_can_meet_are_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
