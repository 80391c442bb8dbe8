#include "cli/progress.h"

#include "cli/output.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool drawn;

enum { BAR_COLUMNS = 24 };

/* "[=====>    ] " for a share of 0..1. */
static int bar(double share, char *text, size_t size)
{
    char cells[BAR_COLUMNS + 1];
    int filled = (int)(share * BAR_COLUMNS);
    for (int i = 0; i < BAR_COLUMNS; i++)
        cells[i] = i < filled ? '=' : i == filled ? '>' : ' ';
    cells[BAR_COLUMNS] = '\0';
    return snprintf(text, size, "[%s] ", cells);
}

void cli_progress_text(const struct mlp_progress_report *report, int columns, char *text,
                       size_t size)
{
    double share = report->n_samples == 0 ? 1 : (double)report->n_done / report->n_samples;
    double left = share > 0 ? report->seconds * (1 - share) / share : 0;
    double speed = report->seconds > 0 ? report->n_done / report->seconds : 0;
    char speed_text[32], parts[5][64];
    cli_grouped((uint64_t)speed, speed_text);
    snprintf(parts[0], sizeof parts[0], "%" PRIu32 "/%" PRIu32 " ", report->epoch,
             report->n_epochs);
    bar(share, parts[1], sizeof parts[1]);
    snprintf(parts[2], sizeof parts[2], "%3.0f%%", 100 * share);
    snprintf(parts[3], sizeof parts[3], "  loss %.4f  accuracy %.2f%%", report->loss,
             100 * report->accuracy);
    snprintf(parts[4], sizeof parts[4], "  %s images/s, %.0f s left", speed_text, left);
    /* What must be there comes first; the order on the line is another one. */
    static const int by_importance[] = {2, 0, 3, 4, 1};
    bool shown[5] = {false};
    int used = 0;
    for (int i = 0; i < 5; i++) {
        int length = (int)strlen(parts[by_importance[i]]);
        if (used + length > columns)
            break;
        shown[by_importance[i]] = true;
        used += length;
    }
    size_t at = 0;
    text[0] = '\0';
    for (int i = 0; i < 5 && at < size; i++)
        if (shown[i])
            at += (size_t)snprintf(text + at, size - at, "%s", parts[i]);
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
