/* round.h - f32 to bf16; a template like product.h. The one place where it is rounded. */

/* To nearest, halves to even, in the upper half of each lane. In integers, which treat denormals as
 * any other number. The NaNs that arithmetic makes stay NaN. */
INLINE vi bf16_rounded(vf x)
{
    vi bits = v_bits(x), odd = vi_and(vi_shift_right(bits, 16), vi_set1(1));
    return vi_add(bits, vi_add(odd, vi_set1(0x7fff)));
}

/* The bf16 in the upper halves of two rows, side by side in each lane. */
INLINE vi bf16_pair(vi even, vi odd)
{
    return vi_or(vi_shift_right(even, 16), vi_and(odd, vi_set1(-0x10000)));
}

#ifndef BF16_ROUND
INLINE void bf16_store(bf16 *to, vf x)
{
    v_store_high(to, bf16_rounded(x));
}

INLINE void bf16_store_pair(bf16 *to, vf even, vf odd)
{
    vi_store(to, bf16_pair(bf16_rounded(even), bf16_rounded(odd)));
}

/* Two rows of a tile by rows, and the line of pairs that they make. */
INLINE void bf16_store_both(bf16 *rows, bf16 *pairs, vf even, vf odd)
{
    vi e = bf16_rounded(even), o = bf16_rounded(odd);
    v_store_high(rows, e);
    v_store_high(rows + TILE_K, o);
    vi_store(pairs, bf16_pair(e, o));
}
#endif
