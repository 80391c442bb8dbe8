#include "data/augment.h"

#include "base/math.h"
#include "base/memory.h"
#include "base/random.h"

#include <string.h>

/* Amplitudes at strength 1: numbers are uniform between plus and minus these. Shares of the side
 * are given for MNIST's 28 pixels and hold for other sizes in proportion. */
#define SHIFT_ALONE (2.0 / 28) /* of the side; the usual two pixels */
#define SHIFT (1.0 / 28)       /* beside rotation and scale; measured: docs/recipes.md */
#define ROTATION (15.0 / 360)  /* turns; Ciresan et al. 2010 (arXiv 1003.0358), section 3: beta */
#define SCALE 0.15             /* the same: gamma, 15 to 20 % */
#define SHEAR 0.15             /* along x, per y; Simard et al. 2003 name it without a number */

/* Simard et al. 2003, section 2: noise, uniform in (-1, 1) at each pixel, smoothed by a Gaussian of
 * sigma pixels, times alpha. Smoothing divides its deviation of 1 / sqrt(3) by 2 sigma sqrt(pi).
 *
 * Here noise stands at the knots of uniform cubic B-splines, which are close to Gaussians of
 * deviation sqrt(1/3) of their spacing: a quarter of the side, 7 of 28 pixels, makes Simard's sigma
 * of 4. They leave (151/315)^2 of the variance of the noise (the mean over the plane of the sum of
 * their squares), so it must be larger than alpha / (2 sigma sqrt(pi)) by 315/151.
 *
 * Simard's alpha of 34 is for digits that are bent and nothing else. Ciresan et al. turn and scale
 * them, too, and take sigma 5.5 with alpha 37, a gradient of 0.20 (deviation over sigma) instead of
 * 0.35: alpha 20 at sigma 4. Measured as well: docs/recipes.md. */
enum { CELLS = KERNEL_WARP_GRID - 3 };
#define SIGMA 4.0         /* pixels of 28 */
#define ALPHA (20.0 / 28) /* of the side */
#define SQRT_PI 1.7724538509055160
#define ELASTIC (ALPHA / (2 * SIGMA * SQRT_PI) / (151.0 / 315)) /* of the side */

static const double one_pixel = 1 << KERNEL_WARP_BITS;

bool data_augment_fits(enum mlp_augmentation kind, float strength, const struct mlp_images *images)
{
    return kind == MLP_AUGMENT_NONE ||
           (kind <= MLP_AUGMENT_ELASTIC && strength >= 0 && strength <= MLP_AUGMENT_STRENGTH_MAX &&
            images->n_rows > 0 && images->n_rows <= MLP_AUGMENT_SIDE_MAX && images->n_cols > 0 &&
            images->n_cols <= MLP_AUGMENT_SIDE_MAX);
}

/* ---- memory ----------------------------------------------------------------------------- */

/* Which cell the middle of pixel i of n is in, and the weights there of the four splines that reach
 * into it. */
static uint32_t splines_at(uint32_t i, uint32_t n, float weights[4])
{
    double place = (i + 0.5) / n * CELLS;
    uint32_t cell = (uint32_t)place < CELLS ? (uint32_t)place : CELLS - 1;
    double t = place - cell, u = 1 - t;
    weights[0] = (float)(u * u * u / 6);
    weights[1] = (float)((3 * t * t * t - 6 * t * t + 4) / 6);
    weights[2] = (float)((3 * u * u * u - 6 * u * u + 4) / 6);
    weights[3] = (float)(t * t * t / 6);
    return cell;
}

bool data_augment_new(struct augment *a, enum mlp_augmentation kind, float strength, uint64_t seed,
                      uint32_t rows, uint32_t cols)
{
    *a = (struct augment){kind, strength, seed, rows, cols, NULL, NULL, NULL};
    size_t columns = (size_t)panel_count(cols) * PANEL;
    a->column_weights = memory_new(KERNEL_WARP_GRID * columns * sizeof(float));
    a->row_weights = memory_new((size_t)rows * 4 * sizeof(float));
    a->row_cells = memory_new(rows);
    if (a->column_weights == NULL || a->row_weights == NULL || a->row_cells == NULL) {
        data_augment_free(a);
        return false;
    }
    for (uint32_t y = 0; y < rows; y++)
        a->row_cells[y] = (uint8_t)splines_at(y, rows, a->row_weights + (size_t)y * 4);
    for (uint32_t x = 0; x < cols; x++) {
        float weights[4];
        uint32_t cell = splines_at(x, cols, weights);
        for (uint32_t j = 0; j < 4; j++)
            a->column_weights[(cell + j) * columns + x] = weights[j];
    }
    return true;
}

void data_augment_free(struct augment *a)
{
    memory_free(a->column_weights);
    memory_free(a->row_weights);
    memory_free(a->row_cells);
    *a = (struct augment){0};
}

bool data_augment_scratch_new(struct augment_scratch *scratch, const struct augment *a)
{
    size_t columns = (size_t)panel_count(a->cols) * PANEL;
    uint32_t pitch = panel_count(a->cols + 2) * PANEL;
    size_t framed = (size_t)(a->rows + 2) * pitch;
    struct kernel_warp *w = &scratch->warp;
    *scratch = (struct augment_scratch){.warp = {.rows = a->rows,
                                                 .cols = a->cols,
                                                 .column_weights = a->column_weights,
                                                 .row_weights = a->row_weights,
                                                 .row_cells = a->row_cells,
                                                 .pitch = pitch}};
    w->framed = memory_new(framed + PANEL);
    w->quads = memory_new(framed * sizeof *w->quads);
    w->lines = memory_new(2 * KERNEL_WARP_GRID * columns * sizeof(float));
    if (w->framed != NULL && w->quads != NULL && w->lines != NULL)
        return true;
    data_augment_scratch_free(scratch);
    return false;
}

void data_augment_scratch_free(struct augment_scratch *scratch)
{
    memory_free(scratch->warp.framed);
    memory_free(scratch->warp.quads);
    memory_free(scratch->warp.lines);
    *scratch = (struct augment_scratch){0};
}

/* ---- the map of one sample -------------------------------------------------------------- */

static int32_t fixed(double pixels)
{
    double units = pixels * one_pixel;
    return (int32_t)(units + (units < 0 ? -0.5 : 0.5));
}

/* Uniform between plus and minus amplitude. */
static double around_zero(uint32_t random, double amplitude)
{
    return (2 * random_unit(random) - 1) * amplitude;
}

/* Whole pixels, so that a shifted image is as sharp as it was. */
static double whole_pixels(uint32_t random, double amplitude)
{
    uint32_t most = (uint32_t)(amplitude + 0.5);
    return (double)random_below(random, 2 * most + 1) - most;
}

/* X = c + M (x - c) + shift about the middle c; a line of pixels has nothing across it. */
static void set_map(struct kernel_warp *w, const double m[2][2], const double shift[2])
{
    const double middle[2] = {(w->cols - 1) / 2.0, (w->rows - 1) / 2.0};
    for (int i = 0; i < 2; i++) {
        bool line = middle[i] == 0, across = middle[1 - i] == 0;
        double own = line ? 1 : m[i][i], other = line || across ? 0 : m[i][1 - i];
        w->origin[i] =
            fixed(middle[i] - own * middle[i] - other * middle[1 - i] + (line ? 0 : shift[i]));
        w->per_column[i] = fixed(i == 0 ? own : other);
        w->per_row[i] = fixed(i == 1 ? own : other);
    }
}

/* M = rotation * shear * scales. It says where a pixel comes from, so the picture is changed by its
 * inverse, which is as likely but for second-order terms. */
static void draw_affine(struct kernel_warp *w, double strength, const uint32_t random[8])
{
    double shift[2] = {around_zero(random[0], strength * SHIFT * w->cols),
                       around_zero(random[1], strength * SHIFT * w->rows)};
    double sine, cosine, shear = around_zero(random[3], strength * SHEAR);
    math_sincos_turns(around_zero(random[2], strength * ROTATION), &sine, &cosine);
    double scale_x = 1 + around_zero(random[4], strength * SCALE);
    double scale_y = 1 + around_zero(random[5], strength * SCALE);
    const double m[2][2] = {{cosine * scale_x, (cosine * shear - sine) * scale_y},
                            {sine * scale_x, (sine * shear + cosine) * scale_y}};
    set_map(w, m, shift);
}

static void draw_shift(struct kernel_warp *w, double strength, const uint32_t random[2])
{
    static const double unity[2][2] = {{1, 0}, {0, 1}};
    const double shift[2] = {whole_pixels(random[0], strength * SHIFT_ALONE * w->cols),
                             whole_pixels(random[1], strength * SHIFT_ALONE * w->rows)};
    set_map(w, unity, shift);
}

/* Sixteen bits a value, eight values a call; number 0 and 1 of the sample made the affine map. */
static void draw_grid(struct augment_scratch *scratch, double strength,
                      const struct random_key *key)
{
    enum { N = KERNEL_WARP_GRID * KERNEL_WARP_GRID };
    const uint32_t sides[2] = {scratch->warp.cols, scratch->warp.rows};
    uint16_t halves[(2 * N + 7) / 8 * 8];
    for (uint32_t i = 0; i < (2 * N + 7) / 8; i++) {
        uint32_t random[4];
        random_u32x4(key, 2 + i, random);
        for (uint32_t j = 0; j < 4; j++) {
            halves[i * 8 + 2 * j] = (uint16_t)random[j];
            halves[i * 8 + 2 * j + 1] = (uint16_t)(random[j] >> 16);
        }
    }
    for (int axis = 0; axis < 2; axis++) {
        float unit = (float)(strength * ELASTIC * sides[axis] * one_pixel / 0x1p15);
        unit = sides[axis] == 1 ? 0 : unit;
        float *values = &scratch->grid[axis][0][0];
        for (int i = 0; i < N; i++)
            values[i] = ((float)halves[axis * N + i] - 32767.5f) * unit;
    }
}

enum mlp_status mlp_augment(const struct mlp_images *images, uint32_t sample,
                            enum mlp_augmentation kind, float strength, uint64_t seed,
                            uint32_t epoch, uint8_t *pixels)
{
    size_t n_pixels = (size_t)images->n_rows * images->n_cols;
    if (sample >= images->n_samples || !data_augment_fits(kind, strength, images))
        return MLP_E_USAGE;
    const uint8_t *from = images->pixels + sample * n_pixels;
    if (kind == MLP_AUGMENT_NONE) {
        memcpy(pixels, from, n_pixels);
        return MLP_OK;
    }
    struct augment augment = {0};
    struct augment_scratch scratch = {0};
    bool ok = data_augment_new(&augment, kind, strength, seed, images->n_rows, images->n_cols) &&
              data_augment_scratch_new(&scratch, &augment);
    if (ok)
        data_augment(&augment, kernel_find(NULL), &scratch, epoch, sample, from, pixels);
    data_augment_scratch_free(&scratch);
    data_augment_free(&augment);
    return ok ? MLP_OK : MLP_E_MEMORY;
}

void data_augment(const struct augment *a, const struct kernel *kernel,
                  struct augment_scratch *scratch, uint32_t epoch, uint32_t sample,
                  const uint8_t *from, uint8_t *to)
{
    struct random_key key = {a->seed, RANDOM_AUGMENT, epoch, sample};
    struct kernel_warp *w = &scratch->warp;
    double strength = (double)a->strength;
    uint32_t random[8];
    random_u32x4(&key, 0, random);
    random_u32x4(&key, 1, random + 4);
    if (a->kind == MLP_AUGMENT_SHIFT)
        draw_shift(w, strength, random);
    else
        draw_affine(w, strength, random);
    w->grid = NULL;
    if (a->kind == MLP_AUGMENT_ELASTIC) {
        draw_grid(scratch, strength, &key);
        w->grid = &scratch->grid[0][0][0];
    }
    w->from = from;
    kernel->warp(w, to);
}
