/* cgroup.h - what a container leaves us. */
#ifndef BASE_CGROUP_H
#define BASE_CGROUP_H

#include <stdint.h>

/* cgroup_cpus - CPU quota of this process in cores, rounded up; INT_MAX if there is none. Looks at
 * v2 cpu.max and v1 cpu.cfs_quota_us, in the process's group and all its ancestors. */
int cgroup_cpus(void);

/* cgroup_memory_bytes - the lowest memory limit of the group and its ancestors; UINT64_MAX if
 * there is none. */
uint64_t cgroup_memory_bytes(void);

#endif
