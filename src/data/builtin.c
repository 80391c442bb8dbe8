/* builtin.c - the built-in digits: who is drawn, framing as in MNIST, the data set. */
#include "base/dataset.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/team.h"
#include "data/digit.h"
#include "mlp.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { FRAME = 28, N_PIXELS = FRAME * FRAME, N_CLASSES = 10 };

/* Indices of the random numbers up to here are for the order of labels (9 of 4 a block). */
enum { LABEL_BLOCKS = 3 };

/* Training pictures are numbered from 0 and test pictures from here, so no two are the same. */
#define TEST_PICTURES 0x80000000u

/* The label of the i-th image of a set. Every ten in a row are the ten digits, in an order drawn by
 * Fisher and Yates with the numbers of the first of them: classes are balanced, none is missing. */
static uint32_t label_of(uint64_t seed, uint32_t first_picture, uint32_t i)
{
    uint32_t place = i % N_CLASSES, first_of_ten = first_picture + i - place;
    struct data_dice dice = {
        .key = {.seed = seed, .purpose = RANDOM_DIGITS, .sample = first_of_ten}};
    uint8_t order[N_CLASSES] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    for (uint32_t last = N_CLASSES - 1; last > 0; last--) {
        uint32_t other = random_below(data_dice_roll(&dice), last + 1);
        uint8_t digit = order[other];
        order[other] = order[last];
        order[last] = digit;
    }
    return order[place];
}

/* How far the box must move, in whole pixels, for its centre of mass to come to pixel 14: where
 * MNIST has it, half a pixel past the middle of the frame. Never over the frame's edge. */
static int centring(float moment, float mass)
{
    int offset = (int)(FRAME / 2 + 0.5f - moment / mass);
    return offset < 0 ? 0 : offset > FRAME - DATA_BOX ? FRAME - DATA_BOX : offset;
}

/* Source   http://yann.lecun.com/exdb/mnist/: "normalized to fit in a 20x20 pixel box while
 *          preserving their aspect ratio [...] centered in a 28x28 image by computing the center of
 *          mass of the pixels" */
static void frame_ink(const float *ink, uint8_t *pixels)
{
    float mass = 0, moment_x = 0, moment_y = 0;
    for (int y = 0; y < DATA_BOX; y++)
        for (int x = 0; x < DATA_BOX; x++) {
            float v = ink[y * DATA_BOX + x];
            mass += v;
            moment_x += v * (float)x;
            moment_y += v * (float)y;
        }
    int left = centring(moment_x, mass), top = centring(moment_y, mass);
    memset(pixels, 0, N_PIXELS);
    for (int y = 0; y < DATA_BOX; y++)
        for (int x = 0; x < DATA_BOX; x++)
            pixels[(top + y) * FRAME + left + x] = (uint8_t)(ink[y * DATA_BOX + x] * 255 + 0.5f);
}

static void draw_picture(uint64_t seed, uint32_t picture, uint32_t digit, uint8_t *pixels)
{
    struct data_dice dice = {.key = {.seed = seed, .purpose = RANDOM_DIGITS, .sample = picture},
                             .index = LABEL_BLOCKS};
    struct data_path path;
    float ink[DATA_BOX * DATA_BOX];
    const struct data_template *shape = data_template_choose(digit, &dice);
    data_path_trace(&path, shape, &dice);
    data_path_warp(&path, shape->loose, &dice);
    data_pen_draw(&path, &dice, ink);
    frame_ink(ink, pixels);
}

struct job {
    struct mlp_images *images;
    uint64_t seed;
    uint32_t first_picture;
};

static void draw_share(const struct team *team, void *context)
{
    const struct job *job = context;
    uint32_t begin, end;
    team_share(team, job->images->n_samples, &begin, &end);
    for (uint32_t i = begin; i < end; i++) {
        uint32_t digit = label_of(job->seed, job->first_picture, i);
        job->images->labels[i] = (uint8_t)digit;
        draw_picture(job->seed, job->first_picture + i, digit,
                     job->images->pixels + (size_t)i * N_PIXELS);
    }
}

static enum mlp_status draw_images(struct mlp_images *images, uint64_t seed, uint32_t first_picture,
                                   uint32_t n, int n_threads, struct mlp_error *error)
{
    size_t size;
    if (!memory_size(n, N_PIXELS, &size))
        return error_memory(error, UINT64_MAX);
    images->pixels = memory_new_unset(size);
    images->labels = memory_new_unset(n);
    if (images->pixels == NULL || images->labels == NULL)
        return error_memory(error, size);
    images->n_samples = n;
    images->n_rows = images->n_cols = FRAME;
    struct job job = {.images = images, .seed = seed, .first_picture = first_picture};
    team_run(n_threads, draw_share, &job);
    return MLP_OK;
}

static bool count_allowed(uint32_t n)
{
    return n >= N_CLASSES && n <= TEST_PICTURES;
}

enum mlp_status mlp_dataset_builtin(struct mlp_dataset *dataset, uint64_t seed, uint32_t n_train,
                                    uint32_t n_test, int n_threads, struct mlp_error *error)
{
    if (!count_allowed(n_train) || !count_allowed(n_test)) {
        error_set(error, MLP_E_USAGE, NULL, -1);
        error_found(error, "%" PRIu32 " training and %" PRIu32 " test digits", n_train, n_test);
        error_wanted(error, "from 10 to 2^31 of each");
        return MLP_E_USAGE;
    }
    struct mlp_dataset made = {.n_classes = N_CLASSES, .name = "built-in digits"};
    enum mlp_status status = draw_images(&made.train, seed, 0, n_train, n_threads, error);
    if (status == MLP_OK)
        status = draw_images(&made.test, seed, TEST_PICTURES, n_test, n_threads, error);
    if (status != MLP_OK) {
        mlp_dataset_free(&made);
        return status;
    }
    snprintf(made.origin, sizeof made.origin, "generated, seed %" PRIu64, seed);
    made.fingerprint = dataset_fingerprint(&made);
    *dataset = made;
    return MLP_OK;
}
