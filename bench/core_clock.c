#include "core_clock.h"

#include "base/clock.h"

/* Dependent integer multiplications take 3 cycles each on the servers and desktops of this decade,
 * whatever else the core does (Fog, "Instruction tables"). */
enum { MULTIPLICATIONS = 20, ROUNDS = 30, CYCLES = 3 };

static double rounds_seconds(int rounds)
{
    double begin = clock_seconds();
#if defined(__x86_64__)
    unsigned long x = 3;
    for (int i = 0; i < rounds; i++)
        __asm__ volatile(".rept %c1\n\timul %0, %0\n\t.endr" : "+r"(x) : "i"(MULTIPLICATIONS));
#else
    (void)rounds;
    return 0;
#endif
    return clock_seconds() - begin;
}

/* The best of two, half a microsecond each: an interrupt, code that is not yet in a cache, and the
 * pause in which the clock changes, all make one longer. */
static double core_clock_ghz(void)
{
    enum { READINGS = 2 };
    double best = 0;
    for (int i = 0; i < READINGS; i++) {
        double seconds = rounds_seconds(ROUNDS);
        double ghz = seconds > 0 ? 1e-9 * MULTIPLICATIONS * ROUNDS * CYCLES / seconds : 0;
        best = ghz > best ? ghz : best;
    }
    return best;
}

static double noted;

void core_clock_note(void)
{
    noted = core_clock_ghz();
}

double core_clock_noted(void)
{
    double ghz = noted;
    noted = 0;
    return ghz;
}
