# make run, make check, make bench: see `make help`.
ifeq ($(origin CC),default)
CC := gcc
endif
CFLAGS ?= -O3 -g
BUILD ?= build

STANDARD := -std=c11 -D_GNU_SOURCE
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef -Wwrite-strings
# The numeric contract: no contraction behind our back (docs/numeric-contract.md).
NUMERIC := -ffp-contract=off
CPPFLAGS += -Iinclude -Isrc
ALL_CFLAGS = $(STANDARD) $(WARNINGS) $(NUMERIC) -fopenmp $(CFLAGS)
LIBS := -lzip -lz -lpthread -lm

LIB_SOURCES := $(filter-out src/cli/%,$(wildcard src/*/*.c))
CLI_SOURCES := $(wildcard src/cli/*.c)
TEST_SOURCES := $(wildcard tests/*.c)
OBJECT = $(patsubst %.c,$(BUILD)/%.o,$(1))

# Each kernel is compiled for its instruction set; everything else for the baseline.
$(BUILD)/src/kernel/kernel_avx2.o: ISA := -mavx2 -mfma
$(BUILD)/src/kernel/kernel_avx512.o: ISA := -mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma

all: $(BUILD)/mlp

$(BUILD)/libmlp.a: $(call OBJECT,$(LIB_SOURCES))
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/mlp: $(call OBJECT,$(CLI_SOURCES)) $(BUILD)/libmlp.a
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/mlp-check: $(call OBJECT,$(TEST_SOURCES)) $(BUILD)/libmlp.a
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) -lcheck -lm -lrt -lsubunit

include src/draw/draw.mk

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(ISA) -MMD -MP -c -o $@ $<

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

check: $(BUILD)/mlp $(BUILD)/mlp-check
	$(BUILD)/mlp-check

clean:
	rm -rf $(BUILD)

.PHONY: all check clean

-include bench/bench.mk
