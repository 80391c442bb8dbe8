/* test_npz_resume.c - files of weights whose training was interrupted, spoiled. */
#include "npz_files.h"

#include <math.h>

Suite *npz_resume_suite(void);

#define TYPE(descr, shape) "{'descr': '" descr "', 'fortran_order': False, 'shape': " shape ", }"

static struct npz_member members[16];

static void expect(size_t n_members, const char *member, int64_t offset, const char *word)
{
    npz_put_members(members, n_members);
    npz_expect(member, offset, word);
}

/* A number of a checkpoint, 1. */
static struct npz_member number(const char *name, bool real)
{
    return (struct npz_member){.name = name,
                               .dictionary = real ? TYPE("<f8", "()") : TYPE("<i8", "()"),
                               .bytes = real ? "\0\0\0\0\0\0\xf0\x3f" : "\1\0\0\0\0\0\0",
                               .n = 8};
}

START_TEST(damaged_checkpoints_are_refused)
{
    static const char *const names[] = {"format_version.npy",       "resume_step.npy",
                                        "resume_epoch.npy",         "resume_n_epochs.npy",
                                        "resume_n_correct.npy",     "resume_best_epoch.npy",
                                        "resume_loss_sum.npy",      "resume_best_loss.npy",
                                        "resume_best_accuracy.npy", "resume_arrays.npy"};
    enum { N = sizeof names / sizeof names[0], STEP = 3, LOSS = 2 + 6, ARRAYS = 1 + N, ARRAY };
    members[0] = npz_array("W1.npy", 4, 3);
    members[1] = npz_array("b1.npy", 3, 0);
    for (int i = 0; i < N; i++)
        members[2 + i] = number(names[i], i >= 6 && i < 9);
    members[ARRAYS].bytes = "\4\0\0\0\0\0\0"; /* resume_m */
    struct mlp_model model;
    members[ARRAY] = npz_array("resume_m.npy", 15, 0); /* 4 x 3 + 3 */
    npz_put_members(members, ARRAY + 1);
    ck_assert_int_eq(mlp_model_read(&model, npz_path, NULL), MLP_OK);
    ck_assert_float_eq(model.checkpoint->arrays[MLP_CHECKPOINT_M][14], 15);
    mlp_model_free(&model);

    members[ARRAY] = npz_array("resume_m.npy", 14, 0);
    expect(ARRAY + 1, "resume_m.npy", -1, "float32 (14,); wanted float32 (15,)");
    members[ARRAY] = npz_array("resume_m.npy", 5, 3);
    expect(ARRAY + 1, "resume_m.npy", -1, "float32 (5, 3); wanted float32 (15,)");
    static const float none[15] = {[7] = NAN};
    members[ARRAY] = (struct npz_member){.name = "resume_m.npy",
                                         .dictionary = TYPE("<f4", "(15,)"),
                                         .bytes = none,
                                         .n = sizeof none};
    expect(ARRAY + 1, "resume_m.npy", 68 + 7 * 4, "nan");
    members[ARRAY].dictionary = TYPE("<i4", "(15,)");
    expect(ARRAY + 1, "resume_m.npy", -1, "int32 (15,); wanted float32 (15,)");
    expect(ARRAY, "", -1, "resume_step, but no resume_m;");
    members[ARRAYS].bytes = "\x14\0\0\0\0\0\0";
    expect(ARRAY, "", -1, "resume_arrays 20; wanted less than 16");
    members[ARRAYS].bytes = "\4\0\0\0\0\0\0";
    members[LOSS].bytes = "\0\0\0\0\0\0\xf0\x7f";
    expect(ARRAY, "resume_loss_sum.npy", -1, "inf; wanted a finite number");
    for (int i = STEP + 1; i <= ARRAYS; i++) { /* without resume_step there is no checkpoint */
        const char *name = members[i].name;
        members[i].name = "other.npy";
        expect(ARRAY, "", -1, "resume_step, but no resume_");
        members[i].name = name;
    }
}
END_TEST

Suite *npz_resume_suite(void)
{
    Suite *suite = suite_create("npz_resume");
    TCase *tests = npz_case("npz_resume");
    tcase_add_test(tests, damaged_checkpoints_are_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
