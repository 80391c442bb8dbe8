# kernel-check, and the same cross-compiled and run under an emulator; included by the Makefile.

# Of the library what needs no other libraries.
KERNEL_CHECK_SOURCES := $(wildcard tests/kernel_check/*.c) tests/guarded.c tests/toy.c \
	$(wildcard $(patsubst %,src/%/*.c,base kernel gemm net train)) \
	$(patsubst %,src/data/%.c,augment batcher compact live nonzeros)

$(BUILD)/kernel-check: $(call OBJECT,$(KERNEL_CHECK_SOURCES))
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ -lm -lpthread

# The suite "kernel" runs it. (Not a prerequisite: check first installs what building needs.)
CHECK_PROGRAMS += $(BUILD)/kernel-check

ARM_CC ?= aarch64-linux-gnu-gcc
ARM_RUN ?= qemu-aarch64 -L /usr/aarch64-linux-gnu

check-arm: ## NEON kernels and a small training on 64-bit ARM, under an emulator
	@mkdir -p $(BUILD)/arm
	@touch $(BUILD)/arm/deps-build $(BUILD)/arm/deps-check # it needs none of them
	+@$(MAKE) --no-print-directory CC=$(ARM_CC) BUILD=$(BUILD)/arm $(BUILD)/arm/kernel-check
	@$(ARM_RUN) $(BUILD)/arm/kernel-check --train

.PHONY: check-arm
