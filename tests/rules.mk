# Rules of the tests beside mlp-check; included by the Makefile.

# kernel-check: a program of its own, which also runs under an emulator.
KERNEL_CHECK_SOURCES := $(wildcard tests/kernel_check/*.c) tests/guarded.c tests/toy.c

$(BUILD)/kernel-check: $(call OBJECT,$(KERNEL_CHECK_SOURCES)) $(BUILD)/libmlp.a
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ -lm -lpthread

# The suite "kernel" runs it.
check: $(BUILD)/kernel-check
