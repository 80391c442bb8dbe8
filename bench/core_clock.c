#include "core_clock.h"

#include "base/clock.h"

/* Dependent integer multiplications take 3 cycles each on the servers and desktops of this decade,
 * whatever else the core does (Fog, "Instruction tables"). */
enum { MULTIPLICATIONS = 600, CYCLES = 3 };

static double reading_ghz(void)
{
#if defined(__x86_64__)
    unsigned long x = 3;
    double begin = clock_seconds();
    for (int i = 0; i < MULTIPLICATIONS / 20; i++)
        __asm__ volatile(".rept 20\n\timul %0, %0\n\t.endr" : "+r"(x));
    double seconds = clock_seconds() - begin;
    return seconds > 0 ? 1e-9 * MULTIPLICATIONS * CYCLES / seconds : 0;
#else
    return 0;
#endif
}

/* The best of two, half a microsecond each: an interrupt, code that is not yet in a cache, and the
 * pause in which the clock changes, all make one longer. */
static double core_clock_ghz(void)
{
    double first = reading_ghz(), second = reading_ghz();
    return first > second ? first : second;
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
