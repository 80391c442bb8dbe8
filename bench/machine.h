/* machine.h - what the figures were measured on, and with. */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include <stdint.h>

struct machine {
    char cpu[128];
    char features[128];
    int cores;               /* usable: min(affinity, container quota) */
    uint64_t cache_bytes[4]; /* [1] data, [2], [3]; 0: unknown */
    uint64_t memory_bytes;
    char system[128]; /* kernel name, release, architecture */
    char compiler[128];
    char flags[256];
    char revision[64]; /* git describe, "unknown" outside a checkout */
    char date[32];     /* ISO 8601, UTC */
};

void machine_read(struct machine *machine);

#endif
