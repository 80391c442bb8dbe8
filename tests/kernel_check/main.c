/* main.c - kernel-check: every kernel that this CPU runs, against double and against each other.
 *
 *     kernel-check [--kernel NAME] [--seed N] [--train] [--small-signal-stack]
 *
 * One line a kernel; exit 1 at the first failure, with what reproduces it. A program of its own, so
 * that it also runs where the test framework does not: under an emulator. */
#include "check.h"

#include "../toy.h"
#include "base/cpu.h"

#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct check *current;
static char seed_text[32]; /* for the signal handler */

static void say(const char *text)
{
    if (write(STDOUT_FILENO, text, strlen(text)) < 0)
        _exit(2);
}

/* A guard page was hit. Only what is safe in a signal handler. */
static void on_fault(int signal_number)
{
    (void)signal_number;
    say(current->kernel->name);
    say(": FAILED: access beyond an operand: ");
    say(current->what);
    say(seed_text);
    _exit(EXIT_FAILURE);
}

static void check_kernel(const struct kernel *kernel, uint64_t seed)
{
    struct check check = {.kernel = kernel, .scalar = kernel_find("scalar"), .seed = seed};
    current = &check;
    snprintf(seed_text, sizeof seed_text, "; seed %" PRIu64 "\n", seed);
    check_products(&check);
    check_elements(&check);
    check_softmax(&check);
    check_activations(&check);
    check_updates(&check);
    check_tiles(&check);
    check_live(&check);
    check_warps(&check);
    printf("%s: %" PRIu64 " checks in %u cases, exp within %.2g, log within %.2g\n", kernel->name,
           check.n_checks, check.n_cases, check.exp_error, check.log_error);
}

/* The weights after a small training, which every kernel with fma must agree on. */
static void check_training(const struct kernel *kernel)
{
    char sum[TOY_SHA256_SIZE];
    if (!toy_weights_sha256(kernel->name, 1, sum)) {
        printf("%s: FAILED: could not train, or there is no sha256sum\n", kernel->name);
        exit(EXIT_FAILURE);
    }
    bool right = strcmp(sum, TOY_SHA256) == 0;
    if (kernel->fma && !right) {
        printf("%s: FAILED: weights after training have SHA-256 %s, wanted %s\n", kernel->name, sum,
               TOY_SHA256);
        exit(EXIT_FAILURE);
    }
    printf("%s: weights after training %s\n", kernel->name,
           right ? "have the promised bits" : "have bits of their own, as documented");
}

/* Room for the registers of AVX-512, but not for those of AMX: Linux then keeps a process from
 * having them, before anybody has asked which features there are. */
static void use_small_signal_stack(void)
{
    static char stack[8192];
    stack_t small = {.ss_sp = stack, .ss_size = sizeof stack};
    if (sigaltstack(&small, NULL) != 0) {
        perror("kernel-check: sigaltstack");
        exit(2);
    }
}

static void usage(void)
{
    fprintf(stderr, "usage: kernel-check [--kernel NAME] [--seed N] [--train] "
                    "[--small-signal-stack]\n");
    exit(2);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"kernel", required_argument, NULL, 'k'},
                                            {"seed", required_argument, NULL, 's'},
                                            {"train", no_argument, NULL, 't'},
                                            {"small-signal-stack", no_argument, NULL, 'g'},
                                            {NULL, 0, NULL, 0}};
    const char *only = NULL;
    uint64_t seed = 1;
    bool train = false;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == 'k')
            only = optarg;
        else if (option == 's')
            seed = strtoull(optarg, NULL, 0);
        else if (option == 't')
            train = true;
        else if (option == 'g')
            use_small_signal_stack();
        else
            usage();
    }
    if (optind < argc || (only != NULL && kernel_find(only) == NULL))
        usage();
    signal(SIGSEGV, on_fault);
    signal(SIGBUS, on_fault);
    const struct kernel *kernel;
    for (uint32_t i = 0; (kernel = kernel_table(i)) != NULL; i++) {
        char needs[64];
        cpu_feature_names(kernel->needs & ~cpu_features(), needs, sizeof needs);
        if (only != NULL && strcmp(only, kernel->name) != 0)
            continue;
        if (!kernel_runs(kernel)) {
            printf("%s: skipped, there is no %s here\n", kernel->name, needs);
            continue;
        }
        check_kernel(kernel, seed);
        if (train && !kernel->only_bf16)
            check_training(kernel);
    }
    return EXIT_SUCCESS;
}
