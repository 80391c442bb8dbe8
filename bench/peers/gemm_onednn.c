/* gemm_onednn.c - single products in oneDNN: a peer. PEER_MODE: `matmul` is the matmul primitive
 * with B in the format that it likes best, packed beforehand; `bf16` the same of bf16 operands, A
 * transposed beforehand where the kind asks for it, and `bf16-out` with C in bf16, too; `sgemm` the
 * BLAS-like call. Kinds of products as in gemm_blas.c; threads in OMP_NUM_THREADS. */
#include "base/clock.h"
#include "base/memory.h"
#include "onednn.h"
#include "peer.h"

#include <omp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_SECONDS 0.02

struct operands {
    bool ta, tb;
    int m, n, k;
    float *a, *b, *c;
};

static void fill(float *to, size_t n)
{
    uint64_t random = n;
    for (size_t i = 0; i < n; i++)
        to[i] = peer_normal(&random);
}

static double time_sgemm(const struct operands *o)
{
    double begin = 0, seconds = 0;
    long runs = -2; /* two to warm up */
    while (seconds < ANSWER_SECONDS) {
        if (runs == 0)
            begin = clock_seconds();
        ONEDNN(dnnl_sgemm(o->ta ? 'T' : 'N', o->tb ? 'T' : 'N', o->m, o->n, o->k, 1, o->a,
                          o->ta ? o->m : o->k, o->b, o->tb ? o->k : o->n, 0, o->c, o->n));
        runs++;
        seconds = runs > 0 ? clock_seconds() - begin : 0;
    }
    return seconds / (double)runs;
}

/* The same numbers, rounded, in place. */
static void round_all(float *data, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint16_t rounded = onednn_bf16(data[i]);
        memcpy((char *)data + 2 * i, &rounded, sizeof rounded);
    }
}

static double time_matmul(const struct operands *o, bool bf16, bool bf16_out)
{
    dnnl_memory_desc_t a = bf16 ? onednn_matrix_bf16(o->m, o->k, ROWS)
                                : onednn_matrix(o->m, o->k, o->ta ? COLUMNS : ROWS);
    dnnl_memory_desc_t b =
        bf16 ? onednn_matrix_bf16(o->k, o->n, ANY) : onednn_matrix(o->k, o->n, ANY);
    dnnl_memory_desc_t c =
        bf16_out ? onednn_matrix_bf16(o->m, o->n, ROWS) : onednn_matrix(o->m, o->n, ROWS);
    struct product product = onednn_matmul(&a, &b, NULL, &c, STORE);
    size_t b_bytes = dnnl_memory_desc_get_size(&b);
    float *packed = memory_new(2 * b_bytes); /* room for floats, from which bf16 are made */
    if (packed == NULL)
        peer_die("no memory");
    fill(packed, b_bytes / (bf16 ? 2 : 4));
    if (bf16) {
        round_all(packed, b_bytes / 2);
        round_all(o->a, (size_t)o->m * (size_t)o->k);
    }
    dnnl_memory_t b_memory = onednn_view(&b, packed);
    dnnl_memory_t a_memory = onednn_view(&a, o->a), c_memory = onednn_view(&c, o->c);
    product_bind(&product, DNNL_ARG_SRC, a_memory);
    product_bind(&product, DNNL_ARG_WEIGHTS, b_memory);
    product_bind(&product, DNNL_ARG_DST, c_memory);
    double begin = 0, seconds = 0;
    long runs = -2;
    while (seconds < ANSWER_SECONDS) {
        if (runs == 0)
            begin = clock_seconds();
        product_run(&product);
        runs++;
        seconds = runs > 0 ? clock_seconds() - begin : 0;
    }
    ONEDNN(dnnl_primitive_destroy(product.primitive));
    ONEDNN(dnnl_memory_destroy(a_memory));
    ONEDNN(dnnl_memory_destroy(b_memory));
    ONEDNN(dnnl_memory_destroy(c_memory));
    memory_free(packed);
    return seconds / (double)runs;
}

static double gemm(void *context, const char *kind, int m, int n, int k)
{
    const char *mode = context;
    if (strcmp(kind, "nn") != 0 && strcmp(kind, "nt") != 0 && strcmp(kind, "tn") != 0)
        return -1;
    struct operands o = {.ta = kind[0] == 't', .tb = kind[1] == 't', .m = m, .n = n, .k = k};
    size_t floats[3] = {(size_t)m * (size_t)k, (size_t)k * (size_t)n, (size_t)m * (size_t)n};
    float **arrays[3] = {&o.a, &o.b, &o.c};
    for (int i = 0; i < 3; i++) {
        *arrays[i] = memory_new(floats[i] * sizeof(float));
        if (*arrays[i] == NULL)
            peer_die("no memory");
        fill(*arrays[i], floats[i]);
    }
    bool bf16_out = strcmp(mode, "bf16-out") == 0, bf16 = bf16_out || strcmp(mode, "bf16") == 0;
    double seconds = strcmp(mode, "sgemm") == 0 ? time_sgemm(&o) : time_matmul(&o, bf16, bf16_out);
    for (int i = 0; i < 3; i++)
        memory_free(*arrays[i]);
    return seconds;
}

int main(void)
{
    static const char *const names[] = {"DNNL_MAX_CPU_ISA", "OMP_PROC_BIND", NULL};
    const char *mode = getenv("PEER_MODE");
    char settings[256];
    if (mode == NULL)
        mode = "matmul";
    omp_set_num_threads(peer_threads());
    onednn_begin();
    snprintf(settings, sizeof settings, "%s %s %d threads%s", mode, onednn_isa(), peer_threads(),
             peer_environment(names));
    struct peer_commands commands = {(void *)(uintptr_t)mode, NULL, NULL, gemm};
    peer_serve("onednn", onednn_version(), settings, &commands);
    return EXIT_SUCCESS;
}
