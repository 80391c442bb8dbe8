/* elements.c - everything that treats elements one by one: exact, so compared bit for bit. */
#include "check.h"
#include "mlp.h"

#include <math.h>
#include <string.h>

static void check_relu(struct check *check, uint32_t rows, uint32_t n, size_t gap)
{
    check_case(check, "relu, %u rows, %u panels, gap %zu", rows, n, gap);
    struct operand c = operand_new(check, rows, n * PANEL, gap);
    operand_fill(check, &c, SPECIALS, 0);
    operand_keep(&c);
    check->kernel->activation[MLP_RELU](rows, n, c.m.data, c.m.stride, NULL, 0);
    for (uint32_t r = 0; r < rows; r++)
        for (uint32_t i = 0; i < n * PANEL; i++) {
            float before = c.before[i / PANEL * c.m.stride + (size_t)r * PANEL + i % PANEL];
            check_bits(check, *operand_at(&c, r, i), before < 0 ? 0 : before, r, i);
        }
    operand_check_kept(check, &c, rows, n * PANEL, "C");
    operand_free(&c);
}

/* A 16 x 16 block and its mask. */
static void check_relu_gradient(struct check *check)
{
    check_case(check, "relu_gradient");
    struct operand dt = operand_new(check, PANEL, PANEL, 0),
                   y = operand_new(check, PANEL, PANEL, 0), d = operand_new(check, PANEL, PANEL, 0);
    operand_fill(check, &dt, SPECIALS, 0);
    operand_fill(check, &y, SPECIALS, 1);
    operand_keep(&dt);
    operand_keep(&y);
    operand_keep(&d);
    check->kernel->relu_gradient(dt.m.data, y.m.data, d.m.data);
    for (uint32_t r = 0; r < PANEL; r++)
        for (uint32_t c = 0; c < PANEL; c++) {
            float want = *operand_at(&y, r, c) > 0 ? dt.before[c * PANEL + r] : 0;
            check_bits(check, *operand_at(&d, r, c), want, r, c);
        }
    operand_check_kept(check, &y, 0, 0, "y");
    operand_check_kept(check, &d, PANEL, PANEL, "d");
    operand_check_kept(check, &dt, 0, 0, "dt");
    operand_free(&dt);
    operand_free(&y);
    operand_free(&d);
}

static void check_transpose(struct check *check, enum contents contents)
{
    check_case(check, "transpose, contents %d", contents);
    struct operand from = operand_new(check, PANEL, PANEL, 0),
                   to = operand_new(check, PANEL, PANEL, 0);
    operand_fill(check, &from, contents, 0);
    operand_keep(&from);
    operand_keep(&to);
    check->kernel->transpose(from.m.data, to.m.data);
    for (uint32_t r = 0; r < PANEL; r++)
        for (uint32_t c = 0; c < PANEL; c++)
            check_bits(check, *operand_at(&to, c, r), *operand_at(&from, r, c), c, r);
    operand_check_kept(check, &from, 0, 0, "from");
    operand_check_kept(check, &to, PANEL, PANEL, "to");
    operand_free(&from);
    operand_free(&to);
}

static void check_column_sums(struct check *check, uint32_t rows, uint32_t n,
                              enum contents contents)
{
    check_case(check, "column_sums, %u rows, %u panels, contents %d", rows, n, contents);
    struct operand panels = operand_new(check, rows, n * PANEL, 48),
                   sums = operand_new(check, n, PANEL, 0); /* a row for each panel */
    operand_fill(check, &panels, contents, 0);
    operand_keep(&panels);
    operand_keep(&sums);
    check->kernel->column_sums(rows, n, panels.m.data, panels.m.stride, sums.m.data);
    for (uint32_t c = 0; c < n * PANEL; c++) {
        float sum = 0; /* in the order of the rows: part of the contract */
        for (uint32_t r = 0; r < rows; r++)
            sum += *operand_at(&panels, r, c);
        check_bits(check, *operand_at(&sums, c / PANEL, c % PANEL), sum, 0, c);
    }
    operand_check_kept(check, &panels, 0, 0, "panels");
    operand_check_kept(check, &sums, n, PANEL, "sums");
    operand_free(&panels);
    operand_free(&sums);
}

static void check_squares(struct check *check, uint32_t lines, enum contents contents)
{
    check_case(check, "squares, %u lines, contents %d", lines, contents);
    struct operand x = operand_new(check, lines, PANEL, 0), sums = operand_new(check, 1, PANEL, 0);
    operand_fill(check, &x, contents, 0);
    operand_keep(&x);
    operand_keep(&sums);
    check->kernel->squares(lines, x.m.data, sums.m.data);
    for (uint32_t c = 0; c < PANEL; c++) {
        float sum = 0, twice = 0; /* in the order of the lines; rounded once a term, or twice */
        for (uint32_t r = 0; r < lines; r++) {
            float value = *operand_at(&x, r, c), square = value * value;
            sum = fmaf(value, value, sum);
            twice += square;
        }
        check_bits(check, *operand_at(&sums, 0, c), check->kernel->fma ? sum : twice, 0, c);
    }
    operand_check_kept(check, &x, 0, 0, "x");
    operand_check_kept(check, &sums, 1, PANEL, "sums");
    operand_free(&x);
    operand_free(&sums);
}

/* Rows of bytes at any address, each the last of its page or the first. */
static void check_from_bytes(struct check *check, uint32_t n, uint32_t panels)
{
    check_case(check, "from_bytes, %u rows, %u panels", n, panels);
    enum { ROWS_MAX = 17, PANELS_MAX = 9, COLUMN = 5, ROW_BYTES = PANELS_MAX * PANEL + 3 };
    const uint32_t width = panels * PANEL;
    struct guarded bytes[2] = {guarded_new(ROWS_MAX * ROW_BYTES, GUARDED_END),
                               guarded_new(ROWS_MAX * ROW_BYTES, GUARDED_START)};
    const uint8_t *from[ROWS_MAX];
    for (uint32_t r = 0; r < n; r++) {
        uint8_t *data = bytes[r % 2].data; /* rows at the very end, or at the very start */
        uint8_t *row =
            r % 2 == 0 ? data + (ROWS_MAX - r) * ROW_BYTES - width : data + r * ROW_BYTES;
        for (uint32_t i = 0; i < width; i++)
            row[i] = (uint8_t)(check->n_cases * 151 + r * width + i);
        from[r] = row - COLUMN;
    }
    struct operand to = operand_new(check, n, width, 0);
    operand_keep(&to);
    const float scale = 1.0f / 255;
    check->kernel->from_bytes(n, from, COLUMN, panels, scale, to.m.data, to.m.stride);
    for (uint32_t r = 0; r < n; r++)
        for (uint32_t i = 0; i < width; i++)
            check_bits(check, *operand_at(&to, r, i), (float)from[r][COLUMN + i] * scale, r, i);
    operand_check_kept(check, &to, n, width, "to");
    if (!guarded_intact(&bytes[0]) || !guarded_intact(&bytes[1]))
        check_fail(check, "memory around the bytes was written to");
    operand_free(&to);
    guarded_free(&bytes[0]);
    guarded_free(&bytes[1]);
}

/* 64 bytes a row, the last of their page or the first; density: one byte in so many is not 0. */
static void check_nonzeros(struct check *check, uint32_t n, uint32_t density)
{
    check_case(check, "nonzeros, %u rows, density %u", n, density);
    enum { ROWS = 8, COLUMN = 3 };
    struct guarded bytes[2] = {guarded_new(ROWS * WORD, GUARDED_END),
                               guarded_new(ROWS * WORD, GUARDED_START)};
    struct guarded to = guarded_new(n * WORD, n % 2 == 0 ? GUARDED_END : GUARDED_START);
    const uint8_t *from[ROWS];
    uint64_t rows[ROWS], want_rows[ROWS] = {0};
    uint8_t columns[WORD / PAIR], want_columns[WORD / PAIR] = {0};
    for (uint32_t r = 0; r < n; r++) {
        uint8_t *row = (uint8_t *)bytes[r % 2].data +
                       (r % 2 == 0 ? (size_t)(ROWS - 1 - r) * WORD : (size_t)(r - 1) * WORD);
        for (uint32_t i = 0; i < WORD; i++) {
            uint32_t hash = (r * WORD + i + 1) * (check->n_cases + 3) * 2654435761u >> 12;
            row[i] = hash % density == 0 ? (uint8_t)(1u << hash % 8) : 0;
            want_rows[r] |= (uint64_t)(row[i] != 0) << i;
            want_columns[i / PAIR] |= (uint8_t)((row[i] != 0) << r);
        }
        from[r] = row - COLUMN;
    }
    check->kernel->nonzeros(n, from, COLUMN, to.data, rows, columns);
    for (uint32_t r = 0; r < n; r++)
        if (memcmp((uint8_t *)to.data + (size_t)r * WORD, from[r] + COLUMN, WORD) != 0)
            check_fail(check, "row %u was not copied", r);
    for (int r = 0; r < ROWS; r++)
        if (rows[r] != want_rows[r])
            check_fail(check, "row %d has %#jx, wanted %#jx", r, (uintmax_t)rows[r],
                       (uintmax_t)want_rows[r]);
    for (int i = 0; i < WORD / PAIR; i++)
        if (columns[i] != want_columns[i])
            check_fail(check, "columns %d.. have %#x, wanted %#x", i * PAIR, columns[i],
                       want_columns[i]);
    check->n_checks += ROWS + WORD / PAIR;
    if (!guarded_intact(&bytes[0]) || !guarded_intact(&bytes[1]) || !guarded_intact(&to))
        check_fail(check, "memory around the bytes was written to");
    guarded_free(&bytes[0]);
    guarded_free(&bytes[1]);
    guarded_free(&to);
}

void check_elements(struct check *check)
{
    static const uint32_t rows[] = {1, 2, 3, 15, 16, 17, 100};
    for (uint32_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (uint32_t n = 1; n <= 5; n++)
            check_relu(check, rows[i], n, n % 2 == 0 ? 5 * PANEL : 0);
        for (enum contents contents = INTEGERS; contents <= SPECIALS; contents++)
            check_squares(check, rows[i], contents);
        for (enum contents contents = INTEGERS; contents <= SPECIALS; contents++)
            for (uint32_t n = 1; n <= 8; n += 1 + 2 * (n > 1)) /* 1, 2, 5, 8 */
                check_column_sums(check, rows[i], n, contents);
    }
    for (int repeat = 0; repeat < 10; repeat++)
        check_relu_gradient(check);
    check_transpose(check, COUNTING);
    check_transpose(check, SPECIALS);
    for (uint32_t n = 1; n <= 17; n++)
        for (uint32_t panels = 1; panels <= 9; panels += n % 2 + 1)
            check_from_bytes(check, n, panels);
    for (uint32_t n = 1; n <= 8; n++)
        for (uint32_t density = 1; density <= 300; density = density * 3 + 1)
            check_nonzeros(check, n, density);
}
