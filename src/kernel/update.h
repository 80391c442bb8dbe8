/* update.h - the update rules; a template like product.h.
 *
 * For weights w with mean gradient g, learning rate a and weight decay d (decoupled: the weights
 * shrink by the factor 1 - a d, apart from the gradient):
 *
 *     sgd        w <- (1 - a d) w - a g
 *     momentum   m <- mu m + g
 *                w <- (1 - a d) w - a m              Polyak 1964; Sutskever et al. 2013, eqs. 1, 2
 *     nesterov   m <- mu m + g
 *                w <- (1 - a d) w - a (g + mu m)     Sutskever et al. 2013, eqs. 3, 4, at the point
 *                                                    looked ahead to, as Bengio et al. 2012, eq. 7
 *     adamw      m <- b1 m + (1 - b1) g
 *                v <- b2 v + (1 - b2) g^2
 *                w <- (1 - a d) w - a (m / c1) / (sqrt(v / c2) + eps)
 *                                                    Loshchilov and Hutter 2019, algorithm 2
 *
 * and an average of the weights over the steps, which is what is evaluated and saved:
 *
 *     average    a <- a + s (w - a)                   Polyak and Juditsky 1992, exponentially
 *
 * What is the same for all weights is the caller's to put into numbers: c1 = 1 - b1^t and
 * c2 = 1 - b2^t are in `rate` = a / c1 and `root` = 1 / sqrt(c2), and with s = sqrt(1 - b2) g,
 * where sqrt(1 - b2) is `spread`, AdamW's moments gain `gain` s = (1 - b1) g and s^2; `shrink` is a
 * d. */

/* Moments of weights whose gradient stays zero (a pixel that is never set) fade into denormal
 * numbers, which some CPUs handle a hundred times slower. Adding and taking away 2^-100 rounds to
 * multiples of 2^-124, all of them normal, and to zero below. */
#define SMALL 0x1p-100f
INLINE vf without_denormals(vf x)
{
    const vf small = v_set1(SMALL);
    return v_sub(v_add(x, small), small);
}

/* g = factor * sum: what is summed may be whole pixels. */
INLINE vf gradient(const struct kernel_update *u, vf sum)
{
    return v_mul(v_set1(u->factor), sum);
}

INLINE vf shrunk(const struct kernel_update *u, vf w)
{
    return v_fma(v_set1(-u->shrink), w, w);
}

/* Each rule gives the new weights i..i+VL-1, and keeps their moments. */

INLINE vf sgd(const struct kernel_update *u, size_t i, const float *w, vf sum, float *m, float *v)
{
    (void)m, (void)v;
    return v_fma(v_set1(-u->rate), gradient(u, sum), shrunk(u, v_load(w + i)));
}

INLINE vf momentum(const struct kernel_update *u, size_t i, const float *w, vf sum, float *m,
                   float *v)
{
    (void)v;
    vf moment = without_denormals(v_fma(v_set1(u->beta1), v_load(m + i), gradient(u, sum)));
    v_store(m + i, moment);
    return v_fma(v_set1(-u->rate), moment, shrunk(u, v_load(w + i)));
}

INLINE vf nesterov(const struct kernel_update *u, size_t i, const float *w, vf sum, float *m,
                   float *v)
{
    (void)v;
    vf mu = v_set1(u->beta1), mean = gradient(u, sum);
    vf moment = without_denormals(v_fma(mu, v_load(m + i), mean));
    v_store(m + i, moment);
    return v_fma(v_set1(-u->rate), v_fma(mu, moment, mean), shrunk(u, v_load(w + i)));
}

/* 1 / x for 2^-100 < x < 2^100, with fma to a unit in the last place: Newton's y <- y + y (1 - x
 * y), three times. Its start is 5 % off at most: bits are, roughly, a logarithm, so that taking
 * them away divides, and from this constant the largest error is least (all mantissas tried).
 * Infinity gives minus infinity, so a v that overflows ends the training. An f32 epoch of adamw was
 * 3 % shorter than with a division (measured: bench --only optimizers), and is as exactly
 * repeatable. */
INLINE vf reciprocal(vf x)
{
    const vf one = v_set1(1), minus = v_sub(v_set1(0), x);
    vf y = v_from_bits(vi_sub(vi_set1(0x7ef311c7), v_bits(x)));
    for (int i = 0; i < 3; i++)
        y = v_fma(y, v_fma(minus, y, one), y);
    return y;
}

/* Squares of gradients are denormal long before the gradients are, and late in training most are.
 * So s = sqrt(1 - b2) g is rounded to multiples of 2^-60, whose squares are normal or 0: less than
 * a 2^-29th of a step where eps is 1e-8 and b2 0.999; of a much smaller eps, gradients below 2^-45
 * keep fewer bits. NaN stays. */
INLINE vf adamw(const struct kernel_update *u, size_t i, const float *w, vf sum, float *m, float *v)
{
    const vf coarse = v_set1(0x1.8p-37f), small = v_set1(SMALL);
    vf s = v_sub(v_fma(v_set1(u->factor * u->spread), sum, coarse), coarse);
    vf first = v_fma(v_set1(u->beta1), v_load(m + i), v_fma(v_set1(u->gain), s, small));
    vf second = v_fma(v_set1(u->beta2), v_load(v + i), v_fma(s, s, small));
    first = v_sub(first, small);
    second = v_sub(second, small);
    v_store(m + i, first);
    v_store(v + i, second);
    vf size = v_fma(v_set1(u->root), v_sqrt(second), v_set1(u->epsilon));
    return v_fma(v_set1(-u->rate), v_mul(first, reciprocal(size)), shrunk(u, v_load(w + i)));
}

/* The numbers are copied: as far as the compiler knows, a store to w may change *update. Lines of a
 * list go four at a time: a bf16 epoch of sgd on one thread is 1 % shorter than with two, an f32
 * one of adamw 2 % shorter than with one. */
#define UPDATE(rule)                                                                               \
    static void update_##rule(const struct kernel_update *update, uint32_t n,                      \
                              const uint32_t *lines, float *w, const float *g, float *m, float *v, \
                              bf16 *pairs)                                                         \
    {                                                                                              \
        const struct kernel_update u = *update;                                                    \
        if (lines != NULL) {                                                                       \
            _Pragma("GCC unroll 4") for (size_t line = 0; line < n;                                \
                                         line++) for (size_t j = 0; j < PANEL; j += VL)            \
            {                                                                                      \
                size_t i = (size_t)lines[line] * PANEL + j;                                        \
                v_store(w + i, rule(&u, i, w, v_load(g + line * PANEL + j), m, v));                \
            }                                                                                      \
            return;                                                                                \
        }                                                                                          \
        if (pairs == NULL) {                                                                       \
            for (size_t i = 0; i < (size_t)n * PANEL; i += VL)                                     \
                v_store(w + i, rule(&u, i, w, v_load(g + i), m, v));                               \
            return;                                                                                \
        }                                                                                          \
        for (size_t line = 0; line < n; line += 2)                                                 \
            for (size_t i = line * PANEL; i < (line + 1) * PANEL; i += VL) {                       \
                vf even = rule(&u, i, w, v_load(g + i), m, v);                                     \
                vf odd = rule(&u, i + PANEL, w, v_load(g + i + PANEL), m, v);                      \
                v_store(w + i, even);                                                              \
                v_store(w + i + PANEL, odd);                                                       \
                bf16_store_pair(pairs + line / 2 * TILE_K + 2 * (i - line * PANEL), even, odd);    \
            }                                                                                      \
    }
UPDATE(sgd)
UPDATE(momentum)
UPDATE(nesterov)
UPDATE(adamw)

static void average(float share, uint32_t n, const uint32_t *lines, const float *w, float *mean)
{
    const vf s = v_set1(share);
    for (size_t line = 0; line < n; line++)
        for (size_t j = 0; j < PANEL; j += VL) {
            size_t i = (lines == NULL ? line : lines[line]) * PANEL + j;
            vf a = v_load(mean + i);
            v_store(mean + i, v_fma(s, v_sub(v_load(w + i), a), a));
        }
}
