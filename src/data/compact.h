/* compact.h - a data set's images without their zeros, as a bitmap and the pixels that it tells of.
 *
 * To fill a batch in bf16 is to wait for memory: its images are anywhere in a large set, and a core
 * can ask for some sixteen lines at a time. MNIST's images take 4.5 lines this way instead of 13.
 *
 *     notes    a bit for each pixel that is not zero, in words of 64, the first pixel's lowest
 *     pixels   those that are not zero, in order
 *
 * An image begins on a line. Measured: bench/README.md. */
#ifndef DATA_COMPACT_H
#define DATA_COMPACT_H

#include "kernel/kernel.h"
#include "mlp.h"

enum { COMPACT_LINE = 64 / sizeof(uint64_t) }; /* words in a line of memory */

struct compact {
    uint64_t *data;  /* NULL: there are none */
    uint32_t *lines; /* (n_samples + 1) where each image begins */
};

/* compact_new - from images, by so many threads; none where the kernel has no use for them, where
 * they would not be much smaller, or memory is short: then images are read as they are. */
void compact_new(struct compact *compact, const struct kernel *kernel,
                 const struct mlp_images *images, int n_threads);
void compact_free(struct compact *compact);

static inline const uint64_t *compact_at(const struct compact *compact, uint32_t image)
{
    return compact->data + (size_t)compact->lines[image] * COMPACT_LINE;
}

#endif
