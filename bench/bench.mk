# The bench and its peers; the Makefile includes this file. See bench/README.md.
BENCH_DATA := $(BUILD)/bench-data
BENCH_SOURCES := $(wildcard bench/*.c)
# The newest date that a peer's package name may change with; Debian and its children.
BENCH_PACKAGES := libcjson-dev python3-numpy libopenblas-openmp-dev libblis-openmp-dev libdnnl-dev \
                  python3-torch
MULTIARCH = $(shell $(CC) -print-multiarch)

# A peer is built where its library is installed, and missing elsewhere. Their own best flags: these
# programs are not bound by our numeric contract.
PEER_CFLAGS := -std=c11 -D_GNU_SOURCE $(WARNINGS) -fopenmp -O3 -march=native -ffast-math -Iinclude -Isrc
PEER_BASE := bench/peers/peer.c src/base/memory.c src/base/cgroup.c
PEER_HEADERS := $(wildcard bench/peers/*.h src/base/*.h)
OPENBLAS_DIR = /usr/lib/$(MULTIARCH)/openblas-openmp
BLIS_DIR = /usr/lib/$(MULTIARCH)/blis-openmp
PEERS := $(if $(wildcard $(OPENBLAS_DIR)/libopenblas.so),$(BUILD)/peers/gemm_openblas) \
         $(if $(wildcard $(BLIS_DIR)/libblis.so),$(BUILD)/peers/gemm_blis) \
         $(if $(wildcard /usr/include/dnnl.h),$(BUILD)/peers/gemm_onednn $(BUILD)/peers/onednn_train)

# -isystem: what these libraries' headers warn of is not ours to mend.
$(BUILD)/peers/gemm_openblas: bench/peers/gemm_blas.c $(PEER_BASE) $(PEER_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(PEER_CFLAGS) -isystem /usr/include/$(MULTIARCH)/openblas-openmp -o $@ $(filter %.c,$^) \
	    -L$(OPENBLAS_DIR) -Wl,-rpath,$(OPENBLAS_DIR) -lopenblas -lm
$(BUILD)/peers/gemm_blis: bench/peers/gemm_blas.c $(PEER_BASE) $(PEER_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(PEER_CFLAGS) -DPEER_BLIS -isystem /usr/include/$(MULTIARCH)/blis-openmp -o $@ \
	    $(filter %.c,$^) -L$(BLIS_DIR) -Wl,-rpath,$(BLIS_DIR) -lblis -lm
$(BUILD)/peers/gemm_onednn $(BUILD)/peers/onednn_train: $(BUILD)/peers/%: bench/peers/%.c \
    bench/peers/onednn.c $(PEER_BASE) $(PEER_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(PEER_CFLAGS) -o $@ $(filter %.c,$^) -ldnnl -lm

bench-peers: $(PEERS)
.PHONY: bench-peers

# ---- the bench itself ------------------------------------------------------------------------

# section_phases.c times the training's own functions: the linker leads their calls through it.
BENCH_WRAP := dense_forward dense_input_gradient dense_update data_gather_some data_shuffle \
              team_barrier team_run
BENCH_LDFLAGS := $(foreach name,$(BENCH_WRAP),-Wl,--wrap=$(name))
$(BUILD)/bench/%.o: CPPFLAGS += -DBENCH_BUILD='"$(BUILD)"' -DBENCH_MULTIARCH='"$(MULTIARCH)"' \
                                -DBENCH_FLAGS='"$(CFLAGS) $(NUMERIC)"'

$(BUILD)/mlp-bench: $(call OBJECT,$(BENCH_SOURCES)) $(BUILD)/libmlp.a
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(BENCH_LDFLAGS) -o $@ $^ -lcjson $(LIBS)
