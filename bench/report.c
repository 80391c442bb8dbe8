/* report.c - the table on stdout. */
#include "report.h"

#include "measure.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *section, *title;
} titles[] = {
    {"machine", "What the machine can do"},
    {"epoch", "One epoch, everything included; peers in turn with ours"},
    {"augment", "Epochs on augmented and on adversarial images, in turn with plain ones"},
    {"optimizers", "Epochs with AdamW, in turn with plain SGD"},
    {"products", "Each product of the step alone"},
    {"phases", "Where the epoch goes (all threads' time)"},
    {"kernels", "By kernel"},
    {"threads", "By threads"},
    {"batch", "By batch"},
    {"width", "By width of the hidden layers"},
    {"large", "A large network"},
    {"forward", "Using a network"},
    {"process", "A whole process"},
    {"staircase", "From naive loops to our kernels, the first layer's forward product"},
};

void report_time(double seconds, char *text, size_t size)
{
    if (seconds <= 0)
        snprintf(text, size, "%s", seconds < 0 ? "failed" : "");
    else if (seconds < 1e-6)
        snprintf(text, size, "%.1f ns", seconds * 1e9);
    else if (seconds < 1e-3)
        snprintf(text, size, "%.2f us", seconds * 1e6);
    else if (seconds < 0.1)
        snprintf(text, size, "%.2f ms", seconds * 1e3);
    else
        snprintf(text, size, "%.4f s", seconds);
}

/* "%.1f" and a unit, or nothing where the figure does not apply. */
static const char *number(char *text, size_t size, const char *format, double value)
{
    text[0] = '\0';
    if (value > 0)
        snprintf(text, size, format, value);
    return text;
}

static void print_target(const struct row *row)
{
    const char *verdict = row_target_met(row) ? "met" : "MISSED";
    switch (row->target_sort) {
    case TARGET_NONE:
        break;
    case TARGET_SHARE:
        printf("  >= %.0f %% of peak: %s", 100 * row->target, verdict);
        break;
    case TARGET_RATIO:
        printf("  >= %.2fx ours: %s", row->target, verdict);
        break;
    case TARGET_AT_LEAST:
        printf("  >= %.4g %s: %s", row->target, row->unit, verdict);
        break;
    case TARGET_AT_MOST:
        printf("  <= %.4g %s: %s", row->target, row->unit, verdict);
        break;
    }
}

static void print_row(const struct row *row)
{
    char name[160], batch[16], time[24], spread[16], images[24], gflops[16], share[16], ghz[16];
    char other[32];
    bool plain = row->layers[0] == '\0' || strcmp(row->section, "phases") == 0;
    snprintf(name, sizeof name, "%s%s%s%s", row->name, plain ? "" : " ", plain ? "" : row->layers,
             strcmp(row->precision, "bf16") == 0 && strstr(row->name, "bf16") == NULL ? " bf16"
                                                                                      : "");
    batch[0] = '\0';
    if (row->batch > 0)
        snprintf(batch, sizeof batch, "%u", row->batch);
    report_time(row->seconds, time, sizeof time);
    number(spread, sizeof spread, "%.1f%%", row->seconds > 0 ? 100 * row->mad / row->seconds : 0);
    number(images, sizeof images, "%.0f", row->images_per_s);
    number(gflops, sizeof gflops, "%.1f", row->gflops);
    number(share, sizeof share, "%.1f%%", 100 * row->share_of_peak);
    number(ghz, sizeof ghz, "%.2f", row->ghz);
    if (row->unit[0] != '\0')
        snprintf(other, sizeof other, "%.4g %s", row->value, row->unit);
    else
        number(other, sizeof other, "%.2fx", row->ratio);
    printf("%c %-44.44s %-14s %3d %5s %10s %6s %9s %8s %7s %5s %12s", row->noisy ? '~' : ' ', name,
           row->peer[0] != '\0' ? row->peer : row->kernel, row->threads, batch, time, spread,
           images, gflops, share, ghz, other);
    print_target(row);
    printf("\n");
}

/* Why a share may be above 1. */
static void print_zeros(void)
{
    printf("  Products leave out pixels that are zero (in bf16: in the whole batch); GFLOP/s and "
           "share\n"
           "  count them. Where that would flatter, images have ones in their place (\"no zeros\"; "
           "also\n"
           "  by kernel, threads, batch and width).\n");
}

static void print_section(const struct bench *bench, const char *section, const char *title)
{
    bool any = false;
    for (uint32_t i = 0; i < bench->rows.n; i++) {
        const struct row *row = &bench->rows.row[i];
        if (strcmp(row->section, section) != 0)
            continue;
        if (!any)
            printf("\n%s\n  %-44s %-14s %3s %5s %10s %6s %9s %8s %7s %5s\n", title, "", "by", "thr",
                   "batch", "median", "+-mad", "images/s", "GFLOP/s", "of peak", "GHz");
        any = true;
        print_row(row);
    }
    if (any && strcmp(section, "epoch") == 0)
        print_zeros();
}

/* What each peer ran as, once for each number of threads. */
static void print_settings(const struct bench *bench)
{
    bool any = false;
    for (uint32_t i = 0; i < bench->rows.n; i++) {
        const struct row *row = &bench->rows.row[i];
        bool seen = row->settings[0] == '\0';
        for (uint32_t j = 0; j < i && !seen; j++)
            seen = strcmp(bench->rows.row[j].settings, row->settings) == 0;
        if (seen)
            continue;
        if (!any)
            printf("\nSettings of the peers, the fastest of those tried\n");
        any = true;
        printf("  %-14s %s\n", row->peer, row->settings);
    }
}

/* Who trains the same network on the same data has about the same loss after an epoch. */
static void print_losses(const struct bench *bench)
{
    const char *before = "\nMean loss of the first epoch:";
    for (uint32_t i = 0; i < bench->rows.n; i++) {
        const struct row *row = &bench->rows.row[i];
        if (strcmp(row->section, "epoch") != 0 || row->threads != 1 || row->loss <= 0)
            continue;
        bool bf16 = strcmp(row->precision, "bf16") == 0;
        const char *ours = bf16 ? "ours in bf16" : "ours";
        printf("%s %s %.4f", before, row->peer[0] == '\0' ? ours : row->peer, row->loss);
        before = ",";
    }
    if (before[0] == ',')
        printf("\n");
}

void report_table(const struct bench *bench)
{
    const struct machine *m = &bench->machine;
    printf("%s, %d cores; %s\n%s; L1 %llu KiB, L2 %llu KiB, L3 %llu MiB; %.1f GiB\n", m->cpu,
           m->cores, m->system, m->features, (unsigned long long)(m->cache_bytes[1] >> 10),
           (unsigned long long)(m->cache_bytes[2] >> 10),
           (unsigned long long)(m->cache_bytes[3] >> 20), (double)m->memory_bytes / 0x1p30);
    printf("mlp %s at %s, %s %s; %s; %s\n", MLP_VERSION, m->revision, m->compiler, m->flags,
           bench->data_name, m->date);
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
        print_section(bench, titles[i].section, titles[i].title);
    if (bench_peak(bench, "amx", 1) <= 0)
        printf("\nThis CPU has no AMX: bf16 epochs, products, deep networks and processes are left "
               "out.\n");
    print_losses(bench);
    print_settings(bench);
    printf("\n%u of %u runs discarded because somebody else took a core", measure_total_discarded(),
           measure_total_runs());
    uint32_t noisy = 0;
    for (uint32_t i = 0; i < bench->rows.n; i++)
        noisy += bench->rows.row[i].noisy;
    if (noisy > 0)
        printf("; %u rows, marked ~, never had enough quiet runs: do not believe them", noisy);
    printf(".\n");
}
