/* test_grid.c - the picture of digits with their predictions. */
#include "mlp.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

Suite *grid_suite(void);

static const uint8_t *pixel(const struct mlp_picture *picture, int x, int y)
{
    return picture->rgb + ((size_t)y * picture->width + (size_t)x) * 3;
}

enum { MAX_CELLS = 40, MAX_PIXELS = 256 * 256 };
static uint8_t digit[MAX_PIXELS];

/* A picture of n cells, each wrong if its bit in `wrong` is set; rings of ink as digits. */
static struct mlp_picture new_grid(uint32_t n, uint32_t columns, uint32_t rows, uint32_t cols,
                                   uint64_t wrong, uint32_t label, float confidence)
{
    struct mlp_grid_cell cells[MAX_CELLS];
    struct mlp_picture picture;
    for (uint32_t i = 0; i < rows * cols; i++)
        digit[i] = i / cols > rows / 4 && i / cols < 3 * rows / 4 ? 255 : 0;
    for (uint32_t i = 0; i < n; i++)
        cells[i] = (struct mlp_grid_cell){digit, label, label + (wrong >> i & 1), confidence};
    ck_assert_int_eq(mlp_draw_grid(&picture, cells, n, columns, rows, cols, "Title", "subtitle"),
                     MLP_OK);
    return picture;
}

/* Counts pixels of a rectangle that are tinted: warm ones (orange) or cold ones (blue). */
static int count_tinted(const struct mlp_picture *picture, int y0, int y1, bool warm)
{
    int n = 0;
    for (int y = y0; y < y1; y++)
        for (int x = 0; x < (int)picture->width; x++) {
            const uint8_t *p = pixel(picture, x, y);
            n += warm ? p[0] > p[2] + 60 : p[2] > p[0] + 60;
        }
    return n;
}

START_TEST(right_and_wrong_differ_in_colour_and_in_shape)
{
    struct mlp_picture right = new_grid(1, 1, 28, 28, 0, 7, 0.9F);
    struct mlp_picture wrong = new_grid(1, 1, 28, 28, 1, 7, 0.9F);
    ck_assert_uint_eq(right.width, wrong.width);
    ck_assert_uint_eq(right.height, wrong.height);
    int legend = (int)right.height - 90; /* it shows both colours */
    ck_assert_int_eq(count_tinted(&right, 0, legend, true), 0);
    ck_assert_int_gt(count_tinted(&right, 0, legend, false), 300);
    ck_assert_int_gt(count_tinted(&wrong, 0, legend, true), 600);
    ck_assert_int_eq(count_tinted(&wrong, 0, legend, false), 0);
    /* With all colour gone, ink against paper: the hatched frame outside the tile, and the mark. */
    int above = 0, differ = 0, mark = 0, mark_y = 142 + 140 + 24; /* top, tile, bar of confidence */
    for (int y = 0; y < legend; y++)
        for (int x = 0; x < (int)right.width; x++) {
            bool a = *pixel(&right, x, y) + pixel(&right, x, y)[1] > 400;
            bool b = *pixel(&wrong, x, y) + pixel(&wrong, x, y)[1] > 400;
            differ += a != b;
            above += a != b && y < 142; /* where the tile begins */
            mark += a != b && y >= mark_y && y < mark_y + 22 && x >= 48 && x < 68;
        }
    ck_assert_int_gt(differ, 1000);
    ck_assert_int_gt(above, 200);
    ck_assert_int_gt(mark, 40);
    mlp_picture_free(&right);
    mlp_picture_free(&wrong);
}
END_TEST

START_TEST(grids_of_all_sizes_have_room_for_their_cells)
{
    static const struct {
        uint32_t n, columns, rows, cols;
    } grids[] = {{25, 5, 28, 28}, {1, 1, 1, 1},   {7, 3, 256, 256},       {7, 100, 16, 16},
                 {40, 7, 1, 256}, {3, 1, 200, 3}, {2, UINT32_MAX, 47, 47}};
    for (size_t i = 0; i < sizeof grids / sizeof grids[0]; i++) {
        uint32_t n = grids[i].n, columns = grids[i].columns < n ? grids[i].columns : n;
        struct mlp_picture picture =
            new_grid(n, grids[i].columns, grids[i].rows, grids[i].cols, 2, 123, 0.42F);
        ck_assert_uint_ge(picture.width, columns * 112);
        ck_assert_uint_le(picture.width, columns * 176 + 736);
        ck_assert_uint_ge(picture.height, (n + columns - 1) / columns * 180);
        if (n > 1)
            ck_assert_int_gt(count_tinted(&picture, 0, (int)picture.height - 90, true), 500);
        mlp_picture_free(&picture);
    }
}
END_TEST

START_TEST(the_bar_is_as_long_as_the_confidence)
{
    static const float confidences[] = {0, 0.25F, 0.5F, 1, NAN, -3, 7};
    static const int lengths[] = {0, 35, 70, 140, 0, 0, 140};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct mlp_picture picture = new_grid(1, 1, 28, 28, 0, 3, confidences[i]);
        int row = 142 + 140 + 13 + 3, n = count_tinted(&picture, row, row + 1, false);
        ck_assert_int_eq(n, lengths[i]);
        mlp_picture_free(&picture);
    }
}
END_TEST

START_TEST(grids_survive_odd_texts_and_refuse_odd_shapes)
{
    struct mlp_grid_cell cell = {digit, 4000000000U, 4000000001U, 0.5F};
    struct mlp_picture picture, untouched = {.width = 7};
    char text[2000];
    memset(text, 'W', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    ck_assert_int_eq(mlp_draw_grid(&picture, &cell, 1, 1, 2, 2, text, text), MLP_OK);
    mlp_picture_free(&picture);
    ck_assert_ptr_null(picture.rgb);
    ck_assert_int_eq(mlp_draw_grid(&picture, &cell, 1, 1, 2, 2, NULL, "\xff\xfe"), MLP_OK);
    mlp_picture_free(&picture);
    picture = untouched;
    ck_assert_int_eq(mlp_draw_grid(&picture, &cell, 0, 1, 2, 2, "", ""), MLP_E_USAGE);
    ck_assert_int_eq(mlp_draw_grid(&picture, &cell, 1, 0, 2, 2, "", ""), MLP_E_USAGE);
    ck_assert_int_eq(mlp_draw_grid(&picture, &cell, 1, 1, 0, 2, "", ""), MLP_E_USAGE);
    ck_assert_int_eq(mlp_draw_grid(&picture, &cell, 1, 1, 2, 0, "", ""), MLP_E_USAGE);
    struct mlp_grid_cell *many = calloc(1000, sizeof *many);
    ck_assert_int_eq(mlp_draw_grid(&picture, many, 1000, 1000, 2, 2, "", ""), MLP_E_USAGE);
    free(many);
    ck_assert_mem_eq(&picture, &untouched, sizeof picture);
}
END_TEST

Suite *grid_suite(void)
{
    Suite *suite = suite_create("grid");
    TCase *tests = tcase_create("grid");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, right_and_wrong_differ_in_colour_and_in_shape);
    tcase_add_test(tests, grids_of_all_sizes_have_room_for_their_cells);
    tcase_add_test(tests, the_bar_is_as_long_as_the_confidence);
    tcase_add_test(tests, grids_survive_odd_texts_and_refuse_odd_shapes);
    suite_add_tcase(suite, tests);
    return suite;
}
