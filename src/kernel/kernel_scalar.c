#include "kernel/simd_scalar.h"

#include "kernel/template.h"

extern const struct kernel kernel_scalar;
KERNEL(scalar, 0, true);
