# targets.mk - what people type, and what the CI calls.

quote = '$(subst ','\'',$(1))'
option = $(if $($(1)),$(2) $(call quote,$($(1))))
RUN_ARGS = $(call option,DATA,--data) $(call option,MODEL,--model) $(call option,EPOCHS,--epochs) \
	$(call option,SEED,--seed) $(call option,THREADS,--threads) $(ARGS)

# A make inside make: the first one may have installed what the second one looks for. All cores,
# unless -j says otherwise.
BUILD_NOW = +@$(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

run: ## installs what is missing, builds, finds data, trains, writes out/predictions.png
	@CC='$(CC)' .make/deps.sh install build $(BUILD)/deps-build
	$(BUILD_NOW) $(BUILD)/mlp
	@$(if $(DATA)$(MNIST_DIR)$(findstring --data,$(ARGS)),,data/download.sh --try)
	@$(BUILD)/mlp run --ask $(RUN_ARGS)

check: ## installs what is missing, builds, runs every test
	@CC='$(CC)' .make/deps.sh install build $(BUILD)/deps-build
	@CC='$(CC)' .make/deps.sh install check $(BUILD)/deps-check
	$(BUILD_NOW) $(BUILD)/mlp $(BUILD)/mlp-check $(CHECK_PROGRAMS)
	@MLP=$(BUILD)/mlp $(BUILD)/mlp-check $(SUITES)

data: ## downloads MNIST into data/
	@data/download.sh

deps: ## installs what building needs
	@CC='$(CC)' .make/deps.sh install build $(BUILD)/deps-build

deps-check: deps ## the same for the tests
	@CC='$(CC)' .make/deps.sh install check $(BUILD)/deps-check

deps-dev: deps-check ## the same for format, lint, asan, tsan
	@CC='$(CC)' .make/deps.sh install dev $(BUILD)/deps-dev

deps-arm: ## the same for check-arm
	@.make/deps.sh install arm $(BUILD)/deps-arm

SOURCES = $(shell find include src tests bench -name '*.[ch]' 2>/dev/null | sort)

format: ## lays out all C files
	@clang-format -i $(SOURCES)

format-check:
	@clang-format --dry-run -Werror $(SOURCES)

lint: $(BUILD)/mlp ## clang-tidy, and shellcheck on the scripts; warnings are errors
	@AVX2="$(AVX2)" AVX512="$(AVX512)" AMX="$(AMX)" .make/lint.sh $(BUILD) $(STANDARD) -Wall -Wextra -fopenmp $(CPPFLAGS)

layers: ## checks that each folder includes only what it may
	@.make/layers.sh

# The tests under sanitizers, each in a build folder of its own. No fork: a report is not lost. With
# -O1 kernels keep their vectors in memory, and checking each access takes ten times as long.
SANITIZED = CK_FORK=no $(MAKE) --no-print-directory check BUILD=build/$@ CFLAGS="-O2 -g \
	-fno-omit-frame-pointer -fno-sanitize-recover=all -fsanitize=$(1)"

asan: ## the tests with wrong memory accesses, leaks and undefined behaviour reported
	+@$(call SANITIZED,address,undefined)

ubsan: ## the tests with undefined behaviour reported
	+@$(call SANITIZED,undefined)

# gcc's OpenMP is not instrumented and would be nothing but false alarms; nor are accesses wider than
# 16 bytes, so wide kernels are left out, as are suites without threads.
tsan: ## the tests with data races reported (clang and its OpenMP)
	+@MLP_CPU_DISABLE=avx2 TSAN_OPTIONS=ignore_noninstrumented_modules=1 \
		$(call SANITIZED,thread) CC=clang SUITES="base kernel step lead compact golden train train_end evaluate"

PREFIX ?= /usr/local
install: all ## copies mlp, libmlp.a and mlp.h to PREFIX (/usr/local)
	install -D $(BUILD)/mlp $(DESTDIR)$(PREFIX)/bin/mlp
	install -D -m 644 $(BUILD)/libmlp.a $(DESTDIR)$(PREFIX)/lib/libmlp.a
	install -D -m 644 include/mlp.h $(DESTDIR)$(PREFIX)/include/mlp.h

clean: ## removes build/
	rm -rf $(BUILD)

help: ## this list
	@echo 'make run [DATA=DIR] [EPOCHS=N] [SEED=N] [THREADS=N] [MODEL=FILE] [ARGS="--lr 0.05 ..."]'
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo 'CC= CFLAGS= BUILD= as usual; WERROR=1: warnings are errors; V=1: shows the commands'

-include bench/bench.mk

.PHONY: run check data deps deps-check deps-dev deps-arm format format-check lint layers asan ubsan tsan \
	install clean help
