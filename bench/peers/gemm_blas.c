/* gemm_blas.c - single products in OpenBLAS or BLIS, through the interface they share: two peers.
 *
 * Compiled twice, with PEER_BLIS for BLIS. Kinds of products, all row-major, C (m,n) = A B over k:
 *   nn  both as they stand      nt  B given as its transpose (n,k)      tn  A given as (k,m)
 * Threads in OMP_NUM_THREADS; the kernels in OPENBLAS_CORETYPE or BLIS_ARCH_TYPE. */
#include "base/clock.h"
#include "base/memory.h"
#include "peer.h"

#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef PEER_BLIS
#    include <blis.h>
#endif

/* One answer takes about this long, many times the resolution of the clock. */
#define ANSWER_SECONDS 0.02

static double gemm(void *context, const char *kind, int m, int n, int k)
{
    (void)context;
    enum CBLAS_TRANSPOSE ta = kind[0] == 't' ? CblasTrans : CblasNoTrans;
    enum CBLAS_TRANSPOSE tb = kind[0] == 'n' && kind[1] == 't' ? CblasTrans : CblasNoTrans;
    if (strcmp(kind, "nn") != 0 && strcmp(kind, "nt") != 0 && strcmp(kind, "tn") != 0)
        return -1;
    float *a = memory_new((size_t)m * (size_t)k * sizeof *a);
    float *b = memory_new((size_t)k * (size_t)n * sizeof *b);
    float *c = memory_new((size_t)m * (size_t)n * sizeof *c);
    if (a == NULL || b == NULL || c == NULL)
        peer_die("no memory");
    uint64_t random = 1;
    for (size_t i = 0; i < (size_t)m * (size_t)k; i++)
        a[i] = peer_normal(&random);
    for (size_t i = 0; i < (size_t)k * (size_t)n; i++)
        b[i] = peer_normal(&random);
    double begin = 0, seconds = 0;
    long runs = -2; /* two to warm up */
    while (seconds < ANSWER_SECONDS) {
        if (runs == 0)
            begin = clock_seconds();
        cblas_sgemm(CblasRowMajor, ta, tb, m, n, k, 1, a, ta == CblasTrans ? m : k, b,
                    tb == CblasTrans ? k : n, 0, c, n);
        runs++;
        seconds = runs > 0 ? clock_seconds() - begin : 0;
    }
    memory_free(a);
    memory_free(b);
    memory_free(c);
    return seconds / (double)runs;
}

int main(void)
{
    static const char *const names[] = {"OPENBLAS_CORETYPE", "BLIS_ARCH_TYPE", "OMP_PROC_BIND",
                                        NULL};
    char settings[512];
#ifdef PEER_BLIS
    bli_init(); /* or BLIS_ARCH_TYPE is looked up in a table that is not there yet */
    const char *name = "blis", *version = bli_info_get_version_str();
    const char *core = bli_arch_string(bli_arch_query_id());
    bli_thread_set_num_threads(peer_threads());
#else
    const char *name = "openblas", *core = openblas_get_corename();
    char version[32] = "";
    sscanf(openblas_get_config(), "OpenBLAS %31s", version);
    openblas_set_num_threads(peer_threads());
#endif
    snprintf(settings, sizeof settings, "%s %d threads%s", core, peer_threads(),
             peer_environment(names));
    struct peer_commands commands = {NULL, NULL, NULL, gemm};
    peer_serve(name, version, settings, &commands);
    return EXIT_SUCCESS;
}
