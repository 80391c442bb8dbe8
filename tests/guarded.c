#include "guarded.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { CANARY = 0xc5 };

struct guarded guarded_new(size_t bytes, enum guarded_side side)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), inner = (bytes + page - 1) / page * page;
    struct guarded g = {.bytes = bytes, .map_bytes = inner + 2 * page};
    g.map = mmap(NULL, g.map_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (g.map == MAP_FAILED || mprotect(g.map + page, inner, PROT_READ | PROT_WRITE) != 0) {
        perror("guarded_new");
        exit(EXIT_FAILURE);
    }
    g.data = g.map + page + (side == GUARDED_END ? inner - bytes : 0);
    memset(g.map + page, CANARY, inner);
    memset(g.data, 0, bytes);
    return g;
}

void guarded_free(struct guarded *guarded)
{
    munmap(guarded->map, guarded->map_bytes);
    *guarded = (struct guarded){0};
}

static bool all_canaries(const uint8_t *from, const uint8_t *to)
{
    while (from < to)
        if (*from++ != CANARY)
            return false;
    return true;
}

bool guarded_intact(const struct guarded *guarded)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const uint8_t *data = guarded->data;
    return all_canaries(guarded->map + page, data) &&
           all_canaries(data + guarded->bytes, guarded->map + guarded->map_bytes - page);
}
