/* bake_font.c - rasterises the font at build time: bake_font FONT_DIR > font_atlas.h
 *
 * A program of its own, run by the Makefile, so that neither the library nor its users need a font
 * file. What it writes is described in draw/font.h; draw/text.c is its only reader. */
#define STB_TRUETYPE_IMPLEMENTATION
#define STBTT_STATIC
#include "../font.h"

#include <stb_truetype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the pictures may say: ASCII, Latin-1 (folder names become titles), and a few signs. */
static const int signs[] = {
    0x2013, 0x2014, 0x2018,           0x2019, 0x201C, 0x201D, 0x2026, /* – — ‘ ’ “ ” … */
    0x2070, 0x2074, 0x2075,           0x2076, 0x2077, 0x2078, 0x2079, 0x207B, /* ⁰ ⁴ to ⁹ ⁻ */
    0x2190, 0x2191, 0x2192,           0x2193, 0x2212, 0x2248, 0x2264, 0x2265, /* ← ↑ → ↓ − ≈ ≤ ≥ */
    0x2713, 0x2717, FONT_REPLACEMENT,                                         /* ✓ ✗ � */
};

enum { MAX_CODES = 256 };

/* DejaVu's capitals are 0.729 em high and its small letters 0.547 em, in the ratio 4 to 3, so at
 * multiples of 5.5 px both end on whole pixels: as crisp as hinting, without any. */
static const struct {
    const char *file;
    double em_px;
} faces[] = {
    {"DejaVuSans.ttf", 16.5},    {"DejaVuSans-Bold.ttf", 16.5}, {"DejaVuSans.ttf", 22},
    {"DejaVuSans-Bold.ttf", 22}, {"DejaVuSans-Bold.ttf", 27.5},
};
enum { N_FACES = sizeof faces / sizeof faces[0] };

static void die(const char *what, const char *which)
{
    fprintf(stderr, "bake_font: %s: %s\n", what, which);
    fprintf(stderr, "bake_font: install DejaVu Sans (Debian: fonts-dejavu-core), or say where it "
                    "is: make FONT_DIR=...\n");
    exit(EXIT_FAILURE);
}

/* The whole file; never freed, the program is about to end. */
static unsigned char *slurp(const char *folder, const char *name)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        die("path too long", name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        die("cannot open", path);
    long size = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    rewind(file);
    unsigned char *bytes = size > 0 ? malloc((size_t)size) : NULL;
    if (bytes == NULL || fread(bytes, 1, (size_t)size, file) != (size_t)size)
        die("cannot read", path);
    fclose(file);
    return bytes;
}

static int round_to_int(double x)
{
    return (int)(x < 0 ? x - 0.5 : x + 0.5);
}

/* All codes, ascending: text.c looks them up by bisection. */
static int list_codes(int *codes)
{
    int n = 0;
    for (int code = ' '; code <= '~'; code++)
        codes[n++] = code;
    for (int code = 0xA0; code <= 0xFF; code++)
        codes[n++] = code;
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        codes[n++] = signs[i];
    return n;
}

/* Packs two quarter pixels a byte, the left one in the low half: sixteen levels each are enough,
 * since a pixel is the mean of four of them. */
static void print_coverage(const unsigned char *coverage, int width, int height)
{
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x += 2) {
            int low = coverage[y * width + x];
            int high = x + 1 < width ? coverage[y * width + x + 1] : 0;
            printf("%d,", (low * 15 + 127) / 255 + ((high * 15 + 127) / 255) * 16);
        }
        printf("\n");
    }
}

/* Writes the glyph's coverage, and its row of the table to rows. */
static void bake_glyph(const stbtt_fontinfo *font, double em_px, int code, FILE *rows, int *offset)
{
    int glyph = stbtt_FindGlyphIndex(font, code), advance, bearing;
    char name[16];
    snprintf(name, sizeof name, "U+%04X", (unsigned)code);
    if (glyph == 0)
        die("the font lacks a character", name);
    float scale = stbtt_ScaleForMappingEmToPixels(font, (float)em_px);
    stbtt_GetGlyphHMetrics(font, glyph, &advance, &bearing);
    int width = 0, height = 0, left = 0, top = 0;
    unsigned char *coverage =
        stbtt_GetGlyphBitmap(font, scale * FONT_PHASES, scale, glyph, &width, &height, &left, &top);
    fprintf(rows, "{%d, %d, %d, %d, %d, %d, %d},\n", code, *offset, width, height, left, top,
            round_to_int((double)advance * (double)scale * FONT_UNIT));
    print_coverage(coverage, width, height);
    *offset += (width + 1) / 2 * height;
    stbtt_FreeBitmap(coverage, NULL);
}

/* The pairs that the font moves together or apart, by position in the glyph table. */
static int bake_kerns(const stbtt_fontinfo *font, double em_px, const int *codes, int n,
                      FILE *kerns)
{
    float scale = stbtt_ScaleForMappingEmToPixels(font, (float)em_px);
    int n_kerns = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            int units = stbtt_GetCodepointKernAdvance(font, codes[i], codes[j]);
            int adjust = round_to_int((double)units * (double)scale * FONT_UNIT);
            if (adjust == 0)
                continue;
            fprintf(kerns, "{%d, %d, %d},%s", i, j, adjust, n_kerns % 8 == 7 ? "\n" : "");
            n_kerns++;
        }
    return n_kerns;
}

static void copy(FILE *from)
{
    rewind(from);
    for (int c; (c = getc(from)) != EOF;)
        putchar(c);
    fclose(from);
}

static FILE *scratch(const char *heading)
{
    FILE *file = tmpfile();
    if (file == NULL)
        die("cannot make", "a temporary file");
    fprintf(file, "%s", heading);
    return file;
}

int main(int argc, char **argv)
{
    int codes[MAX_CODES], offset = 0, n_kerns[N_FACES], cap_height_px[N_FACES];
    if (argc != 2)
        die("wanted one argument", "the folder of DejaVuSans.ttf and DejaVuSans-Bold.ttf");
    int n = list_codes(codes);
    FILE *rows = scratch("static const struct font_glyph glyphs[] = {\n");
    FILE *kerns = scratch("static const struct font_kern kerns[] = {\n");
    printf(
        "/* Made by bake_font from DejaVu Sans (https://dejavu-fonts.github.io/License.html). */\n"
        "static const uint8_t coverage[] = {\n");
    for (int i = 0; i < N_FACES; i++) {
        stbtt_fontinfo font;
        int x0, y0, x1, y1;
        if (!stbtt_InitFont(&font, slurp(argv[1], faces[i].file), 0))
            die("not a font", faces[i].file);
        for (int j = 0; j < n; j++)
            bake_glyph(&font, faces[i].em_px, codes[j], rows, &offset);
        n_kerns[i] = bake_kerns(&font, faces[i].em_px, codes, n, kerns);
        stbtt_GetCodepointBox(&font, 'H', &x0, &y0, &x1, &y1);
        float scale = stbtt_ScaleForMappingEmToPixels(&font, (float)faces[i].em_px);
        cap_height_px[i] = round_to_int((double)y1 * (double)scale);
    }
    printf("};\n");
    copy(rows);
    printf("};\n");
    copy(kerns);
    printf("};\nstatic const struct font_face faces[] = {\n");
    for (int i = 0, first = 0; i < N_FACES; first += n_kerns[i++])
        printf("{%d, %d, %d, %d, %d},\n", i * n, n, first, n_kerns[i], cap_height_px[i]);
    printf("};\n");
    if (fflush(stdout) != 0 || ferror(stdout))
        die("cannot write", "standard output");
    return EXIT_SUCCESS;
}
