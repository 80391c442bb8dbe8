#include "data/compact.h"

#include "base/memory.h"
#include "base/team.h"

struct job {
    struct compact *compact;
    const struct kernel *kernel;
    const struct mlp_images *images;
    uint32_t n_pixels; /* of an image */
};

/* What expanding reads beyond the last pixel. */
enum { BEYOND = 64 };

static uint32_t lines_of(size_t bytes)
{
    enum { BYTES = COMPACT_LINE * sizeof(uint64_t) };
    return (uint32_t)(bytes / BYTES + (bytes % BYTES != 0));
}

/* How many lines each of a member's images takes, in the place of where the next one begins. */
static void count(const struct team *team, void *context)
{
    const struct job *j = context;
    uint32_t i, end;
    team_share(team, j->images->n_samples, &i, &end);
    for (; i < end; i++)
        j->compact->lines[i + 1] = lines_of(j->kernel->bf16.compact(
            j->n_pixels, j->images->pixels + (size_t)i * j->n_pixels, NULL));
}

static void fill(const struct team *team, void *context)
{
    const struct job *j = context;
    uint32_t i, end;
    team_share(team, j->images->n_samples, &i, &end);
    for (; i < end; i++)
        (void)j->kernel->bf16.compact(j->n_pixels, j->images->pixels + (size_t)i * j->n_pixels,
                                      j->compact->data +
                                          (size_t)j->compact->lines[i] * COMPACT_LINE);
}

/* Up to which share of the machine's memory images may take with their copy: 1 / this. */
enum { MEMORY_SHARE = 2 };

/* Adds the lines up; false where images would not be smaller by half, or memory is short. It is
 * memory that sets the first limit, too: an epoch on one thread is 3 % shorter even where two
 * thirds of the pixels are not zero. */
static bool pays(const struct job *j)
{
    uint64_t n = j->images->n_samples, sum = 0;
    uint32_t *lines = j->compact->lines;
    for (uint32_t i = 1; i <= n; i++) {
        sum += lines[i];
        lines[i] = (uint32_t)sum;
    }
    uint64_t bytes = n * j->n_pixels + sum * COMPACT_LINE * sizeof *j->compact->data;
    return sum <= UINT32_MAX && sum <= n * lines_of(j->n_pixels) / 2 &&
           bytes <= memory_machine_bytes() / MEMORY_SHARE;
}

void compact_new(struct compact *compact, const struct kernel *kernel,
                 const struct mlp_images *images, int n_threads)
{
    struct job job = {compact, kernel, images, images->n_rows * images->n_cols};
    *compact = (struct compact){0};
    if (kernel->bf16.compact == NULL)
        return;
    compact->lines = memory_new_unset(((size_t)images->n_samples + 1) * sizeof *compact->lines);
    if (compact->lines == NULL)
        return;
    compact->lines[0] = 0;
    team_run(n_threads, count, &job);
    if (pays(&job))
        compact->data = memory_new_unset((size_t)compact->lines[images->n_samples] * COMPACT_LINE *
                                             sizeof *compact->data +
                                         BEYOND);
    if (compact->data != NULL)
        team_run(n_threads, fill, &job);
    else
        compact_free(compact);
}

void compact_free(struct compact *compact)
{
    memory_free(compact->data);
    memory_free(compact->lines);
    *compact = (struct compact){0};
}
