#include "idx_damage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const idx_names[4] = {TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS};

const struct idx_set idx_small = {
    .n_train = 14, .n_test = 7, .n_rows = 3, .n_cols = 4, .n_classes = 7};

char idx_folder[64];

void idx_setup_empty(void)
{
    idx_folder_new(idx_folder);
}

void idx_setup_small(void)
{
    idx_folder_new(idx_folder);
    idx_write_set(idx_folder, &idx_small);
}

void idx_teardown(void)
{
    idx_folder_remove(idx_folder);
    idx_folder[0] = '\0';
}

void idx_start_over(void)
{
    idx_teardown();
    idx_setup_small();
}

TCase *idx_case(const char *name, SFun setup)
{
    TCase *tests = tcase_create(name);
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, setup, idx_teardown);
    return tests;
}

const char *idx_path(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", idx_folder, name);
    return path;
}

void idx_patch(const char *name, size_t at, const void *bytes, size_t n)
{
    size_t size;
    uint8_t *content = idx_get(idx_folder, name, &size);
    ck_assert_uint_le(at + n, size);
    memcpy(content + at, bytes, n);
    idx_put(idx_folder, name, content, size);
    free(content);
}

void idx_check(const struct mlp_images *images, const struct idx_set *set, bool test)
{
    ck_assert_uint_eq(images->n_samples, test ? set->n_test : set->n_train);
    ck_assert_uint_eq(images->n_rows, set->n_rows);
    ck_assert_uint_eq(images->n_cols, set->n_cols);
    uint32_t n_pixels = set->n_rows * set->n_cols;
    uint8_t *want = malloc(n_pixels); /* one assertion an image, for each costs a system call */
    for (uint32_t i = 0; i < images->n_samples; i++) {
        ck_assert_uint_eq(images->labels[i], i % set->n_classes);
        for (uint32_t p = 0; p < n_pixels; p++)
            want[p] = idx_pixel(set, test, i, p);
        ck_assert_mem_eq(images->pixels + (size_t)i * n_pixels, want, n_pixels);
    }
    free(want);
}

void idx_expect_with(const struct mlp_label_options *options, enum mlp_status status,
                     const char *name, int64_t offset, const char *word)
{
    struct mlp_dataset dataset, before;
    struct mlp_error error;
    char text[2048];
    memset(&before, 0x5a, sizeof before);
    memcpy(&dataset, &before, sizeof dataset);
    ck_assert_int_eq(mlp_dataset_read(&dataset, idx_folder, options, &error), status);
    mlp_error_format(&error, text, sizeof text);
    ck_assert_int_eq(error.status, status);
    ck_assert_mem_eq(&dataset, &before, sizeof dataset);
    ck_assert_msg(strcmp(error.file, idx_path(name)) == 0, "file is not %s: %s", name, text);
    ck_assert_msg(error.offset_bytes == offset, "offset is not %lld: %s", (long long)offset, text);
    ck_assert_msg(strstr(text, word) != NULL, "no \"%s\" in: %s", word, text);
    ck_assert_int_eq(mlp_dataset_read(&dataset, idx_folder, options, NULL), status);
}

void idx_expect(const char *name, int64_t offset, const char *word)
{
    idx_expect_with(NULL, MLP_E_DATA, name, offset, word);
}
