/* team.h - the thread team: one parallel region, many steps. */
#ifndef BASE_TEAM_H
#define BASE_TEAM_H

#include <stdint.h>

struct barrier;

/* What a member knows of its team. {0, 1, NULL} is a team of one, which needs no threads. */
struct team {
    int id; /* 0..n-1; 0 is the thread that called team_run */
    int n;  /* how many came, which may be fewer than were asked */
    struct barrier *barrier;
};

/* team_run - calls body once in each of up to n_threads threads and waits for all. */
void team_run(int n_threads, void (*body)(const struct team *team, void *context), void *context);

/* team_barrier - waits until every member has come here. From within body only. */
void team_barrier(const struct team *team);

/* team_share - this member's part [begin, end) of n items, contiguous and even. */
static inline void team_share(const struct team *team, uint32_t n, uint32_t *begin, uint32_t *end)
{
    /* NOLINTNEXTLINE(clang-analyzer-core.DivideZero) */
    *begin = (uint32_t)((uint64_t)n * (uint32_t)team->id / (uint32_t)team->n);
    /* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): a team has members */
    *end = (uint32_t)((uint64_t)n * ((uint32_t)team->id + 1) / (uint32_t)team->n);
}

#endif
