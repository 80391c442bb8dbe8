/* suites.h - one line a suite: SUITE(base) is Suite *base_suite(void) in tests/test_base.c. */
SUITE(base)
SUITE(kernel)
SUITE(gemm)
SUITE(net)
SUITE(step)
SUITE(batcher)
