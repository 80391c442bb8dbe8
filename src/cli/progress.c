#include "cli/progress.h"

#include "cli/output.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool drawn;

enum { BAR_MIN = 6, BAR_MAX = 24, BAR_FRAME = 3 }; /* columns; "[] " around it */

/* "[=====>    ] " for a share of 0..1, in so many columns; empty if they are too few. */
static void bar(double share, int columns, char *text, size_t size)
{
    char cells[BAR_MAX + 1];
    int n = columns - BAR_FRAME < BAR_MAX ? columns - BAR_FRAME : BAR_MAX;
    text[0] = '\0';
    if (n < BAR_MIN)
        return;
    int filled = (int)(share * n);
    for (int i = 0; i < n; i++)
        cells[i] = i < filled ? '=' : i == filled ? '>' : ' ';
    cells[n] = '\0';
    snprintf(text, size, "[%s] ", cells);
}

void cli_progress_text(const struct mlp_progress_report *report, int columns, char *text,
                       size_t size)
{
    enum { EPOCH, BAR, SHARE, LOSS, SPEED, N_PARTS }; /* as they stand on the line */
    static const int by_importance[] = {SHARE, EPOCH, LOSS, SPEED, BAR};
    double share = report->n_samples == 0 ? 1 : (double)report->n_done / report->n_samples;
    double left = share > 0 ? report->seconds * (1 - share) / share : 0;
    double speed = report->seconds > 0 ? report->n_done / report->seconds : 0;
    char speed_text[32], parts[N_PARTS][64];
    cli_grouped((uint64_t)speed, speed_text);
    snprintf(parts[EPOCH], sizeof parts[0], "%" PRIu32 "/%" PRIu32 " ", report->epoch,
             report->n_epochs);
    snprintf(parts[SHARE], sizeof parts[0], "%3.0f%%", 100 * share);
    snprintf(parts[LOSS], sizeof parts[0], "  loss %.4f  accuracy %.2f%%", report->loss,
             100 * report->accuracy);
    snprintf(parts[SPEED], sizeof parts[0], "  %s images/s, %.0f s left", speed_text, left);
    int used = 0;
    bool full = false;
    for (int i = 0; i < N_PARTS; i++) {
        char *part = parts[by_importance[i]];
        if (by_importance[i] == BAR)
            bar(share, columns - used, part, sizeof parts[0]); /* what is left */
        full = full || used + (int)strlen(part) > columns;
        if (full) /* nothing less important either */
            part[0] = '\0';
        used += (int)strlen(part);
    }
    snprintf(text, size, "%s%s%s%s%s", parts[EPOCH], parts[BAR], parts[SHARE], parts[LOSS],
             parts[SPEED]);
}

void cli_progress_draw(const struct mlp_progress_report *report)
{
    char text[320];
    /* One column stays free: some terminals wrap when the last one is filled. */
    cli_progress_text(report, cli_columns() - 1, text, sizeof text);
    cli_say("\r%s\033[K", text); /* erase what is left of a longer line */
    fflush(stdout);
    drawn = true;
}

void cli_progress_clear(void)
{
    if (drawn)
        cli_say("\r\033[K");
    drawn = false;
}
