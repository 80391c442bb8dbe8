#include "peers.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef BENCH_MULTIARCH
#    define BENCH_MULTIARCH "x86_64-linux-gnu"
#endif
#ifndef BENCH_BUILD
#    define BENCH_BUILD "build"
#endif

/* The OpenMP build of OpenBLAS: the pthread build's own threads fight with those of the program. */
#define OPENBLAS "LD_LIBRARY_PATH=/usr/lib/" BENCH_MULTIARCH "/openblas-openmp"

enum { CANDIDATES_MAX = 10, WORDS_MAX = 12 };

/* Everything that a peer is started with. Candidates: NAME=VALUE pairs, separated by spaces; which
 * of them is fastest differs between machines (on AMD, OpenBLAS's Haswell kernels often are), so
 * the bench tries them all. One that the CPU cannot run dies and is passed over. */
static const struct kind {
    const char *name, *label;
    const char *program, *script; /* the script may be NULL */
    const char *environment;      /* of every candidate */
    const char *candidates[CANDIDATES_MAX];
    const char *probe; /* what candidates are compared by */
    bool slow_start;   /* tuned for the first number of threads only */
} trainers[] = {
    {"numpy",
     "NumPy + OpenBLAS",
     "/usr/bin/python3",
     "bench/peers/numpy_train.py",
     OPENBLAS,
     {"OPENBLAS_CORETYPE=Haswell", "OPENBLAS_CORETYPE=SkylakeX", "OPENBLAS_CORETYPE=Zen",
      "OPENBLAS_CORETYPE=Haswell OMP_PROC_BIND=true",
      "OPENBLAS_CORETYPE=SkylakeX OMP_PROC_BIND=true"},
     "steps 40\n",
     false},
    {"torch",
     "PyTorch",
     "/usr/bin/python3",
     "bench/peers/torch_train.py",
     OPENBLAS " OMP_PROC_BIND=true PEER_MODE=manual",
     {"ATEN_CPU_CAPABILITY=avx512 OPENBLAS_CORETYPE=SkylakeX PEER_MKLDNN=0",
      "ATEN_CPU_CAPABILITY=avx512 OPENBLAS_CORETYPE=SkylakeX PEER_MKLDNN=1",
      "ATEN_CPU_CAPABILITY=avx2 OPENBLAS_CORETYPE=Haswell PEER_MKLDNN=0",
      "ATEN_CPU_CAPABILITY=avx2 OPENBLAS_CORETYPE=Haswell PEER_MKLDNN=1"},
     "steps 40\n",
     true},
    {"onednn",
     "oneDNN trainer",
     BENCH_BUILD "/peers/onednn_train",
     NULL,
     "",
     {"PEER_MODE=ip", "PEER_MODE=matmul", "PEER_MODE=packed", "PEER_MODE=ip OMP_PROC_BIND=true",
      "PEER_MODE=matmul OMP_PROC_BIND=true", "PEER_MODE=packed OMP_PROC_BIND=true",
      "PEER_MODE=ip OMP_PROC_BIND=true DNNL_MAX_CPU_ISA=avx2"},
     "steps 40\n",
     false},
};

static const struct kind gemms[] = {
    {"openblas",
     "OpenBLAS",
     BENCH_BUILD "/peers/gemm_openblas",
     NULL,
     "",
     {"OPENBLAS_CORETYPE=Haswell", "OPENBLAS_CORETYPE=SkylakeX", "OPENBLAS_CORETYPE=Zen",
      "OPENBLAS_CORETYPE=Haswell OMP_PROC_BIND=true",
      "OPENBLAS_CORETYPE=SkylakeX OMP_PROC_BIND=true"},
     "gemm nn 128 256 784\n",
     false},
    /* 0 is skx, 3 haswell, 6 zen3, 8 zen (frame/include/bli_type_defs.h, 0.9); BLIS itself takes
     * recent Xeons for Haswell. */
    {"blis",
     "BLIS",
     BENCH_BUILD "/peers/gemm_blis",
     NULL,
     "",
     {"BLIS_ARCH_TYPE=0", "BLIS_ARCH_TYPE=3", "BLIS_ARCH_TYPE=6", "BLIS_ARCH_TYPE=8",
      "BLIS_ARCH_TYPE=0 OMP_PROC_BIND=true", "BLIS_ARCH_TYPE=3 OMP_PROC_BIND=true"},
     "gemm nn 128 256 784\n",
     false},
    {"onednn-sgemm",
     "oneDNN sgemm",
     BENCH_BUILD "/peers/gemm_onednn",
     NULL,
     "PEER_MODE=sgemm",
     {"OMP_PROC_BIND=true", "OMP_PROC_BIND=false", "DNNL_MAX_CPU_ISA=avx2"},
     "gemm nn 128 256 784\n",
     false},
    {"onednn-matmul",
     "oneDNN matmul, packed",
     BENCH_BUILD "/peers/gemm_onednn",
     NULL,
     "PEER_MODE=matmul",
     {"OMP_PROC_BIND=true", "OMP_PROC_BIND=false", "DNNL_MAX_CPU_ISA=avx2"},
     "gemm nn 128 256 784\n",
     false},
};

/* The same programs in bf16, for CPUs with AMX: the settings that f32 needs OpenBLAS for are moot,
 * since oneDNN multiplies. */
static const struct kind trainers_bf16[] = {
    {"torch-bf16",
     "PyTorch",
     "/usr/bin/python3",
     "bench/peers/torch_train.py",
     OPENBLAS " OMP_PROC_BIND=true ATEN_CPU_CAPABILITY=avx512 PEER_MKLDNN=1",
     {"PEER_MODE=pure", "PEER_MODE=masters", "PEER_MODE=autocast"},
     "steps 40\n",
     true},
    {"onednn-bf16",
     "oneDNN trainer",
     BENCH_BUILD "/peers/onednn_train",
     NULL,
     "",
     {"PEER_MODE=bf16-plain", "PEER_MODE=bf16", "PEER_MODE=bf16-ip",
      "PEER_MODE=bf16-plain OMP_PROC_BIND=true", "PEER_MODE=bf16 OMP_PROC_BIND=true",
      "PEER_MODE=bf16-ip OMP_PROC_BIND=true"},
     "steps 40\n",
     false},
};

static const struct kind gemms_bf16[] = {
    {"onednn-bf16",
     "oneDNN matmul, packed",
     BENCH_BUILD "/peers/gemm_onednn",
     NULL,
     "",
     {"PEER_MODE=bf16 OMP_PROC_BIND=true", "PEER_MODE=bf16",
      "PEER_MODE=bf16-out OMP_PROC_BIND=true", "PEER_MODE=bf16-out"},
     "gemm nn 128 256 784\n",
     false},
};

static const struct {
    const struct kind *kinds;
    uint32_t n;
} sorts[PEER_SORTS] = {
    [PEER_TRAINERS] = {trainers, sizeof trainers / sizeof trainers[0]},
    [PEER_GEMMS] = {gemms, sizeof gemms / sizeof gemms[0]},
    [PEER_TRAINERS_BF16] = {trainers_bf16, sizeof trainers_bf16 / sizeof trainers_bf16[0]},
    [PEER_GEMMS_BF16] = {gemms_bf16, sizeof gemms_bf16 / sizeof gemms_bf16[0]},
};

uint32_t peer_count(enum peer_sort sort)
{
    return sorts[sort].n;
}

static const struct kind *kind_of(enum peer_sort sort, uint32_t i)
{
    return &sorts[sort].kinds[i];
}

const char *peer_name(enum peer_sort sort, uint32_t i)
{
    return kind_of(sort, i)->name;
}

const char *peer_title(enum peer_sort sort, uint32_t i)
{
    return kind_of(sort, i)->label;
}

/* What was found for a peer with a slow start, for the next number of threads. */
static const char *remembered[PEER_SORTS][8];

/* Python imports PyTorch in one to three seconds from a warm page cache, ten from a cold one. */
#define START_SECONDS 60
/* The slowest of them trains an MNIST epoch in a tenth of this on one busy core. */
#define ANSWER_SECONDS 120

static void split(char *text, const char **words, uint32_t *n)
{
    char *rest = NULL;
    for (char *word = strtok_r(text, " ", &rest); word != NULL && *n + 1 < WORDS_MAX;
         word = strtok_r(NULL, " ", &rest))
        words[(*n)++] = word;
    words[*n] = NULL;
}

static bool start(struct peer *peer, const struct kind *kind, const char *candidate,
                  const char *data)
{
    char text[512], images[512], labels[512], threads[40], answer[512];
    const char *environment[WORDS_MAX], *argv[8];
    uint32_t n_words = 0, n_arguments = 0;
    snprintf(threads, sizeof threads, "OMP_NUM_THREADS=%d", peer->threads);
    snprintf(text, sizeof text, "%s %s %s", kind->environment, candidate, threads);
    split(text, environment, &n_words);
    snprintf(images, sizeof images, "%s/train-images-idx3-ubyte", data);
    snprintf(labels, sizeof labels, "%s/train-labels-idx1-ubyte", data);
    argv[n_arguments++] = kind->program;
    if (kind->script != NULL)
        argv[n_arguments++] = kind->script;
    argv[n_arguments++] = images;
    argv[n_arguments++] = labels;
    argv[n_arguments] = NULL;
    if (!coprocess_start(&peer->process, argv, environment, false) ||
        !coprocess_read(&peer->process, answer, sizeof answer, START_SECONDS) ||
        strncmp(answer, "ready ", 6) != 0) {
        coprocess_end(&peer->process);
        return false;
    }
    coprocess_sleep(&peer->process);
    snprintf(peer->settings, sizeof peer->settings, "%s", answer + 6);
    return true;
}

/* The fastest of a few short runs; the slower ones were disturbed. */
static double probe(struct peer *peer, const char *command)
{
    enum { PROBES = 4 };
    double best = -1;
    for (int i = 0; i < PROBES; i++) {
        double seconds = peer_ask(peer, command, NULL);
        if (seconds < 0)
            return -1;
        if (i > 0 && (best < 0 || seconds < best)) /* the first one warms up */
            best = seconds;
    }
    return best;
}

static const char *fastest_candidate(struct peer *peer, const struct kind *kind, const char *data)
{
    const char *best = NULL;
    double best_seconds = 0;
    for (int i = 0; i < CANDIDATES_MAX && kind->candidates[i] != NULL; i++) {
        if (!start(peer, kind, kind->candidates[i], data))
            continue;
        double seconds = probe(peer, kind->probe);
        coprocess_end(&peer->process);
        if (seconds >= 0 && (best == NULL || seconds < best_seconds)) {
            best = kind->candidates[i];
            best_seconds = seconds;
        }
    }
    return best;
}

bool peer_open(struct peer *peer, enum peer_sort sort, uint32_t i, int n_threads, const char *data,
               bool tune)
{
    const struct kind *kind = kind_of(sort, i);
    *peer = (struct peer){.name = kind->name,
                          .label = kind->label,
                          .threads = n_threads,
                          .timeout_seconds = ANSWER_SECONDS};
    snprintf(peer->settings, sizeof peer->settings, "not installed (make bench-deps)");
    const char *file = kind->script == NULL ? kind->program : kind->script;
    if (access(file, R_OK) != 0 || access(kind->program, X_OK) != 0)
        return false;
    const char *candidate = kind->slow_start ? remembered[sort][i] : NULL;
    if (candidate == NULL && tune)
        candidate = fastest_candidate(peer, kind, data);
    if (kind->slow_start)
        remembered[sort][i] = candidate;
    if (candidate != NULL && start(peer, kind, candidate, data))
        return true; /* a fresh process: its first epoch will be its first */
    /* Without tuning: the first one that this CPU can run. */
    for (int c = 0; !tune && c < CANDIDATES_MAX && kind->candidates[c] != NULL; c++) {
        if (start(peer, kind, kind->candidates[c], data) && peer_ask(peer, kind->probe, NULL) >= 0)
            return true;
        coprocess_end(&peer->process);
    }
    snprintf(peer->settings, sizeof peer->settings, "does not run here (make bench-deps)");
    return false;
}

void peer_close(struct peer *peer)
{
    coprocess_end(&peer->process);
}

double peer_ask(struct peer *peer, const char *command, double *loss)
{
    char answer[256];
    double seconds, found = 0;
    if (!coprocess_ask(&peer->process, command, answer, sizeof answer, peer->timeout_seconds) ||
        sscanf(answer, "seconds %lf loss %lf", &seconds, &found) < 1)
        return -1;
    if (loss != NULL)
        *loss = found;
    return seconds;
}

double peer_epoch(void *peer)
{
    return peer_ask(peer, "epoch\n", NULL);
}
