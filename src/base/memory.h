/* memory.h - aligned memory for vectors, and sizes that cannot overflow. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* memory_new - size_bytes zeroed bytes, aligned to 64 (a cache line and the widest vector); blocks
 * of 256 KiB and more begin at a huge page of 2 MiB, are offered to the kernel as such, and may
 * take 1.75 MiB more than asked for. NULL if there is no memory. Free with memory_free.
 * memory_new_unset - the same with any contents, for what is filled at once: clearing the pixels of
 * MNIST takes longer than hashing them. */
void *memory_new(size_t size_bytes);
void *memory_new_unset(size_t size_bytes);
void memory_free(void *memory);

/* memory_size - false if count * size does not fit; sizes from files and options go through it. */
bool memory_size(size_t count, size_t size, size_t *size_bytes);

/* memory_machine_bytes - RAM of this machine, or the container's limit where that is lower. */
uint64_t memory_machine_bytes(void);

#endif
