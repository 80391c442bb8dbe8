#include "base/cpu.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/log.h"
#include "cli/output.h"
#include "cli/recipe.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <zip.h>
#include <zlib.h>

static void section(const char *title)
{
    cli_say("\n%s%s%s\n", cli_colour(CLI_BOLD), title, cli_colour(CLI_PLAIN));
}

static void print_machine(const struct cli_options *options)
{
    char model[128], features[128], threads[128];
    struct mlp_threads chosen = mlp_threads_choose((int)options->threads, options->force_threads);
    cpu_model(model, sizeof model);
    cpu_feature_names(cpu_features(), features, sizeof features);
    cli_log_threads(&chosen, threads, sizeof threads);
    section("Machine");
    cli_log_line("cpu", "%s", model);
    cli_log_line("features", "%s", features);
    cli_log_line("caches", "L1 %" PRIu32 " KiB, L2 %" PRIu32 " KiB a core",
                 cpu_cache_bytes(1) >> 10, cpu_cache_bytes(2) >> 10);
    cli_log_line("memory", "%.1f GiB", (double)memory_machine_bytes() / 1073741824.0);
    cli_log_line("threads", "%s", threads);
}

static void print_kernels(void)
{
    struct mlp_kernel_info info;
    section("Kernels, best first");
    cli_say("%s  name      needs                     here      same bits for a seed as%s\n",
            cli_colour(CLI_DIM), cli_colour(CLI_PLAIN));
    for (uint32_t i = 0; mlp_kernel_info(i, &info); i++) {
        const char *here = !info.available                                ? "no"
                           : strcmp(info.name, mlp_kernel_default()) == 0 ? "default"
                                                                          : "yes";
        cli_say("  %-10s%-26s%-10s%s\n", info.name, info.needs[0] == '\0' ? "nothing" : info.needs,
                here,
                info.only_bf16          ? "itself, any threads (--precision bf16 alone)"
                : info.bit_reproducible ? "all kernels that say so, any threads, any machine"
                                        : "itself, any threads (no fused multiply-add)");
    }
}

static void print_build(void)
{
    section("Build");
#if defined(__clang__)
    cli_log_line("compiler", "clang %s", __clang_version__);
#else
    cli_log_line("compiler", "gcc %s", __VERSION__);
#endif
    cli_log_line("libraries", "zlib %s, libzip %s", zlibVersion(), zip_libzip_version());
}

static void print_accuracy(const char *name, double accuracy)
{
    if (accuracy >= 0)
        cli_log_line(name, "%.2f%%", 100 * accuracy);
}

/* Files of other versions may not say how many images there were. */
static void print_interval(const struct mlp_metadata *metadata)
{
    char n_images[32];
    double low, high, n = metadata->n_test;
    if (metadata->test_accuracy < 0 || metadata->n_test == 0)
        return;
    mlp_confidence_interval((uint32_t)(metadata->test_accuracy * n + 0.5), metadata->n_test, &low,
                            &high);
    cli_grouped(metadata->n_test, n_images);
    cli_log_line("", "95 %% interval %.2f%% to %.2f%% (Wilson, %s images)", 100 * low, 100 * high,
                 n_images);
}

/* What the file says of itself; a stranger's file has weights and nothing to say. */
static void print_model(const struct mlp_model *model, const char *path)
{
    const struct mlp_metadata *metadata = &model->metadata;
    char widths[512] = "";
    size_t at = 0;
    for (uint32_t i = 0; i <= model->n_layers && at + 12 < sizeof widths; i++)
        at += (size_t)snprintf(widths + at, sizeof widths - at, "%s%" PRIu32, i == 0 ? "" : "-",
                               model->widths[i]);
    section("Weights");
    cli_log_line("file", "%s", path);
    cli_log_line("network", "%s", widths);
    if (!metadata->present) {
        cli_log_line("origin", "unknown: another program wrote them");
        return;
    }
    cli_log_line("format", "version %" PRIu32 ", %s", metadata->format_version,
                 metadata->activation);
    cli_log_line("data", "%s, %" PRIu32 "x%" PRIu32 ", fingerprint %016" PRIx64, metadata->dataset,
                 metadata->n_rows, metadata->n_cols, metadata->fingerprint);
    print_accuracy("train", metadata->train_accuracy);
    print_accuracy("valid.", metadata->validation_accuracy);
    print_accuracy("test", metadata->test_accuracy);
    print_interval(metadata);
    bool builtin = strstr(metadata->recipe, "--data ") != NULL;
    if (model->checkpoint != NULL) {
        char progress[128], line[9000];
        cli_log_checkpoint(model->checkpoint, progress, sizeof progress);
        cli_log_line("stopped", "%s", progress);
        cli_resume_line(path, builtin ? NULL : "DIR", line, sizeof line);
        cli_log_line("go on", "%s", line);
    }
    cli_log_line("repeat", "mlp train %s%s", builtin ? "" : "--data DIR ", metadata->recipe);
}

int cli_info(const struct cli_options *options)
{
    if (!cli_options_typed(options, "model")) {
        cli_say("%smlp %s%s\n", cli_colour(CLI_BOLD), MLP_VERSION, cli_colour(CLI_PLAIN));
        print_machine(options);
        print_kernels();
        print_build();
        return 0;
    }
    struct mlp_model model = {0};
    struct mlp_error error = {0};
    if (mlp_model_read(&model, options->model, &error) != MLP_OK)
        return cli_fail(&error);
    print_model(&model, options->model);
    mlp_model_free(&model);
    return 0;
}
