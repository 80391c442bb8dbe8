/* text.c - strings between NumPy and C. What is no valid character becomes U+FFFD, the character
 * that Unicode has for this, and never a reason to refuse weights. */
#include "io/text.h"

#include "io/array.h"

#include <string.h>

enum { REPLACEMENT = 0xfffd, LAST_CHARACTER = 0x10ffff };

static bool is_surrogate(uint32_t c)
{
    return c >= 0xd800 && c <= 0xdfff;
}

/* Appends c if it fits with an end mark; false if it does not. */
static bool append(uint32_t c, char *text, size_t size, size_t *at)
{
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t lead[5] = {0, 0, 0xc0, 0xe0, 0xf0};
    if (*at + n >= size)
        return false;
    for (size_t i = n; i-- > 1; c >>= 6)
        text[*at + i] = (char)(0x80 | (c & 0x3f));
    text[*at] = (char)(lead[n] | c);
    *at += n;
    return true;
}

void io_text_decode(const struct io_npy *npy, const uint8_t *element, char *text, size_t size)
{
    const struct io_npy character = {.kind = 'u', .item_bytes = 4, .big_endian = npy->big_endian};
    size_t at = 0;
    for (uint32_t i = 0; i + 4 <= npy->item_bytes; i += 4) {
        uint32_t c = (uint32_t)io_load_integer(&character, element + i);
        if (c == 0) /* NumPy fills up with zeros */
            break;
        if (c < ' ' || (c >= 0x7f && c < 0xa0))
            c = '?';
        if (c > LAST_CHARACTER || is_surrogate(c))
            c = REPLACEMENT;
        if (!append(c, text, size, &at))
            break;
    }
    text[at] = '\0';
}

/* The character at *text, which is moved behind it. */
static uint32_t next_character(const uint8_t **text)
{
    static const uint32_t least[4] = {0, 0x80, 0x800, 0x10000}; /* else it could be shorter */
    uint8_t first = *(*text)++;
    int n = first < 0x80 ? 0 : first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : -1;
    if (n < 0 || first >= 0xf8)
        return REPLACEMENT;
    uint32_t c = n == 0 ? first : first & (0x3fu >> n);
    for (int i = 0; i < n; i++, (*text)++) {
        if ((**text & 0xc0) != 0x80)
            return REPLACEMENT;
        c = c << 6 | (**text & 0x3f);
    }
    return c < least[n] || c > LAST_CHARACTER || is_surrogate(c) ? REPLACEMENT : c;
}

size_t io_text_encode(const char *text, uint8_t *to)
{
    size_t n = 0;
    const uint8_t *from = (const uint8_t *)text;
    for (; *from != '\0'; n++) {
        uint32_t c = next_character(&from);
        for (int i = 0; i < 4; i++)
            to[4 * n + (size_t)i] = (uint8_t)(c >> (8 * i));
    }
    return n;
}
