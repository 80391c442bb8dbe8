/* json.c - bench.json, written and read with cJSON; and bench.csv, which has the same columns. */
#include "base/error.h"
#include "base/file.h"
#include "measure.h"
#include "report.h"

#include <cjson/cJSON.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One column of a row, in both files. */
enum field_sort { TEXT, NUMBER, COUNT, FLAG };
static const struct {
    const char *name;
    enum field_sort sort;
    size_t offset, size;
} fields[] = {
#define FIELD(name, sort)                                                                          \
    {                                                                                              \
#        name, sort, offsetof(struct row, name), sizeof(((struct row *)0)->name)                   \
    }
    FIELD(section, TEXT),        FIELD(name, TEXT),       FIELD(kernel, TEXT),
    FIELD(precision, TEXT),      FIELD(threads, COUNT),   FIELD(batch, COUNT),
    FIELD(layers, TEXT),         FIELD(seconds, NUMBER),  FIELD(mad, NUMBER),
    FIELD(runs, COUNT),          FIELD(discarded, COUNT), FIELD(noisy, FLAG),
    FIELD(images_per_s, NUMBER), FIELD(gflops, NUMBER),   FIELD(share_of_peak, NUMBER),
    FIELD(peer, TEXT),           FIELD(ratio, NUMBER),    FIELD(loss, NUMBER),
    FIELD(value, NUMBER),        FIELD(unit, TEXT),       FIELD(ghz, NUMBER),
    FIELD(settings, TEXT),
#undef FIELD
};
enum { N_FIELDS = sizeof fields / sizeof fields[0] };

static cJSON *json_row(const struct row *row)
{
    cJSON *object = cJSON_CreateObject();
    for (int i = 0; i < N_FIELDS; i++) {
        const char *at = (const char *)row + fields[i].offset;
        const char *name = fields[i].name;
        if (fields[i].sort == TEXT)
            cJSON_AddStringToObject(object, name, at);
        else if (fields[i].sort == COUNT)
            cJSON_AddNumberToObject(object, name, *(const uint32_t *)(const void *)at);
        else if (fields[i].sort == FLAG)
            cJSON_AddBoolToObject(object, name, *(const bool *)at);
        else if (*(const double *)(const void *)at != 0)
            cJSON_AddNumberToObject(object, name, *(const double *)(const void *)at);
        else
            cJSON_AddNullToObject(object, name); /* does not apply */
    }
    if (row->target_sort != TARGET_NONE) {
        static const char *const of[] = {"", "share_of_peak", "ratio", "value", "value"};
        cJSON *target = cJSON_AddObjectToObject(object, "target");
        cJSON_AddStringToObject(target, "of", of[row->target_sort]);
        cJSON_AddStringToObject(target, "is",
                                row->target_sort == TARGET_AT_MOST ? "at most" : "at least");
        cJSON_AddNumberToObject(target, "number", row->target);
        cJSON_AddBoolToObject(target, "met", row_target_met(row));
    }
    return object;
}

static void json_machine(cJSON *root, const struct bench *bench)
{
    const struct machine *m = &bench->machine;
    cJSON *machine = cJSON_AddObjectToObject(root, "machine");
    cJSON_AddStringToObject(machine, "cpu", m->cpu);
    cJSON_AddStringToObject(machine, "features", m->features);
    cJSON_AddNumberToObject(machine, "cores", m->cores);
    cJSON *caches = cJSON_AddArrayToObject(machine, "cache_bytes");
    for (int level = 1; level <= 3; level++)
        cJSON_AddItemToArray(caches, cJSON_CreateNumber((double)m->cache_bytes[level]));
    cJSON_AddNumberToObject(machine, "memory_bytes", (double)m->memory_bytes);
    cJSON_AddStringToObject(machine, "system", m->system);
    cJSON_AddStringToObject(root, "version", MLP_VERSION);
    cJSON_AddStringToObject(root, "revision", m->revision);
    cJSON_AddStringToObject(root, "compiler", m->compiler);
    cJSON_AddStringToObject(root, "flags", m->flags);
    cJSON_AddStringToObject(root, "date", m->date);
    cJSON_AddStringToObject(root, "data", bench->data_name);
    cJSON_AddNumberToObject(root, "threads", bench_threads(bench));
    cJSON_AddNumberToObject(root, "runs", measure_total_runs());
    cJSON_AddNumberToObject(root, "runs_discarded", measure_total_discarded());
}

enum mlp_status report_json(const struct bench *bench, const char *path, struct mlp_error *error)
{
    cJSON *root = cJSON_CreateObject();
    json_machine(root, bench);
    cJSON *rows = cJSON_AddArrayToObject(root, "rows");
    for (uint32_t i = 0; i < bench->rows.n; i++)
        cJSON_AddItemToArray(rows, json_row(&bench->rows.row[i]));
    char *text = cJSON_Print(root);
    enum mlp_status status =
        text == NULL ? error_memory(error, 0) : file_replace(path, text, strlen(text), error);
    cJSON_free(text);
    cJSON_Delete(root);
    return status;
}

static void read_row(struct row *row, const cJSON *object)
{
    for (int i = 0; i < N_FIELDS; i++) {
        char *at = (char *)row + fields[i].offset;
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, fields[i].name);
        if (fields[i].sort == TEXT && cJSON_IsString(item))
            snprintf(at, fields[i].size, "%s", item->valuestring);
        else if (fields[i].sort == COUNT && cJSON_IsNumber(item))
            *(uint32_t *)(void *)at = item->valuedouble >= 0 && item->valuedouble < 0x1p32
                                          ? (uint32_t)item->valuedouble
                                          : 0;
        else if (fields[i].sort == NUMBER && cJSON_IsNumber(item))
            *(double *)(void *)at = item->valuedouble;
        else if (fields[i].sort == FLAG)
            *(bool *)at = cJSON_IsTrue(item);
    }
}

static void read_text(const cJSON *object, const char *name, char *text, size_t size)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    snprintf(text, size, "%s", cJSON_IsString(item) ? item->valuestring : "unknown");
}

enum mlp_status report_read(struct bench *bench, const char *path, struct mlp_error *error)
{
    uint8_t *bytes;
    size_t n;
    memset(bench, 0, sizeof *bench);
    enum mlp_status status = file_read(path, MLP_E_DATA, &bytes, &n, error);
    if (status != MLP_OK)
        return status;
    cJSON *root = cJSON_ParseWithLength((const char *)bytes, n);
    const cJSON *rows = cJSON_GetObjectItemCaseSensitive(root, "rows"), *object;
    if (!cJSON_IsArray(rows)) {
        status = error_set(error, MLP_E_DATA, path, -1);
        error_found(error, "no list of rows");
        error_wanted(error, "a bench.json that mlp-bench wrote");
    } else {
        const cJSON *machine = cJSON_GetObjectItemCaseSensitive(root, "machine");
        read_text(machine, "cpu", bench->machine.cpu, sizeof bench->machine.cpu);
        read_text(root, "revision", bench->machine.revision, sizeof bench->machine.revision);
        read_text(root, "date", bench->machine.date, sizeof bench->machine.date);
        cJSON_ArrayForEach(object, rows) read_row(row_add(&bench->rows, "", ""), object);
    }
    cJSON_Delete(root);
    free(bytes);
    return status;
}

/* ---- CSV -------------------------------------------------------------------------------- */

/* RFC 4180: quotes around every text, doubled within. */
static void csv_text(FILE *file, const char *text)
{
    fputc('"', file);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            fputc('"', file);
        fputc(*text, file);
    }
    fputc('"', file);
}

static void csv_row(FILE *file, const struct row *row)
{
    for (int i = 0; i < N_FIELDS; i++) {
        const char *at = (const char *)row + fields[i].offset;
        if (i > 0)
            fputc(',', file);
        if (fields[i].sort == TEXT)
            csv_text(file, at);
        else if (fields[i].sort == COUNT)
            fprintf(file, "%u", *(const uint32_t *)(const void *)at);
        else if (fields[i].sort == FLAG)
            fprintf(file, "%d", *(const bool *)at);
        else if (*(const double *)(const void *)at != 0)
            fprintf(file, "%.9g", *(const double *)(const void *)at);
    }
    fprintf(file, "\r\n");
}

enum mlp_status report_csv(const struct bench *bench, const char *path, struct mlp_error *error)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    if (file == NULL)
        return error_memory(error, 0);
    for (int i = 0; i < N_FIELDS; i++)
        fprintf(file, "%s%s", i > 0 ? "," : "", fields[i].name);
    fprintf(file, "\r\n");
    for (uint32_t i = 0; i < bench->rows.n; i++)
        csv_row(file, &bench->rows.row[i]);
    enum mlp_status status = MLP_E_MEMORY;
    if (fclose(file) == 0)
        status = file_replace(path, text, size, error);
    free(text);
    return status;
}
