/* guarded.h - memory that notices who goes beyond it: a byte read or written past the operand hits
 * a page without access, and canaries stand in the rest of the pages around it. */
#ifndef TESTS_GUARDED_H
#define TESTS_GUARDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which end of the operand touches a guard page; the other one has canaries. */
enum guarded_side { GUARDED_END, GUARDED_START };

struct guarded {
    void *data;
    size_t bytes;
    uint8_t *map; /* guard page, pages of data and canaries, guard page */
    size_t map_bytes;
};

/* guarded_new - exits if there is no memory. The contents are zero. */
struct guarded guarded_new(size_t bytes, enum guarded_side side);
void guarded_free(struct guarded *guarded);

/* guarded_intact - no canary was written to. */
bool guarded_intact(const struct guarded *guarded);

#endif
