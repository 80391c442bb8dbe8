/* random.h - random numbers as a function, never a stream.
 *
 * Every number is a function of (seed, purpose, epoch, sample, index), so it does not matter which
 * thread asks for it, in which order, or whether training was interrupted in between. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdint.h>

/* What a number is for. The values are part of the numeric contract: append, never renumber. */
enum random_purpose {
    RANDOM_INIT = 1,       /* epoch 0, sample = layer, index = element / 4 */
    RANDOM_SHUFFLE = 2,    /* epoch, sample 0, index = position / 4 */
    RANDOM_DIGITS = 3,     /* epoch 0, sample = picture */
    RANDOM_GRID = 4,       /* which test digits the picture shows */
    RANDOM_DROPOUT = 5,    /* epoch = step, sample = layer, index = row of the batch / 4: keys */
    RANDOM_AUGMENT = 6,    /* epoch, sample; index 0, 1: map, 2...: grid / 8 */
    RANDOM_GRADCHECK = 99, /* which parameters are tried; sample = array, index = try */
    RANDOM_TEST = 100      /* tests and benches */
};

struct random_key {
    uint64_t seed;
    uint32_t purpose;
    uint32_t epoch;
    uint32_t sample;
};

/* random_u32x4 - four independent uniform 32-bit numbers.
 * Source   Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", Philox4x32-10 */
void random_u32x4(const struct random_key *key, uint32_t index, uint32_t out[4]);

/* random_below - uniform in 0..n-1 from one 32-bit number; the bias is below n / 2^32. */
static inline uint32_t random_below(uint32_t random, uint32_t n)
{
    return (uint32_t)(((uint64_t)random * n) >> 32);
}

/* random_unit - uniform in the open interval (0, 1). */
static inline double random_unit(uint32_t random)
{
    return ((double)random + 0.5) * 0x1p-32;
}

/* random_normal4 - four independent standard normal numbers (Box and Muller 1958). */
void random_normal4(const struct random_key *key, uint32_t index, double out[4]);

#endif
