/* softmax.c - softmax and cross-entropy against double, and exp and log inside them.
 *
 * u = 2^-24 is the rounding error of f32. z - m is rounded, which changes exp by |z - m| u; a sum
 * of C terms by C u; exp and log by EXP_ERROR and LOG_ERROR. */
#include "check.h"

#include <float.h>
#include <math.h>

#define U 0x1p-24
/* Relative; measured over 320,000 arguments and 320 sums: 1.2e-7 and 5.3e-8. */
#define EXP_ERROR (3 * U)
#define LOG_ERROR (2 * U)
/* exp(-60), below which a probability counts as 0. */
#define NEGLIGIBLE 8.8e-27
#define LEAST 0x1p-64 /* gradients below are 0 */

/* Kinds of logits; all but the last give finite losses. */
enum logits {
    NORMAL,
    LARGE,
    EQUAL,
    FEW_VALUES,
    WITH_MINUS_INFINITY,
    DENORMAL,
    NOT_FINITE,
    N_LOGITS
};

/* One group of 16 samples. */
struct group {
    uint32_t n_classes;
    struct operand z, zt;
    struct guarded label, loss, prediction;
};

static void fill_logits(const struct check *check, struct group *g, enum logits logits)
{
    operand_fill(check, &g->z, REALS, 0);
    for (uint32_t s = 0; s < PANEL; s++)
        for (uint32_t c = 0; c < g->n_classes; c++) {
            float *z = operand_at(&g->z, s, c);
            if (logits == LARGE)
                *z *= 10000;
            else if (logits == EQUAL)
                *z = 3.5f * (float)s;
            else if (logits == FEW_VALUES)
                *z = rintf(*z / 8);
            else if (logits == WITH_MINUS_INFINITY && (s + c) % 3 == 1 && g->n_classes > 2)
                *z = -INFINITY;
            else if (logits == DENORMAL)
                *z *= FLT_TRUE_MIN * 4;
        }
    for (uint32_t s = 0; s < PANEL; s++)
        ((uint8_t *)g->label.data)[s] = (uint8_t)((s * 5 + check->n_cases) % g->n_classes);
    if (logits == NOT_FINITE) /* in every second sample, at every place in turn */
        for (uint32_t s = 0; s < PANEL; s += 2)
            *operand_at(&g->z, s, (s / 2 + check->n_cases) % g->n_classes) =
                s % 4 == 0 ? NAN : INFINITY;
}

static void group_new(const struct check *check, struct group *g, uint32_t n_classes, size_t gap,
                      enum logits logits)
{
    g->n_classes = n_classes;
    g->z = operand_new(check, PANEL, n_classes, gap);
    /* The transposes write whole blocks. */
    g->zt = operand_new(check, panel_count(n_classes) * PANEL, PANEL, 0);
    g->label = guarded_new(PANEL, GUARDED_END);
    g->loss = guarded_new(PANEL * sizeof(float), GUARDED_END);
    g->prediction = guarded_new(PANEL * sizeof(float), GUARDED_END);
    fill_logits(check, g, logits);
    operand_keep(&g->z);
    operand_keep(&g->zt);
}

static void group_free(struct group *g)
{
    operand_free(&g->z);
    operand_free(&g->zt);
    guarded_free(&g->label);
    guarded_free(&g->loss);
    guarded_free(&g->prediction);
}

static void run(const struct kernel *kernel, struct group *g, float scale, float smoothing)
{
    struct kernel_softmax softmax = {.n_classes = g->n_classes,
                                     .z = g->z.m.data,
                                     .z_stride = g->z.m.stride,
                                     .zt = g->zt.m.data,
                                     .label = g->label.data,
                                     .scale = scale,
                                     .smoothing = smoothing,
                                     .loss = g->loss.data,
                                     .prediction = g->prediction.data};
    kernel->softmax_gradient(&softmax);
}

static double logit(const struct group *g, uint32_t s, uint32_t c)
{
    return (double)g->z.before[c / PANEL * g->z.m.stride + (size_t)s * PANEL + c % PANEL];
}

static void compare_sample(struct check *check, const struct group *g, uint32_t s, float scale,
                           float smoothing)
{
    double maximum = -INFINITY, sum = 0, e = (double)smoothing;
    uint32_t label = ((const uint8_t *)g->label.data)[s], best = 0;
    for (uint32_t c = 0; c < g->n_classes; c++)
        if (logit(g, s, c) > maximum) {
            maximum = logit(g, s, c);
            best = c;
        }
    for (uint32_t c = 0; c < g->n_classes; c++)
        sum += exp(logit(g, s, c) - maximum);
    double below = (1 - e) * (maximum - logit(g, s, label));
    for (uint32_t c = 0; c < g->n_classes && e > 0; c++)
        below += e / g->n_classes * (maximum - logit(g, s, c));
    double loss = log(sum) + below, terms = e > 0 ? g->n_classes : 0;
    double sum_error = g->n_classes * U + EXP_ERROR + U; /* |x| exp(x) <= 0.37 for x < 0 */
    if (isinf(loss))
        check_bits(check, ((float *)g->loss.data)[s], (float)loss, s, label);
    else
        check_near(check, ((float *)g->loss.data)[s], loss,
                   sum_error + LOG_ERROR * log(sum) + (2 + terms) * U * (loss + below) + NEGLIGIBLE,
                   s, label);
    check_bits(check, ((float *)g->prediction.data)[s], (float)best, s, best);
    for (uint32_t c = 0; c < g->n_classes; c++) {
        double x = maximum - logit(g, s, c), p = exp(-x) / sum;
        double target = (1 - e) * (c == label) + e / g->n_classes;
        double want = (double)scale * (p - target);
        double relative = EXP_ERROR + sum_error + 3 * U + (p > 0 ? x * U : 0);
        double bound =
            (double)scale * (relative * p + (e > 0 ? 4 : 1) * U * target + NEGLIGIBLE) + LEAST;
        float got = *operand_at(&g->z, s, c);
        check_near(check, got, want, bound, s, c);
        if (e == 0 && c != label && got != 0 && (double)got <= LEAST)
            check_fail(check, "a gradient of %g, which fades on its way back", (double)got);
        check_bits(check, *operand_at(&g->zt, c, s), *operand_at(&g->z, s, c), c, s);
    }
}

/* The scalar kernel on the same logits must give the same bits. */
static void compare_with_scalar(struct check *check, const struct group *g, enum logits logits,
                                float scale, float smoothing)
{
    struct group other;
    group_new(check, &other, g->n_classes, 0, logits);
    run(check->scalar, &other, scale, smoothing);
    for (uint32_t s = 0; s < PANEL; s++) {
        check_bits(check, ((float *)g->loss.data)[s], ((float *)other.loss.data)[s], s, 0);
        check_bits(check, ((float *)g->prediction.data)[s], ((float *)other.prediction.data)[s], s,
                   0);
        for (uint32_t c = 0; c < g->n_classes; c++)
            check_bits(check, *operand_at(&g->z, s, c), *operand_at(&other.z, s, c), s, c);
    }
    group_free(&other);
}

static void check_gradient(struct check *check, uint32_t n_classes, size_t gap, enum logits logits,
                           float smoothing)
{
    const float scale = 1.0f / 100;
    check_case(check, "softmax_gradient, %u classes, logits %d, gap %zu, smoothing %g", n_classes,
               logits, gap, (double)smoothing);
    struct group g;
    group_new(check, &g, n_classes, gap, logits);
    run(check->kernel, &g, scale, smoothing);
    if (check->kernel->fma)
        compare_with_scalar(check, &g, logits, scale, smoothing);
    for (uint32_t s = 0; s < PANEL; s++)
        if (logits != NOT_FINITE || s % 2 != 0)
            compare_sample(check, &g, s, scale, smoothing);
        else if (isfinite(((float *)g.loss.data)[s])) /* training must notice */
            check_fail(check, "sample %u has loss %g in spite of NaN or infinity", s,
                       (double)((float *)g.loss.data)[s]);
    operand_check_kept(check, &g.z, PANEL, n_classes, "z");
    operand_check_kept(check, &g.zt, g.zt.m.rows, PANEL, "zt");
    if (!guarded_intact(&g.label) || !guarded_intact(&g.loss) || !guarded_intact(&g.prediction))
        check_fail(check, "memory around label, loss or prediction was written to");
    group_free(&g);
}

/* softmax alone: (C, 16), nothing beyond; the same probabilities as the gradient's, but for those
 * that are too small to be one. */
static void check_probabilities(struct check *check, uint32_t n_classes, enum logits logits)
{
    check_case(check, "softmax, %u classes, logits %d", n_classes, logits);
    struct group g;
    group_new(check, &g, n_classes, 0, logits);
    struct operand zt = operand_new(check, n_classes, PANEL, 0);
    for (uint32_t c = 0; c < n_classes; c++)
        for (uint32_t s = 0; s < PANEL; s++)
            *operand_at(&zt, c, s) = *operand_at(&g.z, s, c);
    operand_keep(&zt);
    check->kernel->softmax(n_classes, zt.m.data);
    run(check->kernel, &g, 1, 0);
    for (uint32_t c = 0; c < n_classes; c++)
        for (uint32_t s = 0; s < PANEL; s++) {
            bool is_label = ((uint8_t *)g.label.data)[s] == c;
            float p = *operand_at(&zt, c, s), gradient = is_label            ? p - 1
                                                         : (double)p < LEAST ? 0
                                                                             : p;
            check_bits(check, gradient, *operand_at(&g.z, s, c), c, s);
        }
    operand_check_kept(check, &zt, n_classes, PANEL, "zt");
    operand_free(&zt);
    group_free(&g);
}

/* Of logits 0 and x the probabilities are as 1 to exp(x), but for one rounding. */
static void measure_exp(struct check *check)
{
    enum { STEPS = 20000 };
    check_case(check, "exp inside softmax");
    for (int i = 0; i < STEPS; i++) {
        float zt[2 * PANEL], x[PANEL];
        for (int s = 0; s < PANEL; s++) {
            x[s] = -60.0f * ((float)(i * PANEL + s) / (STEPS * PANEL));
            zt[s] = 0;
            zt[PANEL + s] = x[s];
        }
        check->kernel->softmax(2, zt);
        for (int s = 0; s < PANEL; s++) {
            double ratio = (double)zt[PANEL + s] / (double)zt[s], want = exp((double)x[s]);
            check->exp_error = fmax(check->exp_error, fabs(ratio / want - 1));
            check_near(check, (float)(ratio / want - 1), 0, EXP_ERROR + U, (uint32_t)i, 0);
        }
    }
}

/* The loss of C equal logits is log C. */
static void measure_log(struct check *check)
{
    for (uint32_t n_classes = 2; n_classes <= 700; n_classes += n_classes < 256 ? 1 : 7) {
        check_case(check, "log inside softmax_gradient, %u classes", n_classes);
        struct group g;
        group_new(check, &g, n_classes, 0, EQUAL);
        run(check->kernel, &g, 1, 0);
        double error = (double)((float *)g.loss.data)[0] / log(n_classes) - 1;
        check->log_error = fmax(check->log_error, fabs(error));
        check_near(check, (float)error, 0, LOG_ERROR, 0, 0);
        group_free(&g);
    }
}

void check_softmax(struct check *check)
{
    static const uint32_t classes[] = {1, 2, 3, 5, 10, 15, 16, 17, 26, 32, 33, 47, 100};
    for (uint32_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        for (enum logits logits = NORMAL; logits < N_LOGITS; logits++)
            for (size_t gap = 0; gap < 5 * PANEL; gap += 3 * PANEL) {
                check_gradient(check, classes[i], gap, logits, 0);
                check_gradient(check, classes[i], gap, logits, 0.1f);
                check_probabilities(check, classes[i], logits);
            }
    measure_exp(check);
    measure_log(check);
}
