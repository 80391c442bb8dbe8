/* idx_damage.h - a small data set in a folder, to be spoilt, and what reading it then must say. */
#ifndef TESTS_IDX_DAMAGE_H
#define TESTS_IDX_DAMAGE_H

#include "idx_files.h"
#include "mlp.h"

#include <check.h>

#define TRAIN_IMAGES "train-images-idx3-ubyte"
#define TRAIN_LABELS "train-labels-idx1-ubyte"
#define TEST_IMAGES "t10k-images-idx3-ubyte"
#define TEST_LABELS "t10k-labels-idx1-ubyte"
extern const char *const idx_names[4]; /* the four, in this order */

/* 14 images of 3 x 4 in 7 classes, and 7 for testing. */
extern const struct idx_set idx_small;
enum { SMALL_PIXELS = 12, IMAGE_HEADER = 16, LABEL_HEADER = 8 };

/* The folder of the test that runs. Fixtures make and remove it. */
extern char idx_folder[64];
void idx_setup_empty(void);
void idx_setup_small(void); /* with idx_small in it */
void idx_teardown(void);
void idx_start_over(void); /* undoes all damage */

/* idx_case - a test case with idx_teardown and one of the two set-ups. */
TCase *idx_case(const char *name, SFun setup);

/* idx_path - of a file in the folder, until the next call. */
const char *idx_path(const char *name);

/* idx_patch - overwrites bytes of a file in the folder. */
void idx_patch(const char *name, size_t at, const void *bytes, size_t n);

/* idx_check - the images must be what idx_write_set writes. */
void idx_check(const struct mlp_images *images, const struct idx_set *set, bool test);

/* idx_expect_with - the folder's data set must be refused: with this status, file, offset and word
 * of the message, and without touching the output. */
void idx_expect_with(const struct mlp_label_options *options, enum mlp_status status,
                     const char *name, int64_t offset, const char *word);

/* idx_expect - the same for MLP_E_DATA and default options. */
void idx_expect(const char *name, int64_t offset, const char *word);

#endif
