/* test_png.c - pictures written as PNG: decoded again with zlib alone, and outputs that fail. */
#include "base/file.h"
#include "mlp.h"

#include <check.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

Suite *png_suite(void);

static char folder[32];
static char path[64];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/mlp-test-XXXXXX"); /* anew: tests may share a process */
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/picture.png", folder);
}

static void remove_folder(void)
{
    unlink(path);
    rmdir(folder);
}

static struct mlp_picture new_picture(uint32_t width, uint32_t height)
{
    struct mlp_picture picture = {width, height, malloc((size_t)width * height * 3)};
    ck_assert_ptr_nonnull(picture.rgb);
    for (size_t i = 0; i < (size_t)width * height * 3; i++)
        picture.rgb[i] = (uint8_t)(i * i * 2654435761U >> 13);
    return picture;
}

static uint32_t big_endian(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static int paeth(int a, int b, int c)
{
    int p = a + b - c, pa = abs(p - a), pb = abs(p - b), pc = abs(p - c);
    return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

/* Undoes a row's filter in place. Source: PNG specification, section 9.2. */
static void unfilter(int filter, uint8_t *row, const uint8_t *above, size_t n)
{
    ck_assert_int_le(filter, 4);
    for (size_t i = 0; i < n; i++) {
        int a = i >= 3 ? row[i - 3] : 0, b = above[i], c = i >= 3 ? above[i - 3] : 0;
        int predictions[] = {0, a, b, (a + b) / 2, paeth(a, b, c)};
        row[i] = (uint8_t)(row[i] + predictions[filter]);
    }
}

/* Checks the CRC of the chunk at *at, and moves *at behind it. */
static const uint8_t *next_chunk(const uint8_t **at, const char *type, uint32_t *n)
{
    const uint8_t *chunk = *at;
    *n = big_endian(chunk);
    ck_assert_mem_eq(chunk + 4, type, 4);
    ck_assert_uint_eq(crc32(0, chunk + 4, *n + 4), big_endian(chunk + 8 + *n));
    *at = chunk + 12 + *n;
    return chunk + 8;
}

static void check_png(const uint8_t *bytes, size_t size, const struct mlp_picture *picture)
{
    static const uint8_t signature[] = {137, 'P', 'N', 'G', 13, 10, 26, 10};
    static const uint8_t rgb8[] = {8, 2, 0, 0, 0};
    size_t row_bytes = (size_t)picture->width * 3;
    uLongf n_raw = (row_bytes + 1) * picture->height;
    uint8_t *raw = malloc(n_raw), *above = calloc(1, row_bytes);
    uint32_t n;
    ck_assert_mem_eq(bytes, signature, 8);
    const uint8_t *at = bytes + 8, *header = next_chunk(&at, "IHDR", &n);
    ck_assert_uint_eq(n, 13);
    ck_assert_uint_eq(big_endian(header), picture->width);
    ck_assert_uint_eq(big_endian(header + 4), picture->height);
    ck_assert_mem_eq(header + 8, rgb8, 5);
    const uint8_t *data = next_chunk(&at, "IDAT", &n);
    ck_assert_int_eq(uncompress(raw, &n_raw, data, n), Z_OK);
    ck_assert_uint_eq(n_raw, (row_bytes + 1) * picture->height);
    next_chunk(&at, "IEND", &n);
    ck_assert_ptr_eq(at, bytes + size);
    const uint8_t *previous = above;
    for (uint32_t y = 0; y < picture->height; y++) {
        uint8_t *row = raw + y * (row_bytes + 1);
        unfilter(row[0], row + 1, previous, row_bytes);
        ck_assert_mem_eq(row + 1, picture->rgb + y * row_bytes, row_bytes);
        previous = row + 1;
    }
    free(raw);
    free(above);
}

START_TEST(a_png_decodes_to_the_same_pixels)
{
    static const uint32_t sizes[][2] = {{1, 1}, {1, 50}, {50, 1}, {3, 7}, {333, 101}};
    struct mlp_error error;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct mlp_picture picture = new_picture(sizes[i][0], sizes[i][1]);
        uint8_t *bytes, *again;
        size_t n, n_again;
        ck_assert_int_eq(mlp_picture_write(&picture, path, &error), MLP_OK);
        ck_assert_int_eq(file_read(path, MLP_E_DATA, &bytes, &n, &error), MLP_OK);
        check_png(bytes, n, &picture);
        ck_assert_int_eq(mlp_picture_write(&picture, path, NULL), MLP_OK);
        ck_assert_int_eq(file_read(path, MLP_E_DATA, &again, &n_again, &error), MLP_OK);
        ck_assert_uint_eq(n, n_again);
        ck_assert_mem_eq(bytes, again, n);
        free(bytes);
        free(again);
        free(picture.rgb);
    }
}
END_TEST

START_TEST(flat_pictures_make_small_files)
{
    struct mlp_picture picture = new_picture(1000, 1000);
    struct stat info;
    memset(picture.rgb, 255, (size_t)1000 * 1000 * 3);
    ck_assert_int_eq(mlp_picture_write(&picture, path, NULL), MLP_OK);
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_int_lt(info.st_size, 6000); /* 3 MB; deflate cannot do better than 1 : 1032 */
    free(picture.rgb);
}
END_TEST

START_TEST(impossible_pictures_are_refused)
{
    static const uint32_t sizes[][2] = {{0, 5}, {5, 0}, {UINT32_MAX, UINT32_MAX}, {65536, 65536}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct mlp_picture picture = {sizes[i][0], sizes[i][1], NULL};
        struct mlp_error error;
        ck_assert_int_eq(mlp_picture_write(&picture, path, &error), MLP_E_OUTPUT);
        ck_assert_str_eq(error.file, path);
        ck_assert_int_ne(access(path, F_OK), 0);
    }
}
END_TEST

/* How many files the folder holds. */
static int count_files(void)
{
    int n = 0;
    DIR *dir = opendir(folder);
    ck_assert_ptr_nonnull(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        n += entry->d_name[0] != '.';
    closedir(dir);
    return n;
}

static void check_old_file(void)
{
    uint8_t *bytes;
    size_t n;
    ck_assert_int_eq(file_read(path, MLP_E_DATA, &bytes, &n, NULL), MLP_OK);
    ck_assert_uint_eq(n, 8);
    ck_assert_mem_eq(bytes, "old file", 8);
    ck_assert_int_eq(count_files(), 1); /* no temporary file stayed behind */
    free(bytes);
}

/* A limit on the size of files stands in for a full disk: write(2) stores a part and then fails. */
START_TEST(a_full_disk_leaves_the_old_file)
{
    struct mlp_picture picture = new_picture(200, 200);
    struct rlimit old, small;
    struct mlp_error error;
    ck_assert_int_eq(file_replace(path, "old file", 8, NULL), MLP_OK);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 4096;
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum mlp_status status = mlp_picture_write(&picture, path, &error);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0); /* before Check itself writes */
    ck_assert_int_eq(status, MLP_E_OUTPUT);
    ck_assert_str_eq(error.file, path);
    ck_assert_str_ne(error.found, "");
    check_old_file();
    free(picture.rgb);
}
END_TEST

START_TEST(a_folder_that_cannot_be_written_leaves_the_old_file)
{
    struct mlp_picture picture = new_picture(20, 20);
    struct mlp_error error;
    char other[96];
    ck_assert_int_eq(file_replace(path, "old file", 8, NULL), MLP_OK);
    snprintf(other, sizeof other, "%s/none/picture.png", folder);
    ck_assert_int_eq(mlp_picture_write(&picture, other, &error), MLP_E_OUTPUT);
    ck_assert_str_eq(error.file, other);
    ck_assert_int_eq(mlp_picture_write(&picture, folder, &error), MLP_E_OUTPUT);
    if (geteuid() != 0) { /* root may write everywhere */
        ck_assert_int_eq(chmod(folder, 0555), 0);
        enum mlp_status status = mlp_picture_write(&picture, path, &error);
        ck_assert_int_eq(chmod(folder, 0755), 0);
        ck_assert_int_eq(status, MLP_E_OUTPUT);
    }
    check_old_file();
    free(picture.rgb);
}
END_TEST

Suite *png_suite(void)
{
    Suite *suite = suite_create("png");
    TCase *tests = tcase_create("png");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, make_folder, remove_folder);
    tcase_add_test(tests, a_png_decodes_to_the_same_pixels);
    tcase_add_test(tests, flat_pictures_make_small_files);
    tcase_add_test(tests, impossible_pictures_are_refused);
    tcase_add_test(tests, a_full_disk_leaves_the_old_file);
    tcase_add_test(tests, a_folder_that_cannot_be_written_leaves_the_old_file);
    suite_add_tcase(suite, tests);
    return suite;
}
