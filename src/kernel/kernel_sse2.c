#if defined(__SSE2__)
#    include "kernel/simd_sse2.h"

#    include "kernel/template.h"

extern const struct kernel kernel_sse2;
KERNEL(sse2, CPU_SSE2, false);
#endif
