#include "base/cgroup.h"

#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { PATH_SIZE = 1024 };

/* Reads the first line of folder/name into text; false if there is no such file. */
static bool read_line(const char *folder, const char *name, char *text, int size)
{
    char path[2 * PATH_SIZE];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return false;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    bool ok = fgets(text, size, file) != NULL;
    fclose(file);
    return ok;
}

/* The path of this process below a hierarchy's mount: the v2 line is "0::/path", a v1 line
 * "4:cpu,cpuacct:/path". */
static bool group_path(const char *controller, char *path, int size)
{
    FILE *file = fopen("/proc/self/cgroup", "re");
    if (file == NULL)
        return false;
    char line[PATH_SIZE];
    bool found = false;
    while (!found && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        char *list = strchr(line, ':');
        char *where = list == NULL ? NULL : strchr(list + 1, ':');
        if (where == NULL)
            continue;
        *where++ = '\0';
        list++;
        if (controller == NULL) {
            found = list[0] == '\0';
        } else {
            char *rest;
            for (char *word = strtok_r(list, ",", &rest); word != NULL;
                 word = strtok_r(NULL, ",", &rest))
                found = found || strcmp(word, controller) == 0;
        }
        if (found)
            snprintf(path, (size_t)size, "%s", where);
    }
    fclose(file);
    return found;
}

typedef void (*visit_fn)(const char *folder, void *result);

/* Calls visit for the group's folder and every ancestor up to the mount. */
static void walk_up(const char *mount, const char *controller, visit_fn visit, void *result)
{
    char group[PATH_SIZE], folder[2 * PATH_SIZE];
    if (!group_path(controller, group, sizeof group))
        return;
    for (;;) {
        snprintf(folder, sizeof folder, "%s%s", mount, group);
        visit(folder, result);
        char *slash = strrchr(group, '/');
        if (slash == NULL)
            return;
        *slash = '\0';
    }
}

static void lower_cpus(long long quota, long long period, int *cpus)
{
    if (quota > 0 && period > 0) {
        long long n = (quota + period - 1) / period;
        if (n < *cpus)
            *cpus = (int)n;
    }
}

static void visit_cpu_v2(const char *folder, void *cpus)
{
    char text[64];
    long long quota, period;
    if (read_line(folder, "cpu.max", text, sizeof text) &&
        sscanf(text, "%lld %lld", &quota, &period) == 2) /* "max 100000": no quota */
        lower_cpus(quota, period, cpus);
}

static void visit_cpu_v1(const char *folder, void *cpus)
{
    char quota_text[64], period_text[64];
    long long quota, period;
    if (read_line(folder, "cpu.cfs_quota_us", quota_text, sizeof quota_text) &&
        read_line(folder, "cpu.cfs_period_us", period_text, sizeof period_text) &&
        sscanf(quota_text, "%lld", &quota) == 1 && sscanf(period_text, "%lld", &period) == 1)
        lower_cpus(quota, period, cpus); /* -1: no quota */
}

int cgroup_cpus(void)
{
    int cpus = INT_MAX;
    walk_up("/sys/fs/cgroup", NULL, visit_cpu_v2, &cpus);
    walk_up("/sys/fs/cgroup/cpu", "cpu", visit_cpu_v1, &cpus);
    return cpus;
}

static void visit_memory(const char *folder, void *bytes)
{
    static const char *const names[] = {"memory.max", "memory.limit_in_bytes"};
    for (int i = 0; i < 2; i++) {
        char text[64];
        uint64_t limit;
        if (read_line(folder, names[i], text, sizeof text) &&
            sscanf(text, "%" SCNu64, &limit) == 1 && limit < *(uint64_t *)bytes)
            *(uint64_t *)bytes = limit;
    }
}

uint64_t cgroup_memory_bytes(void)
{
    uint64_t bytes = UINT64_MAX;
    walk_up("/sys/fs/cgroup", NULL, visit_memory, &bytes);
    walk_up("/sys/fs/cgroup/memory", "memory", visit_memory, &bytes);
    return bytes;
}
