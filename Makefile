# make run, make check: see `make help`. Helper scripts are in .make/.
ifeq ($(origin CC),default)
CC := gcc
endif
CFLAGS ?= -O3 -g
BUILD ?= build

STANDARD := -std=c11 -D_GNU_SOURCE
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef \
	-Wwrite-strings $(if $(WERROR),-Werror)
# The numeric contract: no contraction behind our back (docs/design.md).
NUMERIC := -ffp-contract=off
CPPFLAGS += -Iinclude -Isrc
ALL_CFLAGS = $(STANDARD) $(WARNINGS) $(NUMERIC) -fopenmp $(CFLAGS)
LIBS := -lzip -lz -lpthread -lm
# Where pkg-config is missing, what Debian's static libcheck wants.
CHECK_LIBS = $(or $(shell pkg-config --libs check 2>/dev/null),-lcheck -lsubunit -lrt) -lutil

LIB_SOURCES := $(filter-out src/cli/%,$(wildcard src/*/*.c))
CLI_SOURCES := $(wildcard src/cli/*.c)
TEST_SOURCES := $(wildcard tests/*.c)
OBJECT = $(patsubst %.c,$(BUILD)/%.o,$(1))

# Each kernel is compiled for its instruction set; everything else for the baseline.
ifneq ($(filter x86_64-% amd64-%,$(shell $(CC) -dumpmachine)),)
AVX2 := -mavx2 -mfma -mbmi
AVX512 := -mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma -mbmi
AMX := $(AVX512) -mbmi2 -mpopcnt -mavx512vbmi -mavx512vbmi2 -mavx512bf16 -mavx512fp16 -mamx-tile -mamx-bf16
$(BUILD)/src/kernel/kernel_avx2.o: ISA := $(AVX2)
$(BUILD)/src/kernel/kernel_avx512.o: ISA := $(AVX512)
$(BUILD)/src/kernel/kernel_amx.o: ISA := $(AMX)
endif

# `make V=1` shows the commands.
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-4s %s\n' $(1) $(2))

all: $(BUILD)/mlp ## builds build/mlp

$(BUILD)/libmlp.a: $(call OBJECT,$(LIB_SOURCES))
	$(call say,AR,$@)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

$(BUILD)/mlp: $(call OBJECT,$(CLI_SOURCES)) $(BUILD)/libmlp.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# The tests reach into the command line, too.
$(BUILD)/mlp-check: $(call OBJECT,$(TEST_SOURCES) $(filter-out %/main.c,$(CLI_SOURCES))) \
		$(BUILD)/libmlp.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(CHECK_LIBS) $(LIBS)

FLAGS := $(subst ','\'',$(CC) $(CPPFLAGS) $(ALL_CFLAGS))
include src/draw/draw.mk

$(BUILD)/%.o: %.c Makefile $(BUILD)/flags | $(BUILD)/deps-build
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(ISA) -MMD -MP -c -o $@ $<

# Other flags or another compiler build everything anew.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(FLAGS)' | cmp -s - $@ || echo '$(FLAGS)' > $@

# A plain `make` only says what is missing; run, check and deps install it.
$(BUILD)/deps-build $(BUILD)/deps-check: $(BUILD)/deps-%:
	@CC='$(CC)' .make/deps.sh tell $* $@

$(call OBJECT,$(TEST_SOURCES)): | $(BUILD)/deps-check

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

include .make/targets.mk

-include tests/arm.mk

.PHONY: all FORCE
