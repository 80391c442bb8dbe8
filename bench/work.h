/* work.h - training as something to measure. */
#ifndef BENCH_WORK_H
#define BENCH_WORK_H

#include "bench.h"

#include <signal.h>

enum { WORK_LAYERS_MAX = 8 };

/* Trains the same net again and again on the first n_images images. */
struct work {
    struct mlp_net *net;
    struct mlp_dataset view; /* the bench's data set, shortened; not owned */
    struct mlp_train_options options;
    uint32_t n_images;
    double flops;      /* of one run */
    double first_loss; /* of the first run */
    double seconds;    /* of the last one */
    volatile sig_atomic_t stop;
};

/* What is to be trained, and how. What is zero is the default: the network that everything is
 * about, its batch, one thread, the best kernel, f32, plain SGD. */
struct work_spec {
    const uint32_t *hidden; /* widths of the hidden layers */
    uint32_t n_hidden;
    uint32_t batch;
    const char *kernel;
    enum mlp_precision precision;
    enum mlp_optimizer optimizer;
    enum mlp_augmentation augment;
    float adversarial;
    bool no_zeros; /* on images whose zeros are ones, so that no product leaves them out */
    int threads;
    uint32_t n_images;     /* 0: as many whole batches as take about ... */
    double target_seconds; /* ... this long */
};

/* work_new - false if the net cannot be had. */
bool work_new(struct work *work, const struct bench *bench, const struct work_spec *spec);
void work_free(struct work *work);

/* work_run - one epoch over its images: a contender of measure(). */
double work_run(void *work);

/* work_describe - fills a row's kernel, precision, threads, batch and layers. */
void work_describe(const struct work *work, struct row *row);

/* work_flops - arithmetic of training on one image: forward, weight gradients, input gradients. */
double work_flops(const struct mlp_net *net);
double work_forward_flops(const struct mlp_net *net);

/* The network that everything is about. */
extern const uint32_t work_default_hidden[2];
enum { WORK_DEFAULT_BATCH = 128 };

#endif
