/* test_batcher.c - the loader: shuffles, and pixels as a network reads them. */
#include "data/batcher.h"
#include "guarded.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *batcher_suite(void);

static uint32_t *shuffled(uint32_t n, uint64_t seed, uint32_t epoch)
{
    uint32_t *order = calloc(n + 1, sizeof *order);
    ck_assert_ptr_nonnull(order);
    order[n] = 12345;
    data_shuffle(order, n, seed, epoch);
    ck_assert_uint_eq(order[n], 12345);
    return order;
}

START_TEST(a_shuffle_is_a_permutation)
{
    static const uint32_t sizes[] = {1, 2, 3, 4, 5, 16, 17, 700, 60000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint32_t n = sizes[i], *order = shuffled(n, 1, 1);
        uint8_t *seen = calloc(n, 1);
        for (uint32_t j = 0; j < n; j++)
            if (order[j] >= n || seen[order[j]]++ != 0)
                ck_abort_msg("%u samples: sample %u at %u", n, order[j], j);
        free(seen);
        free(order);
    }
}
END_TEST

static uint32_t n_equal(const uint32_t *a, const uint32_t *b, uint32_t n)
{
    uint32_t equal = 0;
    for (uint32_t i = 0; i < n; i++)
        equal += a[i] == b[i];
    return equal;
}

/* Two random orders of n agree in one place on average, in more than 12 practically never. */
START_TEST(shuffles_differ_by_seed_and_epoch_and_nothing_else)
{
    enum { N = 1000 };
    const uint64_t high = (uint64_t)1 << 32;
    uint32_t *order = shuffled(N, 1, 1), *same = shuffled(N, 1, 1);
    uint32_t *others[] = {shuffled(N, 1, 2), shuffled(N, 2, 1), shuffled(N, 1 + high, 1)};
    uint32_t *identity = calloc(N, sizeof *identity);
    for (uint32_t i = 0; i < N; i++)
        identity[i] = i;
    ck_assert_uint_eq(n_equal(order, same, N), N);
    ck_assert_uint_le(n_equal(order, identity, N), 12);
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_le(n_equal(order, others[i], N), 12);
        free(others[i]);
    }
    free(order);
    free(same);
    free(identity);
}
END_TEST

/* Each of the 24 orders of 4 samples turns up about equally often: chi^2 with 23 degrees of freedom
 * is above 50 once in a thousand times. */
START_TEST(all_orders_are_equally_likely)
{
    enum { N = 24000, CODES = 256 };
    uint32_t count[CODES] = {0}, n_orders = 0;
    for (uint32_t epoch = 0; epoch < N; epoch++) {
        uint32_t order[4];
        data_shuffle(order, 4, 9, epoch);
        count[order[0] + 4 * order[1] + 16 * order[2] + 64 * order[3]]++;
    }
    double chi2 = 0;
    for (int i = 0; i < CODES; i++)
        if (count[i] > 0) {
            chi2 += (count[i] - N / 24.0) * (count[i] - N / 24.0) / (N / 24.0);
            n_orders++;
        }
    ck_assert_uint_eq(n_orders, 24);
    ck_assert_double_le(chi2, 50);
}
END_TEST

/* ---- gather ----------------------------------------------------------------------------- */

/* Random-looking images whose last byte is followed, or whose first is preceded, by a guard page.
 */
static struct mlp_images new_images(struct guarded *memory, uint32_t n, uint32_t rows,
                                    uint32_t cols, enum guarded_side side)
{
    size_t bytes = (size_t)n * rows * cols;
    *memory = guarded_new(bytes, side);
    struct mlp_images images = {n, rows, cols, memory->data, malloc(n)};
    for (size_t i = 0; i < bytes; i++) {
        uint32_t hash = (uint32_t)i * 2654435761u;
        images.pixels[i] = hash >> 28 < 3 ? (uint8_t)(hash >> 13) : 0; /* one in five is not 0 */
    }
    for (uint32_t i = 0; i < n; i++)
        images.labels[i] = (uint8_t)(i * 3 + 1);
    return images;
}

static float pixel_of(const struct batch *batch, uint32_t r, uint32_t i)
{
    const struct nonzeros *z = &batch->x.nonzeros;
    return z->bytes != NULL ? z->values[*nonzeros_at(z, r, i)]
                            : panel_at(&batch->x, r, i / PANEL)[i % PANEL];
}

/* The pixels of row r are those of the sample, times 1/255 in float; pads are 0. */
static void check_row(const struct batch *batch, uint32_t r, const struct mlp_images *images,
                      uint32_t sample, const char *kernel)
{
    uint32_t inputs = batch->x.cols;
    const uint8_t *pixels = images->pixels + (size_t)sample * inputs;
    for (uint32_t i = 0; i < panel_count(inputs) * PANEL; i++) {
        float got = pixel_of(batch, r, i);
        float want = i < inputs ? (float)pixels[i] * (1.0f / 255.0f) : 0;
        if (memcmp(&got, &want, sizeof got) != 0)
            ck_abort_msg("%s, %u inputs: row %u, pixel %u is %a, wanted %a", kernel, inputs, r, i,
                         (double)got, (double)want);
    }
    ck_assert_uint_eq(batch->labels[r], images->labels[sample]);
}

/* A bit for every row of the batch, and for every two columns, none beyond the batch. */
static void check_nonzeros(const struct batch *batch, const char *kernel)
{
    const struct nonzeros *z = &batch->x.nonzeros;
    uint32_t n = batch->x.rows, inputs = batch->x.cols;
    if (z->bytes == NULL)
        return;
    for (uint32_t r = 0; r < n; r++)
        for (uint32_t i = 0; i < (inputs + WORD - 1) / WORD * WORD; i++) {
            bool want = i < inputs && pixel_of(batch, r, i) != 0;
            if ((z->of_rows[(size_t)i / WORD * z->row_stride + r] >> i % WORD & 1) != want)
                ck_abort_msg("%s: row %u, column %u: wanted %d", kernel, r, i, want);
        }
    for (uint32_t i = 0; i < inputs; i += PAIR)
        for (uint32_t r = 0; r < panel_count(n) * PANEL; r++) {
            bool want = false;
            for (uint32_t c = i; c < i + PAIR && c < inputs && r < n; c++)
                want = want || pixel_of(batch, r, c) != 0;
            uint64_t word = z->of_columns[(size_t)r / WORD * z->column_stride + i / PAIR];
            if ((word >> r % WORD & 1) != want)
                ck_abort_msg("%s: columns %u.., row %u: wanted %d", kernel, i, r, want);
        }
}

/* All columns in pairs, each once, and those of the batch first. */
static void check_columns(const struct batch *batch)
{
    const struct nonzeros *z = &batch->x.nonzeros;
    uint32_t n = z->bytes == NULL ? 0 : z->column_stride * PAIR;
    bool *seen = calloc(n + 1, sizeof *seen);
    ck_assert_ptr_nonnull(seen);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t column = z->columns[i];
        ck_assert(column < n && !seen[column]);
        ck_assert(column == (i % PAIR == 0 ? column / PAIR * PAIR : z->columns[i - 1] + 1));
        ck_assert((i / PAIR < batch->x.cols / PAIR) == (column / PAIR < batch->x.cols / PAIR));
        seen[column] = true;
    }
    free(seen);
}

static void check_gather(const struct kernel *kernel, const struct mlp_images *images,
                         int n_members, bool nonzeros)
{
    enum { BATCH = 100 };
    struct batch batch;
    uint32_t samples[BATCH];
    ck_assert(data_batch_new(&batch, BATCH, images->n_rows, images->n_cols, nonzeros));
    for (uint32_t i = 0; i < BATCH; i++) /* the very last sample among them */
        samples[i] = (images->n_samples - 1 + i * 7) % images->n_samples;
    for (int id = n_members - 1; id >= 0; id--) {
        struct team team = {.id = id, .n = n_members};
        data_gather(&batch, kernel, &team, images, samples, 0, BATCH);
    }
    ck_assert_uint_eq(batch.x.rows, BATCH);
    for (uint32_t r = 0; r < BATCH; r++)
        check_row(&batch, r, images, samples[r], kernel->name);
    check_nonzeros(&batch, kernel->name);

    uint32_t n = 17, first = images->n_samples - n; /* a shorter batch in the same memory */
    for (int id = 0; id < n_members; id++) {
        struct team team = {.id = id, .n = n_members};
        data_gather(&batch, kernel, &team, images, NULL, first, n);
    }
    ck_assert_uint_eq(batch.x.rows, n);
    for (uint32_t r = 0; r < n; r++)
        check_row(&batch, r, images, first + r, kernel->name);
    check_nonzeros(&batch, kernel->name);
    check_columns(&batch);
    data_batch_free(&batch);
}

static const struct {
    uint32_t rows, cols;
} image_sizes[] = {{1, 1}, {3, 5}, {4, 4}, {1, 17}, {9, 11}, {28, 28}, {5, 13}};

START_TEST(gathered_pixels_are_bytes_over_255)
{
    const struct kernel *kernel;
    for (uint32_t i = 0; (kernel = kernel_table(i)) != NULL; i++)
        for (enum guarded_side side = GUARDED_END; side <= GUARDED_START; side++) {
            if (!kernel_runs(kernel))
                continue;
            struct guarded memory;
            struct mlp_images images =
                new_images(&memory, 30, image_sizes[_i].rows, image_sizes[_i].cols, side);
            for (int n_members = 1; n_members <= 5; n_members += 2)
                for (int nonzeros = 0; nonzeros < 2; nonzeros++)
                    check_gather(kernel, &images, n_members, nonzeros);
            ck_assert(guarded_intact(&memory));
            free(images.labels);
            guarded_free(&memory);
        }
}
END_TEST

/* In bf16: whole pixels of the inputs that are not zero in the whole batch, in their order. */
static void check_live(const struct live_batch *b, const struct mlp_images *images,
                       const uint32_t *samples, uint32_t n, bool all)
{
    uint32_t inputs = b->n_inputs, n_live = 0, n_others = 0;
    for (uint32_t i = 0; i < inputs; i++) {
        bool live = all;
        for (uint32_t r = 0; r < n; r++)
            live = live || images->pixels[samples[r] * (size_t)inputs + i] != 0;
        ck_assert_uint_eq(b->inputs[live ? n_live++ : b->live.n + n_others++], i);
    }
    ck_assert_uint_eq(b->live.n, n_live);
    ck_assert(b->live.inputs == (all ? NULL : b->inputs));
    for (uint32_t r = 0; r < n; r++)
        for (uint32_t k = 0; k < tile_count(n_live) * TILE_K; k++) {
            bf16 got = tile_at(&b->x, r / PANEL, k / TILE_K)[r % PANEL * TILE_K + k % TILE_K];
            uint32_t bits = (uint32_t)got << 16;
            float pixel;
            memcpy(&pixel, &bits, sizeof pixel);
            ck_assert_float_eq(
                pixel, k < n_live ? images->pixels[samples[r] * (size_t)inputs + b->inputs[k]] : 0);
        }
}

/* x of n samples transposed, and the list of its inputs, which the next batch leaves alone. */
static void check_turned(const struct live *live, const struct mlp_images *images,
                         const uint32_t *samples, uint32_t n)
{
    uint32_t inputs = images->n_rows * images->n_cols;
    ck_assert_uint_eq(live->xt.k_tiles, tile_count(n));
    for (uint32_t k = 0; k < live->n; k++)
        for (uint32_t s = 0; s < n; s++) {
            bf16 got = tile_at(&live->xt, k / PANEL, s / TILE_K)[k % PANEL * TILE_K + s % TILE_K];
            uint32_t bits = (uint32_t)got << 16;
            float pixel;
            memcpy(&pixel, &bits, sizeof pixel);
            ck_assert_float_eq(pixel,
                               images->pixels[samples[s] * (size_t)inputs + live->inputs[k]]);
        }
}

START_TEST(a_batch_in_bf16_is_turned_before_the_next_one_comes)
{
    enum { MAX = 70 };
    static const struct team alone = {.n = 1};
    static const uint32_t sizes[] = {MAX, 1, 33, 64};
    struct mlp_images images = {.n_samples = 300, .n_rows = 7, .n_cols = 31};
    uint32_t samples[5][MAX], inputs = images.n_rows * images.n_cols;
    images.pixels = calloc(images.n_samples, inputs);
    images.labels = calloc(images.n_samples, 1);
    for (uint32_t i = 0; i < images.n_samples * inputs; i++)
        images.pixels[i] = (uint8_t)(i % inputs % 5 == 0 || i * 7 % 61 > 9 ? 0 : i % 251 + 1);
    for (uint32_t i = 0; i < 5; i++)
        for (uint32_t r = 0; r < MAX; r++)
            samples[i][r] = (r * 91 + 13 * i) % images.n_samples;
    const struct kernel *kernel;
    for (uint32_t k = 0; (kernel = kernel_table(k)) != NULL; k++) {
        struct live_batch x16;
        struct batch batch;
        if (!kernel_runs(kernel))
            continue;
        ck_assert(live_new(&x16, MAX, inputs, false) && live_new_turned(&x16) &&
                  data_batch_new_tiles(&batch, MAX, &x16));
        data_gather(&batch, kernel, &alone, &images, samples[0], 0, sizes[0]);
        for (uint32_t i = 0; i < 4; i++) {
            struct live live = x16.live;
            ck_assert(live.xt.data == NULL);
            live_turn(&x16, kernel, sizes[i], &live);
            data_gather(&batch, kernel, &alone, &images, samples[i + 1], 0, sizes[(i + 1) % 4]);
            check_turned(&live, &images, samples[i], sizes[i]);
        }
        data_batch_free(&batch);
        live_free(&x16);
    }
    free(images.pixels);
    free(images.labels);
}
END_TEST

START_TEST(batches_in_bf16_have_live_inputs)
{
    enum { MAX = 70 };
    static const struct team alone = {.n = 1};
    uint32_t samples[MAX], inputs = 7 * 31;
    struct mlp_images images = {.n_samples = 300, .n_rows = 7, .n_cols = 31};
    images.pixels = calloc(images.n_samples, inputs);
    images.labels = calloc(images.n_samples, 1);
    for (uint32_t i = 0; i < images.n_samples * inputs; i++) /* every fifth input is never set */
        images.pixels[i] = (uint8_t)(i % inputs % 5 == 0 || i * 7 % 61 > 9 ? 0 : i % 251 + 1);
    images.pixels[5] = 1; /* of the first image that is asked for: the least that is not zero */
    for (uint32_t k = 0; kernel_table(k) != NULL; k++)
        for (int all = 0; all < 2 && kernel_runs(kernel_table(k)); all++) {
            struct live_batch x16;
            struct batch batch;
            ck_assert(live_new(&x16, MAX, inputs, all) && data_batch_new_tiles(&batch, MAX, &x16));
            static const uint32_t sizes[] = {MAX, 1, 33, 5};
            for (uint32_t i = 0; i < 4; i++) {
                for (uint32_t r = 0; r < sizes[i]; r++)
                    samples[r] = (r * 91 + 13 * i) % images.n_samples;
                data_gather(&batch, kernel_table(k), &alone, &images, samples, 0, sizes[i]);
                check_live(&x16, &images, samples, sizes[i], all);
            }
            memset(images.pixels + (size_t)samples[0] * inputs, 0, inputs); /* not the first one */
            data_gather(&batch, kernel_table(k), &alone, &images, samples, 0, 1);
            ck_assert_uint_eq(x16.live.n, all ? inputs : 1); /* an empty image */
            ck_assert_uint_eq(tile_at(&x16.x, 0, 0)[0], 0);
            data_batch_free(&batch);
            live_free(&x16);
        }
    free(images.pixels);
    free(images.labels);
}
END_TEST

START_TEST(one_samples_pixels_are_those_of_a_batch)
{
    const struct kernel *kernel;
    for (uint32_t i = 0; (kernel = kernel_table(i)) != NULL; i++)
        for (uint32_t n = 1; n <= 50 && kernel_runs(kernel); n++) {
            struct guarded pixels = guarded_new(n, GUARDED_END);
            struct guarded x = guarded_new(panel_count(n) * PANEL * sizeof(float), GUARDED_END);
            for (uint32_t p = 0; p < n; p++)
                ((uint8_t *)pixels.data)[p] = (uint8_t)(255 - p);
            data_pixels(kernel, pixels.data, n, x.data);
            for (uint32_t p = 0; p < panel_count(n) * PANEL; p++)
                if (((float *)x.data)[p] != (p < n ? (float)(255 - p) * (1.0f / 255.0f) : 0))
                    ck_abort_msg("%s, %u pixels: pixel %u", kernel->name, n, p);
            ck_assert(guarded_intact(&pixels) && guarded_intact(&x));
            guarded_free(&pixels);
            guarded_free(&x);
        }
}
END_TEST

Suite *batcher_suite(void)
{
    Suite *suite = suite_create("batcher");
    TCase *tests = tcase_create("batcher");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_shuffle_is_a_permutation);
    tcase_add_test(tests, shuffles_differ_by_seed_and_epoch_and_nothing_else);
    tcase_add_test(tests, all_orders_are_equally_likely);
    tcase_add_loop_test(tests, gathered_pixels_are_bytes_over_255, 0,
                        sizeof image_sizes / sizeof image_sizes[0]);
    tcase_add_test(tests, batches_in_bf16_have_live_inputs);
    tcase_add_test(tests, a_batch_in_bf16_is_turned_before_the_next_one_comes);
    tcase_add_test(tests, one_samples_pixels_are_those_of_a_batch);
    suite_add_tcase(suite, tests);
    return suite;
}
