#include "idx_files.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    perror(what);
    abort();
}

void idx_folder_new(char *path)
{
    strcpy(path, "/tmp/mlp-test-XXXXXX");
    must(mkdtemp(path) != NULL, path);
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info, (void)type, (void)where;
    return remove(path);
}

void idx_folder_remove(const char *path)
{
    if (path[0] != '\0')
        (void)nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void idx_put(const char *folder, const char *name, const void *bytes, size_t n)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    remove(path); /* ext4 syncs a file that is truncated and rewritten: milliseconds each */
    FILE *file = fopen(path, "wbe");
    must(file != NULL, path);
    must(fwrite(bytes, 1, n, file) == n && fclose(file) == 0, path);
}

uint8_t *idx_get(const char *folder, const char *name, size_t *n)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    struct stat info;
    must(stat(path, &info) == 0, path);
    *n = (size_t)info.st_size;
    uint8_t *bytes = malloc(*n + 1);
    FILE *file = fopen(path, "rbe");
    must(bytes != NULL && file != NULL && fread(bytes, 1, *n, file) == *n, path);
    fclose(file);
    return bytes;
}

uint8_t *idx_gzip(const void *bytes, size_t n, size_t *n_packed)
{
    z_stream z = {0};
    must(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK, "deflate");
    uLong room = deflateBound(&z, n);
    uint8_t *packed = malloc(room);
    must(packed != NULL, "memory");
    z.next_in = (Bytef *)bytes;
    z.avail_in = (uInt)n;
    z.next_out = packed;
    z.avail_out = (uInt)room;
    must(deflate(&z, Z_FINISH) == Z_STREAM_END, "deflate");
    *n_packed = z.total_out;
    deflateEnd(&z);
    return packed;
}

uint8_t idx_pixel(const struct idx_set *set, bool test, uint32_t sample, uint32_t pixel)
{
    /* Pixels of the class are bright and the others dark, so that a network can learn it. */
    bool bright = pixel % set->n_classes == sample % set->n_classes;
    uint32_t noise = (sample * 31 + pixel * 7 + (test ? 13 : 0)) % 60;
    return (uint8_t)(bright ? 255 - noise : noise);
}

static void put_file(const char *folder, const struct idx_set *set, const char *stem, int n_dims,
                     const uint8_t *bytes, size_t n)
{
    char plain[64], name[160], path[512];
    snprintf(plain, sizeof plain, "%s%cidx%d-ubyte", stem, set->dots ? '.' : '-', n_dims);
    snprintf(name, sizeof name, "%s%s%s%s", set->nested ? plain : "", set->nested ? "/" : "", plain,
             set->gzip ? ".gz" : "");
    if (set->nested) {
        snprintf(path, sizeof path, "%s/%s", folder, plain);
        must(mkdir(path, 0777) == 0, path);
    }
    size_t n_packed;
    uint8_t *packed = set->gzip ? idx_gzip(bytes, n, &n_packed) : NULL;
    if (packed != NULL)
        idx_put(folder, name, packed, n_packed);
    else
        idx_put(folder, name, bytes, n);
    free(packed);
}

static void store_be32(uint8_t *p, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void put_half(const char *folder, const struct idx_set *set, bool test, uint32_t n)
{
    uint32_t n_pixels = set->n_rows * set->n_cols;
    uint8_t *images = calloc(16 + (size_t)n * n_pixels, 1), *labels = calloc(8 + (size_t)n, 1);
    must(images != NULL && labels != NULL, "memory");
    store_be32(images, 0x803);
    store_be32(images + 4, n);
    store_be32(images + 8, set->n_rows);
    store_be32(images + 12, set->n_cols);
    store_be32(labels, 0x801);
    store_be32(labels + 4, n);
    for (uint32_t i = 0; i < n; i++) {
        labels[8 + i] = (uint8_t)(i % set->n_classes);
        for (uint32_t p = 0; p < n_pixels; p++)
            images[16 + (size_t)i * n_pixels + p] = idx_pixel(set, test, i, p);
    }
    put_file(folder, set, test ? "t10k-images" : "train-images", 3, images,
             16 + (size_t)n * n_pixels);
    put_file(folder, set, test ? "t10k-labels" : "train-labels", 1, labels, 8 + (size_t)n);
    free(images);
    free(labels);
}

void idx_write_set(const char *folder, const struct idx_set *set)
{
    put_half(folder, set, false, set->n_train);
    put_half(folder, set, true, set->n_test);
}
