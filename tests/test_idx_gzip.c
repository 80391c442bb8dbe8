/* test_idx_gzip.c - spoilt gzip, and every byte of a small set changed. */
#include "idx_damage.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Suite *idx_gzip_suite(void);

/* Packs what stands in a file, under the same name; returns the packed bytes. */
static uint8_t *pack(const char *name, size_t *n_packed)
{
    size_t n;
    uint8_t *bytes = idx_get(idx_folder, name, &n), *packed = idx_gzip(bytes, n, n_packed);
    idx_put(idx_folder, name, packed, *n_packed);
    free(bytes);
    return packed;
}

START_TEST(every_truncated_gzip_is_refused)
{
    size_t n;
    uint8_t *packed = pack(idx_names[_i], &n);
    for (size_t length = 2; length < n; length++) {
        idx_put(idx_folder, idx_names[_i], packed, length);
        idx_expect(idx_names[_i], (int64_t)length, "the gzip data breaks off");
    }
    free(packed);
}
END_TEST

START_TEST(corrupt_gzip_and_garbage_after_it_are_refused)
{
    size_t n;
    uint8_t *packed = pack(TRAIN_IMAGES, &n);
    packed[n - 8] ^= 1; /* the checksum */
    idx_put(idx_folder, TRAIN_IMAGES, packed, n);
    idx_expect(TRAIN_IMAGES, (int64_t)n - 4, "corrupt gzip data (incorrect data check)");
    packed[n - 8] ^= 1;
    packed[n - 1] ^= 1; /* the length */
    idx_put(idx_folder, TRAIN_IMAGES, packed, n);
    idx_expect(TRAIN_IMAGES, (int64_t)n, "corrupt gzip data (incorrect length check)");
    packed[n - 1] ^= 1;
    packed[10] |= 6; /* a block of type 3, which there is not */
    idx_put(idx_folder, TRAIN_IMAGES, packed, n);
    idx_expect(TRAIN_IMAGES, 11, "corrupt gzip data (invalid block type)");
    free(packed);
    idx_start_over();
    packed = pack(TRAIN_IMAGES, &n);
    uint8_t *longer = calloc(n + 3, 1);
    memcpy(longer, packed, n);
    idx_put(idx_folder, TRAIN_IMAGES, longer, n + 3);
    idx_expect(TRAIN_IMAGES, (int64_t)n, "garbage after the gzip data");
    free(longer);
    free(packed);
}
END_TEST

START_TEST(damage_inside_gzip_is_found_as_outside)
{
    size_t n;
    idx_patch(TRAIN_IMAGES, 0, "\3\x08\0\0", 4);
    free(pack(TRAIN_IMAGES, &n));
    idx_expect(TRAIN_IMAGES, 0, "unpacked: a byte-swapped");
    idx_start_over();
    free(pack(TRAIN_IMAGES, &n));
    free(pack(TRAIN_IMAGES, &n));
    idx_expect(TRAIN_IMAGES, 0, "unpacked: gzip data");
    idx_start_over();
    uint8_t *bytes = idx_get(idx_folder, TEST_LABELS, &n);
    idx_put(idx_folder, TEST_LABELS, bytes, n - 1);
    size_t n_packed;
    free(pack(TEST_LABELS, &n_packed));
    idx_expect(TEST_LABELS, (int64_t)n - 1, "unpacked: the file ends");
    bytes[n] = 0;
    idx_put(idx_folder, TEST_LABELS, bytes, n + 1);
    free(bytes);
    free(pack(TEST_LABELS, &n_packed));
    idx_expect(TEST_LABELS, (int64_t)n, "unpacked: more bytes");
    idx_put(idx_folder, TEST_LABELS, "", 0);
    free(pack(TEST_LABELS, &n_packed));
    idx_expect(TEST_LABELS, 0, "unpacked: an empty file");
}
END_TEST

/* A few packed bytes cannot hold what this header claims; nothing is allocated for it. */
START_TEST(gzip_that_claims_more_than_it_can_hold_is_refused)
{
    size_t n;
    idx_patch(TRAIN_IMAGES, 4, "\0\x10\0\0\0\0\x01\0\0\0\x01\0", 12); /* 2^36 bytes */
    free(pack(TRAIN_IMAGES, &n));
    idx_expect(TRAIN_IMAGES, 4, "the most that gzip data of this size holds");
}
END_TEST

/* Whatever a byte is changed to, reading ends in order: the index runs over the files, raw and
 * packed. */
START_TEST(no_changed_byte_does_harm)
{
    const char *name = idx_names[_i % 4];
    size_t n, n_ok = 0;
    if (_i >= 4)
        free(pack(name, &n));
    uint8_t *bytes = idx_get(idx_folder, name, &n);
    static const uint8_t changes[] = {0x01, 0x80, 0xff};
    for (size_t at = 0; at < n; at++)
        for (size_t i = 0; i < sizeof changes; i++) {
            bytes[at] ^= changes[i];
            idx_put(idx_folder, name, bytes, n);
            bytes[at] ^= changes[i];
            struct mlp_dataset dataset;
            struct mlp_error error;
            enum mlp_status status = mlp_dataset_read(&dataset, idx_folder, NULL, &error);
            ck_assert_msg(status == MLP_OK || status == MLP_E_DATA, "%s: byte %zu ^ %#x: %d", name,
                          at, changes[i], status);
            if (status == MLP_OK)
                mlp_dataset_free(&dataset);
            n_ok += status == MLP_OK;
        }
    if (_i == 0 || _i == 2) /* any pixel is a good one; no header is but the right one */
        ck_assert_uint_eq(n_ok, 3 * (n - IMAGE_HEADER));
    free(bytes);
}
END_TEST

Suite *idx_gzip_suite(void)
{
    Suite *suite = suite_create("idx_gzip");
    TCase *tests = idx_case("on a small set", idx_setup_small);
    tcase_add_loop_test(tests, every_truncated_gzip_is_refused, 0, 4);
    tcase_add_test(tests, corrupt_gzip_and_garbage_after_it_are_refused);
    tcase_add_test(tests, damage_inside_gzip_is_found_as_outside);
    tcase_add_test(tests, gzip_that_claims_more_than_it_can_hold_is_refused);
    tcase_add_loop_test(tests, no_changed_byte_does_harm, 0, 8);
    suite_add_tcase(suite, tests);
    return suite;
}
