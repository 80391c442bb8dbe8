/* suites.h - one line a suite: SUITE(base) is Suite *base_suite(void) in tests/test_base.c. */
SUITE(base)
SUITE(draw)
SUITE(grid)
SUITE(png)
SUITE(chart)
SUITE(cli)
SUITE(cli_files)
SUITE(cli_terminal)
