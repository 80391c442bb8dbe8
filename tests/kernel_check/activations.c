/* activations.c - activations and their slopes against double, dropout against its definition, and
 * all of it against the scalar kernel's bits. */
#include "check.h"
#include "mlp.h"

#include <math.h>

#define U 0x1p-24

/* f and f' of kernel/activation.h, in double; f' without cancellation, as its error is relative. */
static double function(enum mlp_activation activation, double z, double *slope)
{
    double u = sqrt(2 / M_PI) * (z + 0.044715 * z * z * z), s = 1 / (1 + exp(-2 * u)), c = cosh(z);
    switch (activation) {
    case MLP_RELU:
        *slope = z > 0;
        return z > 0 ? z : 0;
    case MLP_LEAKY_RELU:
        *slope = z > 0 ? 1 : 0.01;
        return z * *slope;
    case MLP_GELU:
        *slope = s + z * s / (1 + exp(2 * u)) * 2 * sqrt(2 / M_PI) * (1 + 3 * 0.044715 * z * z);
        return z * s;
    case MLP_TANH:
        *slope = 1 / (c * c);
        return tanh(z);
    default:
        *slope = 1 / (2 + exp(z) + exp(-z));
        return 1 / (1 + exp(-z));
    }
}

/* Relative to f, of gelu to |z| since s is rounded as a share of 1; exp makes 3 U, divisions and
 * products the rest. Absolute: what counts as 0, exp(-60), and gelu's sum of terms near its
 * minimum; an argument of exp is rounded, too, which z to 2 u multiplies. */
static void compare(struct check *check, enum mlp_activation activation, float z, float y,
                    float slope, uint32_t r, uint32_t c)
{
    double want_slope, want = function(activation, (double)z, &want_slope);
    bool gelu = activation == MLP_GELU;
    double sharp = gelu ? 16 * fmin(fabs((double)z), 10) : fabs((double)z);
    double unit = activation <= MLP_LEAKY_RELU ? 2 * U : (8 + sharp) * U;
    check_near(check, y, want, unit * fabs(want) + 1e-25, r, c);
    check_near(check, slope, want_slope,
               unit * (gelu ? fabs(want_slope) + fmin(fabs((double)z), 1) : want_slope) + 1e-25, r,
               c);
}

static void check_activation(struct check *check, enum mlp_activation activation,
                             enum contents contents, uint32_t n)
{
    check_case(check, "%s, %u panels, contents %d", mlp_activation_name(activation), n, contents);
    struct operand z = operand_new(check, PANEL, n * PANEL, PANEL),
                   slope = operand_new(check, PANEL, n * PANEL, 0),
                   alone = operand_new(check, PANEL, n * PANEL, 0);
    operand_fill(check, &z, contents, 0);
    for (uint32_t r = 0; r < PANEL; r++)
        for (uint32_t c = 0; c < n * PANEL; c++)
            *operand_at(&alone, r, c) = *operand_at(&z, r, c);
    operand_keep(&z);
    operand_keep(&slope);
    operand_keep(&alone);
    check->kernel->activation[activation](PANEL, n, z.m.data, z.m.stride, slope.m.data,
                                          slope.m.stride);
    check->kernel->activation[activation](PANEL, n, alone.m.data, alone.m.stride, NULL, 0);
    for (uint32_t r = 0; r < PANEL; r++)
        for (uint32_t c = 0; c < n * PANEL; c++) {
            float y = *operand_at(&z, r, c), s = *operand_at(&slope, r, c);
            float before = z.before[c / PANEL * z.m.stride + (size_t)r * PANEL + c % PANEL];
            float line[PANEL] = {before}, line_slope[PANEL];
            check_bits(check, *operand_at(&alone, r, c), y, r, c);
            if (isfinite(before))
                compare(check, activation, before, y, s, r, c);
            else if (isnan(before) && !isnan(y)) /* training must notice */
                check_fail(check, "f(NaN) is %g", (double)y);
            check->scalar->activation[activation](1, 1, line, 0, line_slope, 0);
            if (check->kernel->fma) {
                check_bits(check, y, line[0], r, c);
                check_bits(check, s, line_slope[0], r, c);
            }
        }
    operand_check_kept(check, &z, PANEL, n * PANEL, "z");
    operand_check_kept(check, &slope, PANEL, n * PANEL, "slope");
    operand_check_kept(check, &alone, PANEL, n * PANEL, "z alone");
    operand_free(&z);
    operand_free(&slope);
    operand_free(&alone);
}

/* From far below where anything happens to far above, densely around 0. */
static void sweep(struct check *check, enum mlp_activation activation)
{
    check_case(check, "%s over -90..90", mlp_activation_name(activation));
    for (int i = -9000; i <= 9000; i++)
        for (int small = 0; small < 2; small++) {
            float z = (float)i * (small ? 1e-4f : 1e-2f), y[PANEL] = {z}, slope[PANEL];
            check->kernel->activation[activation](1, 1, y, 0, slope, 0);
            compare(check, activation, z, y[0], slope[0], (uint32_t)(i + 9000), (uint32_t)small);
        }
}

static void check_slope_gradient(struct check *check)
{
    check_case(check, "slope_gradient");
    struct operand dt = operand_new(check, PANEL, PANEL, 0),
                   d = operand_new(check, PANEL, PANEL, 0);
    operand_fill(check, &dt, SPECIALS, 0);
    operand_fill(check, &d, SPECIALS, 1);
    operand_keep(&dt);
    operand_keep(&d);
    check->kernel->slope_gradient(dt.m.data, d.m.data);
    for (uint32_t r = 0; r < PANEL; r++)
        for (uint32_t c = 0; c < PANEL; c++) {
            float want = d.before[r * PANEL + c] * dt.before[c * PANEL + r];
            check_bits(check, *operand_at(&d, r, c), want, r, c);
        }
    operand_check_kept(check, &d, PANEL, PANEL, "d");
    operand_check_kept(check, &dt, 0, 0, "dt");
    operand_free(&dt);
    operand_free(&d);
}

/* The finaliser of dropout.h once more. */
static uint32_t hash(uint32_t x)
{
    x = (x ^ x >> 16) * 0x7feb352du;
    x = (x ^ x >> 15) * 0x846ca68bu;
    return x ^ x >> 16;
}

static void check_dropout(struct check *check, float share, uint32_t n)
{
    check_case(check, "dropout %g, %u panels", (double)share, n);
    struct operand y = operand_new(check, PANEL, n * PANEL, PANEL),
                   slope = operand_new(check, PANEL, n * PANEL, 0);
    operand_fill(check, &y, REALS, 0);
    operand_fill(check, &slope, REALS, 1);
    operand_keep(&y);
    operand_keep(&slope);
    struct kernel_dropout dropout = {.unit = 48, .share = share, .scale = 1 / (1 - share)};
    for (uint32_t r = 0; r < PANEL; r++)
        dropout.key[r] = hash(check->n_cases * PANEL + r) - r % 2; /* some run over */
    check->kernel->dropout(&dropout, n, y.m.data, y.m.stride, slope.m.data, slope.m.stride);
    for (uint32_t r = 0; r < PANEL; r++)
        for (uint32_t c = 0; c < n * PANEL; c++) {
            float random = (float)(hash(dropout.key[r] + 48 + c) >> 8);
            float factor = random < share * 0x1p24f ? 0 : dropout.scale;
            size_t at = (size_t)r * PANEL + c % PANEL;
            check_bits(check, *operand_at(&y, r, c), factor * y.before[c / PANEL * y.m.stride + at],
                       r, c);
            check_bits(check, *operand_at(&slope, r, c),
                       factor * slope.before[c / PANEL * slope.m.stride + at], r, c);
        }
    operand_check_kept(check, &y, PANEL, n * PANEL, "y");
    operand_check_kept(check, &slope, PANEL, n * PANEL, "slope");
    operand_free(&y);
    operand_free(&slope);
}

void check_activations(struct check *check)
{
    for (enum mlp_activation activation = MLP_RELU; activation <= MLP_SIGMOID; activation++) {
        for (uint32_t n = 1; n <= 3; n++)
            for (enum contents contents = INTEGERS; contents <= SPECIALS; contents++)
                check_activation(check, activation, contents, n);
        sweep(check, activation);
    }
    for (int repeat = 0; repeat < 10; repeat++)
        check_slope_gradient(check);
    for (uint32_t n = 1; n <= 3; n++) {
        check_dropout(check, 0.5f, n);
        check_dropout(check, 0.1f, n);
        check_dropout(check, 0.9999f, n);
    }
}
