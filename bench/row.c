#include "row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct row *row_add(struct rows *rows, const char *section, const char *name)
{
    if (rows->n == rows->room) {
        uint32_t room = rows->room == 0 ? 64 : 2 * rows->room;
        struct row *grown = realloc(rows->row, room * sizeof *grown);
        if (grown == NULL) {
            fprintf(stderr, "mlp-bench: out of memory\n");
            exit(EXIT_FAILURE);
        }
        rows->row = grown;
        rows->room = room;
    }
    struct row *row = &rows->row[rows->n++];
    memset(row, 0, sizeof *row);
    snprintf(row->section, sizeof row->section, "%s", section);
    snprintf(row->name, sizeof row->name, "%s", name);
    return row;
}

void row_measured(struct row *row, const struct contender *contender)
{
    row->seconds = contender->seconds;
    row->mad = contender->mad;
    row->ghz = contender->ghz;
    row->runs = contender->runs;
    row->discarded = contender->discarded;
    row->noisy = contender->noisy;
}

void row_rate(struct row *row, double n_images, double flops, double peak_gflops)
{
    if (row->seconds <= 0)
        return;
    row->images_per_s = n_images / row->seconds;
    row->gflops = 1e-9 * flops / row->seconds;
    row->share_of_peak = peak_gflops > 0 ? row->gflops / peak_gflops : 0;
}

void row_target(struct row *row, enum target_sort sort, double target)
{
    row->target_sort = sort;
    row->target = target;
}

bool row_target_met(const struct row *row)
{
    switch (row->target_sort) {
    case TARGET_NONE:
        return true;
    case TARGET_SHARE:
        return row->share_of_peak >= row->target;
    case TARGET_RATIO:
        return row->ratio >= row->target;
    case TARGET_AT_LEAST:
        return row->value >= row->target;
    case TARGET_AT_MOST:
        return row->value > 0 && row->value <= row->target;
    }
    return false;
}

const struct row *row_find(const struct rows *rows, const struct row *like)
{
    for (uint32_t i = 0; i < rows->n; i++) {
        const struct row *row = &rows->row[i];
        if (strcmp(row->section, like->section) == 0 && strcmp(row->name, like->name) == 0 &&
            strcmp(row->kernel, like->kernel) == 0 &&
            strcmp(row->precision, like->precision) == 0 && row->threads == like->threads &&
            row->batch == like->batch && strcmp(row->layers, like->layers) == 0 &&
            strcmp(row->peer, like->peer) == 0)
            return row;
    }
    return NULL;
}

double row_limit_seconds(const struct rows *rows, const struct row *like, double n_images)
{
    struct row key = *like;
    key.threads = 1;
    const struct row *one = like->threads > 1 ? row_find(rows, &key) : NULL;
    if (one == NULL || one->noisy || one->seconds <= 0)
        return 0;
    return n_images > 0 && one->images_per_s > 0 ? n_images / one->images_per_s : one->seconds;
}

void rows_free(struct rows *rows)
{
    free(rows->row);
    *rows = (struct rows){0};
}
