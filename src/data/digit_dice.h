/* digit_dice.h - the random numbers of one picture, taken one after the other.
 *
 * All of them are functions of (seed, picture, index), so pictures can be drawn in any order and by
 * any thread. */
#ifndef DATA_DIGIT_DICE_H
#define DATA_DIGIT_DICE_H

#include "base/random.h"

struct data_dice {
    struct random_key key;
    uint32_t index; /* of the next block of four numbers */
    uint32_t n_left;
    uint32_t block[4];
};

static inline uint32_t data_dice_roll(struct data_dice *dice)
{
    if (dice->n_left == 0) {
        random_u32x4(&dice->key, dice->index++, dice->block);
        dice->n_left = 4;
    }
    return dice->block[--dice->n_left];
}

/* data_dice_range - uniform in [low, high]; 24 bits, what a float holds exactly. */
static inline float data_dice_range(struct data_dice *dice, float low, float high)
{
    return low + (high - low) * (float)(data_dice_roll(dice) >> 8) * 0x1p-24f;
}

/* data_dice_bell - bell-shaped with mean 0: the sum of four uniform 16-bit numbers, scaled to the
 * standard deviation given. A sum, since its tails end at 3.5 deviations: no digit is torn apart,
 * and it costs a tenth of a normal number. */
static inline float data_dice_bell(struct data_dice *dice, float deviation)
{
    const float sqrt_3 = 1.7320508f; /* each of the four has variance 1/12 */
    uint32_t a = data_dice_roll(dice), b = data_dice_roll(dice);
    uint32_t sum = (a >> 16) + (a & 0xffff) + (b >> 16) + (b & 0xffff);
    return ((float)(int)sum - 131070.0f) * 0x1p-16f * sqrt_3 * deviation;
}

#endif
