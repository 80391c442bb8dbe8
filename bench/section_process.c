/* section_process.c - a whole process: from its start to the first training step, and the most
 * memory that it ever has. This program starts itself as a child that does what `mlp train` does.
 */
#include "base/clock.h"
#include "base/memory.h"
#include "bench.h"
#include "coprocess.h"
#include "work.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#define CHILD_SECONDS 60

/* Our own threads, which have just looked whether the cores are free, stop spinning (measure.c). */
static const struct timespec settle = {0, 15 * 1000 * 1000};

/* ---- the child -------------------------------------------------------------------------- */

/* VmHWM, the high-water mark of this process's memory. getrusage would also count what the parent
 * had when it started us. */
static double peak_memory_bytes(void)
{
    FILE *file = fopen("/proc/self/status", "re");
    char line[256];
    double kib = 0;
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "VmHWM: %lf", &kib) == 1)
            break;
    if (file != NULL)
        fclose(file);
    return kib * 1024;
}

/* Reads the data and trains; with `stop` set training ends just before its first step, after
 * everything has been allocated, shuffled and the first batch gathered. */
static int train_child(const char *folder, int threads, bool stop)
{
    const volatile sig_atomic_t stopped = stop;
    const uint32_t *hidden = work_default_hidden;
    struct mlp_label_options labels = {0, 0};
    struct mlp_dataset dataset;
    struct mlp_net *net;
    if (mlp_dataset_read(&dataset, folder, &labels, NULL) != MLP_OK)
        return EXIT_FAILURE;
    uint32_t widths[4] = {dataset.train.n_rows * dataset.train.n_cols, hidden[0], hidden[1],
                          dataset.n_classes};
    if (mlp_net_new(&net, widths, 3, 1, NULL) != MLP_OK)
        return EXIT_FAILURE;
    struct mlp_train_options options = mlp_train_defaults();
    options.n_epochs = 1;
    options.n_threads = threads;
    options.stop = &stopped;
    enum mlp_status status = mlp_train(net, &dataset, &options, NULL);
    size_t data_bytes = (size_t)dataset.train.n_samples + dataset.test.n_samples;
    data_bytes *= (size_t)widths[0] + 1;
    printf("peak %.0f data %.0f parameters %.0f\n", peak_memory_bytes(), (double)data_bytes,
           (double)mlp_net_n_parameters(net));
    fflush(stdout);
    return status == MLP_OK || status == MLP_E_STOPPED ? EXIT_SUCCESS : EXIT_FAILURE;
}

int process_child(int argc, char **argv)
{
    if (argc != 5)
        return EXIT_FAILURE;
    return train_child(argv[3], atoi(argv[4]), strcmp(argv[2], "start") == 0);
}

/* ---- the parent ------------------------------------------------------------------------- */

struct child_run {
    char folder[512];
    const char *mode; /* "start" or "train" */
    char threads[16];
    double peak_bytes, data_bytes, parameters;
};

/* Until the child's line comes: its process is up, the data is read, the first step would begin. */
static double run_child(void *context)
{
    struct child_run *run = context;
    const char *argv[] = {"/proc/self/exe", "--child", run->mode, run->folder, run->threads, NULL};
    const char *environment[] = {NULL};
    struct coprocess process;
    char answer[256];
    nanosleep(&settle, NULL);
    double begin = clock_seconds();
    if (!coprocess_start(&process, argv, environment, false))
        return -1;
    bool answered = coprocess_read(&process, answer, sizeof answer, CHILD_SECONDS);
    double seconds = clock_seconds() - begin;
    coprocess_end(&process);
    if (!answered || sscanf(answer, "peak %lf data %lf parameters %lf", &run->peak_bytes,
                            &run->data_bytes, &run->parameters) != 3)
        return -1;
    return seconds;
}

/* Files written with the IDX header, raw or gzip at zlib's default level, as MNIST comes. */
static bool write_file(const char *path, const uint8_t *header, size_t header_bytes,
                       const uint8_t *bytes, size_t n, bool gzip)
{
    gzFile file = gzopen(path, gzip ? "wb" : "wbT"); /* T: as it is, without compression */
    if (file == NULL)
        return false;
    bool ok = gzwrite(file, header, (unsigned)header_bytes) == (int)header_bytes;
    for (size_t at = 0; ok && at < n; at += 1u << 20) {
        unsigned part = n - at < 1u << 20 ? (unsigned)(n - at) : 1u << 20;
        ok = gzwrite(file, bytes + at, part) == (int)part;
    }
    return gzclose(file) == Z_OK && ok;
}

static bool write_images(const char *folder, const char *name, const struct mlp_images *images,
                         bool gzip)
{
    char path[512];
    const char *end = gzip ? ".gz" : "";
    uint32_t dims[3] = {images->n_samples, images->n_rows, images->n_cols};
    uint8_t header[16] = {0, 0, 8, 3};
    for (int i = 0; i < 12; i++)
        header[4 + i] = (uint8_t)(dims[i / 4] >> (24 - 8 * (i % 4)));
    size_t n = (size_t)dims[0] * dims[1] * dims[2];
    snprintf(path, sizeof path, "%s/%s-images-idx3-ubyte%s", folder, name, end);
    bool ok = write_file(path, header, 16, images->pixels, n, gzip);
    header[3] = 1;
    snprintf(path, sizeof path, "%s/%s-labels-idx1-ubyte%s", folder, name, end);
    return write_file(path, header, 8, images->labels, dims[0], gzip) && ok;
}

/* A folder of its own for either form, with all four files. */
static bool write_set(const struct bench *bench, char *folder, size_t size, bool gzip)
{
    snprintf(folder, size, "%s/%s", bench->work_folder, gzip ? "gzip" : "raw");
    mkdir(folder, 0777);
    return write_images(folder, "train", &bench->dataset.train, gzip) &&
           write_images(folder, "t10k", &bench->dataset.test, gzip);
}

/* What zlib alone takes for the four files: the least that reading them can cost. */
static double run_inflate(void *context)
{
    const struct child_run *run = context;
    static uint8_t buffer[1 << 18];
    DIR *folder = opendir(run->folder);
    const struct dirent *entry;
    double begin = clock_seconds();
    if (folder == NULL)
        return -1;
    while ((entry = readdir(folder)) != NULL) {
        char path[800];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", run->folder, entry->d_name);
        gzFile file = gzopen(path, "rb");
        while (file != NULL && gzread(file, buffer, sizeof buffer) > 0)
            continue;
        gzclose(file);
    }
    closedir(folder);
    return clock_seconds() - begin;
}

static struct row *add_time(struct bench *bench, const char *name, const struct contender *c,
                            int threads)
{
    struct row *row = row_add(&bench->rows, "process", name);
    row->threads = threads;
    row_measured(row, c);
    row->value = 1e3 * c->seconds;
    snprintf(row->unit, sizeof row->unit, "ms");
    return row;
}

static void start_up(struct bench *bench, struct child_run *run)
{
    int threads = bench_threads(bench);
    run->mode = "start";
    struct contender start = {.run = run_child, .context = run};
    if (!write_set(bench, run->folder, sizeof run->folder, false))
        return;
    measure(&start, 1, bench->n_runs, 4);
    row_target(add_time(bench, "start-up, raw files", &start, threads), TARGET_AT_MOST, 60);
    if (!write_set(bench, run->folder, sizeof run->folder, true))
        return;
    struct contender pair[2] = {{.run = run_child, .context = run},
                                {.run = run_inflate, .context = run}};
    measure(pair, 2, bench->n_runs, 8);
    add_time(bench, "inflate alone (zlib)", &pair[1], 1);
    double most_ms = 1e3 * pair[1].seconds + 40;
    row_target(add_time(bench, "start-up, gzip files", &pair[0], threads), TARGET_AT_MOST, most_ms);
}

/* Issue 3: data + (2 + optimiser states, here 0) x parameters x 4 + 3 x batch x widths x 4 + 24 MiB
 */
static double memory_target(const struct child_run *run)
{
    const double widths = 784 + 256 + 128 + 10;
    return run->data_bytes + 2 * run->parameters * 4 + 3 * WORK_DEFAULT_BATCH * widths * 4 +
           24 * 0x1p20;
}

static void peak_memory(struct bench *bench, struct child_run *run)
{
    run->mode = "train";
    snprintf(run->folder, sizeof run->folder, "%s/raw", bench->work_folder);
    if (run_child(run) < 0)
        return;
    struct row *row = row_add(&bench->rows, "process", "peak memory, one epoch");
    row->threads = bench_threads(bench);
    row->runs = 1;
    row->value = run->peak_bytes / 0x1p20;
    snprintf(row->unit, sizeof row->unit, "MiB");
    row_target(row, TARGET_AT_MOST, memory_target(run) / 0x1p20);
}

/* ---- mlp itself ------------------------------------------------------------------------- */

#ifndef BENCH_BUILD
#    define BENCH_BUILD "build"
#endif

struct mlp_run {
    const char *folder, *precision, *threads;
    char model[512];
};

/* From its start until it has gone: everything that who types the command waits for. */
static double run_mlp(void *context)
{
    static const char program[] = BENCH_BUILD "/mlp";
    const struct mlp_run *run = context;
    const char *argv[] = {
        program,        "train",     "--preset",  "fast",       "--precision", run->precision,
        "--data",       run->folder, "--threads", run->threads, "--model",     run->model,
        "--eval-every", "0",         "--quiet",   NULL};
    const char *environment[] = {NULL};
    struct coprocess process;
    char line[256];
    unlink(run->model);
    nanosleep(&settle, NULL);
    double begin = clock_seconds();
    if (!coprocess_start(&process, argv, environment, false))
        return -1;
    while (coprocess_read(&process, line, sizeof line, CHILD_SECONDS))
        continue; /* what it printed, until the end of its output, and then its own */
    double seconds = clock_seconds() - begin;
    return access(run->model, R_OK) == 0 ? seconds : -1;
}

static void train_fast(struct bench *bench, const struct child_run *child)
{
    static const char *const precisions[2] = {"f32", "bf16"};
    bool amx = bench_peak(bench, "amx", 1) > 0;
    struct mlp_run runs[2];
    struct contender contenders[2];
    uint32_t n = amx ? 2 : 1;
    for (uint32_t i = 0; i < n; i++) {
        runs[i] = (struct mlp_run){child->folder, precisions[i], child->threads, ""};
        snprintf(runs[i].model, sizeof runs[i].model, "%s/fast.npz", bench->work_folder);
        contenders[i] = (struct contender){
            .run = run_mlp, .context = &runs[i], .threads = bench_threads(bench)};
    }
    measure(contenders, n, bench->n_runs, 15);
    for (uint32_t i = 0; i < n; i++) {
        struct row *row =
            add_time(bench, "mlp train --preset fast", &contenders[i], bench_threads(bench));
        snprintf(row->precision, sizeof row->precision, "%s", precisions[i]);
        if (i == 1)
            row_target(row, TARGET_AT_MOST, 250); /* issue 4 */
    }
}

void section_process(struct bench *bench)
{
    struct child_run run = {.mode = "start"};
    if (bench->work_folder[0] == '\0')
        return;
    snprintf(run.threads, sizeof run.threads, "%d", bench_threads(bench));
    start_up(bench, &run);
    peak_memory(bench, &run);
    train_fast(bench, &run); /* on the raw files, too, which peak_memory has just read */
}
