/* find.h - the four files of a data set, under the names that they go by. */
#ifndef IO_FIND_H
#define IO_FIND_H

#include "io/input.h"

enum { IO_TRAIN_IMAGES, IO_TRAIN_LABELS, IO_TEST_IMAGES, IO_TEST_LABELS, IO_N_FILES };

/* io_find - the path of each file: "train-images-idx3-ubyte" or "train-images.idx3-ubyte", as it is
 *           or with ".gz", in the folder or in a folder of such a name, as Kaggle's archive has it.
 * Returns  MLP_OK; MLP_E_DATA if one is missing, *error then says which */
enum mlp_status io_find(const char *folder, char paths[IO_N_FILES][IO_PATH_BYTES],
                        struct mlp_error *error) MLP_MUST_USE;

#endif
