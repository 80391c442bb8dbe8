#include "accuracy.h"

#include "base/error.h"
#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS = 8 };

/* Where a text comes from, for messages. */
struct place {
    const char *path;
    uint32_t line;
    struct mlp_error *error;
};

static enum mlp_status bad_line(const struct place *at, const char *wanted)
{
    error_set(at->error, MLP_E_DATA, at->path, -1);
    error_found(at->error, "line %u is not as it should be", at->line);
    error_wanted(at->error, "%s", wanted);
    return MLP_E_DATA;
}

/* Cuts a line at separators, into FIELDS parts at most; the rest are empty. */
static void cut(char *line, char separator, char *field[FIELDS])
{
    static char empty[1];
    for (int i = 0; i < FIELDS; i++) {
        field[i] = line;
        char *end = line == empty ? NULL : strchr(line, separator);
        if (end != NULL)
            *end = '\0';
        line = end == NULL ? empty : end + 1;
    }
}

static bool percentage(const char *text, double *value)
{
    char *end;
    *value = strtod(text, &end);
    return end != text && *end == '\0' && *value >= 0 && *value <= 100;
}

static enum mlp_status read_recipe(struct accuracy *accuracy, char *text, const struct place *at)
{
    static const char *const sorts[] = {"section", "recipe", "published"};
    char *field[FIELDS];
    if (text[0] == '#' || text[0] == '\0')
        return MLP_OK;
    cut(text, '|', field);
    uint32_t sort = 0;
    while (sort < 3 && strcmp(field[0], sorts[sort]) != 0)
        sort++;
    if (sort == 3 || accuracy->n == ACCURACY_LINES)
        return bad_line(at, "section|..., recipe|... or published|..., 32 lines at most");
    struct accuracy_line *line = &accuracy->line[accuracy->n++];
    *line = (struct accuracy_line){.sort = (enum accuracy_sort)sort, .target = -1};
    snprintf(line->name, sizeof line->name, "%s", field[1]);
    snprintf(line->label, sizeof line->label, "%s", field[sort == ACCURACY_RECIPE ? 2 : 1]);
    if (sort == ACCURACY_PUBLISHED) {
        line->n = 1;
        if (!percentage(field[2], &line->error[0]))
            return bad_line(at, "published|label|test error in percent");
    } else if (sort == ACCURACY_RECIPE && field[4][0] != '\0') {
        if (!percentage(field[4], &line->target))
            return bad_line(at, "recipe|name|label|seeds|target in percent|...");
        line->target = 100 - line->target;
    }
    return MLP_OK;
}

static struct accuracy_line *find(struct accuracy *accuracy, const char *name)
{
    for (uint32_t i = 0; i < accuracy->n; i++)
        if (accuracy->line[i].sort == ACCURACY_RECIPE && strcmp(accuracy->line[i].name, name) == 0)
            return &accuracy->line[i];
    return NULL;
}

/* recipe,seed,epochs,precision,train_accuracy,test_accuracy,low,high,... */
static enum mlp_status read_result(struct accuracy *accuracy, char *text, const struct place *at)
{
    static const char wanted[] = "recipe,seed,epochs,precision,train,test,low,high,... in percent";
    char *field[FIELDS];
    double test, low, high;
    if (at->line == 1 || text[0] == '\0')
        return MLP_OK;
    if (strrchr(text, '"') != NULL) /* the command, whose commas are its own; and the seconds */
        *strchr(text, '"') = '\0';
    cut(text, ',', field);
    field[7][strcspn(field[7], ",")] = '\0';
    struct accuracy_line *line = find(accuracy, field[0]);
    uint32_t seed = (uint32_t)strtoul(field[1], NULL, 10), i = 0;
    if (line == NULL || !percentage(field[5], &test) || !percentage(field[6], &low) ||
        !percentage(field[7], &high))
        return bad_line(at, wanted);
    while (i < line->n && line->seeds[i] != seed)
        i++;
    if (i == ACCURACY_SEEDS)
        return bad_line(at, "16 seeds of a recipe at most");
    line->n += i == line->n;
    line->seeds[i] = seed;
    line->error[i] = 100 - test;
    line->low = 100 - high;
    line->high = 100 - low;
    return MLP_OK;
}

static enum mlp_status read_lines(struct accuracy *accuracy, const char *path,
                                  enum mlp_status (*take)(struct accuracy *, char *,
                                                          const struct place *),
                                  struct mlp_error *error)
{
    uint8_t *bytes;
    size_t n;
    struct place at = {path, 0, error};
    enum mlp_status status = file_read(path, MLP_E_DATA, &bytes, &n, error);
    for (size_t begin = 0; status == MLP_OK && begin < n;) {
        const uint8_t *newline = memchr(bytes + begin, '\n', n - begin);
        size_t length = newline == NULL ? n - begin : (size_t)(newline - bytes) - begin;
        char text[512];
        snprintf(text, sizeof text, "%.*s", (int)(length < 511 ? length : 511),
                 (const char *)bytes + begin);
        at.line++;
        status = take(accuracy, text, &at);
        begin += length + 1;
    }
    if (status == MLP_OK || at.line > 0)
        free(bytes);
    return status;
}

enum mlp_status accuracy_read(struct accuracy *accuracy, const char *recipes, const char *csv,
                              struct mlp_error *error)
{
    memset(accuracy, 0, sizeof *accuracy);
    enum mlp_status status = read_lines(accuracy, recipes, read_recipe, error);
    return status == MLP_OK ? read_lines(accuracy, csv, read_result, error) : status;
}

double accuracy_mean(const struct accuracy_line *line)
{
    double sum = 0;
    for (uint32_t i = 0; i < line->n; i++)
        sum += line->error[i];
    return sum / line->n;
}

int accuracy_picture(const char *recipes, const char *csv, const char *out)
{
    struct accuracy accuracy;
    struct mlp_picture picture;
    struct mlp_error error = {.status = MLP_OK};
    enum mlp_status status = accuracy_read(&accuracy, recipes, csv, &error);
    if (status == MLP_OK) {
        status = accuracy_draw(&picture, &accuracy);
        if (status != MLP_OK)
            error_set(&error, status, out, -1);
    }
    if (status == MLP_OK) {
        status = mlp_picture_write(&picture, out, &error);
        mlp_picture_free(&picture);
    }
    if (status == MLP_OK) {
        printf("%s\n", out);
    } else {
        char text[2048];
        mlp_error_format(&error, text, sizeof text);
        fprintf(stderr, "mlp-bench: %s\n", text);
    }
    return (int)status;
}
