/* test_draw.c - canvas, text, enlarged images. */
#include "draw/colour.h"
#include "draw/text.h"
#include "draw/tile.h"
#include "mlp.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *draw_suite(void);

static struct draw_canvas new_canvas(int width, int height)
{
    struct draw_canvas canvas;
    ck_assert_int_eq(draw_canvas_new(&canvas, width, height, DRAW_PAPER), MLP_OK);
    return canvas;
}

static const uint8_t *pixel(const struct mlp_picture *picture, int x, int y)
{
    return picture->rgb + ((size_t)y * picture->width + (size_t)x) * 3;
}

/* How much ink is on black-on-white drawings, in whole pixels. */
static double ink(const struct mlp_picture *picture)
{
    double sum = 0;
    for (size_t i = 0; i < (size_t)picture->width * picture->height; i++)
        sum += 255 - picture->rgb[3 * i];
    return sum / 255;
}

static size_t picture_bytes(const struct mlp_picture *picture)
{
    return (size_t)picture->width * picture->height * 3;
}

/* ---- canvas ---------------------------------------------------------------------------------- */

START_TEST(shapes_have_their_areas_and_stay_inside)
{
    struct draw_canvas canvas = new_canvas(100, 80);
    draw_fill(&canvas, (struct draw_box){10, 10, 7, 5}, 0);
    ck_assert_double_eq(ink(&canvas.picture), 35);
    draw_fill(&canvas, (struct draw_box){-5, 78, 10, 100}, 0);
    draw_fill(&canvas, (struct draw_box){90, 10, INT32_MAX, 1}, 0);
    draw_fill(&canvas, (struct draw_box){50, 50, -3, 4}, 0);
    ck_assert_double_eq(ink(&canvas.picture), 35 + 10 + 10);
    draw_canvas_free(&canvas);

    canvas = new_canvas(100, 80);
    struct draw_point slope[] = {{20, 20}, {60, 50}, {80, 35}}, centre = {50.3, 40.6};
    draw_line(&canvas, slope, 3, 4, 0);
    /* length 50 + 25 and two half discs; the corner costs a little where the strips overlap */
    ck_assert_double_eq_tol(ink(&canvas.picture), 4 * 75 + M_PI * 4, 8);
    draw_canvas_free(&canvas);

    canvas = new_canvas(100, 80);
    draw_disc(&canvas, centre, 20, 0);
    ck_assert_double_eq_tol(ink(&canvas.picture), M_PI * 400, 4);
    draw_canvas_free(&canvas);

    canvas = new_canvas(100, 80);
    draw_hatch(&canvas, (struct draw_box){10, 10, 70, 60}, 3, 4, 0);
    ck_assert_double_eq_tol(ink(&canvas.picture), 70 * 60 * 3 / 7.0, 60);
    draw_canvas_free(&canvas);
}
END_TEST

START_TEST(joints_of_a_line_are_mixed_once)
{
    struct draw_canvas fine = new_canvas(100, 40), coarse = new_canvas(100, 40);
    struct draw_point ends[] = {{10, 10}, {90, 30}}, points[801];
    for (int i = 0; i <= 800; i++)
        points[i] = (struct draw_point){10 + i * 0.1, 10 + i * 0.025};
    draw_line(&fine, points, 801, 3, 0);
    draw_line(&coarse, ends, 2, 3, 0);
    ck_assert_double_eq_tol(ink(&fine.picture), ink(&coarse.picture), 1);
    for (size_t i = 0; i < (size_t)100 * 40; i++)
        ck_assert_uint_eq(fine.mask[i], 0);
    draw_canvas_free(&fine);
    draw_canvas_free(&coarse);
}
END_TEST

START_TEST(far_points_and_a_clip_leave_the_rest_alone)
{
    struct draw_canvas canvas = new_canvas(60, 60);
    draw_canvas_clip(&canvas, (struct draw_box){20, 20, 10, 10});
    struct draw_point wild[] = {{-1e9, -1e9}, {1e9, 1e9}, {NAN, 3}, {INFINITY, -INFINITY}};
    draw_line(&canvas, wild, 4, 2, 0);
    draw_text(&canvas, (struct draw_style){DRAW_TITLE, DRAW_CENTRE, 0}, 25, 30, "clipped");
    draw_text(&canvas, (struct draw_style){DRAW_TITLE, DRAW_LEFT, 0}, -1e9, 30, "far");
    draw_text(&canvas, (struct draw_style){DRAW_TITLE, DRAW_LEFT, 0}, 1e9, 30, "far");
    double all = ink(&canvas.picture);
    ck_assert_double_gt(all, 10);
    draw_canvas_clip(&canvas, draw_canvas_box(&canvas));
    draw_fill(&canvas, (struct draw_box){20, 20, 10, 10}, DRAW_PAPER);
    ck_assert_double_eq(ink(&canvas.picture), 0);
    draw_canvas_free(&canvas);
}
END_TEST

START_TEST(impossible_canvases_are_refused)
{
    struct draw_canvas canvas;
    ck_assert_int_eq(draw_canvas_new(&canvas, 0, 5, 0), MLP_E_USAGE);
    ck_assert_int_eq(draw_canvas_new(&canvas, 5, -1, 0), MLP_E_USAGE);
    ck_assert_int_eq(draw_canvas_new(&canvas, INT64_MAX, INT64_MAX, 0), MLP_E_USAGE);
}
END_TEST

/* ---- text ------------------------------------------------------------------------------------ */

/* Ink of one line of text, with its picture's hash in *shape if that is not NULL. */
static double text_ink(enum draw_face face, double x, const char *text, uint64_t *shape)
{
    struct draw_canvas canvas = new_canvas(400, 60);
    draw_text(&canvas, (struct draw_style){face, DRAW_LEFT, 0}, x, 40, text);
    double sum = ink(&canvas.picture);
    if (shape != NULL) {
        *shape = 14695981039346656037U; /* FNV-1a */
        for (size_t i = 0; i < picture_bytes(&canvas.picture); i++)
            *shape = (*shape ^ canvas.picture.rgb[i]) * 1099511628211U;
    }
    draw_canvas_free(&canvas);
    return sum;
}

START_TEST(every_promised_character_has_a_glyph)
{
    static const char *const signs[] = {
        "×", "·", "–", "—", "%", "→", "±", "µ", "✓", "✗", "…", "−", "≈", "≤", "≥", "⁻",
        "⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹", "é", "ü", "ß", "“", "”", "’",
    };
    enum draw_face face = (enum draw_face)_i;
    uint64_t unknown, shape;
    ck_assert_double_gt(text_ink(face, 10, "\u4e2d", &unknown), 20);
    for (char c = '!'; c <= '~'; c++) {
        char text[] = {c, '\0'};
        ck_assert_double_gt(text_ink(face, 10, text, &shape), 2);
        ck_assert(shape != unknown);
    }
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        ck_assert_double_gt(text_ink(face, 10, signs[i], &shape), 2);
        ck_assert_msg(shape != unknown, "%s", signs[i]);
    }
    ck_assert_double_eq(text_ink(face, 10, " ", NULL), 0);
}
END_TEST

START_TEST(widths_add_up_but_for_kerning)
{
    enum draw_face face = (enum draw_face)_i;
    double one = draw_text_width(face, "1");
    ck_assert_double_gt(one, 8);
    for (char c = '0'; c <= '9'; c++) { /* columns of numbers stand straight */
        char text[] = {c, '\0'}, twice[] = {c, c, '\0'};
        ck_assert_double_eq(draw_text_width(face, text), one);
        ck_assert_double_eq(draw_text_width(face, twice), 2 * one);
    }
    ck_assert_double_eq(draw_text_width(face, ""), 0);
    ck_assert_double_eq(draw_text_width(face, "hello 98.31"),
                        draw_text_width(face, "hello ") + draw_text_width(face, "98.31"));
    double apart = draw_text_width(face, "A") + draw_text_width(face, "V");
    ck_assert_double_lt(draw_text_width(face, "AV"), apart);
    ck_assert_double_gt(draw_text_width(face, "AV"), apart * 0.85);
    if (face > DRAW_SMALL_BOLD)
        ck_assert_double_gt(one, draw_text_width(face - 2, "1"));
}
END_TEST

START_TEST(bytes_that_are_not_utf8_show_as_the_replacement)
{
    static const char *const bad[] = {"\xff", "\x80", "\xe2\x9c", "\xe2", "\xf0\x9f\x98", "\xc3"};
    double one = draw_text_width(DRAW_TEXT, "\ufffd");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char *copy = strdup(bad[i]); /* on the heap: a sanitizer sees reads beyond the end */
        double n = draw_text_width(DRAW_TEXT, copy) / one;
        ck_assert_double_eq(n, (double)strlen(bad[i]));
        free(copy);
    }
    ck_assert_double_eq(draw_text_width(DRAW_TEXT, "a\xe2\x9c"
                                                   "b"),
                        draw_text_width(DRAW_TEXT, "a\ufffd\ufffd"
                                                   "b"));
}
END_TEST

START_TEST(text_starts_at_quarter_pixels_and_keeps_its_ink)
{
    uint64_t shapes[5];
    double whole = text_ink(DRAW_SMALL, 10, "gradient 0.25", &shapes[0]);
    for (int i = 1; i <= 4; i++) {
        double moved = text_ink(DRAW_SMALL, 10 + i * 0.25, "gradient 0.25", &shapes[i]);
        ck_assert_double_eq_tol(moved, whole, whole * 0.01);
        ck_assert(shapes[i] != shapes[i - 1]);
    }
    text_ink(DRAW_SMALL, 10.2, "g", &shapes[0]); /* to the nearest quarter */
    text_ink(DRAW_SMALL, 10.25, "g", &shapes[1]);
    ck_assert_uint_eq(shapes[0], shapes[1]);
    struct draw_canvas left = new_canvas(300, 60), right = new_canvas(300, 60);
    double width = draw_text_width(DRAW_TEXT, "anchor");
    draw_text(&left, (struct draw_style){DRAW_TEXT, DRAW_LEFT, 0}, 150 - width, 40, "anchor");
    draw_text(&right, (struct draw_style){DRAW_TEXT, DRAW_RIGHT, 0}, 150, 40, "anchor");
    ck_assert_mem_eq(left.picture.rgb, right.picture.rgb, picture_bytes(&left.picture));
    for (int y = 0; y < 60; y++)
        for (int x = 151; x < 300; x++)
            ck_assert_uint_eq(*pixel(&right.picture, x, y), 255);
    draw_canvas_free(&left);
    draw_canvas_free(&right);
}
END_TEST

START_TEST(long_text_is_cut_between_characters)
{
    static const char text[] = "µ±×→✓ a long ✗ text — é";
    char fitted[64], small[8];
    draw_text_fit(DRAW_TEXT, text, 1e6, fitted, sizeof fitted);
    ck_assert_str_eq(fitted, text);
    for (int width = 0; width < 300; width++) {
        draw_text_fit(DRAW_TEXT, text, width, fitted, sizeof fitted);
        size_t n = strlen(fitted);
        if (strcmp(fitted, text) == 0)
            continue;
        ck_assert_str_eq(fitted + n - 3, "…");
        ck_assert_int_eq(strncmp(fitted, text, n - 3), 0);
        ck_assert((text[n - 3] & 0xC0) != 0x80);
        if (n > 3)
            ck_assert_double_le(draw_text_width(DRAW_TEXT, fitted), width);
    }
    draw_text_fit(DRAW_TEXT, text, 1e6, small, sizeof small);
    ck_assert_str_eq(small, "µ±…");
}
END_TEST

/* ---- images ---------------------------------------------------------------------------------- */

START_TEST(images_are_enlarged_by_whole_multiples_where_possible)
{
    static const struct {
        uint32_t rows, cols;
        int width, height;
    } sizes[] = {{28, 28, 140, 140},   {1, 1, 140, 140},  {16, 16, 128, 128}, {140, 140, 140, 140},
                 {256, 256, 140, 140}, {28, 14, 70, 140}, {1, 256, 140, 1},   {100, 100, 140, 140}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        int width, height;
        draw_tile_size(sizes[i].rows, sizes[i].cols, 140, &width, &height);
        ck_assert_int_eq(width, sizes[i].width);
        ck_assert_int_eq(height, sizes[i].height);
    }
    for (uint32_t n = 1; n <= 256; n++) {
        int width, height;
        draw_tile_size(n, n, 140, &width, &height);
        ck_assert(width >= 112 && width <= 140 && width == height);
    }
}
END_TEST

START_TEST(tiles_show_every_pixel_of_an_image)
{
    uint8_t pixels[6 * 9];
    double sum = 0;
    for (int i = 0; i < 6 * 9; i++) {
        pixels[i] = (uint8_t)(i * 37 % 256);
        sum += pixels[i] / 255.0;
    }
    struct draw_image image = {pixels, 6, 9};
    struct draw_canvas canvas = new_canvas(80, 60);
    draw_tile(&canvas, (struct draw_box){3, 2, 72, 48}, image, 0xFFFFFF, 0);
    for (int y = 0; y < 48; y++)
        for (int x = 0; x < 72; x++)
            ck_assert_int_eq(*pixel(&canvas.picture, 3 + x, 2 + y),
                             255 - pixels[y / 8 * 9 + x / 8]);
    draw_canvas_free(&canvas);
    static const int sizes[][2] = {{9, 6}, {5, 4}, {1, 1}, {13, 7}, {50, 41}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        canvas = new_canvas(60, 50);
        draw_tile(&canvas, (struct draw_box){1, 1, sizes[i][0], sizes[i][1]}, image, 0xFFFFFF, 0);
        double area = sizes[i][0] * sizes[i][1];
        ck_assert_double_eq_tol(ink(&canvas.picture) / area, sum / 54, 0.003);
        draw_canvas_free(&canvas);
    }
}
END_TEST

Suite *draw_suite(void)
{
    Suite *suite = suite_create("draw");
    TCase *tests = tcase_create("draw");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, shapes_have_their_areas_and_stay_inside);
    tcase_add_test(tests, joints_of_a_line_are_mixed_once);
    tcase_add_test(tests, far_points_and_a_clip_leave_the_rest_alone);
    tcase_add_test(tests, impossible_canvases_are_refused);
    tcase_add_loop_test(tests, every_promised_character_has_a_glyph, 0, DRAW_N_FACES);
    tcase_add_loop_test(tests, widths_add_up_but_for_kerning, 0, DRAW_N_FACES);
    tcase_add_test(tests, bytes_that_are_not_utf8_show_as_the_replacement);
    tcase_add_test(tests, text_starts_at_quarter_pixels_and_keeps_its_ink);
    tcase_add_test(tests, long_text_is_cut_between_characters);
    tcase_add_test(tests, images_are_enlarged_by_whole_multiples_where_possible);
    tcase_add_test(tests, tiles_show_every_pixel_of_an_image);
    suite_add_tcase(suite, tests);
    return suite;
}
