#include "noise.h"

#include "base/cpu.h"
#include "peak.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What an idle Linux machine does to a busy thread anyway (timers, workqueues): up to about five
 * switches a second and 0.1 % of the time. Measured: this bench, on an idle 2-core machine. */
enum { SWITCHES_FREE = 2, SWITCHES_PER_SECOND = 10 };
#define WAIT_SHARE 0.01
#define STEAL_SHARE 0.01

/* The number after `name` in a file of "name: number" lines; 0 if there is none. */
static uint64_t read_field(const char *path, const char *name)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return 0;
    char line[256];
    uint64_t value = 0;
    size_t length = strlen(name);
    while (fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, name, length) == 0 && sscanf(line + length, ": %" SCNu64, &value) == 1)
            break;
    fclose(file);
    return value;
}

/* Second number of schedstat: nanoseconds spent waiting on a run queue. */
static uint64_t read_wait_ns(const char *path)
{
    FILE *file = fopen(path, "re");
    uint64_t run_ns, wait_ns = 0;
    if (file == NULL)
        return 0; /* a kernel without CONFIG_SCHED_INFO: the other signs remain */
    if (fscanf(file, "%" SCNu64 " %" SCNu64, &run_ns, &wait_ns) != 2)
        wait_ns = 0;
    fclose(file);
    return wait_ns;
}

/* Eighth number of the "cpu" line, all cores together, in clock ticks. */
static uint64_t read_steal_ticks(void)
{
    FILE *file = fopen("/proc/stat", "re");
    uint64_t ticks[8] = {0};
    if (file == NULL)
        return 0;
    int n = fscanf(file,
                   "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
                   " %" SCNu64 " %" SCNu64,
                   &ticks[0], &ticks[1], &ticks[2], &ticks[3], &ticks[4], &ticks[5], &ticks[6],
                   &ticks[7]);
    fclose(file);
    return n == 8 ? ticks[7] : 0;
}

struct noise noise_read(pid_t pid)
{
    struct noise noise = {.pid = pid == 0 ? getpid() : pid};
    char folder[64], path[352];
    snprintf(folder, sizeof folder, "/proc/%ld/task", (long)noise.pid);
    DIR *tasks = opendir(folder);
    const struct dirent *task;
    while (tasks != NULL && (task = readdir(tasks)) != NULL) {
        if (task->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s/status", folder, task->d_name);
        uint64_t switches = read_field(path, "nonvoluntary_ctxt_switches");
        snprintf(path, sizeof path, "%s/%s/schedstat", folder, task->d_name);
        uint64_t wait_ns = read_wait_ns(path);
        /* Sums, so that the differences below are never of two different threads. */
        noise.switches += switches;
        noise.wait_ns += wait_ns;
    }
    if (tasks != NULL)
        closedir(tasks);
    noise.steal_ticks = read_steal_ticks();
    return noise;
}

bool noise_since(const struct noise *before, double seconds)
{
    struct noise now = noise_read(before->pid);
    long ticks_per_second = sysconf(_SC_CLK_TCK), cores = sysconf(_SC_NPROCESSORS_ONLN);
    double switches = (double)(now.switches - before->switches);
    double wait = 1e-9 * (double)(now.wait_ns - before->wait_ns);
    double steal =
        (double)(now.steal_ticks - before->steal_ticks) / (double)(ticks_per_second * cores);
    /* One tick of steal is the counter's resolution and says nothing about a short run. */
    bool stolen = now.steal_ticks > before->steal_ticks + 1 && steal > STEAL_SHARE * seconds;
    return switches > SWITCHES_FREE + SWITCHES_PER_SECOND * seconds ||
           wait > 1e-4 + WAIT_SHARE * seconds || stolen;
}

/* ---- the burst -------------------------------------------------------------------------- */

/* A clock between its base and its boost is normal, half of a core is not. Measured: quiet bursts
 * on one machine lie within 8 % of each other. */
#define BURST_SLACK 1.12
enum { BURST_ROUNDS = 5000, BURSTS = 3, BURSTS_FIRST = 30, THREADS_KNOWN = 256 };

static const struct peak_isa *widest_isa(void)
{
    const struct peak_isa *isa;
    for (uint32_t i = 0; (isa = peak_isa(i)) != NULL; i++)
        if ((cpu_features() & isa->needs) == isa->needs)
            return isa;
    return NULL;
}

bool noise_clear(int n_threads)
{
    static double best[THREADS_KNOWN]; /* by number of threads; 0: not tried yet */
    const struct peak_isa *isa = widest_isa();
    int cores = cpu_cores();
    n_threads = n_threads > cores ? cores : n_threads;
    if (isa == NULL || n_threads < 1 || n_threads >= THREADS_KNOWN)
        return true;
    double fastest = 0;
    for (int i = 0; i < (best[n_threads] > 0 ? BURSTS : BURSTS_FIRST); i++) {
        double seconds = peak_seconds(isa, n_threads, BURST_ROUNDS, false);
        if (i == 0 || seconds < fastest)
            fastest = seconds;
    }
    if (best[n_threads] <= 0 || fastest < best[n_threads])
        best[n_threads] = fastest;
    return fastest <= BURST_SLACK * best[n_threads];
}
