/* test_strokes.c - the steps from stroke templates to ink, one by one. */
#include "data/digit.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

Suite *strokes_suite(void);

static struct data_dice dice_of(uint32_t sample)
{
    return (struct data_dice){.key = {.seed = 1, .purpose = RANDOM_TEST, .sample = sample}};
}

/* ---- dice ------------------------------------------------------------------------------- */

START_TEST(a_bell_has_the_deviation_asked_for)
{
    enum { N = 100000 };
    struct data_dice dice = dice_of(0);
    double sum = 0, sum2 = 0, most = 0;
    for (int i = 0; i < N; i++) {
        double x = (double)data_dice_bell(&dice, 2);
        sum += x;
        sum2 += x * x;
        most = fmax(most, fabs(x));
    }
    ck_assert_double_le(fabs(sum / N), 0.03);
    ck_assert_double_le(fabs(sqrt(sum2 / N) - 2), 0.02);
    ck_assert_double_le(most, 2 * 3.4642);
    ck_assert_double_ge(most, 5.5);
}
END_TEST

START_TEST(a_range_is_uniform_and_keeps_its_ends)
{
    enum { N = 100000, BINS = 10 };
    struct data_dice dice = dice_of(1);
    int count[BINS] = {0};
    for (int i = 0; i < N; i++) {
        float x = data_dice_range(&dice, -1, 4);
        ck_assert(x >= -1 && x < 4);
        count[(int)((x + 1) * BINS / 5)]++;
    }
    for (int i = 0; i < BINS; i++) /* 10,000 expected, deviation 95 */
        ck_assert_int_le(abs(count[i] - N / BINS), 500);
}
END_TEST

/* ---- templates -------------------------------------------------------------------------- */

static void check_template(const struct data_template *shape)
{
    int n = shape->n_knots;
    ck_assert_uint_le(shape->digit, 9);
    ck_assert_int_ge(n, 2);
    ck_assert_int_le(n, DATA_MAX_KNOTS);
    ck_assert_uint_ge(shape->n_keys, 1);
    ck_assert_uint_ge(shape->share, 1);
    for (int key = 0; key < shape->n_keys; key++)
        for (int i = 0; i < n; i++) {
            const struct data_knot *knot = &shape->knots[key * n + i];
            ck_assert_uint_eq(knot->kind, shape->knots[i].kind);
            ck_assert_int_ge(knot->x, -20);
            ck_assert_int_le(knot->x, 110);
            ck_assert_int_ge(knot->y, -5);
            ck_assert_int_le(knot->y, 105);
        }
    ck_assert_uint_eq(shape->knots[0].kind, DATA_KNOT_MOVE);
    for (int i = 1; i < n; i++) /* no stroke is a lone point */
        if (shape->knots[i].kind == DATA_KNOT_MOVE)
            ck_assert(i + 1 < n && shape->knots[i - 1].kind != DATA_KNOT_MOVE);
    ck_assert_uint_ne(shape->knots[n - 1].kind, DATA_KNOT_MOVE);
}

START_TEST(templates_are_whole_and_sorted)
{
    uint32_t n_keys[10] = {0}, digit = 0, i = 0;
    for (const struct data_template *shape; (shape = data_template_at(i)) != NULL; i++) {
        check_template(shape);
        ck_assert_uint_ge(shape->digit, digit);
        digit = shape->digit;
        n_keys[digit] += shape->n_keys;
    }
    for (int d = 0; d < 10; d++)
        ck_assert_uint_ge(n_keys[d], 8); /* ways of writing each digit */
    ck_assert_ptr_null(data_template_at(i));
    ck_assert_ptr_null(data_template_at(UINT32_MAX));
}
END_TEST

START_TEST(templates_are_chosen_by_their_shares)
{
    enum { N = 40000, MAX = 100 };
    for (uint32_t digit = 0; digit < 10; digit++) {
        uint32_t total = 0, count[MAX] = {0};
        struct data_dice dice = dice_of(digit);
        const struct data_template *first = data_template_at(0), *shape;
        for (int i = 0; i < N; i++) {
            shape = data_template_choose(digit, &dice);
            ck_assert_uint_eq(shape->digit, digit);
            count[shape - first]++;
        }
        for (uint32_t i = 0; (shape = data_template_at(i)) != NULL; i++)
            total += shape->digit == digit ? shape->share : 0;
        for (uint32_t i = 0; (shape = data_template_at(i)) != NULL; i++)
            if (shape->digit == digit) { /* deviation at most 100 */
                double expected = (double)N * shape->share / total;
                ck_assert_double_le(fabs(count[i] - expected), 500);
            }
    }
}
END_TEST

/* ---- paths ------------------------------------------------------------------------------ */

/* Two strokes: a straight line, then a smooth arc with a corner at its third knot. */
static const struct data_knot knots[] = {
    {10, 0, DATA_KNOT_MOVE},    {10, 100, DATA_KNOT_SMOOTH}, {20, 20, DATA_KNOT_MOVE},
    {60, 10, DATA_KNOT_SMOOTH}, {80, 50, DATA_KNOT_CORNER},  {20, 90, DATA_KNOT_SMOOTH},
};
static const struct data_template steady = {.n_keys = 1, .n_knots = 6, .knots = knots};

START_TEST(a_steady_path_passes_through_its_knots)
{
    struct data_path path;
    struct data_dice dice = dice_of(2);
    data_path_trace(&path, &steady, &dice);
    int n_starts = 0, next = 0;
    for (int i = 0; i < path.n_points; i++) {
        n_starts += path.starts[i];
        ck_assert_float_eq_tol(path.width[i], 1, 1e-6f);
        if (next < 6 && fabsf(path.x[i] - knots[next].x) < 1e-3f &&
            fabsf(path.y[i] - knots[next].y) < 1e-3f) {
            ck_assert_int_eq(path.starts[i], knots[next].kind == DATA_KNOT_MOVE);
            next++;
        }
    }
    ck_assert_int_eq(next, 6);
    ck_assert_int_eq(n_starts, 2);
    for (int i = 0; !path.starts[i] || i == 0; i++)
        ck_assert_float_eq_tol(path.x[i], 10, 1e-3f); /* the straight line is straight */
}
END_TEST

/* Cosine between the pieces before and after point i. */
static float bend(const struct data_path *path, int i)
{
    float ax = path->x[i] - path->x[i - 1], ay = path->y[i] - path->y[i - 1];
    float bx = path->x[i + 1] - path->x[i], by = path->y[i + 1] - path->y[i];
    return (ax * bx + ay * by) / sqrtf((ax * ax + ay * ay) * (bx * bx + by * by));
}

START_TEST(corners_turn_and_nothing_else_does)
{
    struct data_path path;
    struct data_dice dice = dice_of(3);
    data_path_trace(&path, &steady, &dice);
    int n_corners = 0;
    for (int i = 1; i + 1 < path.n_points; i++) {
        if (path.starts[i] || path.starts[i + 1])
            continue;
        bool corner = fabsf(path.x[i] - 80) < 1e-3f && fabsf(path.y[i] - 50) < 1e-3f;
        n_corners += corner;
        ck_assert(corner ? bend(&path, i) < 0.5f : bend(&path, i) > 0.8f);
    }
    ck_assert_int_eq(n_corners, 1);
}
END_TEST

START_TEST(every_template_stays_within_a_path_and_near_its_place)
{
    const struct data_template *shape;
    for (uint32_t i = 0; (shape = data_template_at(i)) != NULL; i++)
        for (uint32_t sample = 0; sample < 300; sample++) {
            struct data_path path;
            struct data_dice dice = dice_of(sample);
            data_path_trace(&path, shape, &dice);
            ck_assert_int_le(path.n_points, DATA_MAX_POINTS);
            data_path_warp(&path, shape->loose, &dice);
            ck_assert(path.starts[0]);
            for (int j = 0; j < path.n_points; j++) {
                ck_assert(fabsf(path.x[j]) < 400 && fabsf(path.y[j]) < 400);
                ck_assert(path.width[j] >= 0.3f && path.width[j] < 3);
            }
        }
}
END_TEST

/* Without bending a warp is affine: midpoints stay midpoints. */
START_TEST(an_unbent_warp_is_affine)
{
    struct data_dice dice = dice_of(4);
    struct data_path path = {.n_points = 4, .x = {0, 50, 100, 20}, .y = {0, 40, 80, 90}};
    data_path_warp(&path, 0, &dice);
    ck_assert_float_eq_tol(path.x[1], (path.x[0] + path.x[2]) / 2, 1e-3f);
    ck_assert_float_eq_tol(path.y[1], (path.y[0] + path.y[2]) / 2, 1e-3f);
    ck_assert(fabsf(path.x[3] - 20) > 0.1f);
    ck_assert_float_eq_tol(path.x[0], 0, 1e-6f);
}
END_TEST

/* ---- pen -------------------------------------------------------------------------------- */

static void draw_line(float dx, float dy, uint32_t sample, float *ink)
{
    struct data_dice dice = dice_of(sample);
    struct data_path path = {.n_points = 2,
                             .x = {30, 30 + dx},
                             .y = {-7, -7 + dy},
                             .width = {1, 1},
                             .starts = {true, false}};
    data_pen_draw(&path, &dice, ink);
}

START_TEST(a_vertical_line_fills_the_height_and_is_symmetric)
{
    for (uint32_t sample = 0; sample < 200; sample++) {
        float ink[DATA_BOX * DATA_BOX];
        draw_line(0, 55, sample, ink);
        for (int row = 0; row < DATA_BOX; row++) {
            ck_assert(ink[row * DATA_BOX + 9] > 0);
            ck_assert(ink[row * DATA_BOX] == 0);
            for (int column = 0; column < DATA_BOX; column++) {
                float v = ink[row * DATA_BOX + column];
                ck_assert(v >= 0 && v <= 1);
                ck_assert_float_eq_tol(v, ink[row * DATA_BOX + 19 - column], 1e-4f);
                ck_assert_float_eq_tol(v, ink[(19 - row) * DATA_BOX + column], 1e-4f);
            }
        }
    }
}
END_TEST

START_TEST(a_line_lying_is_a_line_standing_turned)
{
    float standing[DATA_BOX * DATA_BOX], lying[DATA_BOX * DATA_BOX];
    draw_line(0, 80, 7, standing);
    draw_line(80, 0, 7, lying);
    for (int i = 0; i < DATA_BOX; i++)
        for (int j = 0; j < DATA_BOX; j++)
            ck_assert_float_eq_tol(standing[i * DATA_BOX + j], lying[j * DATA_BOX + i], 1e-4f);
}
END_TEST

/* The size of what is written does not matter, only its shape. */
START_TEST(ink_does_not_depend_on_scale)
{
    float small[DATA_BOX * DATA_BOX], large[DATA_BOX * DATA_BOX];
    draw_line(20, 40, 9, small);
    draw_line(200, 400, 9, large);
    for (int i = 0; i < DATA_BOX * DATA_BOX; i++)
        ck_assert_float_eq_tol(small[i], large[i], 1e-3f);
}
END_TEST

Suite *strokes_suite(void)
{
    Suite *suite = suite_create("strokes");
    TCase *tests = tcase_create("strokes");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_bell_has_the_deviation_asked_for);
    tcase_add_test(tests, a_range_is_uniform_and_keeps_its_ends);
    tcase_add_test(tests, templates_are_whole_and_sorted);
    tcase_add_test(tests, templates_are_chosen_by_their_shares);
    tcase_add_test(tests, a_steady_path_passes_through_its_knots);
    tcase_add_test(tests, corners_turn_and_nothing_else_does);
    tcase_add_test(tests, every_template_stays_within_a_path_and_near_its_place);
    tcase_add_test(tests, an_unbent_warp_is_affine);
    tcase_add_test(tests, a_vertical_line_fills_the_height_and_is_symmetric);
    tcase_add_test(tests, a_line_lying_is_a_line_standing_turned);
    tcase_add_test(tests, ink_does_not_depend_on_scale);
    suite_add_tcase(suite, tests);
    return suite;
}
