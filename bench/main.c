/* main.c - mlp-bench: measures, prints a table, writes bench.csv, bench.json and bench.png. */
#include "accuracy.h"
#include "base/cpu.h"
#include "base/file.h"
#include "bench.h"
#include "report.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Undisturbed runs of everything: an odd number, so that the median is one of them. */
enum { RUNS = 7, RUNS_QUICK = 3 };

static const struct {
    const char *name;
    void (*run)(struct bench *bench);
    bool asked_for; /* only with --only */
} sections[] = {
    {"machine", section_machine, false},    {"epoch", section_epoch, false},
    {"augment", section_augment, false},    {"optimizers", section_optimizers, false},
    {"products", section_products, false},  {"phases", section_phases, false},
    {"kernels", section_kernels, false},    {"sweeps", section_sweeps, false},
    {"forward", section_forward, false},    {"process", section_process, false},
    {"staircase", section_staircase, true},
};
enum { N_SECTIONS = sizeof sections / sizeof sections[0] };

static const char usage[] =
    "usage: mlp-bench [options]\n"
    "  --data DIR         data set (default: $MNIST_DIR, data/, else built-in digits)\n"
    "  --out DIR          where bench.csv, bench.json and bench.png go (default: out)\n"
    "  --threads N        the most threads (default: usable cores)\n"
    "  --only A,B         sections: machine epoch augment optimizers products phases kernels\n"
    "                     sweeps forward process staircase (peaks are measured whatever is "
    "chosen)\n"
    "  --staircase        the same as --only staircase\n"
    "  --no-peers         leave the other programs out\n"
    "  --quick            a smoke test in seconds; its figures mean nothing\n"
    "  --accuracy RECIPES CSV PNG  draws what bench/accuracy.sh found, measures nothing\n"
    "  --compare OLD NEW  prints one bench.json against another, measures nothing\n"
    "  --help\n";

int bench_threads(const struct bench *bench)
{
    return bench->threads[bench->n_threads - 1];
}

double bench_peak(const struct bench *bench, const char *isa, int threads)
{
    double best = 0;
    int best_threads = 0;
    for (uint32_t i = 0; i < bench->n_peaks; i++) {
        const struct bench_peak *peak = &bench->peaks[i];
        if (strcmp(peak->isa, isa) == 0 && peak->threads <= threads &&
            peak->threads > best_threads) {
            best = peak->gflops;
            best_threads = peak->threads;
        }
    }
    return best;
}

void bench_note(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "  ");
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

/* All counts up to 4, then powers of two, and always the last. */
static void list_threads(struct bench *bench, int most)
{
    for (int n = 1; n < most && bench->n_threads + 1 < THREADS_LISTED; n = n < 4 ? n + 1 : 2 * n)
        bench->threads[bench->n_threads++] = n;
    bench->threads[bench->n_threads++] = most;
}

static bool chosen(const struct bench *bench, int i)
{
    const char *only = bench->options.only, *name = sections[i].name;
    if (strcmp(name, "machine") == 0)
        return true; /* every share needs its peak */
    if (only == NULL)
        return !sections[i].asked_for;
    size_t length = strlen(name);
    for (const char *at = only; (at = strstr(at, name)) != NULL; at += length)
        if ((at == only || at[-1] == ',') && (at[length] == ',' || at[length] == '\0'))
            return true;
    return false;
}

static bool is_section(const char *name, size_t length)
{
    for (int i = 0; i < N_SECTIONS; i++)
        if (strlen(sections[i].name) == length && strncmp(sections[i].name, name, length) == 0)
            return true;
    return false;
}

/* The rest of the list of --only from the first name on that is no section's; NULL: all are. */
static const char *unknown_section(const char *only)
{
    while (is_section(only, strcspn(only, ","))) {
        only += strcspn(only, ",");
        if (*only++ == '\0')
            return NULL;
    }
    return only;
}

static int save(const struct bench *bench)
{
    static enum mlp_status (*const writers[])(const struct bench *, const char *,
                                              struct mlp_error *) = {report_csv, report_json,
                                                                     report_picture};
    static const char *const names[] = {"bench.csv", "bench.json", "bench.png"};
    int exit_code = EXIT_SUCCESS;
    printf("\n");
    for (int i = 0; i < 3; i++) {
        char path[1024], text[2048];
        struct mlp_error error = {.status = MLP_OK};
        snprintf(path, sizeof path, "%s/%s", bench->options.out, names[i]);
        enum mlp_status status = writers[i](bench, path, &error);
        if (status == MLP_OK) {
            printf("%s\n", path);
            continue;
        }
        mlp_error_format(&error, text, sizeof text);
        fprintf(stderr, "mlp-bench: %s\n", text);
        exit_code = (int)status;
    }
    return exit_code;
}

static int compare(const char *old_path, const char *new_path)
{
    static struct bench old, new;
    struct mlp_error error = {.status = MLP_OK};
    enum mlp_status status = report_read(&old, old_path, &error);
    if (status == MLP_OK)
        status = report_read(&new, new_path, &error);
    if (status == MLP_OK) {
        report_compare(&old, &new);
    } else {
        char text[2048];
        mlp_error_format(&error, text, sizeof text);
        fprintf(stderr, "mlp-bench: %s\n", text);
    }
    rows_free(&old.rows);
    rows_free(&new.rows);
    return (int)status;
}

static bool parse(struct bench_options *o, int argc, char **argv, bool *want_compare)
{
    enum { DATA = 1, OUT, THREADS, ONLY, STAIRCASE, NO_PEERS, QUICK, COMPARE, HELP };
    static const struct option options[] = {{"data", required_argument, NULL, DATA},
                                            {"out", required_argument, NULL, OUT},
                                            {"threads", required_argument, NULL, THREADS},
                                            {"only", required_argument, NULL, ONLY},
                                            {"staircase", no_argument, NULL, STAIRCASE},
                                            {"no-peers", no_argument, NULL, NO_PEERS},
                                            {"quick", no_argument, NULL, QUICK},
                                            {"compare", no_argument, NULL, COMPARE},
                                            {"help", no_argument, NULL, HELP},
                                            {NULL, 0, NULL, 0}};
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case DATA:
            o->data = optarg;
            break;
        case OUT:
            o->out = optarg;
            break;
        case THREADS:
            o->threads = atoi(optarg);
            if (o->threads < 1) {
                fprintf(stderr, "mlp-bench: --threads %s; wanted a number from 1\n", optarg);
                return false;
            }
            break;
        case ONLY:
            o->only = optarg;
            if (unknown_section(optarg) != NULL) {
                fprintf(stderr, "mlp-bench: no section '%s'\n", unknown_section(optarg));
                return false;
            }
            break;
        case STAIRCASE:
            o->only = "staircase";
            break;
        case NO_PEERS:
            o->peers = false;
            break;
        case QUICK:
            o->quick = true;
            break;
        case COMPARE:
            *want_compare = true;
            break;
        case HELP:
            fputs(usage, stdout);
            exit(EXIT_SUCCESS);
        default:
            return false;
        }
    }
    return optind == argc - (*want_compare ? 2 : 0);
}

int main(int argc, char **argv)
{
    static struct bench bench = {.options = {.out = "out", .peers = true}};
    bool want_compare = false;
    if (argc > 2 && strcmp(argv[1], "--child") == 0)
        return process_child(argc, argv);
    if (argc == 5 && strcmp(argv[1], "--accuracy") == 0)
        return accuracy_picture(argv[2], argv[3], argv[4]);
    if (!parse(&bench.options, argc, argv, &want_compare)) {
        fputs(usage, stderr);
        return MLP_E_USAGE;
    }
    if (want_compare)
        return compare(argv[optind], argv[optind + 1]);
    char probe[1024], text[2048];
    struct mlp_error error = {.status = MLP_OK};
    snprintf(probe, sizeof probe, "%s/bench.json", bench.options.out);
    if (file_replaceable(probe, &error) != MLP_OK) { /* now, not after two minutes */
        mlp_error_format(&error, text, sizeof text);
        fprintf(stderr, "mlp-bench: %s\n", text);
        return MLP_E_OUTPUT;
    }
    machine_read(&bench.machine);
    bench.n_runs = bench.options.quick ? RUNS_QUICK : RUNS;
    if (bench.options.quick)
        measure_hurry();
    list_threads(&bench, bench.options.threads > 0 ? bench.options.threads : cpu_cores());
    bench_data(&bench);
    for (int i = 0; i < N_SECTIONS; i++) {
        if (!chosen(&bench, i))
            continue;
        bench_note("measuring: %s", sections[i].name);
        sections[i].run(&bench);
    }
    report_table(&bench);
    int exit_code = save(&bench);
    rows_free(&bench.rows);
    mlp_dataset_free(&bench.dataset);
    free(bench.no_zeros.pixels);
    return exit_code;
}
