/* softmax.h - softmax and cross-entropy, fused; a template like product.h.
 *
 *     p_c = exp(z_c - m) / S,   m = max_c z_c,   S = sum_c exp(z_c - m)
 *     L   = -log p_y = log S - (z_y - m)
 *     dL/dz_c = p_c - [c = y]
 *
 * Subtracting the maximum keeps exp from overflowing and changes nothing else. Sixteen samples
 * stand side by side in lanes and classes follow one another, so sums over classes have one order
 * whatever the vector width. */

/* exp(x) for x <= 0: 2^n exp(r), r = x - n ln 2, |r| <= ln 2 / 2, Taylor to r^7 (rest 5e-9).
 * Below -60 the result is 0: such a probability is beyond f32's resolution of the sum (1 or more),
 * and its products with weights would be denormal, which some CPUs handle a hundred times slower.
 * NaN stays NaN: v_max gives its second operand then, and comparisons are false. */
INLINE vf exp_negative(vf x)
{
    const vf ln2_high = v_set1(0x1.62e4p-1f), ln2_low = v_set1(0x1.7f7d1cp-20f);
    vf clamped = v_max(v_set1(-60.0f), x);
    vi n = v_round(v_mul(clamped, v_set1(0x1.715476p+0f))); /* log2(e) */
    vf nf = v_from_int(n);
    vf r = v_fma(nf, v_sub(v_set1(0), ln2_low), v_fma(nf, v_sub(v_set1(0), ln2_high), clamped));
    vf sum = v_set1(1.0f / 5040);
    sum = v_fma(sum, r, v_set1(1.0f / 720));
    sum = v_fma(sum, r, v_set1(1.0f / 120));
    sum = v_fma(sum, r, v_set1(1.0f / 24));
    sum = v_fma(sum, r, v_set1(1.0f / 6));
    sum = v_fma(sum, r, v_set1(0.5f));
    sum = v_fma(sum, r, v_set1(1.0f));
    sum = v_fma(sum, r, v_set1(1.0f));
    vf power = v_from_bits(v_shift_left_23(vi_add(n, vi_set1(127))));
    return v_where_greater(v_set1(-60.0f), x, v_set1(0), v_mul(sum, power));
}

/* log(x), x >= 1: x = 2^n m, m in [sqrt(1/2), sqrt(2)), 2 artanh((m - 1) / (m + 1)) to s^11. */
INLINE vf log_positive(vf x)
{
    vi bits = v_bits(x);
    vi n = v_shift_right_23(vi_sub(bits, vi_set1(0x3f3504f3))); /* bits of sqrt(1/2) */
    vf m = v_from_bits(vi_sub(bits, v_shift_left_23(n)));
    vf s = v_div(v_sub(m, v_set1(1)), v_add(m, v_set1(1)));
    vf s2 = v_mul(s, s);
    vf sum = v_set1(2.0f / 11);
    sum = v_fma(sum, s2, v_set1(2.0f / 9));
    sum = v_fma(sum, s2, v_set1(2.0f / 7));
    sum = v_fma(sum, s2, v_set1(2.0f / 5));
    sum = v_fma(sum, s2, v_set1(2.0f / 3));
    sum = v_fma(sum, s2, v_set1(2.0f));
    vf log = v_fma(v_from_int(n), v_set1(0x1.62e43p-1f), v_mul(sum, s));
    return v_fma(x, v_set1(0), log); /* NaN stays NaN, which the integers above lose */
}

/* Columns j..j+VL-1 of zt (C, 16), in place: exp(z - m). Returns the maximum, the sum and the class
 * of the maximum. A NaN or +infinity among the logits makes the sum NaN, and so the loss. */
INLINE void exp_classes(uint32_t n_classes, float *zt, vf *maximum, vf *sum, vf *best)
{
    vf m = v_load(zt), arg = v_set1(0), s = v_set1(0);
    for (uint32_t c = 1; c < n_classes; c++) {
        vf z = v_load(zt + (size_t)c * PANEL);
        arg = v_where_greater(z, m, v_set1((float)c), arg);
        m = v_max(z, m);
    }
    for (uint32_t c = 0; c < n_classes; c++) {
        vf e = exp_negative(v_sub(v_load(zt + (size_t)c * PANEL), m));
        v_store(zt + (size_t)c * PANEL, e);
        s = v_add(s, e);
    }
    *maximum = m;
    *sum = s;
    *best = arg;
}

INLINE void scale_classes(uint32_t n_classes, float *zt, vf factor)
{
    for (uint32_t c = 0; c < n_classes; c++)
        v_store(zt + (size_t)c * PANEL, v_mul(v_load(zt + (size_t)c * PANEL), factor));
}

static void softmax(uint32_t n_classes, float *zt)
{
    for (int j = 0; j < PANEL; j += VL) {
        vf maximum, sum, best;
        exp_classes(n_classes, zt + j, &maximum, &sum, &best);
        scale_classes(n_classes, zt + j, v_div(v_set1(1), sum));
    }
}

static void softmax_gradient(const struct kernel_softmax *s)
{
    for (uint32_t p = 0; p * PANEL < s->n_classes; p++)
        transpose(s->z + p * s->z_stride, s->zt + (size_t)p * PANEL * PANEL);
    float true_logit[PANEL];
    for (int i = 0; i < PANEL; i++)
        true_logit[i] = s->zt[(size_t)s->label[i] * PANEL + i];
    for (int j = 0; j < PANEL; j += VL) {
        vf maximum, sum, best;
        exp_classes(s->n_classes, s->zt + j, &maximum, &sum, &best);
        scale_classes(s->n_classes, s->zt + j, v_div(v_set1(s->scale), sum));
        v_store(s->loss + j, v_sub(log_positive(sum), v_sub(v_load(true_logit + j), maximum)));
        v_store(s->prediction + j, best);
    }
    for (int i = 0; i < PANEL; i++)
        s->zt[(size_t)s->label[i] * PANEL + i] -= s->scale;
    for (uint32_t p = 0; p * PANEL < s->n_classes; p++)
        transpose(s->zt + (size_t)p * PANEL * PANEL, s->z + p * s->z_stride);
}
