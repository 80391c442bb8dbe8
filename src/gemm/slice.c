/* slice.c - who computes which part of a product. Any cut gives the same bits, since k stays whole;
 * this one looks for the cut that is finished first. */
#include "gemm/gemm.h"

#include "base/least.h"
#include "gemm/tiles.h"

/* Relative time of a row group against `panels` panels: narrow tiles are less efficient, since
 * each loads as much of A for less work. Units of 1/16 panel; measured: bench, rows "products". */
static uint64_t cost(uint32_t widest, uint32_t panels)
{
    uint64_t whole = panels / widest, rest = panels % widest;
    return whole * widest * 16 + (rest == 0 ? 0 : rest * 16 + 2);
}

static uint32_t divide_up(uint32_t n, uint32_t d)
{
    return n / d + (n % d != 0);
}

static uint64_t time_of(uint32_t widest, uint32_t n, uint32_t row_groups, uint32_t panels,
                        uint32_t cuts)
{
    return divide_up(row_groups, n / cuts) * cost(widest, divide_up(panels, cuts));
}

static struct gemm_slice only(const struct team *team, uint32_t row_groups, uint32_t panels,
                              bool rows)
{
    struct gemm_slice slice = {0, row_groups, 0, panels};
    if (rows)
        team_share(team, row_groups, &slice.row_begin, &slice.row_end);
    else
        team_share(team, panels, &slice.panel_begin, &slice.panel_end);
    bool empty = slice.row_begin == slice.row_end || slice.panel_begin == slice.panel_end;
    return empty ? (struct gemm_slice){0, 0, 0, 0} : slice;
}

/* widest: panels in the widest tile. Of the cuts that are at most an eighth slower than the
 * fastest, the one with the most columns, or the fewest: fetching what another core has written
 * costs more. */
static struct gemm_slice cut(uint32_t widest, const struct team *team, uint32_t row_groups,
                             uint32_t panels, enum gemm_cut prefer)
{
    uint32_t n = (uint32_t)team->n, best_cuts = 0;
    uint64_t least = UINT64_MAX;
    for (uint32_t cuts = 1; cuts <= n && cuts <= panels; cuts++) { /* of the panels */
        uint64_t time = time_of(widest, n, row_groups, panels, cuts);
        least = time < least ? time : least;
    }
    for (uint32_t cuts = 1; cuts <= n && cuts <= panels; cuts++)
        if (time_of(widest, n, row_groups, panels, cuts) <= least + least / 8 &&
            (best_cuts == 0 || prefer == GEMM_CUT_COLUMNS))
            best_cuts = cuts;
    if (best_cuts == 0)
        best_cuts = 1;
    uint32_t row_cuts = n / best_cuts;
    if (row_cuts > row_groups) /* no part is empty: each column of parts has one first part */
        row_cuts = row_groups;
    uint32_t column = (uint32_t)team->id % best_cuts, row = (uint32_t)team->id / best_cuts;
    if (row_cuts == 0 || row >= row_cuts) /* nothing to do, or more members than parts */
        return (struct gemm_slice){0, 0, 0, 0};
    struct team columns = {.id = (int)column, .n = (int)best_cuts};
    struct team rows = {.id = (int)row, .n = (int)row_cuts};
    struct gemm_slice slice;
    team_share(&rows, row_groups, &slice.row_begin, &slice.row_end);
    team_share(&columns, panels, &slice.panel_begin, &slice.panel_end);
    return slice;
}

struct gemm_slice gemm_slice(const struct kernel *kernel, const struct team *team,
                             uint32_t row_groups, uint32_t panels, enum gemm_cut prefer)
{
    if (prefer == GEMM_ONLY_ROWS || prefer == GEMM_ONLY_COLUMNS)
        return only(team, row_groups, panels, prefer == GEMM_ONLY_ROWS);
    return cut(kernel->panels, team, row_groups, panels, prefer);
}

struct gemm_slice gemm_tiles_slice(const struct team *team, uint32_t row_blocks,
                                   uint32_t col_blocks, enum gemm_cut prefer)
{
    struct gemm_slice pairs =
        cut(1, team, divide_up(row_blocks, 2), divide_up(col_blocks, 2), prefer);
    return (struct gemm_slice){
        least(2 * pairs.row_begin, row_blocks), least(2 * pairs.row_end, row_blocks),
        least(2 * pairs.panel_begin, col_blocks), least(2 * pairs.panel_end, col_blocks)};
}
