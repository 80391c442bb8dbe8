#include "base/cpu.h"

#include "base/cgroup.h"

#include <omp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__x86_64__) && defined(__linux__)
#    include <cpuid.h>
#    include <sys/syscall.h>
#endif

static const struct {
    const char *word; /* as in MLP_CPU_DISABLE */
    const char *name;
    uint32_t feature;
    uint32_t hides; /* features that go with it */
} table[] = {
    {"sse2", "SSE2", CPU_SSE2, CPU_SSE2},
    {"avx2", "AVX2", CPU_AVX2, CPU_AVX2 | CPU_FMA | CPU_AVX512 | CPU_AMX_BF16},
    {"fma", "FMA", CPU_FMA, CPU_FMA | CPU_AVX512 | CPU_AMX_BF16},
    {"avx512", "AVX512", CPU_AVX512, CPU_AVX512 | CPU_AMX_BF16},
    {"neon", "NEON", CPU_NEON, CPU_NEON},
    {"amx", "AMX-BF16", CPU_AMX_BF16, CPU_AMX_BF16},
};
enum { N_FEATURES = sizeof table / sizeof table[0] };

static uint32_t features_found;

#if defined(__x86_64__) && defined(__linux__)
/* AMX for bf16, and the instructions on bits, bytes and 16-bit floats that every CPU with it has.
 * Tiles are a large state, which the kernel gives to processes that ask for it. It refuses where it
 * does not know them, or where a thread has a signal stack too small for them: then there are none.
 * Source: Linux, Documentation/arch/x86/xstate.rst; Intel SDM, CPUID leaf 7. */
static bool amx_permitted(void)
{
    enum { ARCH_REQ_XCOMP_PERM = 0x1023, TILE_DATA = 18 };
    enum { AMX_BF16 = 1 << 22, AMX_TILE = 1 << 24, AVX512_FP16 = 1 << 23 };
    enum { AVX512_BF16 = 1 << 5, BYTES = 1 << 1 | 1 << 6 /* AVX512_VBMI, AVX512_VBMI2 */ };
    unsigned a, b, c, d;
    return __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt") &&
           __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d & AMX_BF16) != 0 &&
           (d & AMX_TILE) != 0 && (d & AVX512_FP16) != 0 && (c & BYTES) == BYTES &&
           __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && (a & AVX512_BF16) != 0 &&
           syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, TILE_DATA) == 0;
}
#endif

static uint32_t detect(void)
{
    uint32_t found = 0;
#if defined(__x86_64__) || defined(__i386__)
    __builtin_cpu_init();
    /* __builtin_cpu_supports also asks whether the system saves the wide registers. */
    if (__builtin_cpu_supports("sse2"))
        found |= CPU_SSE2;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi"))
        found |= CPU_AVX2;
    if (__builtin_cpu_supports("fma"))
        found |= CPU_FMA;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        found |= CPU_AVX512;
#    if defined(__x86_64__) && defined(__linux__)
    if ((found & CPU_AVX512) != 0 && amx_permitted())
        found |= CPU_AMX_BF16;
#    endif
#elif defined(__aarch64__)
    found |= CPU_NEON | CPU_FMA; /* part of the base architecture */
#endif
    return found;
}

static void detect_once(void)
{
    uint32_t found = detect();
    const char *disabled = getenv("MLP_CPU_DISABLE");
    char words[256];
    snprintf(words, sizeof words, "%s", disabled == NULL ? "" : disabled);
    char *rest;
    for (char *word = strtok_r(words, ", ", &rest); word != NULL;
         word = strtok_r(NULL, ", ", &rest))
        for (int i = 0; i < N_FEATURES; i++)
            if (strcmp(word, table[i].word) == 0)
                found &= ~table[i].hides;
    features_found = found;
}

uint32_t cpu_features(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, detect_once);
    return features_found;
}

void cpu_feature_names(uint32_t features, char *text, uint32_t size)
{
    uint32_t at = 0;
    text[0] = '\0';
    for (int i = 0; i < N_FEATURES; i++)
        if ((features & table[i].feature) != 0 && at < size)
            at +=
                (uint32_t)snprintf(text + at, size - at, "%s%s", at == 0 ? "" : " ", table[i].name);
}

/* Not this thread's own affinity: OMP_PROC_BIND binds it to one core before main. */
int cpu_cores(void)
{
    int n = omp_get_num_procs();
    int quota = cgroup_cpus();
    if (quota < n)
        n = quota;
    return n < 1 ? 1 : n;
}

uint32_t cpu_cache_bytes(int level)
{
    long bytes = sysconf(level == 1 ? _SC_LEVEL1_DCACHE_SIZE : _SC_LEVEL2_CACHE_SIZE);
    if (bytes > 0)
        return (uint32_t)bytes;
    return level == 1 ? 32u << 10 : 512u << 10;
}

void cpu_model(char *text, uint32_t size)
{
    snprintf(text, size, "unknown CPU");
    FILE *file = fopen("/proc/cpuinfo", "re");
    if (file == NULL)
        return;
    char line[256];
    while (fgets(line, sizeof line, file) != NULL) {
        char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) == 0 && colon != NULL) {
            colon += strspn(colon, ": \t");
            colon[strcspn(colon, "\n")] = '\0';
            snprintf(text, size, "%s", colon);
            break;
        }
    }
    fclose(file);
}
