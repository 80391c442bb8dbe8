/* idx_files.h - small IDX data sets for tests, whole or damaged on purpose. */
#ifndef TESTS_IDX_FILES_H
#define TESTS_IDX_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What to write. Sample i is of class i % n_classes; its pixels tell its class and vary with i. */
struct idx_set {
    uint32_t n_train, n_test, n_rows, n_cols, n_classes;
    bool gzip;   /* packed, and ".gz" in the names */
    bool dots;   /* "train-images.idx3-ubyte" instead of "train-images-idx3-ubyte" */
    bool nested; /* each in a folder of its own name, as in Kaggle's archive */
};

/* idx_folder_new - a new empty folder under /tmp; its path goes into path (64 bytes). */
void idx_folder_new(char *path);

/* idx_folder_remove - with all that is in it; does nothing if path is empty. */
void idx_folder_remove(const char *path);

/* idx_write_set - the four files, into folder. Aborts if they cannot be written. */
void idx_write_set(const char *folder, const struct idx_set *set);

/* idx_pixel - what idx_write_set gives a pixel; the test set differs from the training set. */
uint8_t idx_pixel(const struct idx_set *set, bool test, uint32_t sample, uint32_t pixel);

/* idx_put - writes folder/name; aborts if that fails. */
void idx_put(const char *folder, const char *name, const void *bytes, size_t n);

/* idx_get - the bytes of folder/name, and room for one more. The caller frees them. */
uint8_t *idx_get(const char *folder, const char *name, size_t *n);

/* idx_gzip - the bytes as a gzip file. The caller frees them. */
uint8_t *idx_gzip(const void *bytes, size_t n, size_t *n_packed);

#endif
