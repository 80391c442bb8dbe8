/* presets.h - recipes with a name. */
#ifndef CLI_PRESETS_H
#define CLI_PRESETS_H

#include "cli/options.h"

struct cli_preset {
    const char *name, *summary;
    const char *options; /* as one would type them */
};

/* cli_preset_at - the i-th row of the table; NULL beyond the last one. */
const struct cli_preset *cli_preset_at(size_t i);

/* cli_preset_find - the one of that exact name; NULL if there is none. */
const struct cli_preset *cli_preset_find(const char *name);

/* cli_preset_apply - as if its options had been typed, but for what counts as typed. */
void cli_preset_apply(struct cli_options *options, const char *name);

#endif
