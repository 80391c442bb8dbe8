/* suggest.h - "did you mean": offer every word that could have been meant, then read `best`. */
#ifndef CLI_SUGGEST_H
#define CLI_SUGGEST_H

#include <stddef.h>

struct cli_suggestion {
    const char *typed;
    const char *best; /* NULL while nothing is close */
    size_t distance;  /* of best */
};

/* cli_suggest_offer - word becomes best if it is close to what was typed and closer than best. */
void cli_suggest_offer(struct cli_suggestion *suggestion, const char *word);

#endif
