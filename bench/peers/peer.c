#include "peer.h"

#include "base/memory.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const int peer_widths[PEER_N_LAYERS + 1] = {784, 256, 128, PEER_CLASSES};

_Noreturn void peer_die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(EXIT_FAILURE);
}

int peer_threads(void)
{
    const char *text = getenv("OMP_NUM_THREADS");
    int n = text == NULL ? 1 : atoi(text);
    return n < 1 ? 1 : n;
}

const char *peer_environment(const char *const *names)
{
    static char text[512];
    size_t at = 0;
    text[0] = '\0';
    for (; *names != NULL; names++) {
        const char *value = getenv(*names);
        if (value != NULL && at < sizeof text)
            at += (size_t)snprintf(text + at, sizeof text - at, " %s=%s", *names, value);
    }
    return text;
}

static uint32_t big_endian(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* The bytes after the header; dims[i] becomes the i-th dimension. */
static uint8_t *read_idx(const char *path, int n_dims, uint32_t *dims)
{
    FILE *file = fopen(path, "rbe");
    uint8_t header[16];
    size_t header_bytes = 4 + 4 * (size_t)n_dims, size = 1;
    if (file == NULL || fread(header, 1, header_bytes, file) != header_bytes ||
        big_endian(header) != 0x800u + (uint32_t)n_dims)
        peer_die("%s: not an IDX file of %d dimensions", path, n_dims);
    for (int i = 0; i < n_dims; i++) {
        dims[i] = big_endian(header + 4 + 4 * i);
        if (!memory_size(size, dims[i], &size))
            peer_die("%s: claims too much", path);
    }
    uint8_t *bytes = memory_new(size);
    if (bytes == NULL || fread(bytes, 1, size, file) != size)
        peer_die("%s: truncated, or no memory for it", path);
    fclose(file);
    return bytes;
}

struct peer_data peer_read(const char *images, const char *labels)
{
    struct peer_data data;
    uint32_t dims[3], n_labels;
    data.images = read_idx(images, 3, dims);
    data.labels = read_idx(labels, 1, &n_labels);
    data.n = dims[0];
    data.width = dims[1] * dims[2];
    if (n_labels != data.n || data.width != (uint32_t)peer_widths[0])
        peer_die("%u images of %u bytes and %u labels do not fit", data.n, data.width, n_labels);
    for (uint32_t i = 0; i < data.n; i++)
        if (data.labels[i] >= PEER_CLASSES)
            peer_die("label %u of sample %u is no class", data.labels[i], i);
    return data;
}

/* Source: Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators" */
uint64_t peer_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

float peer_normal(uint64_t *state)
{
    double u = ((double)(peer_random(state) >> 11) + 0.5) * 0x1p-53;
    double v = (double)(peer_random(state) >> 11) * 0x1p-53;
    return (float)(sqrt(-2 * log(u)) * cos(6.283185307179586 * v));
}

void peer_shuffle(uint32_t *order, uint32_t n, uint64_t *state)
{
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    for (uint32_t i = n; i > 1; i--) {
        uint32_t j = (uint32_t)((peer_random(state) >> 32) * i >> 32);
        uint32_t t = order[i - 1];
        order[i - 1] = order[j];
        order[j] = t;
    }
}

static void answer(const struct peer_commands *commands, const char *line)
{
    char kind[32];
    unsigned steps = 0;
    int m, n, k;
    double loss;
    if (commands->epoch != NULL &&
        (strcmp(line, "epoch\n") == 0 || sscanf(line, "steps %u", &steps) == 1)) {
        double seconds = commands->epoch(commands->context, steps, &loss);
        printf("seconds %.6f loss %.6f\n", seconds, loss);
    } else if (commands->accuracy != NULL && strcmp(line, "accuracy\n") == 0) {
        printf("accuracy %.6f\n", commands->accuracy(commands->context));
    } else if (commands->gemm != NULL &&
               sscanf(line, "gemm %31s %d %d %d", kind, &m, &n, &k) == 4 && m > 0 && n > 0 &&
               k > 0) {
        double seconds = commands->gemm(commands->context, kind, m, n, k);
        if (seconds < 0)
            printf("error unknown kind %s\n", kind);
        else
            printf("seconds %.9f\n", seconds);
    } else {
        printf("error unknown command %s", line);
    }
}

void peer_serve(const char *name, const char *version, const char *settings,
                const struct peer_commands *commands)
{
    char line[128];
    printf("ready %s %s; %s\n", name, version, settings);
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL && strcmp(line, "quit\n") != 0) {
        answer(commands, line);
        fflush(stdout);
    }
}
