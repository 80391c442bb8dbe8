/* nonzeros.h - which pixels of some images are not zero; a template like product.h. */

static void nonzeros(uint32_t n, const uint8_t *const *from, size_t column, uint64_t rows[2],
                     uint8_t columns[WORD / QUAD])
{
    enum { BYTES = VL * QUAD, N = WORD / BYTES }; /* a lane is four bytes */
    vi bits[N];
    for (int j = 0; j < N; j++)
        bits[j] = vi_set1(0);
    for (uint32_t q = 0; q < 2; q++) {
        vi any[N];
        for (int j = 0; j < N; j++)
            any[j] = vi_set1(0);
        for (uint32_t r = q * QUAD; r < (q + 1) * QUAD && r < n; r++)
            for (int j = 0; j < N; j++) {
                vi pixels = vi_load(from[r] + column + j * BYTES);
                any[j] = vi_or(any[j], pixels);
                bits[j] = vi_or(bits[j], vi_where_not_zero(pixels, vi_set1(1 << r)));
            }
        rows[q] = 0;
        for (int j = 0; j < N; j++)
            rows[q] |= vi_nonzero_bytes(any[j]) << j * BYTES;
    }
    for (int j = 0; j < N; j++)
        vi_to_bytes(columns + j * VL, bits[j]);
}
