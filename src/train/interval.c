/* interval.c - how far an accuracy that was measured on n images can be trusted. */
#include "base/math.h"
#include "mlp.h"

/* Wilson's score interval: the shares p at which the share measured is no further than z standard
 * errors sqrt(p (1 - p) / n) away. Unlike measured +- z standard errors it never leaves 0..1, and
 * keeps its 95 % where almost all are right.
 *
 *     (s + z^2 / 2n +- z sqrt(s (1 - s) / n + z^2 / 4n^2)) / (1 + z^2 / n),  s = n_correct / n */
void mlp_confidence_interval(uint32_t n_correct, uint32_t n, double *low, double *high)
{
    const double z = 1.959963984540054; /* 97.5 % of a normal distribution lie below */
    *low = 0;
    *high = 1;
    if (n == 0)
        return;
    double share = (double)n_correct / n, rest = z * z / n;
    double middle = (share + rest / 2) / (1 + rest);
    double half = z * math_sqrt(share * (1 - share) / n + rest / (4.0 * n)) / (1 + rest);
    *low = n_correct == 0 ? 0 : middle - half; /* exactly, whatever the rounding */
    *high = n_correct == n ? 1 : middle + half;
}
