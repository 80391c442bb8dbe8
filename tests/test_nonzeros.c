/* test_nonzeros.c - which images are noted by where they are not zero, and the order of their
 * columns. That they are noted rightly is test_batcher's. */
#include "data/nonzeros.h"

#include <check.h>
#include <stdlib.h>

Suite *nonzeros_suite(void);

/* A pair, and then the one below it. */
START_TEST(columns_come_as_squares)
{
    static const uint32_t wanted[][8] = {
        {4, 0, 1, 4, 5, 2, 3, 6}, /* 4 pixels wide */
        {5, 0, 1, 6, 7, 2, 3, 8}, /* 5: half a pair aside */
        {1, 0, 1, 2, 3, 4, 5, 6},
        {16, 0, 1, 2, 3, 4, 5, 6}, /* one row */
    };
    struct nonzeros z;
    ck_assert(nonzeros_new(&z, 8, 16, wanted[_i][0], 1));
    for (int i = 0; i < 7; i++)
        ck_assert_uint_eq(z.columns[i], wanted[_i][i + 1]);
    nonzeros_free(&z);
}
END_TEST

/* So many of the 20 fours of pixels in each image have something. */
static bool pays(uint32_t n_images, uint32_t n)
{
    enum { ROWS = 4, COLS = 20, FOUR = 4 };
    struct mlp_images images = {n_images, ROWS, COLS, calloc(n_images, ROWS * COLS), NULL};
    ck_assert_ptr_nonnull(images.pixels);
    for (size_t four = 0; four < (size_t)n_images * ROWS * COLS / FOUR; four++)
        images.pixels[four * FOUR + four % FOUR] = four * 7 % 20 < n;
    bool answer = nonzeros_pay(&images, 0, n_images);
    ck_assert(answer == nonzeros_pay(&images, n_images / 2, n_images - n_images / 2));
    free(images.pixels);
    return answer;
}

START_TEST(zeros_are_looked_for_where_there_are_enough)
{
    static const uint32_t n_images[] = {1, 3, 256, 1000};
    for (size_t i = 0; i < sizeof n_images / sizeof n_images[0]; i++) {
        ck_assert(!pays(n_images[i], 20));
        ck_assert(!pays(n_images[i], 12));
        ck_assert(pays(n_images[i], 11)); /* more than two fifths are empty */
        ck_assert(pays(n_images[i], 0));
    }
    ck_assert(!nonzeros_pay(&(struct mlp_images){0}, 0, 0));
}
END_TEST

Suite *nonzeros_suite(void)
{
    Suite *suite = suite_create("nonzeros");
    TCase *tests = tcase_create("nonzeros");
    tcase_add_loop_test(tests, columns_come_as_squares, 0, 4);
    tcase_add_test(tests, zeros_are_looked_for_where_there_are_enough);
    suite_add_tcase(suite, tests);
    return suite;
}
