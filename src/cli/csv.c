#include "cli/csv.h"

#include "base/error.h"
#include "base/file.h"
#include "cli/predictions.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct table {
    FILE *stream;
    const struct mlp_dataset *dataset;
};

static void write_row(void *context, uint32_t sample, const float *probabilities,
                      uint32_t prediction)
{
    const struct table *table = context;
    uint32_t base = table->dataset->label_base;
    fprintf(table->stream, "%" PRIu32 ",%" PRIu32, table->dataset->test.labels[sample] + base,
            prediction + base);
    for (uint32_t i = 0; i < table->dataset->n_classes; i++)
        fprintf(table->stream, ",%.9g", (double)probabilities[i]);
    fputc('\n', table->stream);
}

enum mlp_status cli_csv_write(const struct cli_job *job, const char *path, struct mlp_error *error)
{
    char *text = NULL;
    size_t n = 0;
    struct table table = {.dataset = &job->dataset, .stream = open_memstream(&text, &n)};
    if (table.stream == NULL)
        return error_memory(error, 0);
    fprintf(table.stream, "label,prediction");
    for (uint32_t i = 0; i < job->dataset.n_classes; i++)
        fprintf(table.stream, ",p%" PRIu32, i + job->dataset.label_base);
    fputc('\n', table.stream);
    enum mlp_status status = cli_predictions_each(job, write_row, &table, error);
    bool whole = ferror(table.stream) == 0;
    if (fclose(table.stream) != 0 || !whole)
        status = error_memory(error, n);
    if (status == MLP_OK)
        status = file_replace(path, text, n, error);
    free(text);
    return status;
}
