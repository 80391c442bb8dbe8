/* softmax.h - softmax and cross-entropy, fused; a template like product.h.
 *
 *     p_c = exp(z_c - m) / S,   m = max_c z_c,   S = sum_c exp(z_c - m)
 *     L   = -log p_y = log S - (z_y - m)
 *     dL/dz_c = p_c - [c = y]
 *
 * With labels smoothed by e (Szegedy et al. 2016, section 7) the target is q_c = (1 - e) [c = y] +
 * e / C instead of [c = y]:
 *
 *     L   = -sum_c q_c log p_c = log S - (1 - e) (z_y - m) - e / C sum_c (z_c - m)
 *     dL/dz_c = p_c - q_c
 *
 * Subtracting the maximum keeps exp from overflowing and changes nothing else. Sixteen samples
 * stand side by side in lanes and classes follow one another, so sums over classes have one order
 * whatever the vector width. */

/* Of columns j..j+VL-1 of zt (C, 16) the maximum, and the lowest class that has it. */
INLINE vf largest_class(uint32_t n_classes, const float *zt, vf *best)
{
    vf m = v_load(zt), arg = v_set1(0);
    for (uint32_t c = 1; c < n_classes; c++) {
        vf z = v_load(zt + (size_t)c * PANEL);
        arg = v_where_greater(z, m, v_set1((float)c), arg);
        m = v_max(z, m);
    }
    *best = arg;
    return m;
}

/* exp(z - m) in place; returns the sum. A NaN or +infinity among the logits makes the sum NaN, and
 * so the loss. */
INLINE vf exp_classes(uint32_t n_classes, float *zt, vf maximum)
{
    vf sum = v_set1(0);
    for (uint32_t c = 0; c < n_classes; c++) {
        vf e = exp_negative(v_sub(v_load(zt + (size_t)c * PANEL), maximum));
        v_store(zt + (size_t)c * PANEL, e);
        sum = v_add(sum, e);
    }
    return sum;
}

/* sum_c (z_c - m) */
INLINE vf sum_classes(uint32_t n_classes, const float *zt, vf maximum)
{
    vf sum = v_set1(0);
    for (uint32_t c = 0; c < n_classes; c++)
        sum = v_add(sum, v_sub(v_load(zt + (size_t)c * PANEL), maximum));
    return sum;
}

INLINE void scale_classes(uint32_t n_classes, float *zt, vf factor)
{
    for (uint32_t c = 0; c < n_classes; c++)
        v_store(zt + (size_t)c * PANEL, v_mul(v_load(zt + (size_t)c * PANEL), factor));
}

/* Of a network that is sure of its classes, gradients fade into denormal numbers on their way
 * through the layers, which some CPUs handle a hundred times slower. What begins below 2^-64
 * moves no weight, and becomes 0; NaN stays. */
INLINE void drop_faint_classes(uint32_t n_classes, float *zt)
{
    for (uint32_t c = 0; c < n_classes; c++) {
        vf p = v_load(zt + (size_t)c * PANEL);
        v_store(zt + (size_t)c * PANEL, v_where_greater(v_set1(0x1p-64f), p, v_set1(0), p));
    }
}

INLINE void shift_classes(uint32_t n_classes, float *zt, float by)
{
    for (size_t i = 0; i < (size_t)n_classes * PANEL; i += VL)
        v_store(zt + i, v_add(v_load(zt + i), v_set1(by)));
}

static void softmax(uint32_t n_classes, float *zt)
{
    for (int j = 0; j < PANEL; j += VL) {
        vf best, maximum = largest_class(n_classes, zt + j, &best);
        vf sum = exp_classes(n_classes, zt + j, maximum);
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
        vf best, maximum = largest_class(s->n_classes, s->zt + j, &best);
        vf target = v_sub(v_load(true_logit + j), maximum);
        if (s->smoothing > 0)
            target = v_fma(v_set1(s->smoothing / (float)s->n_classes),
                           sum_classes(s->n_classes, s->zt + j, maximum),
                           v_mul(v_set1(1 - s->smoothing), target));
        vf sum = exp_classes(s->n_classes, s->zt + j, maximum);
        scale_classes(s->n_classes, s->zt + j, v_div(v_set1(s->scale), sum));
        drop_faint_classes(s->n_classes, s->zt + j);
        v_store(s->loss + j, v_sub(log_positive(sum), target));
        v_store(s->prediction + j, best);
    }
    if (s->smoothing > 0)
        shift_classes(s->n_classes, s->zt, -s->scale * s->smoothing / (float)s->n_classes);
    for (int i = 0; i < PANEL; i++)
        s->zt[(size_t)s->label[i] * PANEL + i] -= s->scale * (1 - s->smoothing);
    for (uint32_t p = 0; p * PANEL < s->n_classes; p++)
        transpose(s->zt + (size_t)p * PANEL * PANEL, s->z + p * s->z_stride);
}
