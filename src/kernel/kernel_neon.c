#if defined(__aarch64__)
#    include "kernel/simd_neon.h"

#    include "kernel/template.h"

extern const struct kernel kernel_neon;
KERNEL(neon, CPU_NEON, true);
#endif
