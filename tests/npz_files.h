/* npz_files.h - .npz files made byte by byte for tests, so that any byte of them can lie. */
#ifndef TESTS_NPZ_FILES_H
#define TESTS_NPZ_FILES_H

#include "mlp.h"

#include <check.h>

/* One member. What is 0 tells the truth. */
struct npz_member {
    const char *name;       /* "W1.npy" */
    const char *dictionary; /* "{'descr': '<f4', ...}"; NULL: bytes are the whole member */
    const void *bytes;      /* the elements */
    size_t n;
    int npy_version;     /* 1 to 3; 0 is 1 */
    bool deflate, zip64; /* how it is stored */
    uint32_t crc_change; /* xor of the checksum */
    uint64_t claim;      /* unpacked size instead of the true one */
    uint16_t method;     /* compression method instead of the true one */
    uint16_t flags;      /* 1: encrypted */
};

/* npz_make - a zip archive of them. The caller frees it. */
uint8_t *npz_make(const struct npz_member *members, size_t n_members, size_t *n);

/* npz_array - a member with float32 elements 1, 2, 3, ... in C order. n_cols 0: one dimension. */
struct npz_member npz_array(const char *name, uint32_t n_rows, uint32_t n_cols);

/* The file of the test that runs. Fixtures make and remove its folder. */
extern char npz_folder[64], npz_path[96];
void npz_setup(void);
void npz_teardown(void);
TCase *npz_case(const char *name);

void npz_put(const void *bytes, size_t n);
void npz_put_members(const struct npz_member *members, size_t n_members);

/* npz_model - layers 4-3-2, W1 1..12, b1 1..3, W2 1..6, b2 1..2, as npz_array makes them, some
 * metadata, and a checkpoint. */
void npz_model(struct mlp_model *model);

/* npz_same_checkpoint - whether it is that of npz_model. */
bool npz_same_checkpoint(const struct mlp_checkpoint *got);

/* npz_expect_model - npz_path must read as npz_model; metadata are compared if they are there. */
void npz_expect_model(void);

/* npz_expect - npz_path must be refused, with this member ("" for the file itself), offset and word
 * of the message, and without touching the output. */
void npz_expect(const char *member, int64_t offset, const char *word);

#endif
