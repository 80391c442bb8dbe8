/* test_digits.c - the built-in digits as a data set: bits, labels, framing, variety. */
#include "data/digit.h"
#include "mlp.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

Suite *digits_suite(void);

enum { FRAME = 28, N_PIXELS = FRAME * FRAME };

static struct mlp_dataset drawn(uint64_t seed, uint32_t n_train, uint32_t n_test, int n_threads)
{
    struct mlp_dataset dataset;
    struct mlp_error error;
    ck_assert_int_eq(mlp_dataset_builtin(&dataset, seed, n_train, n_test, n_threads, &error),
                     MLP_OK);
    return dataset;
}

static const uint8_t *picture(const struct mlp_images *images, uint32_t i)
{
    return images->pixels + (size_t)i * N_PIXELS;
}

static bool same_images(const struct mlp_images *a, const struct mlp_images *b, uint32_t n)
{
    return memcmp(a->pixels, b->pixels, (size_t)n * N_PIXELS) == 0 &&
           memcmp(a->labels, b->labels, n) == 0;
}

START_TEST(a_data_set_says_what_it_is)
{
    struct mlp_dataset dataset = drawn(12, 30, 20, 2);
    ck_assert_str_eq(dataset.name, "built-in digits");
    ck_assert_str_eq(dataset.origin, "generated, seed 12");
    ck_assert_uint_eq(dataset.n_classes, 10);
    ck_assert_uint_eq(dataset.label_base, 0);
    ck_assert_uint_eq(dataset.train.n_samples, 30);
    ck_assert_uint_eq(dataset.test.n_samples, 20);
    ck_assert_uint_eq(dataset.test.n_rows, FRAME);
    ck_assert_uint_eq(dataset.train.n_cols, FRAME);
    mlp_dataset_free(&dataset);
}
END_TEST

START_TEST(fewer_than_ten_digits_are_refused)
{
    struct mlp_dataset dataset = {.n_classes = 77};
    struct mlp_error error;
    ck_assert_int_eq(mlp_dataset_builtin(&dataset, 1, 9, 10, 1, &error), MLP_E_USAGE);
    ck_assert_str_eq(error.found, "9 training and 10 test digits");
    ck_assert_int_eq(mlp_dataset_builtin(&dataset, 1, 10, 9, 1, NULL), MLP_E_USAGE);
    ck_assert_int_eq(mlp_dataset_builtin(&dataset, 1, 10, UINT32_MAX, 1, NULL), MLP_E_USAGE);
    ck_assert_uint_eq(dataset.n_classes, 77);
}
END_TEST

START_TEST(threads_do_not_change_a_bit)
{
    struct mlp_dataset one = drawn(5, 203, 101, 1);
    static const int n_threads[] = {2, 3, 7, 400};
    for (int i = 0; i < 4; i++) {
        struct mlp_dataset other = drawn(5, 203, 101, n_threads[i]);
        ck_assert(same_images(&one.train, &other.train, 203));
        ck_assert(same_images(&one.test, &other.test, 101));
        ck_assert_uint_eq(one.fingerprint, other.fingerprint);
        mlp_dataset_free(&other);
    }
    mlp_dataset_free(&one);
}
END_TEST

/* The numeric contract: whatever the compiler, its level and the CPU. A deliberate change of what
 * is drawn changes this number, and the results of everybody who has trained on it. */
START_TEST(seed_1_gives_the_bits_that_it_always_gave)
{
    struct mlp_dataset dataset = drawn(1, 1000, 100, 2);
    ck_assert_msg(dataset.fingerprint == UINT64_C(0x98d54020048bee0a), "fingerprint %016llx",
                  (unsigned long long)dataset.fingerprint);
    mlp_dataset_free(&dataset);
}
END_TEST

START_TEST(a_picture_does_not_depend_on_how_many_there_are)
{
    struct mlp_dataset few = drawn(3, 57, 13, 1), many = drawn(3, 300, 90, 2);
    ck_assert(same_images(&few.train, &many.train, 57));
    ck_assert(same_images(&few.test, &many.test, 13));
    mlp_dataset_free(&few);
    mlp_dataset_free(&many);
}
END_TEST

START_TEST(seeds_differ)
{
    static const uint64_t seeds[] = {2, 1 + ((uint64_t)1 << 32), UINT64_MAX};
    struct mlp_dataset one = drawn(1, 100, 10, 1);
    for (int i = 0; i < 3; i++) {
        struct mlp_dataset other = drawn(seeds[i], 100, 10, 1);
        ck_assert_uint_ne(one.fingerprint, other.fingerprint);
        ck_assert_int_ne(memcmp(one.train.labels, other.train.labels, 100), 0);
        for (uint32_t j = 0; j < 100; j++)
            ck_assert_int_ne(memcmp(picture(&one.train, j), picture(&other.train, j), N_PIXELS), 0);
        mlp_dataset_free(&other);
    }
    mlp_dataset_free(&one);
}
END_TEST

static void check_balance(const struct mlp_images *images)
{
    uint32_t count[10] = {0}, n = images->n_samples;
    for (uint32_t i = 0; i < n; i++) {
        ck_assert_uint_lt(images->labels[i], 10);
        count[images->labels[i]]++;
    }
    for (int digit = 0; digit < 10; digit++) {
        ck_assert_uint_ge(count[digit], n / 10);
        ck_assert_uint_le(count[digit], (n + 9) / 10);
    }
}

START_TEST(labels_are_balanced_from_ten_pictures_on)
{
    static const uint32_t sizes[] = {10, 11, 19, 20, 1237};
    for (int i = 0; i < 5; i++)
        for (uint64_t seed = 0; seed < 5; seed++) {
            struct mlp_dataset dataset = drawn(seed, sizes[i], sizes[4 - i], 2);
            check_balance(&dataset.train);
            check_balance(&dataset.test);
            mlp_dataset_free(&dataset);
        }
}
END_TEST

/* Each digit at each place of a ten: 100 times expected of 1000, deviation 9.5. */
START_TEST(labels_come_in_every_order)
{
    struct mlp_dataset dataset = drawn(8, 10000, 10, 2);
    uint32_t count[10][10] = {{0}};
    for (uint32_t i = 0; i < 10000; i++)
        count[i % 10][dataset.train.labels[i]]++;
    for (int i = 0; i < 100; i++) {
        ck_assert_uint_ge(count[i / 10][i % 10], 55);
        ck_assert_uint_le(count[i / 10][i % 10], 145);
    }
    mlp_dataset_free(&dataset);
}
END_TEST

/* Where ink begins, ends, and has its centre of mass, along one axis. */
struct span {
    int low, high;
    double centre;
};

static struct span span_of(const uint8_t *pixels, bool of_rows)
{
    struct span span = {.low = FRAME, .high = -1};
    double mass = 0, moment = 0;
    for (int i = 0; i < N_PIXELS; i++)
        if (pixels[i] > 0) {
            int at = of_rows ? i / FRAME : i % FRAME;
            span.low = at < span.low ? at : span.low;
            span.high = at > span.high ? at : span.high;
            mass += pixels[i];
            moment += pixels[i] * (double)at;
        }
    span.centre = moment / mass;
    return span;
}

/* The centre of mass is at pixel 14, where MNIST has it, up to half a pixel (and what rounding to
 * greys adds), unless the frame is in the way. */
static bool centred(struct span span)
{
    return fabs(span.centre - 14) <= 0.52 || span.low == 0 || span.high == FRAME - 1;
}

START_TEST(digits_are_framed_as_in_mnist)
{
    enum { N = 3000 };
    struct mlp_dataset dataset = drawn(4, N, 10, 2);
    uint32_t n_full = 0, n_at_edge = 0;
    for (uint32_t i = 0; i < N; i++) {
        struct span y = span_of(picture(&dataset.train, i), true);
        struct span x = span_of(picture(&dataset.train, i), false);
        int height = y.high - y.low + 1, width = x.high - x.low + 1;
        ck_assert_int_le(height, 20);
        ck_assert_int_le(width, 20);
        ck_assert_int_ge(height > width ? height : width, 19);
        n_full += height == 20 || width == 20;
        ck_assert(centred(y) && centred(x));
        n_at_edge += y.low == 0 || x.low == 0 || y.high == FRAME - 1 || x.high == FRAME - 1;
    }
    ck_assert_uint_ge(n_full, N - 5);
    ck_assert_uint_le(n_at_edge, N / 33); /* short sevens, mostly */
    mlp_dataset_free(&dataset);
}
END_TEST

/* In pixels full of ink: MNIST has 20 to 312. */
START_TEST(digits_are_neither_blots_nor_blank)
{
    struct mlp_dataset dataset = drawn(10, 3000, 10, 2);
    double total = 0;
    for (uint32_t i = 0; i < 3000; i++) {
        uint32_t ink = 0, darkest = 0;
        for (int j = 0; j < N_PIXELS; j++) {
            uint32_t pixel = picture(&dataset.train, i)[j];
            ink += pixel;
            darkest = pixel > darkest ? pixel : darkest;
        }
        ck_assert_uint_ge(ink, 15 * 255);
        ck_assert_uint_le(ink, 312 * 255);
        ck_assert_uint_ge(darkest, 128);
        total += ink / 255.0;
    }
    ck_assert_double_le(fabs(total / 3000 - 0.1307 * N_PIXELS), 5); /* MNIST's mean grey */
    mlp_dataset_free(&dataset);
}
END_TEST

START_TEST(no_picture_comes_twice)
{
    enum { N = 2000, N_TEST = 1000 };
    struct mlp_dataset dataset = drawn(6, N, N_TEST, 2);
    for (uint32_t i = 0; i < N + N_TEST; i++)
        for (uint32_t j = 0; j < i && j < N; j++) {
            const uint8_t *other =
                i < N ? picture(&dataset.train, i) : picture(&dataset.test, i - N);
            if (memcmp(other, picture(&dataset.train, j), N_PIXELS) == 0)
                ck_abort_msg("pictures %u and %u are the same", i, j);
        }
    mlp_dataset_free(&dataset);
}
END_TEST

static double distance(const uint8_t *a, const uint8_t *b)
{
    double sum = 0;
    for (int i = 0; i < N_PIXELS; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sqrt(sum) / 255;
}

/* Within a class, pictures are far apart: 6 means that 36 pixels changed from paper to ink. MNIST's
 * ones have a mean of 6.6, the other digits 8.5 and more. */
START_TEST(no_two_are_alike)
{
    enum { N = 1000 };
    struct mlp_dataset dataset = drawn(7, N, 10, 2);
    double sum[10] = {0}, least = 100;
    uint32_t count[10] = {0};
    for (uint32_t i = 0; i < N; i++)
        for (uint32_t j = 0; j < i; j++)
            if (dataset.train.labels[i] == dataset.train.labels[j]) {
                double d = distance(picture(&dataset.train, i), picture(&dataset.train, j));
                sum[dataset.train.labels[i]] += d;
                count[dataset.train.labels[i]]++;
                least = d < least ? d : least;
            }
    for (int digit = 0; digit < 10; digit++)
        ck_assert_double_ge(sum[digit] / count[digit], digit == 1 ? 5.5 : 8);
    ck_assert_double_ge(least, 0.2);
    mlp_dataset_free(&dataset);
}
END_TEST

/* Every test picture goes to the class whose mean training picture is nearest. MNIST's own digits
 * reach 82 % in this way; chance is 10 %. */
START_TEST(classes_can_be_told_apart)
{
    enum { N = 5000, N_TEST = 1000 };
    struct mlp_dataset dataset = drawn(9, N, N_TEST, 2);
    static double mean[10][N_PIXELS];
    for (uint32_t i = 0; i < N; i++)
        for (int j = 0; j < N_PIXELS; j++)
            mean[dataset.train.labels[i]][j] += picture(&dataset.train, i)[j] / (N / 10.0);
    uint32_t n_right = 0;
    for (uint32_t i = 0; i < N_TEST; i++) {
        double best = 1e30;
        int nearest = 0;
        for (int digit = 0; digit < 10; digit++) {
            double sum = 0;
            for (int j = 0; j < N_PIXELS; j++) {
                double d = picture(&dataset.test, i)[j] - mean[digit][j];
                sum += d * d;
            }
            if (sum < best)
                best = sum, nearest = digit;
        }
        n_right += nearest == dataset.test.labels[i];
    }
    ck_assert_uint_ge(n_right, 600);
    mlp_dataset_free(&dataset);
}
END_TEST

Suite *digits_suite(void)
{
    Suite *suite = suite_create("digits");
    TCase *tests = tcase_create("digits");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_data_set_says_what_it_is);
    tcase_add_test(tests, fewer_than_ten_digits_are_refused);
    tcase_add_test(tests, threads_do_not_change_a_bit);
    tcase_add_test(tests, seed_1_gives_the_bits_that_it_always_gave);
    tcase_add_test(tests, a_picture_does_not_depend_on_how_many_there_are);
    tcase_add_test(tests, seeds_differ);
    tcase_add_test(tests, labels_are_balanced_from_ten_pictures_on);
    tcase_add_test(tests, labels_come_in_every_order);
    tcase_add_test(tests, digits_are_framed_as_in_mnist);
    tcase_add_test(tests, digits_are_neither_blots_nor_blank);
    tcase_add_test(tests, no_picture_comes_twice);
    tcase_add_test(tests, no_two_are_alike);
    tcase_add_test(tests, classes_can_be_told_apart);
    suite_add_tcase(suite, tests);
    return suite;
}
