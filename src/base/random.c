#include "base/random.h"

#include "base/math.h"

/* The multipliers and Weyl increments of Philox4x32: table 2 and section 3 of the paper; the
 * increments are the golden ratio and sqrt(3) - 1, times 2^32. */
#define PHILOX_M0 0xD2511F53u
#define PHILOX_M1 0xCD9E8D57u
#define PHILOX_W0 0x9E3779B9u
#define PHILOX_W1 0xBB67AE85u

void random_u32x4(const struct random_key *key, uint32_t index, uint32_t out[4])
{
    uint32_t k0 = (uint32_t)key->seed, k1 = (uint32_t)(key->seed >> 32);
    uint32_t c0 = index, c1 = key->sample, c2 = key->epoch, c3 = key->purpose;
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)PHILOX_M0 * c0, p1 = (uint64_t)PHILOX_M1 * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += PHILOX_W0;
        k1 += PHILOX_W1;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

void random_normal4(const struct random_key *key, uint32_t index, double out[4])
{
    uint32_t u[4];
    random_u32x4(key, index, u);
    for (int i = 0; i < 4; i += 2) {
        double radius = math_sqrt(-2.0 * math_log(random_unit(u[i])));
        double sine, cosine;
        math_sincos_turns(random_unit(u[i + 1]), &sine, &cosine);
        out[i] = radius * cosine;
        out[i + 1] = radius * sine;
    }
}
