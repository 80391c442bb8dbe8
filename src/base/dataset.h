/* dataset.h - what every source of data sets shares. */
#ifndef BASE_DATASET_H
#define BASE_DATASET_H

#include "mlp.h"

/* dataset_fingerprint - hash of train pixels, train labels, test pixels and test labels, in this
 * order, each continuing from the one before. */
uint64_t dataset_fingerprint(const struct mlp_dataset *dataset);

#endif
