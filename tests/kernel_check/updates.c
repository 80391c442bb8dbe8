/* updates.c - the update rules: against their equations in double, and the scalar kernel's bits. */
#include "check.h"

#include <fenv.h>
#include <math.h>
#include <string.h>

enum { N_RULES = 4, W = 0, G, M, V, N_OPERANDS };
static const char *const names[N_RULES] = {"sgd", "momentum", "nesterov", "adamw"};

/* The equations of kernel/update.h for one weight. */
static double updated(int rule, const struct kernel_update *u, double w, double g, double *m,
                      double *v)
{
    g *= (double)u->factor;
    double mu = (double)u->beta1, step = g;
    if (rule == 1 || rule == 2) {
        *m = mu * *m + g;
        step = rule == 1 ? *m : g + mu * *m;
    } else if (rule == 3) {
        *m = mu * *m + (1 - mu) * g;
        *v = (double)u->beta2 * *v + (1 - (double)u->beta2) * g * g;
        step = *m / (sqrt(*v) * (double)u->root + (double)u->epsilon);
    }
    return (1 - (double)u->shrink) * w - (double)u->rate * step;
}

static void compare_with_double(struct check *check, int rule, const struct kernel_update *u,
                                uint32_t lines, const struct operand *o)
{
    for (uint32_t i = 0; i < lines * PANEL; i++) {
        double m = (double)o[M].before[i], v = (double)o[V].before[i];
        double w = (double)o[W].before[i], g = (double)o[G].before[i];
        double m_scale = fabs(m) + fabs(g), v_scale = v + g * g;
        double want = updated(rule, u, w, g, &m, &v);
        /* Few roundings, each relative to the terms that meet in it; 2^-100 is what small moments
         * are rounded to. AdamW's step is m / sqrt(v), whose error is relative to it. */
        double step_scale =
            rule < 3 ? 2 * m_scale : m_scale / (sqrt(v) * (double)u->root + (double)u->epsilon);
        double unit = 0x1p-22;
        check_near(check, o[W].m.data[i], want,
                   unit * (fabs(w) + fabs((double)u->rate) * step_scale) + 0x1p-100, i / PANEL,
                   i % PANEL);
        if (rule > 0)
            check_near(check, o[M].m.data[i], m, unit * m_scale + 0x1p-100, i / PANEL, i % PANEL);
        if (rule == 3)
            check_near(check, o[V].m.data[i], v, unit * v_scale + 0x1p-100, i / PANEL, i % PANEL);
    }
}

/* The scalar kernel on the same numbers; lines at a time, to keep the copies small. */
static void compare_with_scalar(struct check *check, int rule, const struct kernel_update *u,
                                uint32_t lines, const struct operand *o)
{
    for (uint32_t line = 0; line < lines; line++) {
        float copy[N_OPERANDS][PANEL];
        for (int i = 0; i < N_OPERANDS; i++)
            memcpy(copy[i], o[i].before + (size_t)line * PANEL, sizeof copy[i]);
        check->scalar->update[rule](u, 1, NULL, copy[W], copy[G], copy[M], copy[V], NULL);
        for (int i = 0; i < N_OPERANDS; i++)
            for (uint32_t c = 0; c < PANEL; c++)
                check_bits(check, *operand_at(&o[i], line, c), copy[i][c], line, c);
    }
}

static void check_update(struct check *check, int rule, uint32_t lines, enum contents contents,
                         const struct kernel_update *u)
{
    check_case(check, "update %s, %u lines, contents %d, rate %g", names[rule], lines, contents,
               (double)u->rate);
    struct operand o[N_OPERANDS];
    bf16 packed[TILE_ELEMENTS], want[TILE_ELEMENTS];
    for (int i = 0; i < N_OPERANDS; i++) {
        o[i] = operand_new(check, lines, PANEL, 0);
        operand_fill(check, &o[i], contents, (uint32_t)i);
    }
    for (uint32_t i = 0; i < lines * PANEL; i++) /* a mean of squares */
        o[V].m.data[i] = fabsf(o[V].m.data[i]);
    for (int i = 0; i < N_OPERANDS; i++)
        operand_keep(&o[i]);
    bf16 *pairs = lines % 2 == 0 && contents != SPECIALS ? packed : NULL;
    feclearexcept(FE_UNDERFLOW);
    check->kernel->update[rule](u, lines, NULL, o[W].m.data, o[G].m.data, o[M].m.data, o[V].m.data,
                                pairs);
    if (contents == TINY && fetestexcept(FE_UNDERFLOW)) /* slow on some CPUs */
        check_fail(check, "numbers of 2^-79..2^-71 make denormal ones");
    if (pairs != NULL && lines % PANEL == 0) { /* as if packed afterwards */
        for (uint32_t line = 0; line < lines; line += PANEL)
            check->kernel->bf16.pack(o[W].m.data + (size_t)line * PANEL, NULL, NULL,
                                     want + (size_t)line * PANEL);
        for (uint32_t i = 0; i < lines * PANEL; i++)
            if (pairs[i] != want[i])
                check_fail(check, "pair %u is %04x, wanted %04x", i, pairs[i], want[i]);
    }
    if (contents == REALS || contents == INTEGERS)
        compare_with_double(check, rule, u, lines, o);
    if (check->kernel->fma)
        compare_with_scalar(check, rule, u, lines, o);
    operand_check_kept(check, &o[W], lines, PANEL, "w");
    operand_check_kept(check, &o[G], 0, 0, "g");
    operand_check_kept(check, &o[M], rule > 0 ? lines : 0, rule > 0 ? PANEL : 0, "m");
    operand_check_kept(check, &o[V], rule == 3 ? lines : 0, rule == 3 ? PANEL : 0, "v");
    for (int i = 0; i < N_OPERANDS; i++)
        operand_free(&o[i]);
}

/* Some lines of many, in no order, must become what they become one after the other, and all others
 * stay; the average of the weights, too. */
static void check_scattered(struct check *check, int rule, uint32_t n,
                            const struct kernel_update *u)
{
    check_case(check, "update %s and average of %u lines of %u", names[rule], n, 2 * n + 1);
    struct operand o[N_OPERANDS], mean = operand_new(check, 2 * n + 1, PANEL, 0);
    uint32_t lines[32];
    for (uint32_t i = 0; i < n; i++)
        lines[i] = 2 * ((i * 7 + 3) % n) + 1; /* n has no factor 7 */
    for (int i = 0; i < N_OPERANDS; i++) {
        o[i] = operand_new(check, i == G ? n : 2 * n + 1, PANEL, 0);
        operand_fill(check, &o[i], REALS, (uint32_t)i);
    }
    for (uint32_t i = 0; i < (2 * n + 1) * PANEL; i++)
        o[V].m.data[i] = fabsf(o[V].m.data[i]);
    operand_fill(check, &mean, REALS, N_OPERANDS);
    operand_keep(&mean);
    for (int i = 0; i < N_OPERANDS; i++)
        operand_keep(&o[i]);
    for (uint32_t i = 0; i < n; i++) { /* what is wanted, into what was kept */
        size_t at = (size_t)lines[i] * PANEL;
        check->kernel->update[rule](u, 1, NULL, o[W].before + at, o[G].before + i * PANEL,
                                    o[M].before + at, o[V].before + at, NULL);
        check->kernel->average(0.3f, 1, NULL, o[W].before + at, mean.before + at);
    }
    check->kernel->update[rule](u, n, lines, o[W].m.data, o[G].m.data, o[M].m.data, o[V].m.data,
                                NULL);
    check->kernel->average(0.3f, n, lines, o[W].m.data, mean.m.data);
    for (int i = 0; i < N_OPERANDS; i++) {
        operand_check_kept(check, &o[i], 0, 0, "an operand");
        operand_free(&o[i]);
    }
    operand_check_kept(check, &mean, 0, 0, "the average");
    operand_free(&mean);
}

static void check_average(struct check *check, uint32_t lines, enum contents contents, float share)
{
    check_case(check, "average, %u lines, contents %d, share %g", lines, contents, (double)share);
    struct operand w = operand_new(check, lines, PANEL, 0),
                   mean = operand_new(check, lines, PANEL, 0);
    operand_fill(check, &w, contents, 0);
    operand_fill(check, &mean, contents, 1);
    operand_keep(&w);
    operand_keep(&mean);
    check->kernel->average(share, lines, NULL, w.m.data, mean.m.data);
    for (uint32_t i = 0; i < lines * PANEL; i++) {
        float from = mean.before[i], to = w.before[i], by = share * (to - from);
        float want = check->kernel->fma ? fmaf(share, to - from, from) : by + from;
        check_bits(check, mean.m.data[i], want, i / PANEL, i % PANEL);
    }
    operand_check_kept(check, &w, 0, 0, "w");
    operand_check_kept(check, &mean, lines, PANEL, "mean");
    operand_free(&w);
    operand_free(&mean);
}

void check_updates(struct check *check)
{
    static const uint32_t lines[] = {1, 2, 3, 16, 17, 32};
    struct kernel_update numbers[] = {
        {.factor = 1, .rate = 0.3f, .beta1 = 0.9f, .beta2 = 0.999f, .root = 1, .epsilon = 1e-8f},
        {.factor = 1.0f / 255,
         .rate = 1e-3f,
         .shrink = 1e-2f,
         .beta1 = 0.5f,
         .beta2 = 0.9f,
         .root = 3,
         .epsilon = 0.1f},
        /* The ends of what is accepted. */
        {.factor = 1, .rate = 1, .beta1 = 0.9f, .beta2 = 0.9f, .root = 1, .epsilon = 1e-30f},
        {.factor = 1, .rate = 1e6f, .beta1 = 0.9f, .beta2 = 0.9f, .root = 1, .epsilon = 1e6f}};
    enum { N_NUMBERS = sizeof numbers / sizeof numbers[0] };
    for (int n = 0; n < N_NUMBERS; n++) {
        numbers[n].spread = sqrtf(1 - numbers[n].beta2);
        numbers[n].gain = (1 - numbers[n].beta1) / numbers[n].spread;
    }
    for (uint32_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        for (enum contents contents = INTEGERS; contents <= SPECIALS; contents++)
            check_average(check, lines[i], contents, i == 0 ? 1 : 0.001f);
    for (int rule = 0; rule < N_RULES; rule++)
        for (uint32_t n = 1; n <= 32; n += n < 17 ? 8 : 15)
            check_scattered(check, rule, n, &numbers[1]);
    for (int rule = 0; rule < N_RULES; rule++)
        for (uint32_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
            for (enum contents contents = INTEGERS; contents <= SPECIALS; contents++)
                for (int n = 0; n < N_NUMBERS; n++)
                    check_update(check, rule, lines[i], contents, &numbers[n]);
}
