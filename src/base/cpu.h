/* cpu.h - what this CPU can do, and how many of its cores are ours. */
#ifndef BASE_CPU_H
#define BASE_CPU_H

#include <stdint.h>

enum cpu_feature {
    CPU_SSE2 = 1 << 0,
    CPU_AVX2 = 1 << 1, /* and BMI1, which CPUs with AVX2 have */
    CPU_FMA = 1 << 2,
    CPU_AVX512 = 1 << 3, /* F, BW, DQ and VL together */
    CPU_NEON = 1 << 4,
    CPU_AMX_BF16 = 1 << 5 /* and the operating system lets us */
};

/* cpu_features - detected, less those that MLP_CPU_DISABLE names ("amx,avx512,avx2,fma"; hiding
 * avx2 hides fma and avx512, hiding avx512 hides amx). Read once. */
uint32_t cpu_features(void);

/* cpu_feature_names - "SSE2 AVX2 FMA" into text. */
void cpu_feature_names(uint32_t features, char *text, uint32_t size);

/* cpu_cores - usable cores: min(affinity, container quota), at least 1. */
int cpu_cores(void);

/* cpu_cache_bytes - of level 1 (data) or 2, for one core; a common size if unknown. */
uint32_t cpu_cache_bytes(int level);

/* cpu_model - the CPU's name as it calls itself; "unknown CPU" if it does not. */
void cpu_model(char *text, uint32_t size);

#endif
