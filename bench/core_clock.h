/* core_clock.h - how fast this core's clock is right now.
 *
 * Some CPUs change it within microseconds, by how much power the last instructions drew: wide
 * multiplications that load their factors get a slower one than those that do not, tiles of dense
 * numbers than tiles that are mostly zeros. A share of a peak that was measured at another clock
 * says little about the code, so the bench reads the clock where some of its work ends. */
#ifndef BENCH_CORE_CLOCK_H
#define BENCH_CORE_CLOCK_H

/* core_clock_note - reads it for whoever measures, in GHz: at once after the work, twice in a bit
 * over a microsecond, since it begins to change within one or two, and keeps the higher reading.
 * Some 2 % too low, for the time that reading the time takes, and at times that of a clock on its
 * way up; 0 where we do not know how. core_clock_noted - what was read since the last call; 0:
 * nothing. */
void core_clock_note(void);
double core_clock_noted(void);

#endif
