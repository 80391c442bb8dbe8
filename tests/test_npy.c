/* test_npy.c - the grammar of .npy headers, and what NumPy itself reads and writes. */
#include "io/npy.h"

#include "idx_files.h"
#include "io/text.h"
#include "npz_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

Suite *npy_suite(void);

/* ---- headers ---------------------------------------------------------------------------- */

/* Parses a version 1 header with n_data bytes behind it. */
static enum mlp_status parse(const char *dictionary, size_t n_data, struct io_npy *npy,
                             struct mlp_error *error)
{
    uint8_t bytes[512] = "\x93NUMPY\1";
    size_t n = strlen(dictionary);
    ck_assert_uint_le(n, 255);
    bytes[8] = (uint8_t)n;
    memcpy(bytes + 10, dictionary, n);
    return io_npy_parse(npy, bytes, 10 + n, 10 + n + n_data, "file", error);
}

START_TEST(headers_that_python_reads_are_read)
{
    static const struct {
        const char *dictionary;
        size_t n_data;
        char kind;
        bool big_endian, fortran;
        uint32_t item_bytes, n_dims;
        uint64_t shape[3];
    } cases[] = {
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }  \n",
         24,
         'f',
         0,
         0,
         4,
         2,
         {2, 3}},
        {"{'descr': '>f8', 'fortran_order': True, 'shape': (2, 3)}", 48, 'f', 1, 1, 8, 2, {2, 3}},
        {"{\"shape\":(7,),\"fortran_order\":False,\"descr\":\"|i1\"}", 7, 'i', 0, 0, 1, 1, {7}},
        {" { 'descr' : '<U3' , 'fortran_order' : False , 'shape' : ( ) } ",
         12,
         'U',
         0,
         0,
         12,
         0,
         {0}},
        {"{'descr': '|b1', 'fortran_order': False, 'shape': (1L, 2L, 3L,), }",
         6,
         'b',
         0,
         0,
         1,
         3,
         {1, 2, 3}},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (5, 0), }", 0, 'f', 0, 0, 4, 2, {5, 0}},
        {"{'descr': '|O', 'fortran_order': False, 'shape': (2,), }", 99, 'O', 0, 0, 1, 1, {2}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct io_npy npy;
        ck_assert_int_eq(parse(cases[i].dictionary, cases[i].n_data, &npy, NULL), MLP_OK);
        ck_assert_int_eq(npy.kind, cases[i].kind);
        ck_assert_int_eq(npy.big_endian, cases[i].big_endian);
        ck_assert_int_eq(npy.fortran_order, cases[i].fortran);
        ck_assert_uint_eq(npy.item_bytes, cases[i].item_bytes);
        ck_assert_uint_eq(npy.n_dims, cases[i].n_dims);
        ck_assert_mem_eq(npy.shape, cases[i].shape, npy.n_dims * sizeof npy.shape[0]);
        ck_assert_uint_eq(npy.data_at, 10 + strlen(cases[i].dictionary));
    }
}
END_TEST

/* Each with the byte of the dictionary at which it goes wrong. */
START_TEST(other_headers_are_refused)
{
    static const struct {
        const char *dictionary;
        int at;
    } cases[] = {
        {"", 0},
        {"[]", 0},
        {"{}", 2},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), } x", 58},
        {"{'descr': '<f4', 'fortran_order': False, }", 42},
        {"{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", 17},
        {"{'descr': '<f4', 'colour': 3, 'fortran_order': False, 'shape': (1,)}", 17},
        {"{'descr' '<f4', 'fortran_order': False, 'shape': (1,)}", 9},
        {"{'descr': '<f4' 'fortran_order': False, 'shape': (1,)}", 16},
        {"{'descr': <f4, 'fortran_order': False, 'shape': (1,)}", 10},
        {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", 10},
        {"{'descr': '<f4\", 'fortran_order': False, 'shape': (1,)}", 14},
        {"{'descr': '<M8[ns]', 'fortran_order': False, 'shape': (1,)}", 14},
        {"{'descr': '<f99999999999', 'fortran_order': False, 'shape': (1,)}", 24},
        {"{'descr': '<U2000000000', 'fortran_order': False, 'shape': (1,)}", 23},
        {"{'descr': '<x4', 'fortran_order': False, 'shape': (1,)}", 12},
        {"{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}", 34},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4)}", 52},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': 4}", 50},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (-4,)}", 51},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4 4)}", 53},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (,)}", 51},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4, ", 54},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (18446744073709551616,)}", 70},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}", 67},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct io_npy npy;
        struct mlp_error error;
        const char *text = cases[i].dictionary;
        ck_assert_msg(parse(text, 4, &npy, &error) == MLP_E_MODEL, "accepted: %s", text);
        ck_assert_str_eq(error.found, "a damaged .npy header");
        ck_assert_msg(error.offset_bytes == 10 + cases[i].at, "at %d: %s",
                      (int)error.offset_bytes - 10, text);
    }
}
END_TEST

START_TEST(what_surrounds_the_header_is_checked)
{
    struct io_npy npy;
    struct mlp_error error;
    uint8_t bytes[80] =
        "\x93NUMPY\1\0\x3b\0{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }  ";
    enum { N = 10 + 59 };
    ck_assert_int_eq(io_npy_parse(&npy, bytes, N, N + 8, "file", &error), MLP_OK);
    for (size_t n = 0; n < N; n++)
        ck_assert_int_eq(io_npy_parse(&npy, bytes, n, n, "file", &error), MLP_E_MODEL);
    ck_assert_int_eq(io_npy_parse(&npy, bytes, N, N + 7, "file", &error), MLP_E_MODEL);
    ck_assert_int_eq(error.offset_bytes, N + 7);
    ck_assert_int_eq(io_npy_parse(&npy, bytes, N, N + 9, "file", &error), MLP_E_MODEL);
    ck_assert_int_eq(error.offset_bytes, N + 8);
    bytes[6] = 4;
    ck_assert_int_eq(io_npy_parse(&npy, bytes, N, N + 8, "file", &error), MLP_E_MODEL);
    ck_assert_int_eq(error.offset_bytes, 6);
    bytes[6] = 1, bytes[9] = 0x80;
    ck_assert_int_eq(io_npy_parse(&npy, bytes, N, N + 8, "file", &error), MLP_E_MODEL);
    ck_assert_int_eq(error.offset_bytes, 8);
    bytes[0] = 'P';
    ck_assert_int_eq(io_npy_parse(&npy, bytes, N, N + 8, "file", &error), MLP_E_MODEL);
    ck_assert_str_eq(error.found, "not a .npy array");
}
END_TEST

START_TEST(headers_of_ours_are_aligned_and_read)
{
    static const uint64_t shapes[][2] = {{1, 1}, {784, 256}, {UINT32_MAX, UINT32_MAX}};
    for (uint32_t n_dims = 0; n_dims <= 2; n_dims++)
        for (int i = 0; i < 3; i++) {
            char header[192];
            size_t n = io_npy_header(header, "<f4", n_dims, shapes[i]);
            struct io_npy npy;
            size_t items =
                (n_dims > 0 ? shapes[i][0] : 1) * (size_t)(n_dims > 1 ? shapes[i][1] : 1);
            ck_assert_uint_eq(n % 64, 0);
            ck_assert_int_eq(header[n - 1], '\n');
            if (items > (size_t)1 << 40)
                continue; /* elements overflow, as they should */
            ck_assert_int_eq(io_npy_parse(&npy, (uint8_t *)header, n, n + 4 * items, "file", NULL),
                             MLP_OK);
            ck_assert_uint_eq(npy.n_dims, n_dims);
            ck_assert_uint_eq(npy.n_items, items);
            ck_assert_uint_eq(npy.data_at, n);
        }
}
END_TEST

START_TEST(text_survives_and_what_is_none_does_not)
{
    static const struct {
        const char *text, *back;
        size_t size;
    } cases[] = {
        {"", "", 64},
        {"plain", "plain", 64},
        {"Zürich 字 😀", "Zürich 字 😀", 64},
        {"\xff\xc3", "\xef\xbf\xbd\xef\xbf\xbd", 64}, /* not UTF-8 */
        {"\xc0\xaf", "\xef\xbf\xbd", 64},             /* "/", longer than it need be */
        {"\xed\xa0\x80", "\xef\xbf\xbd", 64},         /* half of a pair */
        {"\xf5\x80\x80\x80", "\xef\xbf\xbd", 64},     /* beyond Unicode */
        {"a\tb\x7f", "a?b?", 64},                     /* for terminals */
        {"abcdef", "abc", 4},
        {"ab😀", "ab", 6},
        {"ab😀", "ab😀", 7},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t characters[256];
        char back[64];
        struct io_npy npy = {.kind = 'U'};
        npy.item_bytes = 4 * (uint32_t)io_text_encode(cases[i].text, characters);
        io_text_decode(&npy, characters, back, cases[i].size);
        ck_assert_str_eq(back, cases[i].back);
    }
}
END_TEST

/* ---- NumPy itself ----------------------------------------------------------------------- */

static bool no_numpy; /* found out once, before the tests */

static void look_for_numpy(void)
{
    no_numpy = system("test -x /usr/bin/python3 && /usr/bin/python3 -c 'import numpy' "
                      "2> /dev/null") != 0;
    if (no_numpy)
        printf("npy: /usr/bin/python3 has no numpy, its tests are skipped\n");
}

/* Runs a Python script with sys and NumPy, and the test's file as its argument; false if NumPy is
 * not there. */
static bool run_python(const char *script)
{
    char command[4096];
    if (no_numpy)
        return false;
    snprintf(command, sizeof command,
             "/usr/bin/python3 -c 'import sys\n"
             "import numpy as np\n"
             "%s' %s",
             script, npz_path);
    int status = system(command);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
    return true;
}

START_TEST(numpy_reads_what_we_write)
{
    struct mlp_model model;
    npz_model(&model);
    ck_assert_int_eq(mlp_model_write(&model, npz_path, NULL), MLP_OK);
    mlp_model_free(&model);
    static const char script[] =
        "d = np.load(sys.argv[1])\n"
        "for name, shape in dict(W1=(4, 3), b1=(3,), W2=(3, 2), b2=(2,)).items():\n"
        "    a = d[name]\n"
        "    assert a.dtype == np.float32 and a.shape == shape and a.flags.c_contiguous, name\n"
        "    assert (a.ravel() == 1 + np.arange(a.size)).all(), name\n"
        "assert list(d)[:6] == [\"W1\", \"b1\", \"W2\", \"b2\", \"format_version\", "
        "\"activation\"]\n"
        "want = dict(format_version=1, activation=\"relu\", input_scale=1 / 255, seed=2**64 - 1,\n"
        "            data_fingerprint=2**63 + 1, dataset=\"Z\\u00fcrich \\u5b57 \\U0001f600\",\n"
        "            recipe=\"--lr 0.1\", n_rows=2, n_cols=2, label_base=1, train_accuracy=0.75,\n"
        "            test_accuracy=-1.0, validation_accuracy=0.5, n_test=10000, "
        "mlp_version=\"" MLP_VERSION "\", resume_step=2**64 - 1, resume_epoch=3,\n"
        "            resume_n_epochs=12, resume_n_correct=2**31, resume_loss_sum=1e6,\n"
        "            resume_best_epoch=2, resume_best_loss=3.5, resume_best_accuracy=0.25,\n"
        "            resume_arrays=5)\n"
        "arrays = {\"W1\", \"b1\", \"W2\", \"b2\", \"resume_weights\", \"resume_m\"}\n"
        "assert set(d) == set(want) | arrays, set(d)\n"
        "k = np.arange(23, dtype=np.float32)\n"
        "assert (d[\"resume_weights\"] == k / 3).all() and (d[\"resume_m\"] == (k - 7) / 3).all()\n"
        "for name, value in want.items():\n"
        "    a = d[name]\n"
        "    assert a.shape == () and a.item() == value, (name, a)\n"
        "    kind = \"U\" if type(value) is str else \"f\" if type(value) is float else \"iu\"\n"
        "    assert a.dtype.kind in kind and (kind == \"U\" or a.dtype.itemsize == 8), name\n";
    run_python(script);
}
END_TEST

#define ARRAYS                                                                                     \
    "f = sys.argv[1]\n"                                                                            \
    "a = lambda *s: 1 + np.arange(np.prod(s), dtype=np.float32).reshape(s)\n"                      \
    "W1, b1, W2, b2 = a(4, 3), a(3), a(3, 2), a(2)\n"

START_TEST(we_read_what_numpy_writes)
{
    static const char *const scripts[] = {
        "np.savez(f, W1=W1, b1=b1, W2=W2, b2=b2)",
        "np.savez_compressed(f, W1=W1, b1=b1, W2=W2, b2=b2)",
        "np.savez(f, W1=W1.astype(float), b1=b1.astype(float), W2=W2, b2=b2)",
        "np.savez_compressed(f, W1=np.asfortranarray(W1), b1=b1[None], W2=W2.T.copy().T, b2=b2)",
        "np.savez(f, W1=W1.astype(\">f4\"), b1=b1.astype(\">f8\"), W2=W2, b2=b2[:, None])",
        "np.savez(f, W1, b1, W2, b2)",
        "np.savez(f, W1, W2, b1, b2, lr=0.1, name=\"mine\", classes=np.arange(2))",
        "np.savez(f, **{\"1.weight\": W1.T, \"1.bias\": b1, \"2.weight\": W2.T, \"2.bias\": b2})",
        "np.savez(f, **{\"w\": W1.T.copy(), \"x\": b1, \"y\": W2.T.copy(), \"z\": b2})",
        "np.savez(f, W1=W1.T, b1=b1, W2=W2.T, b2=b2)",
    };
    char script[2048];
    snprintf(script, sizeof script, ARRAYS "%s\n", scripts[_i]);
    if (run_python(script))
        npz_expect_model();
}
END_TEST

START_TEST(we_refuse_what_numpy_pickles)
{
    if (run_python(ARRAYS "np.savez(f, np.array([W1, b1, None], dtype=object))\n"))
        npz_expect("arr_0.npy", -1, "an object array");
    if (run_python(ARRAYS "W1[1, 2] = np.nan\nnp.savez(f, W1=W1, b1=b1)\n"))
        npz_expect("W1.npy", 128 + 5 * 4, "nan");
    if (run_python(ARRAYS "np.savez(f, W1=W1.astype(\"i8\"), b1=b1)\n"))
        npz_expect("W1.npy", -1, "int64 (4, 3)");
}
END_TEST

Suite *npy_suite(void)
{
    Suite *suite = suite_create("npy");
    look_for_numpy();
    TCase *tests = npz_case("headers");
    tcase_add_test(tests, headers_that_python_reads_are_read);
    tcase_add_test(tests, other_headers_are_refused);
    tcase_add_test(tests, what_surrounds_the_header_is_checked);
    tcase_add_test(tests, headers_of_ours_are_aligned_and_read);
    tcase_add_test(tests, text_survives_and_what_is_none_does_not);
    suite_add_tcase(suite, tests);
    TCase *numpy = npz_case("NumPy");
    tcase_add_test(numpy, numpy_reads_what_we_write);
    tcase_add_loop_test(numpy, we_read_what_numpy_writes, 0, 10);
    tcase_add_test(numpy, we_refuse_what_numpy_pickles);
    suite_add_tcase(suite, numpy);
    return suite;
}
