/* bench.h - what the sections of the bench share. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include "machine.h"
#include "mlp.h"
#include "row.h"

enum { THREADS_LISTED = 16, PEAKS_MAX = 64 };

struct bench_options {
    const char *data; /* folder of a data set; NULL: search */
    const char *out;  /* folder of the results */
    const char *only; /* sections, separated by commas; NULL: all */
    int threads;      /* 0: all usable cores */
    bool quick;       /* a smoke test: seconds instead of minutes, figures mean nothing */
    bool peers;
};

struct bench {
    struct bench_options options;
    struct machine machine;
    struct rows rows;

    int threads[THREADS_LISTED]; /* 1, ..., N: all of them, or powers of two, and N */
    uint32_t n_threads;
    uint32_t n_runs; /* undisturbed ones wanted of everything */

    struct mlp_dataset dataset;
    struct mlp_images no_zeros; /* its training images, zeros made ones: nothing to leave out */
    char data_name[80];
    char work_folder[256]; /* for files of ours; "": none could be made */
    bool for_peers;        /* it has two IDX files that the peers can train on */

    struct bench_peak {
        const char *isa;
        int threads;
        double gflops;
    } peaks[PEAKS_MAX];
    uint32_t n_peaks;
};

/* bench_threads - the largest number of threads that is measured without force. */
int bench_threads(const struct bench *bench);

/* bench_peak - GFLOP/s measured for the instruction set that a kernel is named after; 0 if unknown.
 * More threads than cores have the peak of the cores. */
double bench_peak(const struct bench *bench, const char *isa, int threads);

/* bench_note - one line of progress on stderr. */
void bench_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* bench_data - finds or makes a data set; ends the program if a named one cannot be read. */
void bench_data(struct bench *bench);

/* The sections, in their order. */
void section_machine(struct bench *bench);       /* peaks, bandwidth */
void section_augment(struct bench *bench);       /* epochs with augmentation, and without */
void section_optimizers(struct bench *bench);    /* epochs with AdamW, and with SGD */
void section_products(struct bench *bench);      /* each product of a step, and peers */
void section_products_bf16(struct bench *bench); /* the same on tiles */
void section_epoch(struct bench *bench);         /* the whole epoch, and peers */
void section_phases(struct bench *bench);        /* where its time goes */
void section_kernels(struct bench *bench);       /* each kernel */
void section_sweeps(struct bench *bench);        /* threads, batch, width, large nets */
void section_forward(struct bench *bench);       /* evaluation, one image's latency */
void section_process(struct bench *bench);       /* start-up, peak memory */
void section_staircase(struct bench *bench);     /* from naive loops to the kernels */

/* process_child - what section_process starts this program as; its exit status. */
int process_child(int argc, char **argv);

#endif
