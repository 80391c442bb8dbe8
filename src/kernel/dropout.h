/* dropout.h - dropout; a template like product.h. For each sample and unit with a share p of units
 * dropped:
 *
 *     y <- 0 with probability p, else y / (1 - p)        Srivastava et al. 2014, sections 4 and 10:
 *                                                        scaled in training, so that nothing is to
 *                                                        be done afterwards
 *
 * Which, is a function of the sample's key and the unit's number, so slices and vector widths do
 * not matter: the finaliser "lowbias32" of Wellons 2018 ("Prospecting for hash functions"), a
 * bijection of 32 bits whose bits each depend on all, over a counter from a random start. */

INLINE vi hash_lanes(vi x)
{
    x = vi_mul(vi_xor(x, vi_shift_right(x, 16)), vi_set1(0x7feb352d));
    x = vi_mul(vi_xor(x, vi_shift_right(x, 15)), vi_set1((int32_t)0x846ca68bu));
    return vi_xor(x, vi_shift_right(x, 16));
}

static void dropout(const struct kernel_dropout *d, uint32_t n, float *y, size_t y_stride,
                    float *slope, size_t slope_stride)
{
    static const int32_t lanes[PANEL] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const vf zero = v_set1(0), bound = v_set1(d->share * 0x1p24f), scale = v_set1(d->scale);
    for (uint32_t p = 0; p < n; p++)
        for (int r = 0; r < PANEL; r++)
            for (int j = 0; j < PANEL; j += VL) {
                vi first = vi_set1((int32_t)(d->key[r] + d->unit + p * PANEL));
                vi random = hash_lanes(vi_add(first, vi_load(lanes + j)));
                /* 24 bits are exact as a float */
                vf factor =
                    v_where_greater(bound, v_from_int(vi_shift_right(random, 8)), zero, scale);
                float *at = y + p * y_stride + r * PANEL + j;
                v_store(at, v_mul(v_load(at), factor));
                at = slope + p * slope_stride + r * PANEL + j;
                v_store(at, v_mul(v_load(at), factor));
            }
}
