#include "base/team.h"

#include <omp.h>

void team_run(int n_threads, void (*body)(const struct team *team, void *context), void *context)
{
#pragma omp parallel num_threads(n_threads)
    {
        struct team team = {.id = omp_get_thread_num(), .n = omp_get_num_threads()};
        body(&team, context);
    }
}

void team_barrier(void)
{
#pragma omp barrier
}
