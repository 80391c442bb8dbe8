#include "machine.h"

#include "base/cpu.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* The Makefile says with what the library was built. */
#ifndef BENCH_FLAGS
#    define BENCH_FLAGS "unknown"
#endif

static void read_revision(char *text, size_t size)
{
    snprintf(text, size, "unknown");
    FILE *git = popen("git describe --always --dirty --abbrev=12 2>/dev/null", "re");
    if (git == NULL)
        return;
    char line[64];
    if (fgets(line, sizeof line, git) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        snprintf(text, size, "%s", line);
    }
    pclose(git);
}

static uint64_t cache_bytes(int level)
{
    static const int names[4] = {0, _SC_LEVEL1_DCACHE_SIZE, _SC_LEVEL2_CACHE_SIZE,
                                 _SC_LEVEL3_CACHE_SIZE};
    long bytes = sysconf(names[level]);
    return bytes > 0 ? (uint64_t)bytes : 0;
}

void machine_read(struct machine *machine)
{
    memset(machine, 0, sizeof *machine);
    cpu_model(machine->cpu, sizeof machine->cpu);
    cpu_feature_names(cpu_features(), machine->features, sizeof machine->features);
    machine->cores = cpu_cores();
    for (int level = 1; level <= 3; level++)
        machine->cache_bytes[level] = cache_bytes(level);
    machine->memory_bytes = memory_machine_bytes();
    struct utsname name;
    if (uname(&name) == 0)
        snprintf(machine->system, sizeof machine->system, "%.30s %.60s %.30s", name.sysname,
                 name.release, name.machine);
#ifdef __clang__
    snprintf(machine->compiler, sizeof machine->compiler, "%s", __VERSION__);
#else
    snprintf(machine->compiler, sizeof machine->compiler, "gcc %s", __VERSION__);
#endif
    snprintf(machine->flags, sizeof machine->flags, "%s", BENCH_FLAGS);
    read_revision(machine->revision, sizeof machine->revision);
    time_t now = time(NULL);
    struct tm utc;
    if (gmtime_r(&now, &utc) != NULL)
        strftime(machine->date, sizeof machine->date, "%Y-%m-%dT%H:%M:%SZ", &utc);
}
