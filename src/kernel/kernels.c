/* kernels.c - the one table of kernels, best first: the command line, tests and bench walk it. */
#include "base/cpu.h"
#include "kernel/kernel.h"
#include "mlp.h"

#include <pthread.h>
#include <string.h>

#if defined(__x86_64__)
extern const struct kernel kernel_amx, kernel_avx512, kernel_avx2, kernel_sse2;
#elif defined(__aarch64__)
extern const struct kernel kernel_neon;
#endif
extern const struct kernel kernel_scalar;

static const struct kernel *const table[] = {
#if defined(__x86_64__)
    &kernel_amx,    &kernel_avx512, &kernel_avx2, &kernel_sse2,
#elif defined(__aarch64__)
    &kernel_neon,
#endif
    &kernel_scalar,
};

const struct kernel *kernel_table(uint32_t i)
{
    return i < sizeof table / sizeof table[0] ? table[i] : NULL;
}

bool kernel_runs(const struct kernel *kernel)
{
    return (cpu_features() & kernel->needs) == kernel->needs;
}

bool kernel_serves(const struct kernel *kernel, enum mlp_precision precision)
{
    return kernel_runs(kernel) && (precision == MLP_BF16 || !kernel->only_bf16);
}

const struct kernel *kernel_best(enum mlp_precision precision)
{
    uint32_t i = 0;
    while (!kernel_serves(table[i], precision))
        i++;
    return table[i]; /* the last one runs anywhere */
}

const struct kernel *kernel_find(const char *name)
{
    if (name == NULL || strcmp(name, "auto") == 0)
        return kernel_best(MLP_F32);
    const struct kernel *kernel;
    for (uint32_t i = 0; (kernel = kernel_table(i)) != NULL; i++)
        if (strcmp(name, kernel->name) == 0)
            return kernel;
    return NULL;
}

static char needs[sizeof table / sizeof table[0]][64];

static void describe_needs(void)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        cpu_feature_names(table[i]->needs, needs[i], sizeof needs[i]);
}

bool mlp_kernel_info(uint32_t i, struct mlp_kernel_info *info)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    const struct kernel *kernel = kernel_table(i);
    if (kernel == NULL)
        return false;
    pthread_once(&once, describe_needs);
    info->name = kernel->name;
    info->needs = needs[i];
    info->available = kernel_runs(kernel);
    info->bit_reproducible = kernel->fma && !kernel->only_bf16;
    info->only_bf16 = kernel->only_bf16;
    return true;
}

const char *mlp_kernel_default(void)
{
    return kernel_find(NULL)->name;
}
