/* number.h - numbers as people write them. */
#ifndef DRAW_NUMBER_H
#define DRAW_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

enum { DRAW_NUMBER_SIZE = 32 }; /* bytes that hold any number's text */

bool draw_is_finite(double x);

/* draw_exponent - floor(log10 |x|) after rounding to `digits` significant ones; 0 for 0. */
int draw_exponent(double x, int digits);

/* draw_power_of_ten - 10^n, correctly rounded; n from -300 to 300. */
double draw_power_of_ten(int n);

/* draw_number - x to `digits` significant digits: 0.185, 24,700, 1.25M, 3.2×10⁻⁵; "n/a" if it is
 * not finite. */
void draw_number(double x, int digits, char *text, size_t size);

/* draw_number_short - the same without zeros at the end of a fraction: 0.3, 32, 1M. */
void draw_number_short(double x, int digits, char *text, size_t size);

/* draw_number_power - the same in powers of ten: 1, 10, 10⁻³, 2×10⁻³. */
void draw_number_power(double x, int digits, char *text, size_t size);

/* draw_number_scaled - x / 10^thousands with a fixed number of decimals and k, M, G or T; for
 * labels that stand below each other. thousands is 0, 3, 6, 9 or 12. */
void draw_number_scaled(double x, int thousands, int decimals, char *text, size_t size);

#endif
