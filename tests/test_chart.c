/* test_chart.c - numbers as text, ticks, and charts of ordinary and of ugly data. */
#include "draw/chart.h"
#include "draw/colour.h"
#include "draw/number.h"
#include "draw/scale.h"

#include <check.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *chart_suite(void);

START_TEST(numbers_read_as_people_write_them)
{
    static const struct {
        double x;
        int digits;
        const char *full, *brief;
    } rows[] = {
        {0, 3, "0", "0"},
        {0.185, 3, "0.185", "0.185"},
        {0.3, 3, "0.300", "0.3"},
        {-2.5, 3, "−2.50", "−2.5"},
        {9.999, 3, "10.0", "10"},
        {450, 3, "450", "450"},
        {4096, 4, "4096", "4096"},
        {24680, 3, "24,680", "24,680"},
        {123456, 3, "123,456", "123,456"},
        {1234567, 3, "1.23M", "1.23M"},
        {1e6, 3, "1.00M", "1M"},
        {60.4e9, 3, "60.4G", "60.4G"},
        {1e12, 3, "1.00T", "1T"},
        {0.001, 3, "0.00100", "0.001"},
        {0.0000321, 3, "3.21×10⁻⁵", "3.21×10⁻⁵"},
        {1e300, 3, "10³⁰⁰", "10³⁰⁰"},
        {-1e-9, 3, "−10⁻⁹", "−10⁻⁹"},
        {NAN, 3, "n/a", "n/a"},
        {-INFINITY, 3, "n/a", "n/a"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[DRAW_NUMBER_SIZE];
        draw_number(rows[i].x, rows[i].digits, text, sizeof text);
        ck_assert_str_eq(text, rows[i].full);
        draw_number_short(rows[i].x, rows[i].digits, text, sizeof text);
        ck_assert_str_eq(text, rows[i].brief);
    }
}
END_TEST

/* The labels of a scale, separated by spaces. */
static const char *labels(const struct draw_axis *axis, double low, double high, bool round)
{
    static char text[1024];
    struct draw_scale scale = draw_scale_new(axis, low, high, 6, round);
    text[0] = '\0';
    for (int i = 0; i < scale.n_ticks; i++) {
        strcat(text, i > 0 ? " " : "");
        strcat(text, scale.labels[i]);
    }
    return text;
}

START_TEST(ticks_are_round_numbers)
{
    static const double powers_of_2[] = {16, 32, 64, 128, 256};
    struct draw_axis linear = {0}, log_axis = {.log = true};
    struct draw_axis given = {.log = true, .ticks = powers_of_2, .n_ticks = 5};
    struct draw_axis fixed = {.low = 0.5, .high = 2.5};
    ck_assert_str_eq(labels(&linear, 130, 450, true), "0 100 200 300 400 500");
    ck_assert_str_eq(labels(&linear, 0.93, 0.98, true), "0.93 0.94 0.95 0.96 0.97 0.98");
    ck_assert_str_eq(labels(&linear, -0.7, 0.7, true), "−1.0 −0.5 0 0.5 1.0");
    ck_assert_str_eq(labels(&linear, 3, 11, false), "4 6 8 10");
    ck_assert_str_eq(labels(&linear, 0, 326000, true), "0 100k 200k 300k 400k");
    ck_assert_str_eq(labels(&linear, 0, 2.3e6, true), "0 0.5M 1.0M 1.5M 2.0M 2.5M");
    ck_assert_str_eq(labels(&linear, 0, 4e-5, true), "0 10⁻⁵ 2×10⁻⁵ 3×10⁻⁵ 4×10⁻⁵");
    ck_assert_str_eq(labels(&linear, 0, 0, true), "0 0.2 0.4 0.6 0.8 1.0");
    ck_assert_str_eq(labels(&linear, 5, 5, true), "0 2 4 6 8 10");
    ck_assert_str_eq(labels(&linear, -5, -5, true), "−10 −8 −6 −4 −2 0");
    ck_assert_str_eq(labels(&linear, 1, 0, true), "0 0.2 0.4 0.6 0.8 1.0"); /* no data */
    ck_assert_str_eq(labels(&fixed, 0, 100, false), "0.5 1.0 1.5 2.0 2.5");
    ck_assert_str_eq(labels(&log_axis, 1e-5, 1, false), "10⁻⁵ 10⁻⁴ 10⁻³ 10⁻² 10⁻¹ 1");
    ck_assert_str_eq(labels(&log_axis, 0.02, 3000, true), "0.01 0.1 1 10 100 1000 10,000");
    ck_assert_str_eq(labels(&log_axis, 1, 70, false), "1 2 5 10 20 50");
    ck_assert_str_eq(labels(&log_axis, 30, 60, false), "30 35 40 45 50 55 60");
    ck_assert_str_eq(labels(&log_axis, 1e-14, 1e10, true), "10⁻¹⁵ 10⁻¹⁰ 10⁻⁵ 1 10⁵ 10¹⁰");
    ck_assert_double_eq(draw_scale_new(&linear, 0, 1, 6, true).ticks[3], 0.6); /* not 3 * 0.2 */
    ck_assert_str_eq(labels(&given, 32, 256, false), "32 64 128 256");
}
END_TEST

/* Whatever the data: finite pixels, some ticks, in order, between the ends. */
START_TEST(scales_hold_for_any_range)
{
    static const double ends[] = {-DBL_MAX, -1e300,       -1e9,   -1,     -1e-5, -5e-324,
                                  0,        5e-324,       1e-310, 1e-300, 1e-9,  0.1,
                                  1,        1.0000000001, 7,      1e9,    1e300, DBL_MAX};
    enum { N = sizeof ends / sizeof ends[0] };
    for (int i = 0; i < N * N * 4; i++) {
        struct draw_axis axis = {.log = i / (N * N) % 2 == 1};
        double low = ends[i % N], high = ends[i / N % N];
        if (low > high || (axis.log && !(low > 0)))
            continue;
        struct draw_scale scale = draw_scale_new(&axis, low, high, 7, i / (N * N) >= 2);
        scale.low_px = 50;
        scale.high_px = 650;
        ck_assert_msg(scale.n_ticks >= 2 && scale.low < scale.high, "%g to %g", low, high);
        for (int j = 0; j < scale.n_ticks; j++) {
            double px = draw_scale_px(&scale, scale.ticks[j]);
            ck_assert_msg(px > 49 && px < 651, "%g to %g: tick %d at %g", low, high, j, px);
            ck_assert(j == 0 || scale.ticks[j] > scale.ticks[j - 1]);
            ck_assert_str_ne(scale.labels[j], "");
        }
        ck_assert(isfinite(draw_scale_px(&scale, low)) && isfinite(draw_scale_px(&scale, high)));
    }
}
END_TEST

static int count_colour(const struct mlp_picture *picture, uint32_t rgb)
{
    int n = 0;
    for (size_t i = 0; i < (size_t)picture->width * picture->height; i++) {
        const uint8_t *p = picture->rgb + 3 * i;
        n += ((uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2]) == rgb;
    }
    return n;
}

static struct mlp_picture render(const struct draw_panel *panels, uint32_t n, uint32_t columns)
{
    struct draw_page page = {"Title", "subtitle", "footnote", panels, n, columns};
    struct mlp_picture picture, again;
    ck_assert_int_eq(draw_page_render(&picture, &page), MLP_OK);
    ck_assert_int_eq(draw_page_render(&again, &page), MLP_OK);
    ck_assert_uint_eq(picture.width, again.width);
    ck_assert_uint_eq(picture.height, again.height);
    ck_assert_mem_eq(picture.rgb, again.rgb, (size_t)picture.width * picture.height * 3);
    mlp_picture_free(&again);
    return picture;
}

START_TEST(bars_are_as_long_as_their_values)
{
    int area[3];
    for (int i = 0; i < 3; i++) {
        struct draw_bar bars[] = {{"full", 8, false, NULL}, {"part", 2.0 * i, false, NULL}};
        struct draw_bar_group group = {.bars = bars, .n_bars = 2};
        struct draw_bar_chart chart = {&group, 1, NULL};
        struct draw_panel panel = {.bars = &chart};
        struct mlp_picture picture = render(&panel, 1, 1);
        area[i] = count_colour(&picture, DRAW_PEER);
        mlp_picture_free(&picture);
    }
    ck_assert_int_gt(area[0], 24 * 400); /* 24 px high */
    ck_assert_int_le(abs(area[1] - area[0] * 5 / 4), 30);
    ck_assert_int_le(abs(area[2] - area[0] * 6 / 4), 30);
}
END_TEST

START_TEST(ours_stands_out_and_the_others_do_not)
{
    struct draw_bar bars[] = {{"ours", 3, true, "1.0×"}, {"theirs", 4, false, NULL}};
    struct draw_bar_group group = {"group", bars, 2, 5, "peak"};
    struct draw_bar_chart chart = {&group, 1, "s"};
    struct draw_panel panel = {.bars = &chart};
    struct mlp_picture picture = render(&panel, 1, 1);
    int ours = count_colour(&picture, DRAW_BLUE), theirs = count_colour(&picture, DRAW_PEER);
    ck_assert_int_gt(ours, 24 * 100);
    ck_assert_int_gt(theirs, ours);
    mlp_picture_free(&picture);
}
END_TEST

START_TEST(lines_join_their_points_and_stop_at_gaps)
{
    double x[] = {1, 2, 3, 4, 5}, y[] = {1, 1, 1, 1, 1}, gap[] = {1, 1, NAN, 1, 1};
    struct draw_series series = {.x = x, .y = y, .n_points = 5, .ours = true};
    struct draw_line_chart chart = {.series = &series, .n_series = 1};
    struct draw_panel panel = {.lines = &chart};
    struct mlp_picture whole = render(&panel, 1, 1);
    series.y = gap;
    struct mlp_picture broken = render(&panel, 1, 1);
    int n = count_colour(&whole, DRAW_BLUE), n_broken = count_colour(&broken, DRAW_BLUE);
    ck_assert_int_gt(n, 5 * 500);
    ck_assert_int_lt(n_broken, n * 2 / 3);
    ck_assert_int_gt(n_broken, n * 2 / 5);
    mlp_picture_free(&whole);
    mlp_picture_free(&broken);
}
END_TEST

START_TEST(long_series_are_drawn_in_pieces_without_seams)
{
    enum { N = 513 }; /* a piece is 512 points: the only long step is between two pieces */
    static double x[N], y[N];
    for (int i = 0; i < N; i++) {
        x[i] = i == N - 1;
        y[i] = 2;
    }
    struct draw_series series = {.x = x, .y = y, .n_points = N, .ours = true};
    struct draw_line_chart chart = {.series = &series, .n_series = 1};
    struct draw_panel panel = {.lines = &chart};
    struct mlp_picture picture = render(&panel, 1, 1);
    uint32_t longest = 0;
    for (uint32_t row = 0; row < picture.height; row++) {
        uint32_t run = 0;
        for (uint32_t col = 0; col < picture.width; col++) {
            const uint8_t *p = picture.rgb + ((size_t)row * picture.width + col) * 3;
            run = p[2] > p[0] + 60 ? run + 1 : 0;
            longest = run > longest ? run : longest;
        }
    }
    ck_assert_uint_gt(longest, 550);
    mlp_picture_free(&picture);
}
END_TEST

START_TEST(data_beyond_a_fixed_axis_stay_in_the_plot)
{
    double x[] = {0, 1, 2, 3}, tame[] = {1, 1, 1, 1}, wild[] = {1, 1e6, -1e300, INFINITY};
    struct draw_series series = {.x = x, .y = tame, .n_points = 4, .ours = true};
    struct draw_line_chart chart = {.y = {.low = 0, .high = 2}, .series = &series, .n_series = 1};
    struct draw_panel panel = {.title = "title", .lines = &chart};
    struct mlp_picture before = render(&panel, 1, 1);
    series.y = wild;
    struct mlp_picture after = render(&panel, 1, 1);
    size_t above = (size_t)before.width * 200 * 3; /* titles, 200 px of them */
    ck_assert_mem_eq(before.rgb, after.rgb, above - (size_t)before.width * 30 * 3);
    ck_assert_int_gt(count_colour(&after, DRAW_BLUE), 500);
    mlp_picture_free(&before);
    mlp_picture_free(&after);
}
END_TEST

START_TEST(ugly_data_make_a_picture)
{
    double one = 5, zeros[4] = {0}, x[] = {1e-300, 1, 1e10, 1e300},
           y[] = {-DBL_MAX, NAN, DBL_MAX, INFINITY};
    struct draw_series single = {"a name far too long for the place that there is beside the plot",
                                 &one, &one, 1, false};
    struct draw_series flat = {"zero", x, zeros, 4, true}, huge = {"\xff", x, y, 4, true};
    struct draw_series none = {"none", NULL, NULL, 0, true}, both[] = {single, none};
    struct draw_series many[DRAW_MAX_SERIES];
    for (int i = 0; i < DRAW_MAX_SERIES; i++)
        many[i] = flat;
    struct draw_axis log_axis = {"label that is a good deal longer than the axis which it names, "
                                 "so that it has to be cut somewhere",
                                 true,
                                 0,
                                 0,
                                 NULL,
                                 0};
    struct draw_axis given = {NULL, false, NAN, NAN, y, 4};
    struct draw_mark mark = {NAN, "nowhere"}, zero = {0, "a mark at zero"};
    struct draw_line_chart lines[] = {
        {.series = &single, .n_series = 1, .x_mark = {5, "here"}, .y_mark = {1e9, "far"}},
        {.series = &flat, .n_series = 1, .x = log_axis, .y = log_axis, .x_mark = zero},
        {.series = &huge, .n_series = 1, .x = log_axis, .x_mark = mark, .y_mark = mark},
        {.series = both, .n_series = 2, .x = given, .y = given},
        {.series = many, .n_series = DRAW_MAX_SERIES, .y = log_axis},
        {.series = NULL, .n_series = 0, .y = log_axis},
    };
    struct draw_bar bars[] = {
        {"", 0, true, ""},
        {"a label that is far too long for two fifths of any panel that there "
         "will ever be",
         1e300, false, "note"},
        {"nan", NAN, false, NULL},
        {"infinite", INFINITY, true, NULL},
        {"negative", -1, false, NULL},
        {"tiny", 5e-324, true, NULL}};
    struct draw_bar_group groups[] = {{"group", bars, 6, NAN, "reference"},
                                      {NULL, bars, 1, 1e308, NULL},
                                      {"empty", NULL, 0, -1, NULL}};
    struct draw_bar_chart charts[] = {
        {groups, 3, "images/s"}, {groups + 2, 1, NULL}, {NULL, 0, NULL}};
    struct draw_panel panels[9] = {{"t", "s", &charts[0], NULL, true},
                                   {"t", NULL, &charts[1], NULL, false},
                                   {NULL, "s", &charts[2], NULL, false}};
    for (int i = 0; i < 6; i++)
        panels[3 + i] = (struct draw_panel){"title", NULL, NULL, &lines[i], i == 3};
    for (uint32_t columns = 1; columns <= 4; columns++) {
        struct mlp_picture picture = render(panels, 9, columns);
        ck_assert_uint_gt(picture.height, 1000);
        mlp_picture_free(&picture);
    }
}
END_TEST

START_TEST(impossible_pages_are_refused)
{
    struct draw_bar_chart bars = {NULL, 0, NULL};
    struct draw_line_chart lines = {.n_series = 0}, crowded = {.n_series = DRAW_MAX_SERIES + 1};
    struct draw_bar_group tall = {.n_bars = UINT32_MAX};
    struct draw_bar_chart tall_bars = {&tall, 1, NULL};
    struct draw_panel none = {0}, two = {.bars = &bars, .lines = &lines};
    struct draw_panel many = {.lines = &crowded}, high = {.bars = &tall_bars};
    const struct draw_page pages[] = {
        {.panels = NULL, .n_panels = 0, .columns = 1},
        {.panels = &none, .n_panels = 1, .columns = 1},
        {.panels = &two, .n_panels = 1, .columns = 1},
        {.panels = &many, .n_panels = 1, .columns = 1},
        {.panels = &high, .n_panels = 1, .columns = 1},
        {.panels = &high, .n_panels = 1},
    };
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        struct mlp_picture picture = {.width = 3};
        ck_assert_int_eq(draw_page_render(&picture, &pages[i]), MLP_E_USAGE);
        ck_assert_uint_eq(picture.width, 3);
    }
}
END_TEST

Suite *chart_suite(void)
{
    Suite *suite = suite_create("chart");
    TCase *tests = tcase_create("chart");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, numbers_read_as_people_write_them);
    tcase_add_test(tests, ticks_are_round_numbers);
    tcase_add_test(tests, scales_hold_for_any_range);
    tcase_add_test(tests, bars_are_as_long_as_their_values);
    tcase_add_test(tests, ours_stands_out_and_the_others_do_not);
    tcase_add_test(tests, lines_join_their_points_and_stop_at_gaps);
    tcase_add_test(tests, long_series_are_drawn_in_pieces_without_seams);
    tcase_add_test(tests, data_beyond_a_fixed_axis_stay_in_the_plot);
    tcase_add_test(tests, ugly_data_make_a_picture);
    tcase_add_test(tests, impossible_pages_are_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
