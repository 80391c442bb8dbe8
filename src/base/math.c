#include "base/math.h"

#include <stdint.h>
#include <string.h>

/* ln 2 in two parts; the first has 32 significant bits, so that n * LN2_HIGH is exact. */
static const double LN2_HIGH = 0x1.62e42feep-1;
static const double LN2_LOW = 0x1.a39ef35793c76p-33;
static const double LOG2_E = 0x1.71547652b82fep+0;
static const double TWO_PI = 0x1.921fb54442d18p+2;

static double from_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static uint64_t to_bits(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* exp(n ln 2 + r) = 2^n exp(r), |r| <= ln 2 / 2; Taylor to r^13, whose rest is below 2^-57. */
double math_exp(double x)
{
    if (!(x > -708.0))
        return x != x ? x : 0.0;
    if (x > 709.0)
        return from_bits(0x7ff0000000000000u);
    int n = (int)(x * LOG2_E + (x < 0 ? -0.5 : 0.5));
    double r = (x - n * LN2_HIGH) - n * LN2_LOW;
    double sum = 1.0;
    for (int k = 13; k >= 1; k--)
        sum = 1.0 + sum * (r * (1.0 / k));
    return sum * from_bits((uint64_t)(n + 1023) << 52);
}

/* x = 2^n m, m in [sqrt(1/2), sqrt(2)); log m = 2 artanh(s) = 2 (s + s^3/3 + s^5/5 + ...) with
 * s = (m - 1) / (m + 1), |s| < 0.172; up to s^21 the rest is below 2^-60. */
double math_log(double x)
{
    const double sqrt_half = 0x1.6a09e667f3bcdp-1;
    uint64_t bits = to_bits(x);
    int n = (int)(bits >> 52) - 1022;
    double m = from_bits((bits & 0x000fffffffffffffu) | 0x3fe0000000000000u); /* [1/2, 1) */
    if (m < sqrt_half) {
        m *= 2;
        n--;
    }
    double s = (m - 1.0) / (m + 1.0), s2 = s * s, sum = 0.0;
    for (int k = 21; k >= 3; k -= 2)
        sum = (sum + 1.0 / k) * s2;
    return n * LN2_HIGH + (2.0 * (s + s * sum) + n * LN2_LOW);
}

/* Quadrants exactly, then Taylor on [-pi/4, pi/4]; the rest after x^16 is below 2^-56. */
void math_sincos_turns(double turns, double *sine, double *cosine)
{
    double quarters = turns * 4.0;
    int64_t quadrant = (int64_t)(quarters + (quarters < 0 ? -0.5 : 0.5));
    double x = (quarters - (double)quadrant) * (TWO_PI / 4.0), x2 = x * x;
    double s = 1.0, c = 1.0;
    for (int k = 16; k >= 2; k -= 2) {
        s = 1.0 - s * (x2 * (1.0 / ((k + 1) * k)));
        c = 1.0 - c * (x2 * (1.0 / (k * (k - 1))));
    }
    s *= x;
    switch (quadrant & 3) {
    case 0:
        *sine = s, *cosine = c;
        break;
    case 1:
        *sine = c, *cosine = -s;
        break;
    case 2:
        *sine = -s, *cosine = -c;
        break;
    default:
        *sine = -c, *cosine = s;
        break;
    }
}
