/* peers.h - the programs that we are compared with, and the settings that make them fastest. */
#ifndef BENCH_PEERS_H
#define BENCH_PEERS_H

#include "coprocess.h"

#include <stdint.h>

/* A peer that could be measured: built, installed, and not harmed by a setting. */
struct peer {
    const char *name;  /* "onednn" */
    const char *label; /* for tables and charts, "oneDNN matmul" */
    int threads;
    char settings[512]; /* its own words: version, libraries, settings */
    struct coprocess process;
    double timeout_seconds;
};

enum peer_sort { PEER_TRAINERS, PEER_GEMMS, PEER_TRAINERS_BF16, PEER_GEMMS_BF16, PEER_SORTS };

/* peer_count, peer_open - the i-th of a sort. Starts it with n_threads, once for each candidate of
 * its settings if `tune`, and keeps the fastest. data: folder of the IDX files that trainers read.
 * False if the peer is not here; then settings says why. */
uint32_t peer_count(enum peer_sort sort);
bool peer_open(struct peer *peer, enum peer_sort sort, uint32_t i, int n_threads, const char *data,
               bool tune);
/* peer_name, peer_title - of the i-th of a sort: "onednn", "oneDNN trainer". */
const char *peer_name(enum peer_sort sort, uint32_t i);
const char *peer_title(enum peer_sort sort, uint32_t i);

void peer_close(struct peer *peer);

/* peer_ask - sends a command and returns the seconds that it answers; negative if it does not.
 * loss (may be NULL) becomes what follows the word "loss". */
double peer_ask(struct peer *peer, const char *command, double *loss);

/* peer_epoch - the same for one epoch, as a contender of measure(). */
double peer_epoch(void *peer);

#endif
