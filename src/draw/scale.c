/* scale.c - axes from data: ends, ticks at 1-2-5 steps, and the mapping.
 *
 * Data may be anything that a double can be. Whatever is not finite has been left out before; the
 * ends are then kept between 1e-300 and 1e300, so that nothing below can overflow or divide by 0.
 */
#include "draw/scale.h"

#include "base/math.h"

#include <stdio.h>

/* Beyond these, differences and logarithms of data would overflow or meet subnormal numbers. */
static const double LARGEST = 1e300, SMALLEST = 1e-300;

static double clamp(double x, double low, double high)
{
    return x > low ? (x < high ? x : high) : low;
}

static double magnitude(double x)
{
    return x < 0 ? -x : x;
}

static double floor_of(double x) /* |x| < 2^53 */
{
    double whole = (double)(int64_t)x;
    return whole > x ? whole - 1 : whole;
}

/* A step of 1, 2 or 5 times a power of ten. */
struct step {
    int digit, exponent;
};

/* The k-th multiple of a step. Divides where the power is negative: 3 / 10 is 0.3, 3 * 0.1 is not.
 */
static double step_times(struct step step, double k)
{
    if (step.exponent < 0)
        return k * step.digit / draw_power_of_ten(-step.exponent);
    return k * step.digit * draw_power_of_ten(step.exponent);
}

/* The smallest step that cuts range into at most n parts. */
static struct step choose_step(double range, int n)
{
    struct step step = {1, draw_exponent(range / n, 17)};
    while (step_times(step, n) < range * (1 - 1e-9)) {
        step.exponent += step.digit == 5;
        step.digit = step.digit == 1 ? 2 : step.digit == 2 ? 5 : 1;
    }
    return step;
}

static void add_tick(struct draw_scale *scale, double value)
{
    /* On a logarithmic axis the low end may be far below a billionth of the high one. */
    double slack = 1e-9, low_slack = scale->log ? scale->low : scale->high - scale->low;
    bool inside = value >= scale->low - slack * low_slack &&
                  value <= scale->high + slack * (scale->high - scale->low);
    if (inside && scale->n_ticks < DRAW_MAX_TICKS)
        scale->ticks[scale->n_ticks++] = value;
}

/* One number of decimals and one of k, M, G, T for all labels, so that they compare at a glance. */
static void label_linear(struct draw_scale *scale, struct step step)
{
    double largest = magnitude(scale->low) > magnitude(scale->high) ? magnitude(scale->low)
                                                                    : magnitude(scale->high);
    int top = draw_exponent(largest, 3);
    int thousands = top >= 4 && top < 15 ? top / 3 * 3 : 0;
    int decimals = thousands > step.exponent ? thousands - step.exponent : 0;
    for (int i = 0; i < scale->n_ticks; i++) {
        if (top < -3 || top >= 15)
            draw_number_power(scale->ticks[i], 3, scale->labels[i], DRAW_NUMBER_SIZE);
        else
            draw_number_scaled(scale->ticks[i], thousands, decimals, scale->labels[i],
                               DRAW_NUMBER_SIZE);
    }
}

static void tick_linear(struct draw_scale *scale, int max_ticks, bool round)
{
    struct step step = choose_step(scale->high - scale->low, max_ticks);
    double unit = step_times(step, 1);
    /* The multiples around the ends; a rounding error must not add one. */
    double first = floor_of(scale->low / unit + 1e-9), last = -floor_of(1e-9 - scale->high / unit);
    int n = (int)(last - first) + 1;
    if (round) {
        scale->low = step_times(step, first);
        scale->high = step_times(step, last);
    }
    for (int k = 0; k < n; k++)
        add_tick(scale, step_times(step, first + k));
    label_linear(scale, step);
}

/* The multiple of `every` at or below n. */
static int multiple_below(int n, int every)
{
    int rest = n % every;
    return n - rest - (rest < 0 ? every : 0);
}

/* Powers of ten, and 2 and 5 times them where there is room; where there is not, every 2nd, 5th,
 * 10th... power, 1 among them. */
static void tick_log(struct draw_scale *scale, int max_ticks, bool round)
{
    int first = draw_exponent(scale->low, 17), last = draw_exponent(scale->high, 17);
    bool between = (last - first + 1) * 3 <= max_ticks;
    int every = (int)step_times(choose_step(last - first + 1, max_ticks), 1);
    every = every < 1 ? 1 : every;
    first = multiple_below(first, every);
    last = multiple_below(last, every);
    last += scale->high > draw_power_of_ten(last) * (1 + 1e-9) ? every : 0;
    if (round && !between) {
        scale->low = clamp(draw_power_of_ten(first), SMALLEST, LARGEST);
        scale->high = clamp(draw_power_of_ten(last), SMALLEST, LARGEST);
    }
    for (int exponent = first; exponent <= last; exponent += every)
        for (int digit = 1; digit < 10; digit = digit == 1 ? 2 : digit == 2 ? 5 : 10)
            if (digit == 1 || between)
                add_tick(scale, step_times((struct step){digit, exponent}, 1));
    if (scale->n_ticks < 2) { /* less than a decade, between the digits */
        scale->n_ticks = 0;
        tick_linear(scale, max_ticks, false);
        return;
    }
    bool powers = scale->low < 0.99e-3 || scale->high > 1e15;
    for (int i = 0; i < scale->n_ticks; i++)
        if (powers)
            draw_number_power(scale->ticks[i], 1, scale->labels[i], DRAW_NUMBER_SIZE);
        else
            draw_number(scale->ticks[i], 1, scale->labels[i], DRAW_NUMBER_SIZE);
}

/* The ends: the axis's own where it has any, else the data's; never equal. */
static void choose_ends(struct draw_scale *scale, const struct draw_axis *axis, double low,
                        double high, bool round)
{
    double least = scale->log ? SMALLEST : -LARGEST;
    if (axis->low < axis->high) { /* false for NaN */
        low = axis->low;
        high = axis->high;
    } else if (!(low <= high)) { /* nothing to show: an empty plot */
        low = scale->log ? 0.1 : 0;
        high = 1;
    } else if (round && !scale->log && low > 0 && low < 0.6 * high)
        low = 0; /* amounts compare by their height when they are more than a little apart */
    low = clamp(low, least, LARGEST);
    high = clamp(high, least, LARGEST);
    double middle = magnitude(high);
    if (scale->log && high < low * 1.001) {
        low = clamp(low / 2, SMALLEST, LARGEST / 10);
        high = clamp(high * 2, low * 2, LARGEST);
    } else if (!scale->log && (high - low <= middle * 1e-9 || high - low < 1e-280)) {
        /* One value: 0 stands at one end, and it in the middle unless it is 0. */
        double air = middle > 1e-280 ? middle : 1;
        low = high < 0 ? high - air : 0;
        high = high < 0 ? 0 : high + air;
    }
    scale->low = low;
    scale->high = high;
}

struct draw_scale draw_scale_new(const struct draw_axis *axis, double low, double high,
                                 int max_ticks, bool round)
{
    struct draw_scale scale = {.log = axis->log};
    choose_ends(&scale, axis, low, high, round);
    if (max_ticks < 2)
        max_ticks = 2;
    if (axis->ticks != NULL) {
        for (uint32_t i = 0; i < axis->n_ticks; i++)
            if (draw_is_finite(axis->ticks[i]))
                add_tick(&scale, axis->ticks[i]);
        for (int i = 0; i < scale.n_ticks; i++)
            draw_number_short(scale.ticks[i], 4, scale.labels[i], DRAW_NUMBER_SIZE);
    } else if (axis->log)
        tick_log(&scale, max_ticks, round);
    else
        tick_linear(&scale, max_ticks, round);
    return scale;
}

bool draw_scale_shows(const struct draw_scale *scale, double value)
{
    return draw_is_finite(value) && (!scale->log || value > 0);
}

double draw_scale_px(const struct draw_scale *scale, double value)
{
    double low = scale->low, high = scale->high;
    value = clamp(value, scale->log ? SMALLEST : -LARGEST, LARGEST);
    if (scale->log) {
        low = math_log(low);
        high = math_log(high);
        value = math_log(value);
    }
    double share = clamp((value - low) / (high - low), -1e6, 1e6);
    return scale->low_px + share * (scale->high_px - scale->low_px);
}
