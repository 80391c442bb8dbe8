/* test_augment.c - variants of images: what moves how far, the same bits for all, and training on
 * them. (kernel-check holds each kernel's warp to a plain one.) */
#include "base/hash.h"
#include "data/augment.h"
#include "guarded.h"
#include "toy.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

Suite *augment_suite(void);

static const enum mlp_augmentation kinds[] = {MLP_AUGMENT_SHIFT, MLP_AUGMENT_AFFINE,
                                              MLP_AUGMENT_ELASTIC};

static struct mlp_images noise(uint32_t n, uint32_t rows, uint32_t cols)
{
    size_t bytes = (size_t)n * rows * cols;
    struct mlp_images images = {n, rows, cols, malloc(bytes), NULL};
    for (size_t i = 0; i < bytes; i++)
        images.pixels[i] = (uint8_t)(i * 2654435761u >> 13);
    return images;
}

static void vary(const struct mlp_images *images, uint32_t sample, enum mlp_augmentation kind,
                 float strength, uint64_t seed, uint32_t epoch, uint8_t *pixels)
{
    ck_assert_int_eq(mlp_augment(images, sample, kind, strength, seed, epoch, pixels), MLP_OK);
}

static const struct {
    uint32_t rows, cols;
} sizes[] = {{28, 28}, {16, 16}, {9, 11}, {1, 1}, {1, 40}, {40, 1}, {3, 5}, {5, 200}, {64, 47}};
enum { N_SIZES = sizeof sizes / sizeof sizes[0] };

/* ---- one image -------------------------------------------------------------------------- */

/* Source and result each end, or begin, at a guard page. */
static void check_kernel(const struct kernel *kernel, const struct mlp_images *images,
                         const struct augment *augment, uint32_t sample, enum guarded_side side)
{
    size_t bytes = (size_t)images->n_rows * images->n_cols;
    struct guarded from = guarded_new(bytes, side), to = guarded_new(bytes, side);
    struct augment_scratch scratch;
    uint8_t *want = malloc(bytes);
    memcpy(from.data, images->pixels + sample * bytes, bytes);
    vary(images, sample, augment->kind, augment->strength, augment->seed, 3, want);
    ck_assert(data_augment_scratch_new(&scratch, augment));
    for (uint32_t other = 0; other <= sample; other++) /* what was there before leaves no trace */
        data_augment(augment, kernel, &scratch, 3, other, from.data, to.data);
    if (memcmp(to.data, want, bytes) != 0)
        ck_abort_msg("%s: kind %d of %u x %u has other bits", kernel->name, augment->kind,
                     images->n_rows, images->n_cols);
    ck_assert(guarded_intact(&from) && guarded_intact(&to));
    data_augment_scratch_free(&scratch);
    guarded_free(&from);
    guarded_free(&to);
    free(want);
}

START_TEST(a_variant_has_the_same_bits_with_every_kernel)
{
    struct mlp_images images = noise(3, sizes[_i].rows, sizes[_i].cols);
    const struct kernel *kernel;
    for (int k = 0; k < 3; k++)
        for (int strength = 1; strength <= MLP_AUGMENT_STRENGTH_MAX; strength += 3) {
            struct augment augment;
            ck_assert(data_augment_new(&augment, kinds[k], (float)strength, 5, images.n_rows,
                                       images.n_cols));
            for (uint32_t i = 0; (kernel = kernel_table(i)) != NULL; i++)
                for (uint32_t sample = 0; sample < 3 && kernel_runs(kernel); sample++) {
                    check_kernel(kernel, &images, &augment, sample, GUARDED_END);
                    check_kernel(kernel, &images, &augment, sample, GUARDED_START);
                }
            data_augment_free(&augment);
        }
    free(images.pixels);
}
END_TEST

/* Known bytes: for any compiler, on any machine. They change only when the numeric contract does.
 */
START_TEST(variants_have_known_bits)
{
    static const uint64_t want[] = {0xfc121367a1a12d35, 0x2d0ea01f60e17227, 0xf3e7c5a48f819185};
    enum { N = 50, PIXELS = 28 * 28 };
    struct mlp_images images = noise(N, 28, 28);
    uint8_t *variants = malloc((size_t)N * PIXELS);
    for (int k = 0; k < 3; k++) {
        for (uint32_t i = 0; i < N; i++)
            vary(&images, i, kinds[k], 1, 1, 1 + i % 3, variants + (size_t)i * PIXELS);
        uint64_t got = hash_bytes(0, variants, (size_t)N * PIXELS);
        ck_assert_msg(got == want[k], "kind %d: %016llx, wanted %016llx", kinds[k],
                      (unsigned long long)got, (unsigned long long)want[k]);
    }
    free(variants);
    free(images.pixels);
}
END_TEST

START_TEST(strength_0_changes_nothing)
{
    struct mlp_images images = noise(2, sizes[_i].rows, sizes[_i].cols);
    size_t bytes = (size_t)images.n_rows * images.n_cols;
    uint8_t *got = malloc(bytes);
    for (uint32_t epoch = 1; epoch < 20; epoch++) {
        for (int k = 0; k < 3; k++) {
            vary(&images, 1, kinds[k], 0, 1, epoch, got);
            ck_assert_mem_eq(got, images.pixels + bytes, bytes);
        }
        vary(&images, 1, MLP_AUGMENT_NONE, 1, 1, epoch, got);
        ck_assert_mem_eq(got, images.pixels + bytes, bytes);
    }
    free(got);
    free(images.pixels);
}
END_TEST

/* With 25 shifts to choose from some of these meet by chance; never so the other two kinds. */
START_TEST(variants_differ_by_epoch_sample_seed_and_kind)
{
    enum { PIXELS = 28 * 28 };
    struct mlp_images images = noise(2, 28, 28);
    memcpy(images.pixels + PIXELS, images.pixels, PIXELS); /* equal samples */
    for (int k = 0; k < 3; k++) {
        int same = 0;
        for (uint32_t epoch = 1; epoch <= 20; epoch++) {
            uint8_t got[5][PIXELS];
            vary(&images, 0, kinds[k], 1, 1, epoch, got[0]);
            vary(&images, 0, kinds[k], 1, 1, epoch + 1, got[1]);
            vary(&images, 1, kinds[k], 1, 1, epoch, got[2]);
            vary(&images, 0, kinds[k], 1, 2, epoch, got[3]);
            vary(&images, 0, kinds[(k + 1) % 3], 1, 1, epoch, got[4]);
            for (int i = 1; i < 5; i++)
                same += memcmp(got[0], got[i], PIXELS) == 0;
        }
        ck_assert_int_le(same, kinds[k] == MLP_AUGMENT_SHIFT ? 10 : 0);
    }
    free(images.pixels);
}
END_TEST

/* A line of pixels is stretched along itself, and nothing moves it out of the picture. */
START_TEST(a_line_stays_in_its_picture)
{
    uint8_t pixels[40], got[40];
    memset(pixels, 200, sizeof pixels);
    for (int flat = 0; flat < 2; flat++) {
        struct mlp_images images = {1, flat ? 1 : 40, flat ? 40 : 1, pixels, NULL};
        for (int k = 0; k < 3; k++)
            for (uint32_t epoch = 1; epoch < 100; epoch++) {
                vary(&images, 0, kinds[k], 1, 1, epoch, got);
                for (int i = 18; i < 22; i++)
                    ck_assert_uint_eq(got[i], 200);
            }
    }
}
END_TEST

START_TEST(what_does_not_fit_is_refused)
{
    uint8_t pixel = 7, got = 9;
    struct mlp_images images = {1, 1, 1, &pixel, NULL}, wide = {1, 1, 8193, &pixel, NULL};
    ck_assert_int_eq(mlp_augment(&images, 1, MLP_AUGMENT_SHIFT, 1, 1, 1, &got), MLP_E_USAGE);
    ck_assert_int_eq(mlp_augment(&images, 0, MLP_AUGMENT_SHIFT, -1, 1, 1, &got), MLP_E_USAGE);
    ck_assert_int_eq(mlp_augment(&images, 0, MLP_AUGMENT_SHIFT, 4.1f, 1, 1, &got), MLP_E_USAGE);
    ck_assert_int_eq(mlp_augment(&images, 0, MLP_AUGMENT_SHIFT, NAN, 1, 1, &got), MLP_E_USAGE);
    ck_assert_int_eq(mlp_augment(&wide, 0, MLP_AUGMENT_ELASTIC, 1, 1, 1, &got), MLP_E_USAGE);
    ck_assert_uint_eq(got, 9);
}
END_TEST

/* ---- how far ---------------------------------------------------------------------------- */

enum { SIDE = 28, STEP = 9, N_MAPS = 1500 };

/* Two images whose brightness is 9 times x, and 9 times y: a variant tells where each of its pixels
 * came from, to a ninth of a pixel. */
static struct mlp_images ramps(uint8_t pixels[2][SIDE][SIDE])
{
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            pixels[0][y][x] = (uint8_t)(STEP * x);
            pixels[1][y][x] = (uint8_t)(STEP * y);
        }
    return (struct mlp_images){1, SIDE, SIDE, &pixels[0][0][0], NULL};
}

/* map[axis][y][x]: where the pixels of the variant came from. */
static void see_map(enum mlp_augmentation kind, uint32_t epoch, double map[2][SIDE][SIDE])
{
    uint8_t pixels[2][SIDE][SIDE], got[SIDE][SIDE];
    struct mlp_images images = ramps(pixels);
    for (int axis = 0; axis < 2; axis++) {
        vary(&images, 0, kind, 1, 1, epoch, &got[0][0]);
        for (int y = 0; y < SIDE; y++)
            for (int x = 0; x < SIDE; x++)
                map[axis][y][x] = (double)got[y][x] / STEP;
        images.pixels = &pixels[1][0][0];
    }
}

/* Each of the 25 shifts of up to two pixels about equally often: chi^2 with 24 degrees of freedom
 * is above 52 once in a thousand times. */
START_TEST(shifts_are_whole_pixels_and_uniform)
{
    int count[5][5] = {{0}};
    double chi2 = 0;
    static double map[2][SIDE][SIDE];
    for (uint32_t epoch = 1; epoch <= N_MAPS; epoch++) {
        see_map(MLP_AUGMENT_SHIFT, epoch, map);
        int dx = (int)map[0][14][14] - 14, dy = (int)map[1][14][14] - 14;
        ck_assert(abs(dx) <= 2 && abs(dy) <= 2);
        count[dy + 2][dx + 2]++;
        for (int y = 2; y < SIDE - 2; y++)
            for (int x = 2; x < SIDE - 2; x++)
                ck_assert(map[0][y][x] == x + dx && map[1][y][x] == y + dy);
    }
    for (int i = 0; i < 25; i++)
        chi2 += (count[i / 5][i % 5] - N_MAPS / 25.0) * (count[i / 5][i % 5] - N_MAPS / 25.0) /
                (N_MAPS / 25.0);
    ck_assert_double_le(chi2, 52);
}
END_TEST

/* The columns of the matrix, from pixels twelve apart: M e_x is the rotated first axis, scaled. */
START_TEST(affine_maps_have_the_amplitudes_said)
{
    static double map[2][SIDE][SIDE];
    const double degrees = 57.29577951308232;
    double angle2 = 0, scale2[2] = {0}, shear2 = 0;
    for (uint32_t epoch = 1; epoch <= N_MAPS; epoch++) {
        see_map(MLP_AUGMENT_AFFINE, epoch, map);
        double m[2][2];
        for (int i = 0; i < 2; i++) {
            m[i][0] = (map[i][14][20] - map[i][14][8]) / 12;
            m[i][1] = (map[i][20][14] - map[i][8][14]) / 12;
        }
        double angle = atan2(m[1][0], m[0][0]), scale_x = hypot(m[0][0], m[1][0]);
        double along = cos(angle) * m[0][1] + sin(angle) * m[1][1]; /* scale_y * shear */
        double scale_y = cos(angle) * m[1][1] - sin(angle) * m[0][1], shear = along / scale_y;
        ck_assert_double_le(fabs(angle * degrees), 15 + 1);
        ck_assert_double_le(fabs(scale_x - 1), 0.15 + 0.02);
        ck_assert_double_le(fabs(scale_y - 1), 0.15 + 0.02);
        ck_assert_double_le(fabs(shear), 0.15 + 0.03);
        angle2 += angle * angle / N_MAPS;
        scale2[0] += (scale_x - 1) * (scale_x - 1) / N_MAPS;
        scale2[1] += (scale_y - 1) * (scale_y - 1) / N_MAPS;
        shear2 += shear * shear / N_MAPS;
    }
    /* Uniform numbers in +-a have the deviation a / sqrt(3); 1500 of them know it within 2 %. */
    ck_assert_double_eq_tol(sqrt(angle2) * degrees, 15 / sqrt(3), 0.5);
    ck_assert_double_eq_tol(sqrt(scale2[0]), 0.15 / sqrt(3), 0.005);
    ck_assert_double_eq_tol(sqrt(scale2[1]), 0.15 / sqrt(3), 0.005);
    ck_assert_double_eq_tol(sqrt(shear2), 0.15 / sqrt(3), 0.005);
}
END_TEST

/* Elastic and affine variants have the same affine part, so the difference is Simard's field, for
 * sigma 4 and alpha 20: deviation 20 / (sqrt(3) 2 sigma sqrt(pi)) = 0.814 pixels, and at a distance
 * of 4 pixels the correlation exp(-16 / (4 sigma^2)) = 0.779 of smoothed noise. */
START_TEST(elastic_fields_are_simards)
{
    static double affine[2][SIDE][SIDE], elastic[2][SIDE][SIDE];
    double square[2] = {0}, product[2] = {0}, mean[2] = {0};
    int n = 0;
    for (uint32_t epoch = 1; epoch <= N_MAPS; epoch++) {
        see_map(MLP_AUGMENT_AFFINE, epoch, affine);
        see_map(MLP_AUGMENT_ELASTIC, epoch, elastic);
        for (int y = 9; y < 19; y += 3)
            for (int x = 9; x < 16; x += 2, n++)
                for (int i = 0; i < 2; i++) {
                    double here = elastic[i][y][x] - affine[i][y][x];
                    square[i] += here * here;
                    product[i] += here * (elastic[i][y][x + 4] - affine[i][y][x + 4]);
                    mean[i] += here;
                }
    }
    for (int i = 0; i < 2; i++) {
        ck_assert_double_eq_tol(sqrt(square[i] / n), 0.814, 0.025);
        ck_assert_double_eq_tol(product[i] / square[i], 0.779, 0.03);
        ck_assert_double_eq_tol(mean[i] / n, 0, 0.05);
    }
}
END_TEST

/* ---- training --------------------------------------------------------------------------- */

static float *trained(const struct mlp_dataset *dataset, enum mlp_augmentation kind,
                      enum mlp_precision precision, const char *kernel, int n_threads,
                      uint32_t batch, uint32_t n_epochs, size_t *n)
{
    struct mlp_train_options options = toy_options();
    struct mlp_net *net = toy_net();
    options.augment = kind;
    options.n_threads = n_threads;
    options.batch = batch;
    options.n_epochs = n_epochs;
    ck_assert_int_eq(mlp_net_use_kernel(net, kernel, NULL), MLP_OK);
    mlp_net_use_precision(net, precision);
    ck_assert_int_eq(mlp_train(net, dataset, &options, NULL), MLP_OK);
    float *parameters = toy_parameters(net, n);
    mlp_net_free(net);
    return parameters;
}

START_TEST(weights_have_the_same_bits_for_any_threads_and_kernel)
{
    static const int threads[] = {1, 2, 3, 7};
    struct mlp_dataset dataset = toy_dataset();
    const struct kernel *kernel;
    size_t n;
    for (int k = 0; k < 3; k++) {
        float *want = trained(&dataset, kinds[k], MLP_F32, "scalar", 1, 150, 2, &n);
        float *plain = trained(&dataset, MLP_AUGMENT_NONE, MLP_F32, "scalar", 1, 150, 2, &n);
        ck_assert_int_ne(memcmp(plain, want, n * sizeof *want), 0);
        for (uint32_t i = 0; (kernel = kernel_table(i)) != NULL; i++)
            for (int t = 0; t < 4 && kernel_serves(kernel, MLP_F32) && kernel->fma; t++) {
                float *got =
                    trained(&dataset, kinds[k], MLP_F32, kernel->name, threads[t], 150, 2, &n);
                if (memcmp(got, want, n * sizeof *got) != 0)
                    ck_abort_msg("kind %d: %s, %d threads", kinds[k], kernel->name, threads[t]);
                free(got);
            }
        free(plain);
        free(want);
    }
    toy_dataset_free(&dataset);
}
END_TEST

/* The first epoch with augmentation is an epoch without on images augmented beforehand: no sample
 * is missed, twice, or of another batch, the last, short ones included. */
START_TEST(training_sees_what_mlp_augment_makes)
{
    static const uint32_t batches[] = {1, 7, 16, 150, 349, 350, 351, 699, 700, 5000};
    struct mlp_dataset dataset = toy_dataset(), variants = toy_dataset();
    size_t pixels = (size_t)dataset.train.n_rows * dataset.train.n_cols, n;
    for (uint32_t i = 0; i < dataset.train.n_samples; i++)
        vary(&dataset.train, i, MLP_AUGMENT_ELASTIC, 1, toy_options().seed, 1,
             variants.train.pixels + i * pixels);
    for (size_t i = 0; i < sizeof batches / sizeof batches[0]; i++) {
        int threads = 1 + (int)i % 3;
        enum mlp_precision precision = (enum mlp_precision)_i;
        float *want =
            trained(&variants, MLP_AUGMENT_NONE, precision, "auto", threads, batches[i], 1, &n);
        float *got =
            trained(&dataset, MLP_AUGMENT_ELASTIC, precision, "auto", threads, batches[i], 1, &n);
        if (memcmp(got, want, n * sizeof *got) != 0)
            ck_abort_msg("batch %u, %d threads", batches[i], threads);
        free(want);
        free(got);
    }
    toy_dataset_free(&dataset);
    toy_dataset_free(&variants);
}
END_TEST

START_TEST(training_refuses_what_does_not_fit)
{
    struct mlp_dataset dataset = toy_dataset();
    struct mlp_train_options options = toy_options();
    struct mlp_error error;
    struct mlp_net *net = toy_net();
    options.augment = MLP_AUGMENT_AFFINE;
    options.augment_strength = 5;
    ck_assert_int_eq(mlp_train(net, &dataset, &options, &error), MLP_E_USAGE);
    ck_assert_str_eq(error.found, "augmentation of 9 x 11 pixels, strength 5");
    options.augment = (enum mlp_augmentation)4;
    options.augment_strength = 1;
    ck_assert_int_eq(mlp_train(net, &dataset, &options, &error), MLP_E_USAGE);
    mlp_net_free(net);
    toy_dataset_free(&dataset);
}
END_TEST

Suite *augment_suite(void)
{
    Suite *suite = suite_create("augment");
    TCase *tests = tcase_create("augment");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, a_variant_has_the_same_bits_with_every_kernel, 0, N_SIZES);
    tcase_add_test(tests, variants_have_known_bits);
    tcase_add_loop_test(tests, strength_0_changes_nothing, 0, N_SIZES);
    tcase_add_test(tests, variants_differ_by_epoch_sample_seed_and_kind);
    tcase_add_test(tests, a_line_stays_in_its_picture);
    tcase_add_test(tests, what_does_not_fit_is_refused);
    tcase_add_test(tests, shifts_are_whole_pixels_and_uniform);
    tcase_add_test(tests, affine_maps_have_the_amplitudes_said);
    tcase_add_test(tests, elastic_fields_are_simards);
    tcase_add_test(tests, weights_have_the_same_bits_for_any_threads_and_kernel);
    tcase_add_loop_test(tests, training_sees_what_mlp_augment_makes, MLP_F32, MLP_BF16 + 1);
    tcase_add_test(tests, training_refuses_what_does_not_fit);
    suite_add_tcase(suite, tests);
    return suite;
}
