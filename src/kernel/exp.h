/* exp.h - exp and log of our own in f32 lanes; a template like product.h. The same operations at
 * any vector width, where glibc's would differ by CPU feature. */

/* x <= 0 as n ln 2 + r, |r| <= ln 2 / 2: exp(x) = power (1 + r q) with power = 2^n and, by Taylor,
 * 1 + r q = exp(r) up to r^7 (rest 5e-9). x below -60 counts as -60. NaN stays NaN: v_max gives its
 * second operand then. */
INLINE vf exp_parts(vf x, vf *r, vf *power)
{
    const vf ln2_high = v_set1(0x1.62e4p-1f), ln2_low = v_set1(0x1.7f7d1cp-20f);
    vf clamped = v_max(v_set1(-60.0f), x);
    vi n = v_round(v_mul(clamped, v_set1(0x1.715476p+0f))); /* log2(e) */
    vf nf = v_from_int(n);
    *r = v_fma(nf, v_sub(v_set1(0), ln2_low), v_fma(nf, v_sub(v_set1(0), ln2_high), clamped));
    vf q = v_set1(1.0f / 5040);
    q = v_fma(q, *r, v_set1(1.0f / 720));
    q = v_fma(q, *r, v_set1(1.0f / 120));
    q = v_fma(q, *r, v_set1(1.0f / 24));
    q = v_fma(q, *r, v_set1(1.0f / 6));
    q = v_fma(q, *r, v_set1(0.5f));
    q = v_fma(q, *r, v_set1(1.0f));
    *power = v_from_bits(v_shift_left_23(vi_add(n, vi_set1(127))));
    return q;
}

/* exp(x) for x <= 0. Below -60 the result is 0: such a probability is beyond f32's resolution of
 * the sum (1 or more), and its products with weights would be denormal, which some CPUs handle a
 * hundred times slower. */
INLINE vf exp_negative(vf x)
{
    vf r, power, q = exp_parts(x, &r, &power);
    vf sum = v_fma(q, r, v_set1(1.0f));
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
