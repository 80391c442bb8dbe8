#include "cli/value.h"

#include "cli/presets.h"
#include "mlp.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rates outside are a slip of the keyboard: no float weight moves below, all explode above. */
static const double rate_low = 1e-9, rate_high = 1000; /* as cli_value_wanted says */
static const double share_high = 0.9999;

/* Digits only: strtoull alone would take " 7", "+7" and, wrapped around, "-7". */
static const char *parse_whole(const char *text, uint64_t low, uint64_t high, uint64_t *value)
{
    if (text[0] == '-' && text[1] >= '0' && text[1] <= '9')
        return "is negative";
    if (text[0] == '\0' || strspn(text, "0123456789") != strlen(text))
        return "is not a whole number";
    errno = 0;
    unsigned long long number = strtoull(text, NULL, 10);
    if (errno == ERANGE || number > high)
        return "is too large";
    if (number < low)
        return number == 0 ? "is zero" : "is too small";
    *value = number;
    return NULL;
}

/* A number from low to high; what is wrong with it otherwise. */
static const char *parse_number(const char *text, double low, double high, float *value)
{
    char *end;
    double number = strtod(text, &end);
    if (text[0] == '\0' || *end != '\0' || text[strcspn(text, " \t\nxXpP")] != '\0')
        return "is not a number";
    if (!isfinite(number))
        return isnan(number) ? "is not a number" : "is infinite";
    if (number < 0 || (number == 0 && low > 0))
        return number < 0 ? "is negative" : "is zero";
    if (number < low || number > high)
        return number < low ? "is too small" : "is too large";
    *value = (float)number;
    return NULL;
}

static double amount_high(const struct cli_option *option)
{
    return option->high == 0 ? rate_high : option->high;
}

/* The n-th word of "one|two|three" in full into word; false beyond the last. */
static bool nth_choice(const char *choices, uint32_t n, char *word, size_t size)
{
    for (; n > 0; n--) {
        choices = strchr(choices, '|');
        if (choices == NULL)
            return false;
        choices++;
    }
    snprintf(word, size, "%.*s", (int)strcspn(choices, "|"), choices);
    return true;
}

static const char *parse_choice(const char *text, const char *choices, uint32_t *value)
{
    char word[32];
    for (uint32_t i = 0; nth_choice(choices, i, word, sizeof word); i++)
        if (strcmp(text, word) == 0) {
            *value = i;
            return NULL;
        }
    return "is none of them";
}

/* Takes the next word of "one,two,three"; *text is NULL after the last. */
static const char *take_word(const char **text, char *word, size_t size)
{
    size_t length = strcspn(*text, ",");
    if (length == 0 || length >= size)
        return length == 0 ? "lacks a number" : "is too large";
    memcpy(word, *text, length);
    word[length] = '\0';
    *text = (*text)[length] == '\0' ? NULL : *text + length + 1;
    return NULL;
}

static const char *parse_layers(const char *text, struct cli_layers *layers)
{
    struct cli_layers found = {0};
    char word[24];
    uint64_t width;
    if (strcmp(text, "none") == 0)
        text = NULL;
    while (text != NULL) {
        if (found.n == CLI_HIDDEN_MAX)
            return "has too many layers";
        const char *wrong = take_word(&text, word, sizeof word);
        if (wrong == NULL)
            wrong = parse_whole(word, 1, CLI_WIDTH_MAX, &width);
        if (wrong != NULL)
            return wrong;
        found.widths[found.n++] = (uint32_t)width;
    }
    *layers = found;
    return NULL;
}

static const char *parse_rates(const char *text, struct cli_rates *rates)
{
    struct cli_rates found = {0};
    char word[32];
    while (text != NULL) {
        if (found.n == CLI_LIST_MAX)
            return "has too many rates";
        const char *wrong = take_word(&text, word, sizeof word);
        if (wrong == NULL)
            wrong = parse_number(word, rate_low, rate_high, &found.at[found.n++]);
        if (wrong != NULL)
            return wrong;
    }
    *rates = found;
    return NULL;
}

static const char *parse_counts(const char *text, const struct cli_option *option,
                                struct cli_counts *counts)
{
    struct cli_counts found = {0};
    char word[24];
    uint64_t count;
    while (text != NULL) {
        if (found.n == CLI_LIST_MAX)
            return "has too many numbers";
        const char *wrong = take_word(&text, word, sizeof word);
        if (wrong == NULL)
            wrong = parse_whole(word, option->low, option->high, &count);
        if (wrong != NULL)
            return wrong;
        found.at[found.n++] = (uint32_t)count;
    }
    *counts = found;
    return NULL;
}

static const char *parse_kernel(const char *text)
{
    struct mlp_kernel_info info;
    for (uint32_t i = 0; mlp_kernel_info(i, &info); i++)
        if (strcmp(text, info.name) == 0)
            return info.available ? NULL : "does not run on this CPU";
    return strcmp(text, "auto") == 0 ? NULL : "is not a kernel";
}

static const char *parse_preset(const char *text)
{
    return cli_preset_find(text) == NULL ? "is none of them" : NULL;
}

/* A forgotten value swallows the next option; nobody's folder is called --epochs. */
static const char *parse_text(const char *text)
{
    if (text[0] == '\0')
        return "is empty";
    return strncmp(text, "--", 2) == 0 ? "looks like an option (write ./ before such a name)"
                                       : NULL;
}

const char *cli_value_parse(const struct cli_option *option, struct cli_options *options,
                            const char *text)
{
    void *field = (char *)options + option->field;
    const char *wrong = NULL;
    uint64_t whole = 0;
    switch (option->kind) {
    case CLI_FLAG:
        *(bool *)field = true;
        break;
    case CLI_COUNT:
        wrong = parse_whole(text, option->low, option->high, &whole);
        if (wrong == NULL)
            *(uint32_t *)field = (uint32_t)whole;
        break;
    case CLI_SEED:
        wrong = parse_whole(text, 0, UINT64_MAX, (uint64_t *)field);
        break;
    case CLI_RATE:
        wrong = parse_number(text, rate_low, rate_high, field);
        break;
    case CLI_SHARE:
        wrong = parse_number(text, 0, share_high, field);
        break;
    case CLI_AMOUNT:
        wrong = parse_number(text, 0, amount_high(option), field);
        break;
    case CLI_CHOICE:
        wrong = parse_choice(text, option->argument, field);
        break;
    case CLI_LAYERS:
        wrong = parse_layers(text, field);
        break;
    case CLI_RATES:
        wrong = parse_rates(text, field);
        break;
    case CLI_COUNTS:
        wrong = parse_counts(text, option, field);
        break;
    case CLI_KERNEL:
        wrong = parse_kernel(text);
        *(const char **)field = text;
        break;
    case CLI_PRESET:
        wrong = parse_preset(text);
        *(const char **)field = text;
        break;
    case CLI_TEXT:
        wrong = parse_text(text);
        *(const char **)field = text;
        break;
    }
    return wrong;
}

static void list_kernels(char *text, size_t size)
{
    struct mlp_kernel_info info;
    int at = snprintf(text, size, "auto");
    for (uint32_t i = 0; mlp_kernel_info(i, &info) && at >= 0 && (size_t)at < size; i++)
        if (info.available)
            at += snprintf(text + at, size - (size_t)at, ", %s", info.name);
}

static void list_presets(char *text, size_t size)
{
    int at = snprintf(text, size, "one of ");
    for (size_t i = 0; cli_preset_at(i) != NULL && at >= 0 && (size_t)at < size; i++)
        at += snprintf(text + at, size - (size_t)at, "%s%s", i == 0 ? "" : "|",
                       cli_preset_at(i)->name);
}

void cli_value_wanted(const struct cli_option *option, char *text, size_t size)
{
    switch (option->kind) {
    case CLI_FLAG:
        snprintf(text, size, "no value");
        break;
    case CLI_COUNT:
        snprintf(text, size, "a whole number from %" PRIu32 " to %" PRIu32, option->low,
                 option->high);
        break;
    case CLI_SEED:
        snprintf(text, size, "a whole number from 0 to %" PRIu64, UINT64_MAX);
        break;
    case CLI_RATE:
        snprintf(text, size, "a number above 0, from 1e-9 to 1000");
        break;
    case CLI_SHARE:
        snprintf(text, size, "a number from 0 to 0.9999");
        break;
    case CLI_AMOUNT:
        snprintf(text, size, "a number from 0 to %g", amount_high(option));
        break;
    case CLI_CHOICE:
        snprintf(text, size, "one of %s", option->argument);
        break;
    case CLI_LAYERS:
        snprintf(text, size, "up to %d widths from 1 to %d, as in 256,128, or none", CLI_HIDDEN_MAX,
                 CLI_WIDTH_MAX);
        break;
    case CLI_RATES:
        snprintf(text, size, "up to %d numbers from 1e-9 to 1000, as in 0.1,0.2", CLI_LIST_MAX);
        break;
    case CLI_COUNTS:
        snprintf(text, size, "up to %d whole numbers from %" PRIu32 " to %" PRIu32 ", as in 64,128",
                 CLI_LIST_MAX, option->low, option->high);
        break;
    case CLI_KERNEL:
        list_kernels(text, size);
        break;
    case CLI_PRESET:
        list_presets(text, size);
        break;
    case CLI_TEXT:
        snprintf(text, size, "%s", strcmp(option->argument, "DIR") == 0 ? "a folder" : "a file");
        break;
    }
}

void cli_rate_format(float rate, char *text, size_t size)
{
    for (int digits = 4; digits <= 9; digits++) { /* 60, not 6e+01; 9 suffice for any float */
        snprintf(text, size, "%.*g", digits, (double)rate);
        if (strtof(text, NULL) == rate)
            return;
    }
}

void cli_choice_format(const char *choices, uint32_t n, char *text, size_t size)
{
    if (!nth_choice(choices, n, text, size))
        snprintf(text, size, "%" PRIu32, n);
}

void cli_layers_format(const struct cli_layers *layers, char *text, size_t size)
{
    int at = snprintf(text, size, "%s", layers->n == 0 ? "none" : "");
    for (uint32_t i = 0; i < layers->n && at >= 0 && (size_t)at < size; i++)
        at += snprintf(text + at, size - (size_t)at, "%s%" PRIu32, i == 0 ? "" : ",",
                       layers->widths[i]);
}

static void format_rates(const struct cli_rates *rates, char *text, size_t size)
{
    size_t at = 0;
    text[0] = '\0';
    for (uint32_t i = 0; i < rates->n && at < size; i++) {
        char rate[32];
        cli_rate_format(rates->at[i], rate, sizeof rate);
        at += (size_t)snprintf(text + at, size - at, "%s%s", i == 0 ? "" : ",", rate);
    }
}

static void format_counts(const struct cli_counts *counts, char *text, size_t size)
{
    size_t at = 0;
    text[0] = '\0';
    for (uint32_t i = 0; i < counts->n && at < size; i++)
        at +=
            (size_t)snprintf(text + at, size - at, "%s%" PRIu32, i == 0 ? "" : ",", counts->at[i]);
}

void cli_value_format(const struct cli_option *option, const struct cli_options *options,
                      char *text, size_t size)
{
    const void *field = (const char *)options + option->field;
    switch (option->kind) {
    case CLI_FLAG:
        snprintf(text, size, "%s", *(const bool *)field ? "yes" : "no");
        break;
    case CLI_COUNT:
        snprintf(text, size, "%" PRIu32, *(const uint32_t *)field);
        break;
    case CLI_SEED:
        snprintf(text, size, "%" PRIu64, *(const uint64_t *)field);
        break;
    case CLI_RATE:
    case CLI_SHARE:
    case CLI_AMOUNT:
        cli_rate_format(*(const float *)field, text, size);
        break;
    case CLI_CHOICE:
        cli_choice_format(option->argument, *(const uint32_t *)field, text, size);
        break;
    case CLI_LAYERS:
        cli_layers_format(field, text, size);
        break;
    case CLI_RATES:
        format_rates(field, text, size);
        break;
    case CLI_COUNTS:
        format_counts(field, text, size);
        break;
    case CLI_KERNEL:
    case CLI_PRESET:
    case CLI_TEXT:
        snprintf(text, size, "%s", *(const char *const *)field);
        break;
    }
}

void cli_value_named(const char *name, const struct cli_options *options, char *text, size_t size)
{
    for (size_t i = 0; cli_option_at(i) != NULL; i++)
        if (strcmp(cli_option_at(i)->name, name) == 0)
            cli_value_format(cli_option_at(i), options, text, size);
}
