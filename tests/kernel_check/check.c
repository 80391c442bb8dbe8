/* check.c - cases, comparisons and failures. */
#include "check.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void check_case(struct check *check, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(check->what, sizeof check->what, format, arguments);
    va_end(arguments);
    check->n_cases++;
}

_Noreturn void check_fail(const struct check *check, const char *format, ...)
{
    printf("%s: FAILED: %s; seed %llu, case %u: ", check->kernel->name, check->what,
           (unsigned long long)check->seed, check->n_cases);
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    exit(EXIT_FAILURE);
}

void check_bits(struct check *check, float got, float want, uint32_t row, uint32_t col)
{
    check->n_checks++;
    if (memcmp(&got, &want, sizeof got) != 0 && !(isnan(got) && isnan(want)))
        check_fail(check, "(%u, %u) is %a, wanted the bits of %a", row, col, (double)got,
                   (double)want);
}

void check_near(struct check *check, float got, double want, double bound, uint32_t row,
                uint32_t col)
{
    check->n_checks++;
    if (!(fabs((double)got - want) <= bound)) /* written so that NaN fails */
        check_fail(check, "(%u, %u) is %.9g, wanted %.9g within %.3g", row, col, (double)got, want,
                   bound);
}
