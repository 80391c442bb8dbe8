/* npy.c - the header is a Python literal, so it gets a grammar and a parser of that grammar.
 *
 * Searching it for "'shape': (" would take a header that says something twice, or that goes on
 * after its end; NumPy's own reader (ast.literal_eval and a check of the keys) refuses those. */
#include "io/npy.h"

#include "base/error.h"
#include "base/memory.h"
#include "io/foreign.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char MAGIC[] = "\x93NUMPY";
enum { MAGIC_BYTES = 6, VERSION_AT = 6, LENGTH_AT = 8 };

/* ---- the grammar of the header ---------------------------------------------------------- */

/*  dictionary = "{" [ entry { "," entry } [ "," ] ] "}"
 *  entry      = "'descr'" ":" type | "'fortran_order'" ":" truth | "'shape'" ":" tuple
 *  type       = quote [ "<" | ">" | "=" | "|" ] letter [ digits ] quote
 *  truth      = "True" | "False"
 *  tuple      = "(" [ number "," { number "," } [ number ] ] ")"
 *  number     = digits [ "L" ]           (Python 2 wrote the L)
 * with white space between tokens. Each rule returns false with `at` where it failed. */
struct cursor {
    const uint8_t *at, *end;
    const char *wanted; /* what the failing rule was looking for */
};

static bool fail(struct cursor *c, const char *wanted)
{
    c->wanted = wanted;
    return false;
}

static void skip_space(struct cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\n' || *c->at == '\t' || *c->at == '\r'))
        c->at++;
}

static bool next_is(struct cursor *c, const char *token)
{
    skip_space(c);
    size_t n = strlen(token);
    return (size_t)(c->end - c->at) >= n && memcmp(c->at, token, n) == 0;
}

static bool take(struct cursor *c, const char *token)
{
    if (!next_is(c, token))
        return false;
    c->at += strlen(token);
    return true;
}

static bool digits(struct cursor *c, uint64_t *value)
{
    const uint8_t *begin = c->at;
    *value = 0;
    for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++)
        if (__builtin_mul_overflow(*value, 10u, value) ||
            __builtin_add_overflow(*value, (uint64_t)(*c->at - '0'), value))
            return false;
    return c->at > begin;
}

/* A shape. Python needs the comma after a single element, and so do we. */
static bool tuple(struct cursor *c, struct io_npy *npy)
{
    if (!take(c, "("))
        return fail(c, "a shape like (784, 256)");
    npy->n_dims = 0;
    while (!take(c, ")")) {
        if (npy->n_dims == IO_NPY_MAX_DIMS)
            return fail(c, "at most 8 dimensions");
        if (!digits(c, &npy->shape[npy->n_dims]))
            return fail(c, "a dimension");
        npy->n_dims++;
        take(c, "L");
        /* "(3)" would be a number; only one with a comma is a tuple. */
        if (!take(c, ",") && (npy->n_dims == 1 || !next_is(c, ")")))
            return fail(c, "a comma");
    }
    return true;
}

/* Lists are the types of structures and "<M8[ns]" is a date: neither is a weight. */
static bool type(struct cursor *c, struct io_npy *npy)
{
    static const char *const plain = "a plain type like '<f4'";
    uint64_t size = 1;
    const char *quote = take(c, "'") ? "'" : take(c, "\"") ? "\"" : NULL;
    if (quote == NULL || c->at == c->end)
        return fail(c, plain);
    npy->big_endian = *c->at == '>';
    if (strchr("<>=|", *c->at) != NULL && *c->at != '\0')
        c->at++;
    if (c->at == c->end || strchr("?bBiufcmMOSaUV", *c->at) == NULL || *c->at == '\0')
        return fail(c, plain);
    npy->kind = (char)*c->at++;
    if (c->at < c->end && *c->at != (uint8_t)*quote && !digits(c, &size))
        return fail(c, plain);
    uint64_t unit = npy->kind == 'U' ? 4 : 1; /* text is counted in characters */
    if (size > UINT32_MAX / unit)
        return fail(c, "an element of less than 4 GiB");
    npy->item_bytes = (uint32_t)(size * unit);
    return take(c, quote) || fail(c, plain);
}

static bool truth(struct cursor *c, bool *value)
{
    *value = take(c, "True");
    return *value || take(c, "False") || fail(c, "True or False");
}

/* One entry; its bit is set in seen, and must not have been. */
static bool entry(struct cursor *c, struct io_npy *npy, unsigned *seen)
{
    static const char *const keys[3][2] = {{"'descr'", "\"descr\""},
                                           {"'fortran_order'", "\"fortran_order\""},
                                           {"'shape'", "\"shape\""}};
    for (unsigned k = 0; k < 3; k++) {
        if ((*seen & 1u << k) != 0 || (!take(c, keys[k][0]) && !take(c, keys[k][1])))
            continue;
        *seen |= 1u << k;
        if (!take(c, ":"))
            return fail(c, "a colon");
        return k == 0 ? type(c, npy) : k == 1 ? truth(c, &npy->fortran_order) : tuple(c, npy);
    }
    return fail(c, "'descr', 'fortran_order' and 'shape', each once");
}

static bool dictionary(struct cursor *c, struct io_npy *npy)
{
    unsigned seen = 0;
    if (!take(c, "{"))
        return fail(c, "a Python dictionary");
    while (!take(c, "}")) {
        if (!entry(c, npy, &seen))
            return false;
        if (!take(c, ",") && !next_is(c, "}"))
            return fail(c, "a comma or the end of the dictionary");
    }
    if (seen != 7)
        return fail(c, "'descr', 'fortran_order' and 'shape', each once");
    skip_space(c);
    return c->at == c->end || fail(c, "nothing after the dictionary");
}

/* ---- the file around it ----------------------------------------------------------------- */

static enum mlp_status fail_at(const char *file, uint64_t offset, struct mlp_error *error,
                               const char *found, const char *wanted)
{
    error_set(error, MLP_E_MODEL, file, (int64_t)offset);
    error_found(error, "%s", found);
    error_wanted(error, "%s", wanted);
    return MLP_E_MODEL;
}

/* Where the dictionary lies: [*begin, *end). */
static enum mlp_status find_dictionary(const uint8_t *bytes, size_t n, const char *file,
                                       size_t *begin, size_t *end, struct mlp_error *error)
{
    if (n < MAGIC_BYTES || memcmp(bytes, MAGIC, MAGIC_BYTES) != 0) {
        const struct io_foreign *foreign = io_foreign_recognise(bytes, n);
        fail_at(file, 0, error, foreign != NULL ? foreign->what : "not a .npy array",
                "an array that np.savez wrote");
        return MLP_E_MODEL;
    }
    if (n < LENGTH_AT + 2)
        return fail_at(file, n, error, "the member ends", "a .npy header");
    unsigned version = bytes[VERSION_AT];
    if (version < 1 || version > 3)
        return fail_at(file, VERSION_AT, error, "an unknown version of .npy", "1, 2 or 3");
    size_t length = (size_t)bytes[LENGTH_AT] | (size_t)bytes[LENGTH_AT + 1] << 8;
    *begin = LENGTH_AT + 2;
    if (version > 1 && n >= LENGTH_AT + 4) {
        length |= (size_t)bytes[LENGTH_AT + 2] << 16 | (size_t)bytes[LENGTH_AT + 3] << 24;
        *begin = LENGTH_AT + 4;
    }
    if (length > IO_NPY_MAX_HEADER_BYTES - *begin)
        return fail_at(file, LENGTH_AT, error, "a .npy header longer than 4 KiB",
                       "the header of a plain array");
    if (*begin + length > n)
        return fail_at(file, n, error, "the member ends", "the rest of the .npy header");
    *end = *begin + length;
    return MLP_OK;
}

/* The elements that the shape announces must fill the rest of the file. */
static enum mlp_status check_size(struct io_npy *npy, uint64_t total_bytes, const char *file,
                                  struct mlp_error *error)
{
    uint64_t end;
    npy->n_items = 1;
    bool fits = true;
    for (uint32_t i = 0; fits && i < npy->n_dims; i++)
        fits = !__builtin_mul_overflow(npy->n_items, npy->shape[i], &npy->n_items);
    if (!fits ||
        __builtin_mul_overflow(npy->n_items, (uint64_t)npy->item_bytes, &npy->data_bytes) ||
        __builtin_add_overflow(npy->data_bytes, (uint64_t)npy->data_at, &end))
        return fail_at(file, npy->data_at, error, "a shape whose size overflows",
                       "as many elements as there are");
    if (npy->kind == 'O') {
        npy->data_bytes = 0;
    } else if (end != total_bytes) {
        char shape[128];
        io_npy_describe(npy, shape, sizeof shape);
        fail_at(file, end < total_bytes ? end : total_bytes, error,
                end < total_bytes ? "more bytes than the shape announces" : "the member ends", "");
        error_wanted(error, "%llu bytes for %s", (unsigned long long)end, shape);
        return MLP_E_MODEL;
    }
    return MLP_OK;
}

enum mlp_status io_npy_parse(struct io_npy *npy, const uint8_t *bytes, size_t n,
                             uint64_t total_bytes, const char *file, struct mlp_error *error)
{
    size_t begin = 0, end = 0; /* gcc at -O1 does not see that they are set */
    *npy = (struct io_npy){0};
    enum mlp_status status = find_dictionary(bytes, n, file, &begin, &end, error);
    if (status != MLP_OK)
        return status;
    struct cursor cursor = {.at = bytes + begin, .end = bytes + end};
    if (!dictionary(&cursor, npy))
        return fail_at(file, (uint64_t)(cursor.at - bytes), error, "a damaged .npy header",
                       cursor.wanted);
    npy->data_at = (uint32_t)end;
    return check_size(npy, total_bytes, file, error);
}

/* The same padding as NumPy's, so that elements lie aligned in a mapped file. */
size_t io_npy_header(char text[192], const char *descr, uint32_t n_dims, const uint64_t *shape)
{
    enum { SIZE = 192, ALIGN = 64 };
    char tuple_text[48] = "()";
    if (n_dims == 1)
        snprintf(tuple_text, sizeof tuple_text, "(%" PRIu64 ",)", shape[0]);
    else if (n_dims == 2)
        snprintf(tuple_text, sizeof tuple_text, "(%" PRIu64 ", %" PRIu64 ")", shape[0], shape[1]);
    memset(text, ' ', SIZE);
    int n = snprintf(text + 10, SIZE - 10, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }",
                     descr, tuple_text);
    text[10 + n] = ' ';
    size_t length = (10 + (size_t)n + 1 + ALIGN - 1) / ALIGN * ALIGN; /* + 1: the line feed */
    text[length - 1] = '\n';
    memcpy(text, MAGIC, MAGIC_BYTES);
    text[VERSION_AT] = 1;
    text[VERSION_AT + 1] = 0;
    text[LENGTH_AT] = (char)((length - 10) & 0xff);
    text[LENGTH_AT + 1] = (char)((length - 10) >> 8);
    return length;
}

void io_npy_describe(const struct io_npy *npy, char *text, size_t size)
{
    static const struct {
        char kind;
        const char *name;
    } names[] = {{'f', "float"}, {'i', "int"},    {'u', "uint"}, {'c', "complex"}, {'b', "bool"},
                 {'?', "bool"},  {'O', "object"}, {'U', "text"}, {'S', "text"}};
    const char *name = "raw";
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].kind == npy->kind)
            name = names[i].name;
    char bits[16] = "";
    if (strchr("fiuc", npy->kind) != NULL)
        snprintf(bits, sizeof bits, "%u", npy->item_bytes * 8);
    size_t at = (size_t)snprintf(text, size, "%s%s (", name, bits);
    for (uint32_t i = 0; i < npy->n_dims && at < size; i++)
        at += (size_t)snprintf(text + at, size - at, "%s%llu", i == 0 ? "" : ", ",
                               (unsigned long long)npy->shape[i]);
    if (at < size)
        snprintf(text + at, size - at, npy->n_dims == 1 ? ",)" : ")");
}
