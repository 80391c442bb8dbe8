/* picture.c - bench.png: the rows as bars and lines. */
#include "base/error.h"
#include "draw/chart.h"
#include "peers.h"
#include "report.h"

#include <stdio.h>
#include <string.h>

enum { BARS_MAX = 16, GROUPS_MAX = 8, POINTS_MAX = 24, SERIES_MAX = 4, PANELS_MAX = 12 };

/* A chart under construction, with the memory that its pointers point to. */
struct bars {
    struct draw_bar_chart chart;
    struct draw_bar_group group[GROUPS_MAX];
    struct draw_bar bar[GROUPS_MAX][BARS_MAX];
    char name[GROUPS_MAX][160], label[GROUPS_MAX][BARS_MAX][48], note[GROUPS_MAX][BARS_MAX][48];
};

struct lines {
    struct draw_line_chart chart;
    struct draw_series series[SERIES_MAX];
    double x[SERIES_MAX][POINTS_MAX], y[SERIES_MAX][POINTS_MAX], ticks[POINTS_MAX];
    char name[SERIES_MAX][32];
};

struct picture {
    const struct bench *bench;
    struct draw_panel panel[PANELS_MAX];
    uint32_t n_panels;
    char all_threads[32];
    struct bars epoch, epoch_bf16, products[2], phases[2], kernels, staircase;
    struct lines threads, batch, width;
};

static void threads_text(char *text, size_t size, int threads)
{
    snprintf(text, size, threads == 1 ? "%d thread" : "%d threads", threads);
}

/* The group of that name, a new one at the end if there is none yet. */
static struct draw_bar_group *find_group(struct bars *b, const char *name, double reference)
{
    uint32_t g = 0;
    while (g < b->chart.n_groups && strcmp(b->name[g], name) != 0)
        g++;
    if (g == GROUPS_MAX)
        return NULL;
    if (g == b->chart.n_groups) {
        b->chart.n_groups++;
        b->chart.groups = b->group;
        snprintf(b->name[g], sizeof b->name[g], "%s", name);
        b->group[g] =
            (struct draw_bar_group){.name = b->name[g],
                                    .bars = b->bar[g],
                                    .reference = reference,
                                    .reference_label = reference > 0 ? "multiply-add peak" : NULL};
    }
    return &b->group[g];
}

static void add_bar(struct bars *b, const char *group_name, double reference, const char *label,
                    double value, bool ours, const char *note)
{
    struct draw_bar_group *group = find_group(b, group_name, reference);
    if (group == NULL || group->n_bars == BARS_MAX)
        return;
    size_t g = (size_t)(group - b->group), i = group->n_bars++;
    snprintf(b->label[g][i], sizeof b->label[g][i], "%s", label);
    snprintf(b->note[g][i], sizeof b->note[g][i], "%s", note);
    b->bar[g][i] = (struct draw_bar){b->label[g][i], value, ours, b->note[g][i]};
}

static const char *peer_label(const char *name)
{
    for (int s = 0; s < PEER_SORTS; s++)
        for (uint32_t i = 0; i < peer_count((enum peer_sort)s); i++)
            if (strcmp(peer_name((enum peer_sort)s, i), name) == 0)
                return peer_title((enum peer_sort)s, i);
    return name;
}

/* Ours is called mlp, and the kernel where it tells something. */
static void bar_of_row(struct bars *b, const char *group, const struct row *row)
{
    char note[48] = "", time[24];
    bool ours = row->peer[0] == '\0';
    double peak = row->share_of_peak > 0 ? row->gflops / row->share_of_peak : 0;
    report_time(row->seconds, time, sizeof time);
    if (ours)
        snprintf(note, sizeof note, "%s, %.0f %%", time, 100 * row->share_of_peak);
    else
        snprintf(note, sizeof note, "%s, %.2f×", time, row->ratio);
    const char *label = ours ? "mlp" : peer_label(row->peer);
    if (strstr(row->name, "no zeros") != NULL)
        label = "mlp, no zeros";
    add_bar(b, group, peak, label, row->gflops, ours, note);
}

static void collect_bars(struct picture *p, const struct row *row)
{
    char group[160], note[48];
    bool bf16 = strcmp(row->precision, "bf16") == 0;
    threads_text(group, sizeof group, row->threads);
    if (strcmp(row->section, "epoch") == 0) {
        if (row->seconds != 0) /* without: a comparison of others */
            bar_of_row(bf16 ? &p->epoch_bf16 : &p->epoch, group, row);
    } else if (strcmp(row->section, "products") == 0 && strncmp(row->layers, "784", 3) == 0 &&
               !bf16) {
        snprintf(group, sizeof group, "%s %s", row->name, row->layers);
        bar_of_row(&p->products[row->threads > 1], group, row);
    } else if (strcmp(row->section, "phases") == 0) {
        snprintf(note, sizeof note, "%.1f ms", 1e3 * row->seconds);
        add_bar(&p->phases[bf16], group, 0, row->name, row->value,
                strncmp(row->name, "barr", 4) != 0, note);
    } else if (strcmp(row->section, "kernels") == 0 && !bf16) {
        snprintf(note, sizeof note, row->share_of_peak > 0 ? "%.0f %% of its peak" : " ",
                 100 * row->share_of_peak);
        add_bar(&p->kernels, group, 0, row->kernel, row->gflops, true, note);
    } else if (strcmp(row->section, "staircase") == 0) {
        char label[64];
        snprintf(label, sizeof label, "%s%s%s", row->name, row->kernel[0] == 'C' ? "" : " ",
                 row->kernel[0] == 'C' ? "" : row->kernel);
        report_time(row->seconds, note, sizeof note);
        add_bar(&p->staircase, "", 0, label, row->gflops, true, note);
    }
}

/* The series for that many threads; a new one if there is none yet. */
static void add_point(struct lines *l, int threads, double x, double y)
{
    char name[32];
    uint32_t s = 0;
    threads_text(name, sizeof name, threads);
    while (s < l->chart.n_series && strcmp(l->name[s], name) != 0)
        s++;
    if (s == SERIES_MAX)
        return;
    if (s == l->chart.n_series) {
        l->chart.n_series++;
        l->chart.series = l->series;
        snprintf(l->name[s], sizeof l->name[s], "%s", name);
        l->series[s] =
            (struct draw_series){.name = l->name[s], .x = l->x[s], .y = l->y[s], .ours = s == 0};
    }
    uint32_t i = l->series[s].n_points;
    if (i == POINTS_MAX)
        return;
    l->x[s][i] = x;
    l->y[s][i] = y;
    l->series[s].n_points++;
    if (s == 0)
        l->ticks[i] = x;
}

static void collect_lines(struct picture *p, const struct row *row)
{
    unsigned width;
    double percent = 100 * row->share_of_peak;
    if (strcmp(row->section, "batch") == 0)
        add_point(&p->batch, row->threads, row->batch, percent);
    else if (strcmp(row->section, "width") == 0 && sscanf(row->layers, "%*u-%u", &width) == 1)
        add_point(&p->width, row->threads, width, percent);
    else if (strcmp(row->section, "threads") == 0 && strcmp(row->name, "steps") == 0)
        add_point(&p->threads, 1, row->threads, row->images_per_s / 1000);
}

static void add_bars(struct picture *p, struct bars *b, const char *unit, const char *title,
                     const char *subtitle, bool wide)
{
    if (b->chart.n_groups == 0)
        return;
    b->chart.unit = unit;
    p->panel[p->n_panels++] =
        (struct draw_panel){.title = title, .subtitle = subtitle, .bars = &b->chart, .wide = wide};
}

static void add_lines(struct picture *p, struct lines *l, const char *x_label, const char *y_label,
                      const char *title, const char *subtitle)
{
    if (l->chart.n_series == 0 || l->series[0].n_points < 2)
        return;
    l->chart.x = (struct draw_axis){
        .label = x_label, .log = true, .ticks = l->ticks, .n_ticks = l->series[0].n_points};
    l->chart.y.label = y_label;
    p->panel[p->n_panels++] =
        (struct draw_panel){.title = title, .subtitle = subtitle, .lines = &l->chart};
}

static void shares_of_peak(struct lines *l)
{
    l->chart.y = (struct draw_axis){.low = 0, .high = 100};
}

static void lay_out(struct picture *p)
{
    add_bars(p, &p->epoch, "GFLOP/s", "One epoch of 784-256-128-10, batch 128, f32",
             "shuffle, gather, forward, loss, backward, update; the others' time as a multiple of "
             "ours; zeros count, though left out",
             true);
    add_bars(p, &p->epoch_bf16, "GFLOP/s", "The same in bf16, on AMX",
             "products of bf16 numbers, sums, weights and updates in f32 (PyTorch's as its fastest "
             "setting has them)",
             true);
    add_bars(p, &p->products[0], "GFLOP/s", "The two largest products, 1 thread", NULL, true);
    threads_text(p->all_threads, sizeof p->all_threads, bench_threads(p->bench));
    add_bars(p, &p->products[1], "GFLOP/s", "The same, all threads", p->all_threads, true);
    add_bars(p, &p->phases[0], "%", "Where the time of an epoch goes", NULL, false);
    add_bars(p, &p->phases[1], "%", "The same in bf16", NULL, false);
    add_bars(p, &p->kernels, "GFLOP/s", "By kernel", "the same network", false);
    shares_of_peak(&p->batch);
    shares_of_peak(&p->width);
    add_lines(p, &p->batch, "batch", "% of peak", "By batch", "784-256-128-10");
    add_lines(p, &p->width, "width of both hidden layers", "% of peak", "By width",
              "784-w-w-10, batch 128");
    p->threads.chart.y.low = 0;
    if (p->threads.chart.n_series > 0) { /* one series, which needs no name */
        double highest = 0;
        for (uint32_t i = 0; i < p->threads.series[0].n_points; i++)
            highest = p->threads.y[0][i] > highest ? p->threads.y[0][i] : highest;
        p->threads.chart.y.high = 1.1 * highest;
        p->threads.series[0].name = NULL;
    }
    add_lines(p, &p->threads, "threads", "thousand images/s", "By threads", "784-256-128-10");
    add_bars(p, &p->staircase, "GFLOP/s", "From naive loops to the kernels",
             "the first layer's forward product", true);
}

enum mlp_status report_picture(const struct bench *bench, const char *path, struct mlp_error *error)
{
    static struct picture p;
    char title[256], footnote[400];
    memset(&p, 0, sizeof p);
    p.bench = bench;
    for (uint32_t i = 0; i < bench->rows.n; i++) {
        collect_bars(&p, &bench->rows.row[i]);
        collect_lines(&p, &bench->rows.row[i]);
    }
    lay_out(&p);
    if (p.n_panels == 0)
        return MLP_OK; /* --only machine: nothing to draw */
    const struct machine *m = &bench->machine;
    snprintf(title, sizeof title, "mlp on %s, %d cores", m->cpu, m->cores);
    snprintf(footnote, sizeof footnote, "%s, %s, %s, %s", m->revision, m->compiler,
             bench->data_name, m->date);
    struct draw_page page = {.title = title,
                             .footnote = footnote,
                             .panels = p.panel,
                             .n_panels = p.n_panels,
                             .columns = 2};
    struct mlp_picture picture;
    enum mlp_status status = draw_page_render(&picture, &page);
    if (status != MLP_OK)
        return error_set(error, status, path, -1);
    status = mlp_picture_write(&picture, path, error);
    mlp_picture_free(&picture);
    return status;
}
