/* math.h - exp, log, sin and cos of our own, in double.
 *
 * glibc chooses its versions by CPU feature, and their last bits differ; these use nothing but
 * IEEE additions, multiplications, divisions and square roots, so every machine gets the same bits.
 * Errors are a few units in the last place. */
#ifndef BASE_MATH_H
#define BASE_MATH_H

double math_exp(double x); /* 0 below -708, infinity above 709 */
double math_log(double x); /* x > 0 and normal */

/* math_sincos_turns - sine and cosine of 2 pi turns; |turns| < 2^31. */
void math_sincos_turns(double turns, double *sine, double *cosine);

/* math_sqrt - the IEEE square root, exact to rounding everywhere. */
static inline double math_sqrt(double x)
{
    return __builtin_sqrt(x);
}

#endif
