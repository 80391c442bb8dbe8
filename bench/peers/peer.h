/* peer.h - what the peers in C share: IDX files, the protocol of the harness, small helpers.
 *
 * Peers are programs of their own and use nothing of the library but its clock and its aligned
 * memory, so that what is compared is theirs. The protocol stands in peer.py. */
#ifndef PEERS_PEER_H
#define PEERS_PEER_H

#include <stdint.h>

enum { PEER_BATCH = 128, PEER_N_LAYERS = 3, PEER_CLASSES = 10 };
#define PEER_RATE 0.1f

extern const int peer_widths[PEER_N_LAYERS + 1];

struct peer_data {
    uint32_t n;      /* samples */
    uint32_t width;  /* bytes of one image */
    uint8_t *images; /* (n, width) */
    uint8_t *labels; /* (n) */
};

/* peer_read - both IDX files; exits with a message if they cannot be used. */
struct peer_data peer_read(const char *images, const char *labels);

/* peer_die - says why on stderr and ends the program. */
_Noreturn void peer_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* peer_threads - OMP_NUM_THREADS, else 1. */
int peer_threads(void);

/* peer_environment - " NAME=VALUE" for those of the names (NULL-terminated) that are set. */
const char *peer_environment(const char *const *names);

/* peer_shuffle - order becomes a permutation of 0..n-1 (Fisher and Yates); *state moves on. */
void peer_shuffle(uint32_t *order, uint32_t n, uint64_t *state);

/* peer_random - uniform 64 bits (splitmix64); peer_normal - standard normal. */
uint64_t peer_random(uint64_t *state);
float peer_normal(uint64_t *state);

/* A trainer that obeys `epoch`, `steps N` and `accuracy`; a NULL member is an unknown command. */
struct peer_commands {
    void *context;
    /* trains n_steps steps, 0 for the whole epoch; the mean loss into *loss; seconds returned */
    double (*epoch)(void *context, uint32_t n_steps, double *loss);
    double (*accuracy)(void *context);
    /* seconds of one product m x n x k, `kind` as in the gemm peers; negative if unknown */
    double (*gemm)(void *context, const char *kind, int m, int n, int k);
};

/* peer_serve - prints `ready`, then obeys until quit or end of file. */
void peer_serve(const char *name, const char *version, const char *settings,
                const struct peer_commands *commands);

#endif
