/* toy.h - a small data set and training whose weights are known to the last bit. */
#ifndef TESTS_TOY_H
#define TESTS_TOY_H

#include "mlp.h"

enum { TOY_LAYERS = 3, TOY_SHA256_SIZE = 65 };

/* toy_dataset - 700 + 300 images of 9 x 11 pixels in 5 classes, each class with a pattern of its
 * own under noise; the same on any machine. The caller frees it with toy_dataset_free. */
struct mlp_dataset toy_dataset(void);
void toy_dataset_free(struct mlp_dataset *dataset);

/* toy_widths - 99, 33, 17, 5: nothing is a whole number of panels. */
extern const uint32_t toy_widths[TOY_LAYERS + 1];

/* toy_options - 3 epochs, batches of 150 with a short last one, rate 0.1, 1 thread. */
struct mlp_train_options toy_options(void);

/* toy_net - a new one, initialised from seed 1. The caller frees it. */
struct mlp_net *toy_net(void);

/* toy_parameters - W1, b1, W2, ... as a file stores them. The caller frees them. */
float *toy_parameters(const struct mlp_net *net, size_t *n);

/* toy_trained - the parameters of a toy net after so many epochs with a kernel; NULL if training
 * failed. The caller frees them. */
float *toy_trained(const char *kernel, int n_threads, uint32_t n_epochs, size_t *n);

/* toy_sha256 - writes the SHA-256 of parameters, as little-endian float32, into
 * hex[TOY_SHA256_SIZE]; false if something failed. */
bool toy_sha256(const float *parameters, size_t n, char *hex);

/* toy_weights_sha256 - trains 3 epochs; toy_sha256 of the parameters. */
bool toy_weights_sha256(const char *kernel, int n_threads, char *hex);

/* What toy_weights_sha256 gives with every kernel that has fused multiply-add, for any number of
 * threads, on any machine, with any compiler. It changes only when the numeric contract does. */
#define TOY_SHA256 "4a1fbe7683484408beacd2dc5fee9bcb9bfc6a6b86c3d707532fc70c9d7f845d"

#endif
