/* schedule.h - the learning rate over time. */
#ifndef TRAIN_SCHEDULE_H
#define TRAIN_SCHEDULE_H

#include "mlp.h"

/* train_rate - the learning rate of step `step` (0..) of training with steps_per_epoch. */
double train_rate(const struct mlp_train_options *options, uint64_t step, uint64_t steps_per_epoch);

#endif
