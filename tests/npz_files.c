#include "npz_files.h"

#include "base/memory.h"

#include "idx_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* ---- bytes ------------------------------------------------------------------------------ */

struct buffer {
    uint8_t *bytes;
    size_t n;
};

static void put(struct buffer *buffer, const void *bytes, size_t n)
{
    buffer->bytes = realloc(buffer->bytes, buffer->n + n + 1);
    ck_assert_ptr_nonnull(buffer->bytes);
    if (n > 0)
        memcpy(buffer->bytes + buffer->n, bytes, n);
    buffer->n += n;
}

static void put_le(struct buffer *buffer, uint64_t value, int n_bytes)
{
    for (int i = 0; i < n_bytes; i++) {
        uint8_t byte = (uint8_t)(value >> (8 * i));
        put(buffer, &byte, 1);
    }
}

/* The .npy file of a member. */
static struct buffer make_npy(const struct npz_member *member)
{
    struct buffer npy = {0};
    if (member->dictionary != NULL) {
        int version = member->npy_version == 0 ? 1 : member->npy_version;
        put(&npy, "\x93NUMPY", 6);
        put_le(&npy, (uint64_t)version, 2);
        put_le(&npy, strlen(member->dictionary), version == 1 ? 2 : 4);
        put(&npy, member->dictionary, strlen(member->dictionary));
    }
    put(&npy, member->bytes, member->n);
    return npy;
}

static struct buffer pack(const struct buffer *raw)
{
    z_stream z = {0};
    ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t room = deflateBound(&z, raw->n);
    struct buffer packed = {malloc(room + 1), 0};
    z.next_in = raw->bytes;
    z.avail_in = (uInt)raw->n;
    z.next_out = packed.bytes;
    z.avail_out = (uInt)room;
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    packed.n = z.total_out;
    deflateEnd(&z);
    return packed;
}

/* Source: APPNOTE.TXT of PKWARE, 4.3.7 (local header), 4.3.12 (directory), 4.5.3 (zip64). */
static void put_header(struct buffer *zip, bool central, const struct npz_member *member,
                       uint32_t crc, size_t n_packed, size_t n_raw, size_t offset)
{
    uint16_t method = member->method != 0 ? member->method : member->deflate ? Z_DEFLATED : 0;
    uint64_t size = member->claim != 0 ? member->claim : n_raw;
    bool wide = member->zip64 || size > UINT32_MAX;
    put_le(zip, central ? 0x02014b50 : 0x04034b50, 4);
    if (central)
        put_le(zip, 45, 2);
    put_le(zip, 45, 2);
    put_le(zip, member->flags, 2);
    put_le(zip, method, 2);
    put_le(zip, 0, 2);
    put_le(zip, 0x21, 2);
    put_le(zip, crc ^ member->crc_change, 4);
    put_le(zip, wide ? UINT32_MAX : n_packed, 4);
    put_le(zip, wide ? UINT32_MAX : size, 4);
    put_le(zip, strlen(member->name), 2);
    put_le(zip, wide ? 20 : 0, 2);
    if (central) {
        put_le(zip, 0, 2 + 2 + 2); /* comment, disk, attributes */
        put_le(zip, 0, 4);
        put_le(zip, offset, 4);
    }
    put(zip, member->name, strlen(member->name));
    if (wide) {
        put_le(zip, 1, 2);
        put_le(zip, 16, 2);
        put_le(zip, size, 8);
        put_le(zip, n_packed, 8);
    }
}

uint8_t *npz_make(const struct npz_member *members, size_t n_members, size_t *n)
{
    struct buffer zip = {0}, directory = {0};
    for (size_t i = 0; i < n_members; i++) {
        struct buffer npy = make_npy(&members[i]);
        struct buffer data = members[i].deflate ? pack(&npy) : npy;
        uint32_t crc = (uint32_t)crc32(0, npy.bytes, (uInt)npy.n);
        put_header(&directory, true, &members[i], crc, data.n, npy.n, zip.n);
        put_header(&zip, false, &members[i], crc, data.n, npy.n, 0);
        put(&zip, data.bytes, data.n);
        if (members[i].deflate)
            free(data.bytes);
        free(npy.bytes);
    }
    size_t at = zip.n;
    put(&zip, directory.bytes, directory.n);
    put_le(&zip, 0x06054b50, 4);
    put_le(&zip, 0, 4);
    put_le(&zip, n_members, 2);
    put_le(&zip, n_members, 2);
    put_le(&zip, directory.n, 4);
    put_le(&zip, at, 4);
    put_le(&zip, 0, 2);
    free(directory.bytes);
    *n = zip.n;
    return zip.bytes;
}

struct npz_member npz_array(const char *name, uint32_t n_rows, uint32_t n_cols)
{
    static float numbers[4096];
    static char dictionaries[64][96];
    static unsigned next; /* members point into it: as many as one test makes */
    for (size_t i = 0; i < 4096; i++)
        numbers[i] = (float)(i + 1);
    char *dictionary = dictionaries[next++ % 64], shape[32];
    if (n_cols == 0)
        snprintf(shape, sizeof shape, "(%u,)", n_rows);
    else
        snprintf(shape, sizeof shape, "(%u, %u)", n_rows, n_cols);
    snprintf(dictionary, 96, "{'descr': '<f4', 'fortran_order': False, 'shape': %s, }\n", shape);
    size_t n = (size_t)n_rows * (n_cols == 0 ? 1 : n_cols);
    ck_assert_uint_le(n, 4096);
    return (struct npz_member){
        .name = name, .dictionary = dictionary, .bytes = numbers, .n = n * sizeof(float)};
}

/* ---- files ------------------------------------------------------------------------------ */

char npz_folder[64], npz_path[96];

void npz_setup(void)
{
    idx_folder_new(npz_folder);
    snprintf(npz_path, sizeof npz_path, "%s/model.npz", npz_folder);
}

void npz_teardown(void)
{
    idx_folder_remove(npz_folder);
    npz_folder[0] = '\0';
}

TCase *npz_case(const char *name)
{
    TCase *tests = tcase_create(name);
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, npz_setup, npz_teardown);
    return tests;
}

void npz_put(const void *bytes, size_t n)
{
    idx_put(npz_folder, "model.npz", bytes, n);
}

void npz_put_members(const struct npz_member *members, size_t n_members)
{
    size_t n;
    uint8_t *bytes = npz_make(members, n_members, &n);
    npz_put(bytes, n);
    free(bytes);
}

/* ---- models ----------------------------------------------------------------------------- */

/* Of two of its arrays. */
static struct mlp_checkpoint *checkpoint(void)
{
    enum { N_PARAMETERS = 4 * 3 + 3 + 3 * 2 + 2 };
    struct mlp_checkpoint *c = calloc(1, sizeof *c);
    ck_assert_ptr_nonnull(c);
    *c = (struct mlp_checkpoint){.n_parameters = N_PARAMETERS,
                                 .step = UINT64_MAX,
                                 .epoch = 3,
                                 .n_epochs = 12,
                                 .n_correct = 1u << 31,
                                 .loss_sum = 1e6,
                                 .best_epoch = 2,
                                 .best_loss = 3.5,
                                 .best_accuracy = 0.25};
    static const enum mlp_checkpoint_array both[] = {MLP_CHECKPOINT_WEIGHTS, MLP_CHECKPOINT_M};
    for (int i = 0; i < 2; i++) {
        float *array = memory_new(N_PARAMETERS * sizeof *array);
        ck_assert_ptr_nonnull(array);
        for (int k = 0; k < N_PARAMETERS; k++)
            array[k] = (float)(k - 7 * i) / 3;
        c->arrays[both[i]] = array;
    }
    return c;
}

void npz_model(struct mlp_model *model)
{
    static const uint32_t widths[3] = {4, 3, 2};
    ck_assert_int_eq(mlp_model_new(model, widths, 2, NULL), MLP_OK);
    for (uint32_t l = 0; l < 2; l++)
        for (uint32_t k = 0; k < widths[l] * widths[l + 1]; k++) {
            model->weights[l][k] = (float)(k + 1);
            model->biases[l][k % widths[l + 1]] = (float)(k % widths[l + 1] + 1);
        }
    model->metadata = (struct mlp_metadata){.present = true,
                                            .format_version = 1,
                                            .seed = UINT64_MAX,
                                            .fingerprint = 0x8000000000000001u,
                                            .n_rows = 2,
                                            .n_cols = 2,
                                            .label_base = 1,
                                            .train_accuracy = 0.75,
                                            .test_accuracy = -1,
                                            .activation = "relu",
                                            .dataset = "Zürich 字 😀",
                                            .recipe = "--lr 0.1",
                                            .validation_accuracy = 0.5,
                                            .n_test = 10000};
    model->checkpoint = checkpoint();
}

static bool same_array(const struct mlp_checkpoint *got, const struct mlp_checkpoint *want, int i)
{
    const float *a = got->arrays[i], *b = want->arrays[i];
    return a == NULL || b == NULL ? a == b : memcmp(a, b, want->n_parameters * sizeof *a) == 0;
}

bool npz_same_checkpoint(const struct mlp_checkpoint *got)
{
    struct mlp_checkpoint *want = checkpoint();
    bool same = got->n_parameters == want->n_parameters && got->step == want->step &&
                got->epoch == want->epoch && got->n_epochs == want->n_epochs &&
                got->n_correct == want->n_correct && got->loss_sum == want->loss_sum &&
                got->best_epoch == want->best_epoch && got->best_loss == want->best_loss &&
                got->best_accuracy == want->best_accuracy;
    for (int i = 0; i < MLP_CHECKPOINT_ARRAYS; i++)
        same = same && same_array(got, want, i);
    mlp_checkpoint_free(want);
    return same;
}

static void expect_metadata(const struct mlp_metadata *got, const struct mlp_metadata *want)
{
    ck_assert_uint_eq(got->format_version, want->format_version);
    ck_assert_uint_eq(got->seed, want->seed);
    ck_assert_uint_eq(got->fingerprint, want->fingerprint);
    ck_assert_uint_eq(got->n_rows, want->n_rows);
    ck_assert_uint_eq(got->n_cols, want->n_cols);
    ck_assert_uint_eq(got->label_base, want->label_base);
    ck_assert_double_eq(got->train_accuracy, want->train_accuracy);
    ck_assert_double_eq(got->test_accuracy, want->test_accuracy);
    ck_assert_double_eq(got->validation_accuracy, want->validation_accuracy);
    ck_assert_uint_eq(got->n_test, want->n_test);
    ck_assert_str_eq(got->activation, want->activation);
    ck_assert_str_eq(got->dataset, want->dataset);
    ck_assert_str_eq(got->recipe, want->recipe);
}

void npz_expect_model(void)
{
    struct mlp_model model, want;
    struct mlp_error error = {0};
    npz_model(&want);
    enum mlp_status status = mlp_model_read(&model, npz_path, &error);
    ck_assert_msg(status == MLP_OK, "%s: %s", error.file, error.found);
    ck_assert_uint_eq(model.n_layers, 2);
    ck_assert_mem_eq(model.widths, want.widths, 3 * sizeof *want.widths);
    ck_assert_mem_eq(model.weights[0], want.weights[0], 12 * sizeof(float));
    ck_assert_mem_eq(model.weights[1], want.weights[1], 6 * sizeof(float));
    ck_assert_mem_eq(model.biases[0], want.biases[0], 3 * sizeof(float));
    ck_assert_mem_eq(model.biases[1], want.biases[1], 2 * sizeof(float));
    if (model.metadata.present)
        expect_metadata(&model.metadata, &want.metadata);
    if (model.checkpoint != NULL)
        ck_assert(npz_same_checkpoint(model.checkpoint));
    mlp_model_free(&model);
    mlp_model_free(&want);
}

void npz_expect(const char *member, int64_t offset, const char *word)
{
    struct mlp_model model, before;
    struct mlp_error error = {.offset_bytes = -1};
    char text[2048], file[256];
    memset(&before, 0x5a, sizeof before);
    memcpy(&model, &before, sizeof model);
    snprintf(file, sizeof file, "%s%s%s", npz_path, member[0] != '\0' ? ", member " : "", member);
    enum mlp_status status = mlp_model_read(&model, npz_path, &error);
    mlp_error_format(&error, text, sizeof text);
    ck_assert_msg(status == MLP_E_MODEL, "status %d: %s", status, text);
    ck_assert_int_eq(error.status, status);
    ck_assert_mem_eq(&model, &before, sizeof model);
    ck_assert_msg(strcmp(error.file, file) == 0, "file is not %s: %s", file, text);
    ck_assert_msg(error.offset_bytes == offset, "offset is not %lld: %s", (long long)offset, text);
    ck_assert_msg(strstr(text, word) != NULL, "no \"%s\" in: %s", word, text);
    ck_assert_int_eq(mlp_model_read(&model, npz_path, NULL), status);
}
