/* png.c - encodes in memory and hands the bytes to file_replace: stb's own writer to a path reports
 * success on a full disk. */
#include "base/error.h"
#include "base/file.h"
#include "mlp.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* stb's own deflate makes such pictures half as large again; zlib is there anyway. One level for
 * all, so that one picture has one file. */
static unsigned char *deflate_best(unsigned char *data, int n, int *n_out, int quality)
{
    (void)quality;
    uLongf size = compressBound((uLong)n);
    unsigned char *out = size <= INT_MAX ? malloc(size) : NULL;
    if (out == NULL || compress2(out, &size, data, (uLong)n, Z_BEST_COMPRESSION) != Z_OK) {
        free(out);
        return NULL;
    }
    *n_out = (int)size;
    return out;
}

#define STBIW_ZLIB_COMPRESS deflate_best
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#include <stb_image_write.h>

/* Unfiltered: large flat areas and repeated letters suit deflate as they are. Measured on a page of
 * text and lines: 55 KB, and 86 KB with a filter chosen row by row. */
static pthread_once_t filter_chosen = PTHREAD_ONCE_INIT;
static void choose_filter(void)
{
    stbi_write_force_png_filter = 0;
}

/* Where stb's callback puts the file; it is called once, with all of it. */
struct sink {
    uint8_t *bytes;
    size_t n;
};

static void collect(void *context, void *data, int n)
{
    struct sink *sink = context;
    sink->bytes = malloc((size_t)n);
    if (sink->bytes != NULL) {
        memcpy(sink->bytes, data, (size_t)n);
        sink->n = (size_t)n;
    }
}

enum mlp_status mlp_picture_write(const struct mlp_picture *picture, const char *path,
                                  struct mlp_error *error)
{
    uint64_t n_bytes = ((uint64_t)picture->width * 3 + 1) * picture->height;
    /* stb counts in int; the first two sides keep the product from wrapping. */
    if (picture->width == 0 || picture->height == 0 || picture->width > INT_MAX / 4 ||
        n_bytes > INT_MAX / 2) {
        error_set(error, MLP_E_OUTPUT, path, -1);
        error_found(error, "a picture of %u x %u pixels", picture->width, picture->height);
        error_wanted(error, "1 pixel to a gigabyte of them");
        return MLP_E_OUTPUT;
    }
    pthread_once(&filter_chosen, choose_filter);
    struct sink sink = {NULL, 0};
    if (!stbi_write_png_to_func(collect, &sink, (int)picture->width, (int)picture->height, 3,
                                picture->rgb, (int)picture->width * 3) ||
        sink.bytes == NULL)
        return error_memory(error, n_bytes);
    enum mlp_status status = file_replace(path, sink.bytes, sink.n, error);
    free(sink.bytes);
    return status;
}
