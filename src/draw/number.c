/* number.c - leaves rounding to printf, which does it exactly, and only rearranges its digits. */
#include "draw/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char minus[] = "\u2212";

bool draw_is_finite(double x)
{
    return x - x == 0;
}

int draw_exponent(double x, int digits)
{
    char text[64];
    snprintf(text, sizeof text, "%.*e", digits - 1, x);
    const char *exponent = strchr(text, 'e');
    return exponent != NULL ? (int)strtol(exponent + 1, NULL, 10) : 0;
}

double draw_power_of_ten(int n)
{
    char text[16];
    snprintf(text, sizeof text, "1e%d", n);
    return strtod(text, NULL);
}

/* Writes |x| with commas between thousands from 10,000 on, and its sign as a proper minus. */
static void print_plain(double x, int decimals, const char *suffix, char *text, size_t size)
{
    char digits[400], grouped[500]; /* 1e308 has 309 digits */
    snprintf(digits, sizeof digits, "%.*f", decimals, x < 0 ? -x : x);
    size_t n_whole = strspn(digits, "0123456789"), at = 0;
    for (size_t i = 0; digits[i] != '\0'; i++) {
        if (i > 0 && i < n_whole && n_whole > 4 && (n_whole - i) % 3 == 0)
            grouped[at++] = ',';
        grouped[at++] = digits[i];
    }
    grouped[at] = '\0';
    bool negative = x < 0 && strspn(digits, "0.") < strlen(digits); /* no "-0" */
    snprintf(text, size, "%s%s%s", negative ? minus : "", grouped, suffix);
}

static void print_superscript(int n, char *text, size_t size)
{
    static const char *const raised[] = {"\u2070", "\u00b9", "\u00b2", "\u00b3", "\u2074",
                                         "\u2075", "\u2076", "\u2077", "\u2078", "\u2079"};
    char digits[16];
    snprintf(digits, sizeof digits, "%d", n < 0 ? -n : n);
    size_t at = (size_t)snprintf(text, size, "%s", n < 0 ? "\u207b" : "");
    for (size_t i = 0; digits[i] != '\0' && at < size; i++)
        at += (size_t)snprintf(text + at, size - at, "%s", raised[digits[i] - '0']);
}

/* Takes the zeros at the end of a fraction away, and its point if nothing else is left. */
static void trim(char *text)
{
    char *point = strchr(text, '.');
    if (point == NULL)
        return;
    char *end = point + 1 + strspn(point + 1, "0123456789"), *kept = end;
    while (kept[-1] == '0')
        kept--;
    if (kept - 1 == point)
        kept = point;
    memmove(kept, end, strlen(end) + 1);
}

void draw_number_power(double x, int digits, char *text, size_t size)
{
    int exponent = draw_exponent(x, digits);
    char mantissa[DRAW_NUMBER_SIZE], raised[24];
    if (exponent == 0 || exponent == 1) { /* 1 and 10, not powers of themselves */
        print_plain(x, digits - 1 - exponent > 0 ? digits - 1 - exponent : 0, "", text, size);
        trim(text);
        return;
    }
    snprintf(mantissa, sizeof mantissa, "%.*e", digits - 1, x < 0 ? -x : x);
    mantissa[strcspn(mantissa, "e")] = '\0';
    trim(mantissa);
    print_superscript(exponent, raised, sizeof raised);
    bool one = strcmp(mantissa, "1") == 0;
    snprintf(text, size, "%s%s%s10%s", x < 0 ? minus : "", one ? "" : mantissa, one ? "" : "\u00d7",
             raised);
}

void draw_number_scaled(double x, int thousands, int decimals, char *text, size_t size)
{
    static const char *const suffixes[] = {"", "k", "M", "G", "T"};
    bool zero = x > -1e-300 && x < 1e-300;
    print_plain(x / draw_power_of_ten(thousands), zero ? 0 : decimals,
                zero ? "" : suffixes[thousands / 3], text, size);
}

void draw_number(double x, int digits, char *text, size_t size)
{
    int exponent = draw_is_finite(x) ? draw_exponent(x, digits) : 0;
    if (!draw_is_finite(x))
        snprintf(text, size, "n/a");
    else if (exponent < -3 || exponent >= 15)
        draw_number_power(x, digits, text, size);
    else {
        int thousands = exponent < 6 ? 0 : exponent / 3 * 3;
        int decimals = digits - 1 - (exponent - thousands);
        draw_number_scaled(x, thousands, decimals > 0 ? decimals : 0, text, size);
    }
}

void draw_number_short(double x, int digits, char *text, size_t size)
{
    draw_number(x, digits, text, size);
    trim(text);
}
