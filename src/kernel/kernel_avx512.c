#if defined(__AVX512F__)
#    include "kernel/simd_avx512.h"

#    include "kernel/template.h"

extern const struct kernel kernel_avx512;
KERNEL(avx512, CPU_AVX512 | CPU_AVX2 | CPU_FMA, true);
#endif
