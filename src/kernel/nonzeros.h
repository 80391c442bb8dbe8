/* nonzeros.h - some images' pixels, and which are not zero; a template like product.h. */

static void nonzeros(uint32_t n, const uint8_t *const *from, size_t column, uint8_t *to,
                     uint64_t rows[8], uint8_t columns[WORD / PAIR])
{
    enum { BYTES = VL * 4, N = WORD / BYTES };
    vi bits[N];
    for (int j = 0; j < N; j++)
        bits[j] = vi_set1(0);
    for (uint32_t r = 0; r < 8; r++) {
        rows[r] = 0;
        for (int j = 0; j < N && r < n; j++) {
            vi pixels = vi_load(from[r] + column + j * BYTES);
            vi_store(to + (size_t)r * WORD + j * BYTES, pixels);
            bits[j] = vi_or(bits[j], vi_where_halves(pixels, vi_set1(0x10001 << r)));
            rows[r] |= vi_nonzero_bytes(pixels) << j * BYTES;
        }
    }
    for (int j = 0; j < N; j++)
        vi_halves_to_bytes(columns + j * VL * 2, bits[j]);
}

static void unite(uint32_t n, const uint8_t *const *rows, uint32_t width, uint8_t *any)
{
    enum { BYTES = VL * 4 };
    uint32_t k = 0;
    for (; k + BYTES <= width; k += BYTES) {
        vi sum = vi_load(any + k);
        for (uint32_t r = 0; r < n; r++)
            sum = vi_or(sum, vi_load(rows[r] + k));
        vi_store(any + k, sum);
    }
    for (; k < width; k++)
        for (uint32_t r = 0; r < n; r++)
            any[k] |= rows[r][k];
}
