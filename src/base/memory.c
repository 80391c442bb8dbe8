#include "base/memory.h"

#include "base/cgroup.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LINE_BYTES = 64, HUGE_PAGE_BYTES = 2 << 20 };

bool memory_size(size_t count, size_t size, size_t *size_bytes)
{
    return !__builtin_mul_overflow(count, size, size_bytes);
}

static size_t whole_lines(size_t size_bytes)
{
    return size_bytes == 0 ? LINE_BYTES : (size_bytes + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES;
}

void *memory_new_unset(size_t size_bytes)
{
    size_t align = size_bytes >= HUGE_PAGE_BYTES ? HUGE_PAGE_BYTES : LINE_BYTES;
    void *memory = NULL;
    if (size_bytes > SIZE_MAX - align ||
        posix_memalign(&memory, align, whole_lines(size_bytes)) != 0)
        return NULL;
#ifdef MADV_HUGEPAGE
    if (align == HUGE_PAGE_BYTES) /* advice: refusal costs speed only */
        (void)madvise(memory, whole_lines(size_bytes), MADV_HUGEPAGE);
#endif
    return memory;
}

void *memory_new(size_t size_bytes)
{
    void *memory = memory_new_unset(size_bytes);
    if (memory != NULL)
        memset(memory, 0, whole_lines(size_bytes));
    return memory;
}

void memory_free(void *memory)
{
    free(memory);
}

uint64_t memory_machine_bytes(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGE_SIZE);
    uint64_t total =
        pages > 0 && page_bytes > 0 ? (uint64_t)pages * (uint64_t)page_bytes : UINT64_MAX;
    uint64_t limit = cgroup_memory_bytes();
    return limit < total ? limit : total;
}
