# kernel-check, and the same cross-compiled and run under an emulator; included by the Makefile.

# The library without files and pictures, so that it needs no other libraries.
KERNEL_CHECK_SOURCES := $(wildcard tests/kernel_check/*.c) tests/guarded.c tests/toy.c \
    $(wildcard $(patsubst %,src/%/*.c,base kernel gemm net train)) src/data/batcher.c

$(BUILD)/kernel-check: $(call OBJECT,$(KERNEL_CHECK_SOURCES))
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ -lm -lpthread

# The suite "kernel" runs it. (Not a prerequisite: check first installs what building needs.)
CHECK_PROGRAMS += $(BUILD)/kernel-check

# NEON and scalar kernels on 64-bit ARM: all checks, and the golden SHA-256 of a small training.
# Debian: gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user
ARM_CC ?= aarch64-linux-gnu-gcc
ARM_RUN ?= qemu-aarch64 -L /usr/aarch64-linux-gnu

check-arm:
	$(MAKE) CC=$(ARM_CC) BUILD=$(BUILD)/arm $(BUILD)/arm/kernel-check
	$(ARM_RUN) $(BUILD)/arm/kernel-check --train

.PHONY: check-arm
