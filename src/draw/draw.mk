# draw.mk - the font, rasterised at build time, and the headers of stb; included by the Makefile.

# The folder of DejaVuSans.ttf and DejaVuSans-Bold.ttf: Debian, Fedora, Arch, FreeBSD, Homebrew.
FONT_DIR ?= $(patsubst %/,%,$(dir $(firstword $(wildcard $(addsuffix /DejaVuSans.ttf, \
	/usr/share/fonts/truetype/dejavu /usr/share/fonts/dejavu-sans-fonts \
	/usr/share/fonts/dejavu /usr/share/fonts/TTF /usr/local/share/fonts/dejavu \
	$(HOME)/Library/Fonts)) /usr/share/fonts/truetype/dejavu/.)))

# Never pkg-config --libs: stb's headers need no library. -isystem: they warn.
STB_CFLAGS ?= $(patsubst -I%,-isystem %,$(or $(strip \
	$(shell pkg-config --cflags-only-I stb 2>/dev/null)),-I/usr/include/stb))

# The tool runs here even when mlp is compiled for another machine, or with sanitizers.
HOST_CC ?= cc

$(BUILD)/bake_font: src/draw/bake/bake_font.c src/draw/font.h
	@mkdir -p $(@D)
	$(HOST_CC) -std=c11 -O1 -ffp-contract=off $(STB_CFLAGS) -o $@ $< -lm

$(BUILD)/gen/font_atlas.h: $(BUILD)/bake_font
	@mkdir -p $(@D)
	$(BUILD)/bake_font "$(FONT_DIR)" > $@.tmp
	@mv $@.tmp $@

$(BUILD)/src/draw/text.o: $(BUILD)/gen/font_atlas.h
$(BUILD)/src/draw/text.o: ALL_CFLAGS += -I$(BUILD)/gen
$(BUILD)/src/draw/png.o: ALL_CFLAGS += $(STB_CFLAGS)
