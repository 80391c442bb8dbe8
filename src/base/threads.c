#include "base/cpu.h"
#include "mlp.h"

#include <limits.h>
#include <stdlib.h>

/* OMP_NUM_THREADS may be a list, one number a nesting level; ours is the first. */
static int omp_num_threads(void)
{
    const char *text = getenv("OMP_NUM_THREADS");
    if (text == NULL)
        return 0;
    char *end;
    long n = strtol(text, &end, 10);
    return end == text || n < 1 || n > INT_MAX ? 0 : (int)n;
}

struct mlp_threads mlp_threads_choose(int asked, bool force)
{
    struct mlp_threads threads = {.n_cores = cpu_cores(), .source = MLP_THREADS_OPTION};
    int n = asked;
    if (n <= 0) {
        n = omp_num_threads();
        threads.source = MLP_THREADS_OMP;
    }
    if (n <= 0) {
        n = threads.n_cores;
        threads.source = MLP_THREADS_CORES;
    }
    threads.n_asked = n;
    threads.n = n > threads.n_cores && !force ? threads.n_cores : n;
    return threads;
}
