# bench.mk - the bench and its peers; see bench/README.md.

BENCH_SOURCES := $(wildcard bench/*.c)
MULTIARCH := $(shell $(CC) -print-multiarch 2>/dev/null)
OPENBLAS_DIR := /usr/lib/$(MULTIARCH)/openblas-openmp
BLIS_DIR := /usr/lib/$(MULTIARCH)/blis-openmp
BENCH_ARGS = $(call option,DATA,--data) $(call option,THREADS,--threads) $(ARGS)
# Where the result of `make bench` is, and what bench-compare sets against BASE.
RESULT ?= out/bench.json

bench: ## measures speed, alone and beside other programs (four to eight minutes); ARGS=--quick
	@CC='$(CC)' .make/deps.sh install build $(BUILD)/deps-build
	@CC='$(CC)' .make/deps.sh install bench $(BUILD)/deps-bench
	$(BUILD_NOW) $(BUILD)/mlp $(BUILD)/mlp-bench bench-peers
	@$(BUILD)/mlp-bench $(BENCH_ARGS)

bench-deps: ## installs the programs that bench compares with: OpenBLAS, BLIS, oneDNN, NumPy, PyTorch
	@rm -f $(BUILD)/deps-peers
	@CC='$(CC)' .make/deps.sh install bench $(BUILD)/deps-bench
	@CC='$(CC)' .make/deps.sh install peers $(BUILD)/deps-peers

bench-accuracy: ## trains every recipe on MNIST, holds it to its target (an hour); ARGS=--quick
	@CC='$(CC)' .make/deps.sh install build $(BUILD)/deps-build
	@CC='$(CC)' .make/deps.sh install bench $(BUILD)/deps-bench
	$(BUILD_NOW) $(BUILD)/mlp $(BUILD)/mlp-bench
	@MLP=$(BUILD)/mlp MLP_BENCH=$(BUILD)/mlp-bench bench/accuracy.sh $(call option,DATA,--data) $(ARGS)

bench-precision: ## does bf16 learn as f32 does? 40 seeds in both; ARGS="--seeds 3"
	$(BUILD_NOW) $(BUILD)/mlp
	@MLP=$(BUILD)/mlp bench/precision.sh $(call option,DATA,--data) $(ARGS)

bench-compare: ## an earlier out/bench.json against the present one: BASE=file.json
	@test -n '$(BASE)' || { echo 'Which one? make bench-compare BASE=file.json' >&2; exit 2; }
	$(BUILD_NOW) $(BUILD)/mlp-bench
	@$(BUILD)/mlp-bench --compare $(call quote,$(BASE)) $(call quote,$(RESULT))

# ---- mlp-bench ---------------------------------------------------------------------------------

# section_phases.c times the training's own functions: the linker leads their calls through it.
BENCH_WRAP := dense_forward dense_input_gradient dense_update mixed_forward \
	mixed_input_gradient mixed_weight_gradient mixed_transpose data_gather_some \
	data_shuffle live_turn team_barrier team_run
BENCH_LDFLAGS := $(foreach name,$(BENCH_WRAP),-Wl,--wrap=$(name))

$(BUILD)/bench/%.o: CPPFLAGS += -DBENCH_BUILD='"$(BUILD)"' -DBENCH_MULTIARCH='"$(MULTIARCH)"' \
	-DBENCH_FLAGS='"$(CFLAGS) $(NUMERIC)"'

$(BUILD)/mlp-bench: $(call OBJECT,$(BENCH_SOURCES)) $(BUILD)/libmlp.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(BENCH_LDFLAGS) -o $@ $^ -lcjson $(LIBS)

# What tests/test_bench.c tests; nothing that needs cJSON.
$(BUILD)/mlp-check: $(patsubst %,$(BUILD)/bench/%.o,accuracy accuracy_draw coprocess core_clock measure noise peak \
	peak_product row stats)

# ---- peers: each is built where its library is, and missing elsewhere --------------------------

# Their own best flags: these programs are not bound by our numeric contract, and run only here. With
# gcc: the libraries bring gcc's OpenMP along, and two OpenMPs in a process fight for the cores.
PEER_CC := gcc
PEER_CFLAGS := $(STANDARD) $(WARNINGS) -fopenmp -O3 -march=native -ffast-math -Iinclude -Isrc
PEER_BASE := bench/peers/peer.c src/base/memory.c src/base/cgroup.c
PEER_HEADERS := $(wildcard bench/peers/*.h src/base/*.h)
PEERS := $(if $(wildcard $(OPENBLAS_DIR)/libopenblas.so),$(BUILD)/peers/gemm_openblas) \
	$(if $(wildcard $(BLIS_DIR)/libblis.so),$(BUILD)/peers/gemm_blis) \
	$(if $(wildcard /usr/include/dnnl.h),$(BUILD)/peers/gemm_onednn $(BUILD)/peers/onednn_train)

# -isystem: what these libraries' headers warn of is not ours to mend.
$(BUILD)/peers/gemm_openblas: PEER_FLAGS := -isystem /usr/include/$(MULTIARCH)/openblas-openmp
$(BUILD)/peers/gemm_openblas: PEER_LIBS := -L$(OPENBLAS_DIR) -Wl,-rpath,$(OPENBLAS_DIR) -lopenblas
$(BUILD)/peers/gemm_blis: PEER_FLAGS := -DPEER_BLIS -isystem /usr/include/$(MULTIARCH)/blis-openmp
$(BUILD)/peers/gemm_blis: PEER_LIBS := -L$(BLIS_DIR) -Wl,-rpath,$(BLIS_DIR) -lblis
$(BUILD)/peers/gemm_onednn $(BUILD)/peers/onednn_train: PEER_LIBS := -ldnnl

$(BUILD)/peers/gemm_openblas $(BUILD)/peers/gemm_blis: bench/peers/gemm_blas.c
$(BUILD)/peers/gemm_onednn: bench/peers/gemm_onednn.c bench/peers/onednn.c
$(BUILD)/peers/onednn_train: bench/peers/onednn_train.c bench/peers/onednn_train_bf16.c \
	bench/peers/onednn.c
$(BUILD)/peers/gemm_openblas $(BUILD)/peers/gemm_blis $(BUILD)/peers/gemm_onednn \
$(BUILD)/peers/onednn_train: $(PEER_BASE) $(PEER_HEADERS)
	$(call say,PEER,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(PEER_CC) $(PEER_CFLAGS) $(PEER_FLAGS) -o $@ $(filter %.c,$^) $(PEER_LIBS) -lm

bench-peers: $(PEERS)

.PHONY: bench bench-accuracy bench-precision bench-deps bench-compare bench-peers
