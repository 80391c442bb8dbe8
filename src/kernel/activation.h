/* activation.h - the functions between layers, y = f(z), and their slopes f'(z); a template like
 * product.h.
 *
 *     relu         max(0, z)                                  Nair and Hinton 2010
 *     leaky-relu   z where z > 0, else z / 100                Maas, Hannun and Ng 2013
 *     gelu         z (1 + tanh u) / 2 = z sigmoid(2 u),
 *                  u = sqrt(2 / pi) (z + 0.044715 z^3)        Hendrycks and Gimpel 2016, section 2:
 *                                                             their form without erf, not z Phi(z)
 *     tanh         (e^z - e^-z) / (e^z + e^-z)                LeCun et al. 1998, section 4.4
 *     sigmoid      1 / (1 + e^-z)                             Rumelhart, Hinton and Williams 1986
 *
 * ReLU's gradient is read off y. The others' (gelu is not monotone: y does not tell z) is computed
 * here, where exp(z) is at hand, and kept until it is needed: backward is one multiplication then,
 * whatever the function. */

INLINE vf negative(vf x)
{
    return v_sub(v_set1(0), x);
}

INLINE vf magnitude(vf x)
{
    return v_max(negative(x), x);
}

/* sigmoid(x) and its complement 1 - sigmoid(x) = sigmoid(-x), which keeps its digits near 0. From
 * exp(-|x|), which cannot overflow. */
INLINE vf sigmoid(vf x, vf *complement)
{
    const vf zero = v_set1(0), one = v_set1(1);
    vf e = exp_negative(negative(magnitude(x)));
    vf whole = v_div(one, v_add(one, e)), part = v_mul(e, whole);
    *complement = v_where_greater(zero, x, whole, part);
    return v_where_greater(zero, x, part, whole);
}

INLINE vf f_relu(vf z, vf *slope)
{
    *slope = v_where_positive(z, v_set1(1));
    return v_relu(z);
}

INLINE vf f_leaky_relu(vf z, vf *slope)
{
    *slope = v_where_greater(z, v_set1(0), v_set1(1), v_set1(0.01f));
    return v_mul(z, *slope);
}

/* dy/dz = s + z s (1 - s) d(2u)/dz with s = sigmoid(2 u). Beyond +-10 s is 0 or 1, and z^3 might
 * overflow. */
INLINE vf f_gelu(vf z, vf *slope)
{
    const vf two_root = v_set1(0x1.988454p+0f), cubic = v_set1(0.044715f); /* 2 sqrt(2 / pi) */
    const vf limit = v_set1(10), one = v_set1(1);
    vf c = v_where_greater(z, limit, limit, v_max(negative(limit), z));
    vf square = v_mul(c, c), rest;
    vf s = sigmoid(v_mul(v_mul(two_root, c), v_fma(cubic, square, one)), &rest);
    vf inner = v_mul(two_root, v_fma(v_mul(v_set1(3), cubic), square, one));
    *slope = v_fma(v_mul(v_mul(c, s), rest), inner, s);
    return v_mul(z, s);
}

/* With E = exp(-2|z|) - 1, which power (1 + r q) - 1 gives without cancellation near 0,
 * tanh |z| = -E / (2 + E) and the slope 1 - tanh^2 = 4 (1 + E) / (2 + E)^2. */
INLINE vf f_tanh(vf z, vf *slope)
{
    vf x = v_mul(v_set1(-2), magnitude(z)), r, power, q = exp_parts(x, &r, &power);
    vf below = v_fma(power, v_mul(q, r), v_sub(power, v_set1(1)));
    vf e = v_where_greater(v_set1(-60), x, v_set1(0), v_mul(power, v_fma(q, r, v_set1(1))));
    vf inverse = v_div(v_set1(1), v_add(v_set1(2), below));
    vf y = v_mul(negative(below), inverse);
    *slope = v_mul(v_mul(v_set1(4), e), v_mul(inverse, inverse));
    return v_where_greater(v_set1(0), z, negative(y), y);
}

INLINE vf f_sigmoid(vf z, vf *slope)
{
    vf rest, y = sigmoid(z, &rest);
    *slope = v_mul(y, rest);
    return y;
}

#define ACTIVATION(name)                                                                           \
    static void activate_##name(uint32_t rows, uint32_t n, float *z, size_t z_stride,              \
                                float *slope, size_t slope_stride)                                 \
    {                                                                                              \
        const size_t end = (size_t)rows * PANEL;                                                   \
        vf s;                                                                                      \
        for (uint32_t p = 0; p < n; p++, z += z_stride) {                                          \
            for (size_t i = 0; slope == NULL && i < end; i += VL)                                  \
                v_store(z + i, f_##name(v_load(z + i), &s));                                       \
            for (size_t i = 0; slope != NULL && i < end; i += VL) {                                \
                v_store(z + i, f_##name(v_load(z + i), &s));                                       \
                v_store(slope + p * slope_stride + i, s);                                          \
            }                                                                                      \
        }                                                                                          \
    }

ACTIVATION(relu)
ACTIVATION(leaky_relu)
ACTIVATION(gelu)
ACTIVATION(tanh)
ACTIVATION(sigmoid)
