/* test_compact.c - images without their zeros: what is kept, when, and that batches and trainings
 * are the same. Kernels have the plain functions below, so that any machine can test it; those of
 * kernels themselves are kernel_check's. */
#include "data/batcher.h"
#include "net/net.h"
#include "toy.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *compact_suite(void);

static int n_compacted;

static size_t plain_compact(uint32_t n_pixels, const uint8_t *pixels, uint64_t *to)
{
    uint8_t *next = to == NULL ? NULL : (uint8_t *)(to + word_count(n_pixels));
    size_t size = word_count(n_pixels) * sizeof *to;
#pragma omp atomic
    n_compacted++;
    if (to != NULL)
        memset(to, 0, size);
    for (uint32_t k = 0; k < n_pixels; k++)
        if (pixels[k] != 0) {
            if (to != NULL) {
                to[k / WORD] |= (uint64_t)1 << k % WORD;
                *next++ = pixels[k];
            }
            size++;
        }
    return size;
}

static bool bit(const uint64_t *bits, uint32_t k)
{
    return bits[k / WORD] >> k % WORD & 1;
}

static void plain_expand(uint32_t words, const uint64_t *live, const uint64_t *image, uint8_t *room,
                         uint32_t k_tiles, bf16 *x)
{
    const uint8_t *next = (const uint8_t *)(image + words);
    uint32_t n = 0;
    memset(room, 0, ((size_t)words + 1) * WORD);
    for (uint32_t k = 0; k < words * WORD; k++) {
        ck_assert(bit(live, k) || !bit(image, k));
        if (bit(live, k))
            room[n++] = bit(image, k) ? *next++ : 0;
    }
    for (uint32_t k = 0; k < k_tiles * TILE_K; k++) {
        float pixel = room[k];
        uint32_t bits;
        memcpy(&bits, &pixel, sizeof bits);
        x[(size_t)k / TILE_K * TILE_ELEMENTS + k % TILE_K] = (bf16)(bits >> 16);
    }
}

static struct kernel with_compact(const struct kernel *kernel)
{
    struct kernel with = *kernel;
    with.bf16.compact = plain_compact;
    with.bf16.expand = plain_expand;
    return with;
}

/* So many of 100 pixels are not zero, and the first image has none. */
static struct mlp_images new_images(uint32_t n, uint32_t rows, uint32_t cols, uint32_t percent)
{
    struct mlp_images images = {n, rows, cols, calloc(n, rows * cols), calloc(n, 1)};
    ck_assert(images.pixels != NULL && images.labels != NULL);
    for (uint32_t i = rows * cols; i < n * rows * cols; i++) {
        uint32_t hash = i * 2654435761u;
        images.pixels[i] = (hash >> 8) % 100 < percent ? (uint8_t)(1 + (hash >> 16) % 255) : 0;
    }
    return images;
}

static void free_images(struct mlp_images *images)
{
    free(images->pixels);
    free(images->labels);
}

/* ---- what is kept ----------------------------------------------------------------------- */

static void check_image(const struct compact *compact, const struct mlp_images *images, uint32_t i)
{
    uint32_t n = images->n_rows * images->n_cols;
    const uint64_t *notes = compact_at(compact, i);
    const uint8_t *next = (const uint8_t *)(notes + word_count(n));
    ck_assert_uint_eq((uintptr_t)notes % 64, 0);
    for (uint32_t k = 0; k < word_count(n) * WORD; k++) {
        uint8_t pixel = k < n ? images->pixels[(size_t)i * n + k] : 0;
        ck_assert_uint_eq(bit(notes, k), pixel != 0);
        if (pixel != 0)
            ck_assert_uint_eq(*next++, pixel);
    }
    ck_assert(next <= (const uint8_t *)compact_at(compact, i + 1));
}

START_TEST(images_are_kept_without_their_zeros)
{
    static const uint32_t sizes[][3] = {{1, 28, 28}, {2, 9, 11}, {50, 28, 28},
                                        {7, 1, 64},  {7, 1, 65}, {300, 3, 5}};
    const struct kernel kernel = with_compact(kernel_find("scalar"));
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (int n_threads = 1; n_threads <= 3; n_threads++) {
            struct mlp_images images = new_images(sizes[i][0], sizes[i][1], sizes[i][2], 20);
            struct compact compact;
            compact_new(&compact, &kernel, &images, n_threads);
            bool smaller = sizes[i][1] * sizes[i][2] > 64; /* than one line */
            ck_assert((compact.data != NULL) == smaller);
            for (uint32_t image = 0; smaller && image < images.n_samples; image++)
                check_image(&compact, &images, image);
            compact_free(&compact);
            free_images(&images);
        }
}
END_TEST

START_TEST(none_are_kept_that_are_not_smaller_by_half)
{
    enum { N = 10, WIDTH = 1024 }; /* 16 lines, two of them notes if compact */
    const struct kernel kernel = with_compact(kernel_find("scalar"));
    struct mlp_images images = {N, 1, WIDTH, calloc(N, WIDTH), NULL};
    struct compact compact;
    for (uint32_t lines = 5; lines <= 7; lines++) {
        for (uint32_t i = 0; i < N; i++) /* the last pixel of the last line aside */
            memset(images.pixels + (size_t)i * WIDTH, 1, lines * 64 - (i == 0));
        compact_new(&compact, &kernel, &images, 2);
        ck_assert((compact.data != NULL) == (lines <= 6));
        compact_free(&compact);
    }
    memset(images.pixels, 0, (size_t)N * WIDTH);
    compact_new(&compact, kernel_find("scalar"), &images, 2); /* which has no use for them */
    ck_assert(compact.data == NULL && compact.lines == NULL);
    free(images.pixels);
}
END_TEST

/* ---- batches ---------------------------------------------------------------------------- */

static void check_same(const struct live_batch *got, const struct live_batch *want, uint32_t n)
{
    ck_assert_uint_eq(got->live.n, want->live.n);
    ck_assert(memcmp(got->inputs, want->inputs, want->n_inputs * sizeof *want->inputs) == 0);
    ck_assert_uint_eq(got->x.k_tiles, want->x.k_tiles);
    for (uint32_t r = 0; r < n; r++)
        for (uint32_t k = 0; k < want->x.k_tiles; k++)
            ck_assert(memcmp(tile_at(&got->x, r / PANEL, k) + r % PANEL * TILE_K,
                             tile_at(&want->x, r / PANEL, k) + r % PANEL * TILE_K,
                             TILE_K * sizeof(bf16)) == 0);
}

START_TEST(batches_are_the_same)
{
    enum { MAX = 70 };
    static const struct team alone = {.n = 1};
    static const uint32_t sizes[] = {MAX, 1, 33, 1, 16}, widths[] = {13, 16, 28};
    const struct kernel kernel = with_compact(kernel_find("scalar"));
    struct mlp_images images = new_images(200, 13, widths[_i], 5);
    struct compact compact;
    compact_new(&compact, &kernel, &images, 1);
    ck_assert(compact.data != NULL);
    struct live_batch x16[2];
    struct batch batch[2];
    for (int i = 0; i < 2; i++)
        ck_assert(live_new(&x16[i], MAX, 13 * widths[_i], false) &&
                  data_batch_new_tiles(&batch[i], MAX, &x16[i]));
    ck_assert(live_new_compact(&x16[1], &compact));
    for (uint32_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint32_t samples[MAX];
        for (uint32_t r = 0; r < sizes[i]; r++) /* batch 3 is the empty image alone */
            samples[r] = i == 3 ? 0 : (r * 91 + 13 * i + 199) % images.n_samples;
        for (int j = 0; j < 2; j++)
            data_gather(&batch[j], &kernel, &alone, &images, samples, 0, sizes[i]);
        check_same(&x16[1], &x16[0], sizes[i]);
    }
    for (int i = 0; i < 2; i++) {
        data_batch_free(&batch[i]);
        live_free(&x16[i]);
    }
    compact_free(&compact);
    free_images(&images);
}
END_TEST

/* ---- training --------------------------------------------------------------------------- */

static float *trained(const struct kernel *kernel, const struct mlp_train_options *options,
                      size_t *n)
{
    static const uint32_t widths[] = {99, 96, 32, 5};
    struct mlp_dataset dataset = toy_dataset();
    for (size_t i = 0; i < dataset.train.n_samples * (size_t)99; i++)
        if (i % 99 % 4 == 0 || i * 7 % 61 > 20)
            dataset.train.pixels[i] = 0;
    struct mlp_net *net = NULL;
    ck_assert_int_eq(mlp_net_new(&net, widths, 3, 1, NULL), MLP_OK);
    mlp_net_use_precision(net, MLP_BF16);
    net->kernel = kernel;
    n_compacted = 0;
    ck_assert_int_eq(mlp_train(net, &dataset, options, NULL), MLP_OK);
    float *parameters = toy_parameters(net, n);
    mlp_net_free(net);
    toy_dataset_free(&dataset);
    return parameters;
}

static const struct {
    uint32_t n_epochs;
    enum mlp_augmentation augment;
    float adversarial;
    bool compact;
} ways[] = {
    {4, MLP_AUGMENT_NONE, 0, true},
    {3, MLP_AUGMENT_NONE, 0, false}, /* too few for it */
    {4, MLP_AUGMENT_SHIFT, 0, false},
    {4, MLP_AUGMENT_NONE, 0.1f, false},
};

START_TEST(trainings_are_the_same)
{
    const struct kernel without = *kernel_find("scalar"), with = with_compact(&without);
    struct mlp_train_options options = toy_options();
    options.n_epochs = ways[_i].n_epochs;
    options.augment = ways[_i].augment;
    options.augment_strength = 1;
    options.adversarial = ways[_i].adversarial;
    size_t n;
    float *want = trained(&without, &options, &n);
    ck_assert_int_eq(n_compacted, 0);
    for (options.n_threads = 1; options.n_threads <= 3; options.n_threads++) {
        float *got = trained(&with, &options, &n);
        ck_assert((n_compacted > 0) == ways[_i].compact);
        ck_assert(memcmp(got, want, n * sizeof *got) == 0);
        free(got);
    }
    free(want);
}
END_TEST

Suite *compact_suite(void)
{
    Suite *suite = suite_create("compact");
    TCase *tests = tcase_create("compact");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, images_are_kept_without_their_zeros);
    tcase_add_test(tests, none_are_kept_that_are_not_smaller_by_half);
    tcase_add_loop_test(tests, batches_are_the_same, 0, 3);
    tcase_add_loop_test(tests, trainings_are_the_same, 0, sizeof ways / sizeof ways[0]);
    suite_add_tcase(suite, tests);
    return suite;
}
