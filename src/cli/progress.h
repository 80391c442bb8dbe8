/* progress.h - the live line within an epoch. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "mlp.h"

/* cli_progress_draw - draws the line anew, as wide as the terminal is now. Only where cli_live().
 */
void cli_progress_draw(const struct mlp_progress_report *report);

/* cli_progress_text - the line itself: at most `columns` characters of one column each; parts that
 *                     do not fit are left out, the least important first. */
void cli_progress_text(const struct mlp_progress_report *report, int columns, char *text,
                       size_t size);

/* cli_progress_clear - removes it, so that something else can be printed there. */
void cli_progress_clear(void);

#endif
