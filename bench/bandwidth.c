#include "base/clock.h"
#include "base/team.h"
#include "peak.h"

#include <stdlib.h>

const char *const bandwidth_names[BANDWIDTH_KINDS] = {"read", "copy", "triad"};

enum { PAGE_BYTES = 4096 };

struct bandwidth {
    float *a, *b, *c;
    size_t n; /* floats in each */
    int n_threads;
    enum bandwidth_kind kind;
    double seconds;
    volatile float sink;
};

/* Eight sums of eight lanes hide the latency of the additions; the compiler makes vectors of them,
 * and memory, not arithmetic, is the limit. */
static float read_all(const float *a, size_t n)
{
    float sum[64] = {0};
    for (size_t i = 0; i + 64 <= n; i += 64)
        for (int j = 0; j < 64; j++)
            sum[j] += a[i + (size_t)j];
    for (int j = 1; j < 64; j++)
        sum[0] += sum[j];
    return sum[0];
}

static void copy(float *restrict a, const float *restrict b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        a[i] = b[i] * 1.5f; /* a factor, or it would become memcpy with non-temporal stores */
}

static void triad(float *restrict a, const float *restrict b, const float *restrict c, size_t n)
{
    for (size_t i = 0; i < n; i++)
        a[i] = b[i] + 3.0f * c[i];
}

static void run_member(const struct team *team, void *context)
{
    struct bandwidth *w = context;
    size_t n = w->n / (size_t)team->n, begin = n * (size_t)team->id;
    float sum = 0;
    team_barrier(team);
    double start = clock_seconds();
    if (w->kind == BANDWIDTH_READ)
        sum = read_all(w->a + begin, n);
    else if (w->kind == BANDWIDTH_COPY)
        copy(w->a + begin, w->b + begin, n);
    else
        triad(w->a + begin, w->b + begin, w->c + begin, n);
    team_barrier(team);
    if (team->id == 0) {
        w->seconds = clock_seconds() - start;
        w->sink = sum;
    }
}

/* The first to write a page decides which memory bank it lives in: those who will read it. */
static void touch_member(const struct team *team, void *context)
{
    struct bandwidth *w = context;
    size_t n = w->n / (size_t)team->n, begin = n * (size_t)team->id;
    for (size_t i = begin; i < begin + n; i++)
        w->a[i] = w->b[i] = w->c[i] = 1;
}

struct bandwidth *bandwidth_new(uint64_t array_bytes, int n_threads)
{
    struct bandwidth *w = calloc(1, sizeof *w);
    if (w == NULL)
        return NULL;
    w->n = array_bytes / PAGE_BYTES * PAGE_BYTES / sizeof(float);
    w->n_threads = n_threads;
    w->a = aligned_alloc(PAGE_BYTES, w->n * sizeof(float));
    w->b = aligned_alloc(PAGE_BYTES, w->n * sizeof(float));
    w->c = aligned_alloc(PAGE_BYTES, w->n * sizeof(float));
    if (w->a == NULL || w->b == NULL || w->c == NULL) {
        bandwidth_free(w);
        return NULL;
    }
    team_run(n_threads, touch_member, w);
    return w;
}

void bandwidth_free(struct bandwidth *w)
{
    if (w == NULL)
        return;
    free(w->a);
    free(w->b);
    free(w->c);
    free(w);
}

double bandwidth_seconds(struct bandwidth *w, enum bandwidth_kind kind)
{
    w->kind = kind;
    team_run(w->n_threads, run_member, w);
    return w->seconds;
}

double bandwidth_bytes(const struct bandwidth *w, enum bandwidth_kind kind)
{
    static const int arrays[BANDWIDTH_KINDS] = {1, 2, 3};
    size_t used = w->n / (size_t)w->n_threads * (size_t)w->n_threads;
    return (double)arrays[kind] * (double)(used * sizeof(float));
}
