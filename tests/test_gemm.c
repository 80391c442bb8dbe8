/* test_gemm.c - slices and the blocked loops around the kernels. */
#include "base/random.h"
#include "gemm/gemm.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

Suite *gemm_suite(void);

/* Every (row group, panel) is in one slice; a slice has both or neither, since the member whose
 * rows begin at 0 also does what is done once a column. (A ck_assert writes to a file even where it
 * holds, which is too slow for the innermost loops here and below.) */
static void check_cover(const struct kernel *kernel, int n_members, uint32_t groups,
                        uint32_t panels, enum gemm_cut prefer)
{
    uint8_t *seen = calloc(groups, panels);
    ck_assert_ptr_nonnull(seen);
    uint32_t total = 0;
    for (int id = 0; id < n_members; id++) {
        struct team team = {.id = id, .n = n_members};
        struct gemm_slice s = gemm_slice(kernel, &team, groups, panels, prefer);
        if (s.row_end > groups || s.panel_end > panels ||
            (s.row_begin < s.row_end) != (s.panel_begin < s.panel_end))
            ck_abort_msg("%s, member %d of %d, %u x %u: rows %u..%u, panels %u..%u", kernel->name,
                         id, n_members, groups, panels, s.row_begin, s.row_end, s.panel_begin,
                         s.panel_end);
        for (uint32_t g = s.row_begin; g < s.row_end; g++)
            for (uint32_t p = s.panel_begin; p < s.panel_end; p++, total++)
                if (seen[g * panels + p]++ != 0)
                    ck_abort_msg("%s, member %d of %d: group %u of %u, panel %u of %u twice",
                                 kernel->name, id, n_members, g, groups, p, panels);
    }
    if (total != groups * panels)
        ck_abort_msg("%s, %d members: %u groups x %u panels", kernel->name, n_members, groups,
                     panels);
    free(seen);
}

START_TEST(slices_cover_everything_once)
{
    static const uint32_t sizes[] = {1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 25, 49, 63};
    enum { N = sizeof sizes / sizeof sizes[0] };
    const struct kernel *kernel;
    for (uint32_t k = 0; (kernel = kernel_table(k)) != NULL; k++)
        for (int n = 1; n <= 20; n++)
            for (int i = 0; i < N; i++)
                for (int j = 0; j < N; j++) {
                    check_cover(kernel, n, sizes[i], sizes[j], GEMM_CUT_ROWS);
                    check_cover(kernel, n, sizes[i], sizes[j], GEMM_CUT_COLUMNS);
                    check_cover(kernel, n, sizes[i], sizes[j], GEMM_ONLY_ROWS);
                    check_cover(kernel, n, sizes[i], sizes[j], GEMM_ONLY_COLUMNS);
                }
}
END_TEST

START_TEST(slices_of_a_large_product_are_even)
{
    struct team team = {.id = 0, .n = 4};
    struct gemm_slice s = gemm_slice(kernel_find("scalar"), &team, 100, 100, GEMM_CUT_COLUMNS);
    uint32_t share = (s.row_end - s.row_begin) * (s.panel_end - s.panel_begin);
    ck_assert_uint_eq(share, 100 * 100 / 4);
    ck_assert_uint_eq(s.row_end - s.row_begin, 100); /* cuts panels first */
    s = gemm_slice(kernel_find("scalar"), &team, 100, 100, GEMM_CUT_ROWS);
    ck_assert_uint_eq((s.row_end - s.row_begin) * (s.panel_end - s.panel_begin), share);
    ck_assert_uint_eq(s.panel_end - s.panel_begin, 100);
}
END_TEST

/* ---- products --------------------------------------------------------------------------- */

/* C (rows, cols) = init + A B, the result kept by the epilogue as well. */
struct problem {
    struct gemm gemm;
    struct panels a, b, c;
    float *init;
    double *want, *bound; /* (rows, cols) */
    float *seen;          /* what the epilogue was given */
    uint8_t *calls;       /* how often, for each block */
    uint32_t n_asides;
    uint32_t rows, cols;
};

static float random_float(uint32_t which, uint32_t index)
{
    struct random_key key = {.seed = 1, .purpose = RANDOM_TEST, .sample = which};
    uint32_t random[4];
    random_u32x4(&key, index, random);
    return (float)(random_unit(random[0]) * 2 - 1);
}

/* Random elements; what pads them is NaN where it must not matter to the elements of C. */
static struct panels new_panels(uint32_t rows, uint32_t cols, uint32_t which)
{
    struct panels m = {.rows = rows, .cols = cols, .stride = panel_stride(rows)};
    m.data = malloc(panel_floats(rows, cols) * sizeof(float));
    ck_assert_ptr_nonnull(m.data);
    for (size_t i = 0; i < panel_floats(rows, cols); i++)
        m.data[i] = NAN;
    for (uint32_t r = 0; r < rows; r++)
        for (uint32_t c = 0; c < cols; c++)
            panel_at(&m, r, c / PANEL)[c % PANEL] = random_float(which, r * cols + c);
    return m;
}

/* Bytes: zeros in seven tenths of the places where a row, or two columns, and a k meet, and in some
 * others. */
static uint8_t byte_of(const struct panels *m, bool of_rows, uint32_t r, uint32_t c)
{
    bool zero = random_float(4, of_rows ? r * m->cols + c : c / PAIR * m->rows + r) < 0.4f;
    return zero || (r + c) % 5 == 0 ? 0 : (uint8_t)(1 + (r * 31 + c * 7) % (UINT8_MAX - 1));
}

static float value_of(uint8_t byte)
{
    return byte == 0 ? 0 : byte == UINT8_MAX ? NAN : random_float(5, byte);
}

static void put_bytes(struct panels *m, bool of_rows)
{
    for (uint32_t r = 0; r < m->rows; r++)
        for (uint32_t c = 0; c < m->cols; c++)
            panel_at(m, r, c / PANEL)[c % PANEL] = value_of(byte_of(m, of_rows, r, c));
}

static void *zeros(size_t n, size_t size)
{
    void *memory = calloc(n, size);
    ck_assert_ptr_nonnull(memory);
    return memory;
}

/* The same with notes; what pads them stands for NaN. */
static struct nonzeros new_nonzeros(const struct panels *m, bool of_rows)
{
    uint32_t words_of_rows = (m->rows + WORD - 1) / WORD, words = (m->cols + WORD - 1) / WORD;
    struct nonzeros z = {.row_stride = words_of_rows * WORD, .column_stride = words * WORD / PAIR};
    size_t n_bytes = (size_t)words * z.row_stride * WORD;
    z.bytes = zeros(n_bytes, 1);
    z.of_rows = zeros((size_t)words * z.row_stride, sizeof *z.of_rows);
    z.of_columns = zeros((size_t)words_of_rows * z.column_stride, sizeof *z.of_columns);
    z.values = zeros(UINT8_MAX + 1, sizeof *z.values);
    z.columns = zeros((size_t)words * WORD, sizeof *z.columns);
    memset(z.bytes, UINT8_MAX, n_bytes);
    for (uint32_t c = 0; c < words * WORD; c++)
        z.columns[c] = c;
    for (int i = 0; i <= UINT8_MAX; i++)
        z.values[i] = value_of((uint8_t)i);
    for (uint32_t r = 0; r < m->rows; r++)
        for (uint32_t c = 0; c < m->cols; c++) {
            uint64_t some = (*nonzeros_at(&z, r, c) = byte_of(m, of_rows, r, c)) != 0;
            z.of_rows[(size_t)c / WORD * z.row_stride + r] |= some << c % WORD;
            z.of_columns[(size_t)r / WORD * z.column_stride + c / PAIR] |= some << r % WORD;
        }
    return z;
}

static void free_nonzeros(struct nonzeros *z)
{
    free(z->bytes);
    free(z->of_rows);
    free(z->of_columns);
    free(z->values);
    free(z->columns);
}

static float element(const struct panels *m, uint32_t r, uint32_t c)
{
    return panel_at(m, r, c / PANEL)[c % PANEL];
}

static void remember(void *context, uint32_t row, uint32_t panel, uint32_t n, float *c,
                     size_t c_stride)
{
    struct problem *p = context;
    uint32_t panels = panel_count(p->cols);
    for (uint32_t i = 0; i < n; i++) {
        p->calls[row / PANEL * panels + panel + i]++;
        for (uint32_t r = 0; r < PANEL && row + r < p->rows; r++)
            memcpy(p->seen + ((size_t)(row + r) * panels + panel + i) * PANEL,
                   c + i * c_stride + (size_t)r * PANEL, PANEL * sizeof(float));
    }
}

static void count_aside(void *context)
{
    ((struct problem *)context)->n_asides++;
}

static void problem_new(struct problem *p, enum kernel_order order, uint32_t rows, uint32_t k,
                        uint32_t cols, bool with_init, bool with_zeros)
{
    *p = (struct problem){.rows = rows, .cols = cols};
    uint32_t panels = panel_count(cols);
    p->a = order == KERNEL_BY_ROWS ? new_panels(rows, k, 0) : new_panels(k, rows, 0);
    if (with_zeros)
        put_bytes(&p->a, order == KERNEL_BY_ROWS);
    p->b = new_panels(k, cols, 1);
    p->c = new_panels(rows, cols, 2);
    p->init = calloc(panels * PANEL, sizeof *p->init);
    p->want = calloc((size_t)rows * cols, sizeof *p->want);
    p->bound = calloc((size_t)rows * cols, sizeof *p->bound);
    p->seen = calloc((size_t)rows * panels * PANEL, sizeof *p->seen);
    p->calls = calloc(panel_count(rows) * panels, 1);
    for (uint32_t c = 0; c < cols && with_init; c++)
        p->init[c] = random_float(3, c);
    for (uint32_t r = 0; r < rows; r++)
        for (uint32_t c = 0; c < cols; c++) {
            double sum = (double)p->init[c], size = fabs(sum);
            for (uint32_t i = 0; i < k; i++) {
                float a = order == KERNEL_BY_ROWS ? element(&p->a, r, i) : element(&p->a, i, r);
                double ab = (double)a * (double)element(&p->b, i, c);
                sum += ab;
                size += fabs(ab);
            }
            p->want[(size_t)r * cols + c] = sum;
            p->bound[(size_t)r * cols + c] = (k + 2) * 0x1p-24 * size;
        }
    p->gemm = (struct gemm){.order = order,
                            .a = &p->a,
                            .b = &p->b,
                            .k = k,
                            .init = with_init ? p->init : NULL,
                            .epilogue = remember,
                            .context = p};
}

static void problem_free(struct problem *p)
{
    free(p->a.data);
    free(p->b.data);
    free(p->c.data);
    free(p->init);
    free(p->want);
    free(p->bound);
    free(p->seen);
    free(p->calls);
}

/* Runs it cut for a team of n_members, one slice after the other. */
static void run(struct problem *p, const struct kernel *kernel, int n_members)
{
    uint32_t panels = panel_count(p->cols);
    struct gemm_aside aside = {count_aside, p};
    memset(p->calls, 0, (size_t)panel_count(p->rows) * panels);
    p->n_asides = 0;
    float *scratch = malloc(gemm_scratch_floats(p->rows) * sizeof(float));
    ck_assert_ptr_nonnull(scratch);
    for (int id = 0; id < n_members; id++) {
        struct team team = {.id = id, .n = n_members};
        struct gemm_slice slice =
            gemm_slice(kernel, &team, panel_count(p->rows), panels, GEMM_CUT_COLUMNS);
        for (size_t i = 0; i < gemm_scratch_floats(p->rows); i++)
            scratch[i] = NAN; /* nothing is taken over from other slices */
        gemm_run(kernel, &p->gemm, &slice, scratch, n_members == 1 ? NULL : &aside);
    }
    free(scratch);
    ck_assert(n_members == 1 || p->n_asides >= panel_count(p->rows));
    for (uint32_t i = 0; i < panel_count(p->rows) * panels; i++)
        if (p->calls[i] != 1)
            ck_abort_msg("%s: %u epilogues of block %u", kernel->name, p->calls[i], i);
}

/* What the epilogue saw is complete: within the bound of k fused multiply-adds. */
static void check_result(const struct problem *p, const char *kernel)
{
    uint32_t width = panel_count(p->cols) * PANEL;
    for (uint32_t r = 0; r < p->rows; r++)
        for (uint32_t c = 0; c < p->cols; c++) {
            size_t at = (size_t)r * p->cols + c;
            float got = p->seen[(size_t)r * width + c];
            if (!(fabs((double)got - p->want[at]) <= p->bound[at]))
                ck_abort_msg("%s, order %d, rows %u, k %u, cols %u: (%u, %u) is %.9g, wanted %.9g",
                             kernel, p->gemm.order, p->rows, p->gemm.k, p->cols, r, c, (double)got,
                             p->want[at]);
            if (p->gemm.c != NULL && got != element(&p->c, r, c))
                ck_abort_msg("%s: C (%u, %u) is not what the epilogue was given", kernel, r, c);
        }
}

/* The elements of two results, without their pads, which may be any NaN. */
static bool same_bits(const struct problem *p, const float *a, const float *b)
{
    size_t width = (size_t)panel_count(p->cols) * PANEL;
    for (uint32_t r = 0; r < p->rows; r++)
        if (memcmp(a + r * width, b + r * width, p->cols * sizeof(float)) != 0)
            return false;
    return true;
}

/* With each kernel, for several teams, into C and into scratch: always the same bits, and the same
 * for all kernels that have fma. */
static void check_problem(struct problem *p)
{
    size_t bytes = (size_t)p->rows * panel_count(p->cols) * PANEL * sizeof(float);
    float *of_fma = calloc(1, bytes), *of_kernel = calloc(1, bytes);
    bool have_fma = false;
    const struct kernel *kernel;
    for (uint32_t i = 0; (kernel = kernel_table(i)) != NULL; i++) {
        if (!kernel_runs(kernel))
            continue;
        static const int members[] = {1, 2, 3, 5, 16};
        for (int m = 0; m < 10; m++) {
            p->gemm.c = m % 2 == 0 ? &p->c : NULL;
            run(p, kernel, members[m / 2]);
            if (m == 0)
                memcpy(of_kernel, p->seen, bytes);
            check_result(p, kernel->name);
            ck_assert_msg(same_bits(p, p->seen, of_kernel), "%s, %d members", kernel->name,
                          members[m / 2]);
        }
        if (kernel->fma && !have_fma)
            memcpy(of_fma, of_kernel, bytes);
        ck_assert_msg(!kernel->fma || same_bits(p, of_kernel, of_fma), "%s", kernel->name);
        have_fma = have_fma || kernel->fma;
    }
    free(of_fma);
    free(of_kernel);
}

static const struct {
    uint32_t rows, k, cols;
} shapes[] = {
    {1, 1, 1},     {16, 16, 16},   {15, 17, 33},  {17, 127, 47}, {33, 128, 48},
    {100, 129, 7}, {50, 300, 100}, {31, 256, 65}, {1, 784, 10},  {128, 10, 130},
};

START_TEST(products_equal_the_double_reference)
{
    for (enum kernel_order order = KERNEL_BY_ROWS; order <= KERNEL_BY_COLUMNS; order++) {
        struct problem problem;
        problem_new(&problem, order, shapes[_i].rows, shapes[_i].k, shapes[_i].cols, _i % 2 == 0,
                    false);
        check_problem(&problem);
        problem_free(&problem);
    }
}
END_TEST

/* With A as bytes and its zeros noted, the bits are those of the product without notes. */
START_TEST(leaving_out_zeros_changes_no_bit)
{
    for (enum kernel_order order = KERNEL_BY_ROWS; order <= KERNEL_BY_COLUMNS; order++) {
        struct problem problem;
        problem_new(&problem, order, shapes[_i].rows, shapes[_i].k, shapes[_i].cols, _i % 2 == 0,
                    true);
        size_t bytes =
            (size_t)problem.rows * panel_count(problem.cols) * PANEL * sizeof *problem.seen;
        float *dense = malloc(bytes);
        check_problem(&problem);
        run(&problem, kernel_find("scalar"), 1);
        memcpy(dense, problem.seen, bytes);
        problem.a.nonzeros = new_nonzeros(&problem.a, order == KERNEL_BY_ROWS);
        float *floats = problem.a.data;
        problem.a.data = NULL; /* not to be looked at any more */
        check_problem(&problem);
        run(&problem, kernel_find("scalar"), 1);
        ck_assert(same_bits(&problem, problem.seen, dense));
        free_nonzeros(&problem.a.nonzeros);
        problem.a.data = floats;
        free(dense);
        problem_free(&problem);
    }
}
END_TEST

Suite *gemm_suite(void)
{
    Suite *suite = suite_create("gemm");
    TCase *tests = tcase_create("gemm");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, slices_cover_everything_once);
    tcase_add_test(tests, slices_of_a_large_product_are_even);
    tcase_add_loop_test(tests, products_equal_the_double_reference, 0,
                        sizeof shapes / sizeof shapes[0]);
    tcase_add_loop_test(tests, leaving_out_zeros_changes_no_bit, 0,
                        sizeof shapes / sizeof shapes[0]);
    suite_add_tcase(suite, tests);
    return suite;
}
