/* suites.h - one line a suite: SUITE(base) is Suite *base_suite(void) in tests/test_base.c. */
SUITE(base)
SUITE(idx)
SUITE(idx_bad)
SUITE(idx_gzip)
SUITE(npz)
SUITE(npz_bad)
SUITE(npy)
