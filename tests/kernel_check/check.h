/* check.h - what the checks of one kernel share: guarded operands, random contents, failure. */
#ifndef KERNEL_CHECK_CHECK_H
#define KERNEL_CHECK_CHECK_H

#include "../guarded.h"
#include "kernel/kernel.h"

struct check {
    const struct kernel *kernel;
    const struct kernel *scalar; /* whose bits every kernel with fma must have */
    uint64_t seed;
    uint32_t n_cases;  /* so far; each case has random numbers of its own */
    uint64_t n_checks; /* values compared */
    char what[200];    /* function and parameters of this case, for the message of a failure */
    double exp_error, log_error; /* worst relative ones inside softmax */
};

/* check_case - begins a case: "product by rows, k 17". */
void check_case(struct check *check, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* check_fail - prints kernel, seed, case and the text; exits with 1. */
_Noreturn void check_fail(const struct check *check, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A matrix in panels (panel.h) that ends, or begins, at a guard page. Everything in it that is not
 * an element is POISON: a NaN, which shows in any sum that reads it, and in whose place any other
 * bits are a stray write. */
struct operand {
    struct guarded memory;
    struct panels m;
    float *before; /* contents at operand_keep */
};

/* operand_new - (rows, cols) with `gap` floats between panels; full of POISON. The guard page
 * stands at either side in turn. */
struct operand operand_new(const struct check *check, uint32_t rows, uint32_t cols, size_t gap);
void operand_free(struct operand *operand);
float *operand_at(const struct operand *operand, uint32_t row, uint32_t col);

enum contents {
    INTEGERS, /* -8..8: sums are exact */
    COUNTING, /* 0, 1, 2, ...: no two are equal, and sums of a few are exact */
    ONE_HOT,  /* one 1 in a row, else 0 */
    REALS,    /* of magnitudes 2^-4..2^4 */
    TINY,     /* of magnitudes 2^-79..2^-71: their products are denormal or 0 */
    SPECIALS  /* reals, zeros of both signs, denormals, infinities, NaN */
};
enum { N_SPECIALS = 13 };
extern const float check_specials[N_SPECIALS];

/* operand_fill - all elements; `which` tells the operands of a case apart. */
void operand_fill(const struct check *check, struct operand *operand, enum contents contents,
                  uint32_t which);

/* operand_keep - remembers the contents. operand_check_kept - fails if, since then, anything has
 * changed except the first `rows` x `cols` elements (0, 0 for an input), or a canary. */
void operand_keep(struct operand *operand);
void operand_check_kept(struct check *check, const struct operand *operand, uint32_t rows,
                        uint32_t cols, const char *name);

/* check_bits - fails unless both have the same bits, or are both NaN. */
void check_bits(struct check *check, float got, float want, uint32_t row, uint32_t col);
/* check_near - fails unless |got - want| <= bound. */
void check_near(struct check *check, float got, double want, double bound, uint32_t row,
                uint32_t col);

/* The checks, one file each. */
void check_products(struct check *check);
void check_elements(struct check *check);
void check_softmax(struct check *check);
void check_activations(struct check *check);
void check_updates(struct check *check);
void check_tiles(struct check *check);
void check_live(struct check *check);
void check_warps(struct check *check);

#endif
