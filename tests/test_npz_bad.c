/* test_npz_bad.c - weights in every way to spoil them. */
#include "idx_files.h"
#include "npz_files.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Suite *npz_bad_suite(void);

#define TYPE(descr, shape) "{'descr': '" descr "', 'fortran_order': False, 'shape': " shape ", }"

/* One layer, 4 to 3. */
static struct npz_member members[8];

static void start(void)
{
    members[0] = npz_array("W1.npy", 4, 3);
    members[1] = npz_array("b1.npy", 3, 0);
}

static void expect(size_t n_members, const char *member, int64_t offset, const char *word)
{
    npz_put_members(members, n_members);
    npz_expect(member, offset, word);
}

static void setup(void)
{
    npz_setup();
    start();
}

/* ---- the file --------------------------------------------------------------------------- */

START_TEST(what_is_no_file_is_refused)
{
    npz_expect("", -1, "No such file");
    ck_assert_int_eq(mkdir(npz_path, 0777), 0);
    npz_expect("", -1, "a folder; wanted a file");
    ck_assert_int_eq(rmdir(npz_path), 0);
    ck_assert_int_eq(mkfifo(npz_path, 0666), 0);
    npz_expect("", -1, "not a regular file");
    npz_put("", 0);
    npz_expect("", 0, "an empty file");
    npz_put("P", 1);
    npz_expect("", 0, "no zip archive, it begins with 50");
}
END_TEST

START_TEST(what_is_no_zip_is_explained)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *word;
    } cases[] = {
        {"<!doctype html>", 15, "HTML"},
        {"version https://git-lfs.github.com/spec/v1\n", 43, "git lfs pull"},
        {"\x93NUMPY\1\0", 8, "a single NumPy array (.npy)"},
        {"\x1f\x8b\x08\0", 4, "gunzip"},
        {"\x80\4\x95\0", 4, "pickle"},
        {"\x89HDF\r\n", 6, "HDF5"},
        {"weights", 7, "begins with 77 65 69 67"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        npz_put(cases[i].bytes, cases[i].n);
        npz_expect("", 0, cases[i].word);
    }
}
END_TEST

/* ---- members ---------------------------------------------------------------------------- */

START_TEST(missing_arrays_are_named)
{
    expect(1, "", -1, "no array b1");
    members[0].name = "W2.npy";
    expect(2, "", -1, "no array W1");
    start();
    members[2] = npz_array("W1.npy", 4, 3); /* twice */
    expect(3, "", -1, "each once");
    members[2] = npz_array("b4294967295.npy", 4, 3);
    expect(3, "", -1, "no array W2");
    members[0] = (struct npz_member){.name = "readme.txt", .bytes = "W1", .n = 2};
    expect(1, "", -1, "no arrays of floating point numbers");
    members[1].name = "archive/data.pkl";
    expect(2, "", -1, "PyTorch");
    npz_put("PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 22); /* no members at all */
    npz_expect("", -1, "no arrays");
}
END_TEST

START_TEST(shapes_that_are_no_network_are_refused)
{
    members[1] = npz_array("b1.npy", 5, 0);
    expect(2, "b1.npy", -1, "shape (5,); wanted (3,), one for each output");
    members[1] = npz_array("b1.npy", 3, 2);
    expect(2, "b1.npy", -1, "shape (3, 2)");
    start();
    members[0] = npz_array("W1.npy", 12, 0);
    expect(2, "W1.npy", -1, "shape (12,); wanted a matrix");
    members[0].dictionary = TYPE("<f4", "(2, 2, 3)");
    expect(2, "W1.npy", -1, "shape (2, 2, 3)");
    members[0].dictionary = TYPE("<f4", "(0, 3)");
    members[0].n = 0;
    expect(2, "W1.npy", -1, "shape (0, 3)");
    start();
    members[2] = npz_array("W2.npy", 4, 2);
    members[3] = npz_array("b2.npy", 2, 0);
    expect(4, "W2.npy", -1, "shape (4, 2); wanted (3, outputs)");
    members[0].name = "w.npy";
    members[2].name = "v.npy";
    expect(4, "", -1, "no network in these arrays: w (4, 3), b1 (3,), v (4, 2)");
    expect(3, "", -1, "no network in these arrays");
}
END_TEST

START_TEST(types_other_than_floats_are_refused)
{
    members[0].dictionary = TYPE("<i4", "(4, 3)");
    expect(2, "W1.npy", -1, "int32 (4, 3); wanted float32 or float64");
    members[0].dictionary = TYPE("<f2", "(8, 3)");
    expect(2, "W1.npy", -1, "float16");
    members[0].dictionary = TYPE("<c8", "(2, 3)");
    expect(2, "W1.npy", -1, "complex64");
    members[0].dictionary = TYPE("|O", "(4, 3)");
    expect(2, "W1.npy", -1, "an object array, which is a pickle");
    members[0].dictionary = TYPE("<U12", "()");
    expect(2, "W1.npy", -1, "shape ()");
    members[0].name = "params.npy";
    members[1].name = "b.npy";
    members[0].dictionary = TYPE("|O", "(2,)");
    expect(2, "params.npy", -1, "an object array, which is a pickle");
}
END_TEST

START_TEST(numbers_that_are_none_are_refused)
{
    static const struct {
        float value;
        const char *word;
    } cases[] = {{NAN, "nan"}, {INFINITY, "inf"}, {-INFINITY, "-inf"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        float values[12] = {0};
        values[7] = cases[i].value;
        members[0].bytes = values;
        int64_t at = 10 + (int64_t)strlen(members[0].dictionary) + 7 * 4;
        expect(2, "W1.npy", at, cases[i].word);
        start();
        members[1].bytes = values + 5;
        expect(2, "b1.npy", 10 + (int64_t)strlen(members[1].dictionary) + 2 * 4, cases[i].word);
        start();
    }
    const double large[3] = {0, -1e39, 0};
    members[1].dictionary = TYPE("<f8", "(3,)");
    members[1].bytes = large;
    members[1].n = sizeof large;
    expect(2, "b1.npy", 10 + (int64_t)strlen(members[1].dictionary) + 8, "too large for float32");
}
END_TEST

/* ---- the zip around them ---------------------------------------------------------------- */

START_TEST(a_wrong_checksum_is_refused)
{
    for (int i = 0; i < 4; i++) {
        start();
        members[i / 2].crc_change = 1;
        members[i / 2].deflate = i % 2;
        expect(2, i / 2 == 0 ? "W1.npy" : "b1.npy", -1, "CRC");
    }
}
END_TEST

START_TEST(claims_are_not_believed)
{
    members[0].claim = (uint64_t)1 << 33; /* of a few bytes, packed or not */
    expect(2, "W1.npy", -1, "a claim to be 8589934592 bytes");
    members[0].deflate = true;
    expect(2, "W1.npy", -1, "a claim to be 8589934592 bytes");
    members[0].claim = UINT64_MAX;
    npz_put_members(members, 2);
    npz_expect("W1.npy", -1, "");
    start();
    members[0].claim = 10 + strlen(members[0].dictionary) + 12 * 4 + 4; /* a float too many */
    members[0].dictionary = TYPE("<f4", "(13, 1)");
    members[0].deflate = true;
    npz_put_members(members, 2);
    npz_expect("W1.npy", -1, "");
    start();
    /* The array's own header: elements that are not there, and a product that overflows. */
    members[0].dictionary = TYPE("<f4", "(1048576, 1048576)");
    expect(2, "W1.npy", 10 + (int64_t)strlen(members[0].dictionary) + 48, "the member ends");
    members[0].dictionary = TYPE("<f4", "(4294967296, 4294967296)");
    expect(2, "W1.npy", 10 + (int64_t)strlen(members[0].dictionary), "overflows");
    members[0].dictionary = TYPE("<f4", "(4, 2)");
    expect(2, "W1.npy", 10 + (int64_t)strlen(members[0].dictionary) + 32, "more bytes than");
}
END_TEST

START_TEST(what_cannot_be_unpacked_is_refused)
{
    members[0].method = 12;
    expect(2, "W1.npy", -1, "compression method 12");
    start();
    members[0].flags = 1;
    expect(2, "W1.npy", -1, "encrypted");
    start();
    members[0].method = 8; /* deflated, it says, but it is not */
    npz_put_members(members, 2);
    npz_expect("W1.npy", -1, "");
}
END_TEST

START_TEST(every_truncation_is_refused)
{
    size_t n;
    members[1].deflate = true;
    uint8_t *bytes = npz_make(members, 2, &n);
    for (size_t length = 4; length < n; length++) {
        npz_put(bytes, length);
        npz_expect("", (int64_t)length, "cut short or damaged");
    }
    free(bytes);
}
END_TEST

START_TEST(names_and_texts_cannot_reach_the_terminal)
{
    members[0].name = "W\x1b[31m.npy";
    npz_put_members(members, 1);
    npz_expect("", -1, "W?[31m (4, 3)");
    start();
    static const char version[8] = {1};
    members[2] = (struct npz_member){
        "format_version.npy", TYPE("<i8", "()"), version, 8, 0, 0, 0, 0, 0, 0, 0};
    members[3] = (struct npz_member){.name = "dataset.npy",
                                     .dictionary = TYPE("<U4", "()"),
                                     .bytes = "\x1b\0\0\0[\0\0\0\x9b\0\0\0\n\0\0\0",
                                     .n = 16};
    npz_put_members(members, 4);
    struct mlp_model model;
    ck_assert_int_eq(mlp_model_read(&model, npz_path, NULL), MLP_OK);
    ck_assert_str_eq(model.metadata.dataset, "?[??");
    mlp_model_free(&model);
}
END_TEST

/* ---- metadata --------------------------------------------------------------------------- */

static const char one[8] = {1}, minus_one[8] = {-1, -1, -1, -1, -1, -1, -1, -1};

START_TEST(metadata_of_another_kind_are_refused)
{
    members[2] = (struct npz_member){.name = "format_version.npy",
                                     .dictionary = TYPE("<i8", "()"),
                                     .bytes = "\2\0\0\0\0\0\0",
                                     .n = 8};
    expect(3, "", -1, "format_version 2; wanted 1; a newer version");
    members[2].bytes = one;
    members[3] = (struct npz_member){.name = "activation.npy",
                                     .dictionary = TYPE("<U4", "()"),
                                     .bytes = "s\0\0\0i\0\0\0n\0\0\0e\0\0\0",
                                     .n = 16};
    expect(4, "", -1, "activation \"sine\"; wanted relu, leaky-relu, gelu, tanh or sigmoid");
    members[3] = (struct npz_member){.name = "input_scale.npy",
                                     .dictionary = TYPE("<f4", "()"),
                                     .bytes = "\0\0\x80\x3f",
                                     .n = 4};
    expect(4, "", -1, "input_scale 1; wanted 1/255");
    members[3] = (struct npz_member){
        .name = "n_rows.npy", .dictionary = TYPE("<i8", "()"), .bytes = one, .n = 8};
    members[4] = members[3];
    members[4].name = "n_cols.npy";
    expect(5, "", -1, "images of 1 x 1 and 4 inputs");
    /* With our mark on it, a file has our orientation. */
    members[0] = npz_array("W1.npy", 3, 4);
    expect(3, "b1.npy", -1, "shape (3,); wanted (4,)");
}
END_TEST

START_TEST(metadata_of_wrong_types_are_refused)
{
    static const struct {
        const char *name, *dictionary;
        const char *bytes;
        size_t n;
        const char *word;
    } cases[] = {
        {"format_version.npy", TYPE("<f8", "()"), one, 8, "float64 (); wanted an integer"},
        {"format_version.npy", TYPE("<i8", "()"), minus_one, 8, "-1; wanted 0 to 4294967295"},
        {"format_version.npy", TYPE("<u8", "()"), minus_one, 8, "18446744073709551615"},
        {"format_version.npy", TYPE("|V8", "()"), one, 8, "raw (); wanted an integer"},
        {"format_version.npy", TYPE("<i4", "(2,)"), one, 8, "int32 (2,); wanted a single number"},
        {"format_version.npy", TYPE("|O", "()"), one, 8, "object (); wanted a single number"},
        {"seed.npy", TYPE("<U2", "()"), one, 8, "text (); wanted an integer"},
        {"dataset.npy", TYPE("<i8", "()"), one, 8, "int64 (); wanted a string"},
        {"test_accuracy.npy", TYPE("<i8", "()"), one, 8, "int64 (); wanted float32 or float64"},
        {"test_accuracy.npy", TYPE("<f8", "()"), "\0\0\0\0\0\0\xf8\x7f", 8, "nan"},
        {"train_accuracy.npy", TYPE("<f8", "()"), "\0\0\0\0\0\0\0\x40", 8, "2; wanted at most 1"},
        {"label_base.npy", TYPE("<i8", "()"), "\x2c\x01\0\0\0\0\0\0", 8, "300; wanted 0 to 255"},
    };
    members[2] = (struct npz_member){
        .name = "format_version.npy", .dictionary = TYPE("<i8", "()"), .bytes = one, .n = 8};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool version = strcmp(cases[i].name, "format_version.npy") == 0;
        members[version ? 2 : 3] = (struct npz_member){.name = cases[i].name,
                                                       .dictionary = cases[i].dictionary,
                                                       .bytes = cases[i].bytes,
                                                       .n = cases[i].n};
        expect(version ? 3 : 4, cases[i].name, -1, cases[i].word);
        if (version)
            members[2].dictionary = TYPE("<i8", "()"), members[2].bytes = one;
    }
    static char large[5000];
    members[3] = (struct npz_member){
        .name = "recipe.npy", .dictionary = TYPE("<U1250", "()"), .bytes = large, .n = 5000};
    expect(4, "recipe.npy", -1, "5000 bytes; wanted at most 4096");
}
END_TEST

/* ---- sweeps ----------------------------------------------------------------------------- */

/* Every byte of a file of ours, and of one that is packed, is changed: checksums leave no way to
 * read other weights than were written. */
START_TEST(no_changed_byte_gives_other_weights)
{
    struct mlp_model model;
    npz_model(&model);
    ck_assert_int_eq(mlp_model_write(&model, npz_path, NULL), MLP_OK);
    size_t n;
    uint8_t *bytes = idx_get(npz_folder, "model.npz", &n);
    if (_i == 1) {
        free(bytes);
        struct npz_member packed[4] = {npz_array("a.npy", 4, 3), npz_array("b.npy", 3, 0),
                                       npz_array("c.npy", 3, 2), npz_array("d.npy", 2, 0)};
        for (int i = 0; i < 4; i++)
            packed[i].deflate = true, packed[i].zip64 = i % 2;
        bytes = npz_make(packed, 4, &n);
    }
    static const uint8_t changes[] = {0x01, 0x40, 0xff};
    for (size_t k = 0; k < n; k++) {
        bytes[k] ^= changes[k % 3];
        npz_put(bytes, n);
        bytes[k] ^= changes[k % 3];
        struct mlp_model got;
        struct mlp_error error;
        enum mlp_status status = mlp_model_read(&got, npz_path, &error);
        ck_assert_msg(status == MLP_OK || status == MLP_E_MODEL, "byte %zu: %d", k, status);
        if (status != MLP_OK)
            continue;
        bool same = got.n_layers == 2 && memcmp(got.widths, model.widths, 12) == 0 &&
                    memcmp(got.weights[0], model.weights[0], 48) == 0 &&
                    memcmp(got.weights[1], model.weights[1], 24) == 0 &&
                    memcmp(got.biases[0], model.biases[0], 12) == 0 &&
                    memcmp(got.biases[1], model.biases[1], 8) == 0 &&
                    (got.checkpoint == NULL || npz_same_checkpoint(got.checkpoint));
        ck_assert_msg(same, "byte %zu changed by %#x gives other weights", k, changes[k % 3]);
        mlp_model_free(&got);
    }
    free(bytes);
    mlp_model_free(&model);
}
END_TEST

Suite *npz_bad_suite(void)
{
    Suite *suite = suite_create("npz_bad");
    TCase *tests = tcase_create("npz_bad");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, setup, npz_teardown);
    tcase_add_test(tests, what_is_no_file_is_refused);
    tcase_add_test(tests, what_is_no_zip_is_explained);
    tcase_add_test(tests, missing_arrays_are_named);
    tcase_add_test(tests, shapes_that_are_no_network_are_refused);
    tcase_add_test(tests, types_other_than_floats_are_refused);
    tcase_add_test(tests, numbers_that_are_none_are_refused);
    tcase_add_test(tests, a_wrong_checksum_is_refused);
    tcase_add_test(tests, claims_are_not_believed);
    tcase_add_test(tests, what_cannot_be_unpacked_is_refused);
    tcase_add_test(tests, every_truncation_is_refused);
    tcase_add_test(tests, names_and_texts_cannot_reach_the_terminal);
    tcase_add_test(tests, metadata_of_another_kind_are_refused);
    tcase_add_test(tests, metadata_of_wrong_types_are_refused);
    tcase_add_loop_test(tests, no_changed_byte_gives_other_weights, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}
