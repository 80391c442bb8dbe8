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
 * c1 = 1 - b1^t and c2 = 1 - b2^t are the same for all weights, so the caller puts them into
 * `rate` = a / c1 and `root` = 1 / sqrt(c2); `shrink` is a d. */

/* Moments of weights whose gradient stays zero (a pixel that is never set) fade into denormal
 * numbers, which some CPUs handle a hundred times slower. Adding and taking away 2^-100 rounds to
 * multiples of 2^-124, all of them normal, and to zero below. */
INLINE vf without_denormals(vf x)
{
    const vf small = v_set1(0x1p-100f);
    return v_sub(v_add(x, small), small);
}

/* g = factor * sum: what is summed may be whole pixels. */
INLINE vf gradient(const struct kernel_update *u, const float *sum)
{
    return v_mul(v_set1(u->factor), v_load(sum));
}

INLINE vf shrunk(const struct kernel_update *u, vf w)
{
    return v_fma(v_set1(-u->shrink), w, w);
}

static void update_sgd(const struct kernel_update *u, uint32_t lines, float *w, const float *g,
                       float *m, float *v)
{
    (void)m, (void)v;
    const vf minus_rate = v_set1(-u->rate);
    for (size_t i = 0; i < (size_t)lines * PANEL; i += VL)
        v_store(w + i, v_fma(minus_rate, gradient(u, g + i), shrunk(u, v_load(w + i))));
}

static void update_momentum(const struct kernel_update *u, uint32_t lines, float *w, const float *g,
                            float *m, float *v)
{
    (void)v;
    const vf mu = v_set1(u->beta1), minus_rate = v_set1(-u->rate);
    for (size_t i = 0; i < (size_t)lines * PANEL; i += VL) {
        vf moment = without_denormals(v_fma(mu, v_load(m + i), gradient(u, g + i)));
        v_store(m + i, moment);
        v_store(w + i, v_fma(minus_rate, moment, shrunk(u, v_load(w + i))));
    }
}

static void update_nesterov(const struct kernel_update *u, uint32_t lines, float *w, const float *g,
                            float *m, float *v)
{
    (void)v;
    const vf mu = v_set1(u->beta1), minus_rate = v_set1(-u->rate);
    for (size_t i = 0; i < (size_t)lines * PANEL; i += VL) {
        vf mean = gradient(u, g + i);
        vf moment = without_denormals(v_fma(mu, v_load(m + i), mean));
        v_store(m + i, moment);
        v_store(w + i, v_fma(minus_rate, v_fma(mu, moment, mean), shrunk(u, v_load(w + i))));
    }
}

static void update_adamw(const struct kernel_update *u, uint32_t lines, float *w, const float *g,
                         float *m, float *v)
{
    const vf beta1 = v_set1(u->beta1), rest1 = v_set1(1 - u->beta1);
    const vf beta2 = v_set1(u->beta2), rest2 = v_set1(1 - u->beta2);
    const vf root = v_set1(u->root), epsilon = v_set1(u->epsilon), minus_rate = v_set1(-u->rate);
    for (size_t i = 0; i < (size_t)lines * PANEL; i += VL) {
        vf mean = gradient(u, g + i);
        vf first = v_fma(beta1, v_load(m + i), v_mul(rest1, mean));
        vf square = v_mul(v_mul(rest2, mean), mean);
        vf second = without_denormals(v_fma(beta2, v_load(v + i), square));
        first = without_denormals(first);
        v_store(m + i, first);
        v_store(v + i, second);
        vf step = v_div(first, v_fma(root, v_sqrt(second), epsilon));
        v_store(w + i, v_fma(minus_rate, step, shrunk(u, v_load(w + i))));
    }
}

static void average(float share, uint32_t lines, const float *w, float *mean)
{
    const vf s = v_set1(share);
    for (size_t i = 0; i < (size_t)lines * PANEL; i += VL) {
        vf a = v_load(mean + i);
        v_store(mean + i, v_fma(s, v_sub(v_load(w + i), a), a));
    }
}
