#if defined(__AVX2__) && defined(__FMA__)
#    include "kernel/simd_avx2.h"

#    include "kernel/template.h"

extern const struct kernel kernel_avx2;
KERNEL(avx2, CPU_AVX2 | CPU_FMA, true);
#endif
