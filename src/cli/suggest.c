#include "cli/suggest.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { WORD_MAX = 31 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edits (insert, delete, replace, swap neighbours) from a to b; long words are far from everything.
 * Source: Damerau 1964, in the form called optimal string alignment. */
static size_t distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b), d[WORD_MAX + 1][WORD_MAX + 1];
    if (n > WORD_MAX || m > WORD_MAX)
        return SIZE_MAX;
    for (size_t i = 0; i <= n; i++) {
        for (size_t j = 0; j <= m; j++) {
            if (i == 0 || j == 0) {
                d[i][j] = i + j;
                continue;
            }
            size_t change = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            d[i][j] = least(change, 1 + least(d[i - 1][j], d[i][j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
        }
    }
    return d[n][m];
}

void cli_suggest_offer(struct cli_suggestion *suggestion, const char *word)
{
    size_t typed = strlen(suggestion->typed);
    size_t d = distance(suggestion->typed, word);
    if (typed >= 2 && d > 1 && strncmp(suggestion->typed, word, typed) == 0)
        d = 1; /* an abbreviation */
    /* About a third of the letters may be wrong: "trian" is train, "xyz" is nothing. */
    bool close = d <= 1 + strlen(word) / 4 && d < strlen(word);
    if (close && (suggestion->best == NULL || d < suggestion->distance)) {
        suggestion->best = word;
        suggestion->distance = d;
    }
}
