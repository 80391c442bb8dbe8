/* test_npz.c - weights that are written and read, ours and other people's. */
#include "idx_files.h"
#include "npz_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *npz_suite(void);

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

START_TEST(what_is_written_is_read)
{
    struct mlp_model model;
    npz_model(&model);
    ck_assert_int_eq(mlp_model_write(&model, npz_path, NULL), MLP_OK);
    npz_expect_model();
    struct mlp_model again;
    ck_assert_int_eq(mlp_model_read(&again, npz_path, NULL), MLP_OK);
    ck_assert(again.metadata.present);
    ck_assert_ptr_nonnull(again.checkpoint);
    mlp_model_free(&again);
    mlp_model_free(&model);
    mlp_model_free(&model);
}
END_TEST

START_TEST(the_same_model_gives_the_same_bytes)
{
    struct mlp_model model;
    size_t n[2];
    uint8_t *bytes[2];
    npz_model(&model);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(mlp_model_write(&model, npz_path, NULL), MLP_OK);
        bytes[i] = idx_get(npz_folder, "model.npz", &n[i]);
        ck_assert_int_eq(setenv("TZ", i == 0 ? "UTC+7" : "UTC", 1), 0);
    }
    ck_assert_uint_eq(n[0], n[1]);
    ck_assert_mem_eq(bytes[0], bytes[1], n[0]);
    /* The order of members is part of the format, and no time is told: 1980-01-01. */
    static const char first[] = "PK\3\4\n\0\0\0\0\0\0\0\x21\0";
    ck_assert_mem_eq(bytes[0], first, sizeof first - 1);
    ck_assert_mem_eq(bytes[0] + 30, "W1.npy", 6);
    free(bytes[0]), free(bytes[1]);
    mlp_model_free(&model);
}
END_TEST

START_TEST(an_output_that_cannot_be_written_is_told)
{
    struct mlp_model model;
    struct mlp_error error;
    char path[128];
    npz_model(&model);
    snprintf(path, sizeof path, "%s/none/model.npz", npz_folder);
    ck_assert_int_eq(mlp_model_write(&model, path, &error), MLP_E_OUTPUT);
    ck_assert_str_eq(error.file, path);
    ck_assert_int_eq(mlp_model_write(&model, npz_folder, &error), MLP_E_OUTPUT);
    mlp_model_free(&model);
}
END_TEST

START_TEST(widths_that_cannot_be_are_refused)
{
    struct mlp_model model;
    const uint32_t zero[2] = {3, 0}, huge[2] = {UINT32_MAX, UINT32_MAX}, large[2] = {1 << 30, 8192};
    ck_assert_int_eq(mlp_model_new(&model, zero, 1, NULL), MLP_E_USAGE);
    ck_assert_int_eq(mlp_model_new(&model, zero, 0, NULL), MLP_E_USAGE);
    ck_assert_int_eq(mlp_model_new(&model, huge, 1, NULL), MLP_E_USAGE);
    ck_assert_int_eq(mlp_model_new(&model, large, 1, NULL), MLP_E_MEMORY); /* 32 TiB */
}
END_TEST

/* ---- other people's files --------------------------------------------------------------- */

static void small_members(struct npz_member members[4])
{
    members[0] = npz_array("W1.npy", 4, 3);
    members[1] = npz_array("b1.npy", 3, 0);
    members[2] = npz_array("W2.npy", 3, 2);
    members[3] = npz_array("b2.npy", 2, 0);
}

START_TEST(stored_deflated_and_zip64_members_are_read)
{
    struct npz_member members[4];
    small_members(members);
    for (int i = 0; i < 4; i++) {
        members[i].deflate = _i & 1;
        members[i].zip64 = _i & 2;
        members[i].npy_version = 1 + (_i + i) % 3;
    }
    npz_put_members(members, 4);
    npz_expect_model();
}
END_TEST

START_TEST(members_come_in_any_order_and_others_are_ignored)
{
    struct npz_member m[4], members[7];
    small_members(m);
    members[0] = m[3], members[1] = m[2], members[2] = m[1], members[3] = m[0];
    members[4] = (struct npz_member){.name = "notes.txt", .bytes = "hi", .n = 2};
    members[5] = npz_array("history.npy", 5, 7);
    members[6] = npz_array("object.npy", 1, 0);
    members[6].dictionary = "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }";
    npz_put_members(members, COUNT(members));
    npz_expect_model();
}
END_TEST

static const float fortran_w1[12] = {1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12};
static const float fortran_w2[6] = {1, 3, 5, 2, 4, 6};

START_TEST(float64_big_endian_and_fortran_order_are_read)
{
    struct npz_member members[4];
    small_members(members);
    double doubles[12];
    for (int i = 0; i < 12; i++)
        doubles[i] = i + 1;
    members[0].dictionary = "{'descr': '<f8', 'fortran_order': False, 'shape': (4, 3), }";
    members[0].bytes = doubles;
    members[0].n = sizeof doubles;
    members[1].dictionary = "{'descr': '>f4', 'fortran_order': False, 'shape': (3,), }";
    members[1].bytes = "\x3f\x80\0\0\x40\0\0\0\x40\x40\0\0"; /* 1, 2, 3 */
    members[2].dictionary = "{'descr': '<f4', 'fortran_order': True, 'shape': (3, 2), }";
    members[2].bytes = fortran_w2;
    members[3].dictionary = "{'descr': '>f8', 'fortran_order': True, 'shape': (2,), }";
    members[3].bytes = "\x3f\xf0\0\0\0\0\0\0\x40\0\0\0\0\0\0\0"; /* 1, 2 */
    members[3].n = 16;
    npz_put_members(members, 4);
    npz_expect_model();
}
END_TEST

START_TEST(biases_may_be_rows_or_columns)
{
    struct npz_member members[4];
    small_members(members);
    members[1] = npz_array("b1.npy", 1, 3);
    members[3] = npz_array("b2.npy", 2, 1);
    npz_put_members(members, 4);
    npz_expect_model();
}
END_TEST

/* Names of ours, in the orientation of others: only one reading is a network. */
START_TEST(transposed_weights_are_turned)
{
    struct npz_member members[4];
    small_members(members);
    members[0] = npz_array("W1.npy", 3, 4);
    members[0].bytes = fortran_w1;
    members[2] = npz_array("W2.npy", 2, 3);
    members[2].bytes = fortran_w2;
    npz_put_members(members, 4);
    npz_expect_model();
    static const char *const torch[4] = {"fc1.weight.npy", "fc1.bias.npy", "fc2.weight.npy",
                                         "fc2.bias.npy"};
    for (int i = 0; i < 4; i++)
        members[i].name = torch[i];
    npz_put_members(members, 4);
    npz_expect_model();
    /* Transposed and in Fortran order, as np.savez(W=w.T) writes: the bytes are (I,O) again. */
    struct npz_member straight[4];
    small_members(straight);
    members[0].dictionary = "{'descr': '<f4', 'fortran_order': True, 'shape': (3, 4), }";
    members[0].bytes = straight[0].bytes;
    npz_put_members(members, 4);
    npz_expect_model();
}
END_TEST

START_TEST(other_names_are_matched_by_shape_and_order)
{
    static const int orders[4][4] = {{0, 1, 2, 3}, {1, 0, 3, 2}, {0, 2, 1, 3}, {1, 3, 0, 2}};
    static const char *const names[4] = {"arr_0.npy", "arr_1.npy", "arr_2.npy", "arr_3.npy"};
    struct npz_member m[4], members[6];
    small_members(m);
    for (int i = 0; i < 4; i++) {
        members[i] = m[orders[_i][i]];
        members[i].name = names[i];
    }
    members[4] = npz_array("rate.npy", 1, 0); /* no float array with dimensions: ignored */
    members[4].dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (), }";
    members[5] = npz_array("classes.npy", 2, 0);
    members[5].dictionary = "{'descr': '<i4', 'fortran_order': False, 'shape': (2,), }";
    npz_put_members(members, 6);
    npz_expect_model();
}
END_TEST

/* Named as ours are, a square matrix is (inputs, outputs); with other names it could be either. */
START_TEST(square_layers_need_our_names)
{
    struct npz_member members[2] = {npz_array("W1.npy", 3, 3), npz_array("b1.npy", 3, 0)};
    npz_put_members(members, 2);
    struct mlp_model model;
    ck_assert_int_eq(mlp_model_read(&model, npz_path, NULL), MLP_OK);
    ck_assert_float_eq(model.weights[0][1], 2);
    mlp_model_free(&model);
    members[0].name = "w.npy", members[1].name = "b.npy";
    npz_put_members(members, 2);
    npz_expect("", -1, "more than one network in these arrays: w (3, 3), b (3,)");
}
END_TEST

START_TEST(many_layers_are_read)
{
    enum { N_LAYERS = 120 };
    uint32_t widths[N_LAYERS + 1];
    for (uint32_t l = 0; l <= N_LAYERS; l++)
        widths[l] = 1 + l % 7;
    struct mlp_model model, again;
    ck_assert_int_eq(mlp_model_new(&model, widths, N_LAYERS, NULL), MLP_OK);
    model.weights[99][0] = 0.5f;
    ck_assert_int_eq(mlp_model_write(&model, npz_path, NULL), MLP_OK);
    ck_assert_int_eq(mlp_model_read(&again, npz_path, NULL), MLP_OK);
    ck_assert_uint_eq(again.n_layers, N_LAYERS);
    ck_assert_mem_eq(again.widths, widths, sizeof widths);
    ck_assert_float_eq(again.weights[99][0], 0.5f);
    mlp_model_free(&again);
    mlp_model_free(&model);
}
END_TEST

/* Longer than one chunk, in either order. */
START_TEST(large_arrays_are_read_whole)
{
    const uint32_t widths[2] = {300, 211};
    struct mlp_model model, again;
    ck_assert_int_eq(mlp_model_new(&model, widths, 1, NULL), MLP_OK);
    for (uint32_t k = 0; k < 300 * 211; k++)
        model.weights[0][k] = (float)k;
    ck_assert_int_eq(mlp_model_write(&model, npz_path, NULL), MLP_OK);
    ck_assert_int_eq(mlp_model_read(&again, npz_path, NULL), MLP_OK);
    ck_assert_mem_eq(again.weights[0], model.weights[0], 300 * 211 * sizeof(float));
    mlp_model_free(&again);
    struct npz_member members[2] = {npz_array("W1.npy", 211, 0), npz_array("b1.npy", 211, 0)};
    members[0].dictionary = "{'descr': '<f4', 'fortran_order': True, 'shape': (300, 211), }";
    members[0].bytes = model.weights[0];
    members[0].n = 300 * 211 * sizeof(float);
    members[0].deflate = true;
    npz_put_members(members, 2);
    ck_assert_int_eq(mlp_model_read(&again, npz_path, NULL), MLP_OK);
    for (uint32_t i = 0; i < 300; i++)
        for (uint32_t o = 0; o < 211; o++)
            if (again.weights[0][i * 211 + o] != (float)(o * 300 + i))
                ck_abort_msg("W1[%u,%u] is %g", i, o, (double)again.weights[0][i * 211 + o]);
    mlp_model_free(&again);
    mlp_model_free(&model);
}
END_TEST

Suite *npz_suite(void)
{
    Suite *suite = suite_create("npz");
    TCase *tests = npz_case("npz");
    tcase_add_test(tests, what_is_written_is_read);
    tcase_add_test(tests, the_same_model_gives_the_same_bytes);
    tcase_add_test(tests, an_output_that_cannot_be_written_is_told);
    tcase_add_test(tests, widths_that_cannot_be_are_refused);
    tcase_add_loop_test(tests, stored_deflated_and_zip64_members_are_read, 0, 4);
    tcase_add_test(tests, members_come_in_any_order_and_others_are_ignored);
    tcase_add_test(tests, float64_big_endian_and_fortran_order_are_read);
    tcase_add_test(tests, biases_may_be_rows_or_columns);
    tcase_add_test(tests, transposed_weights_are_turned);
    tcase_add_loop_test(tests, other_names_are_matched_by_shape_and_order, 0, 4);
    tcase_add_test(tests, square_layers_need_our_names);
    tcase_add_test(tests, many_layers_are_read);
    tcase_add_test(tests, large_arrays_are_read_whole);
    suite_add_tcase(suite, tests);
    return suite;
}
