/* accuracy.h - the accuracy of recipes, as accuracy.sh measured it, beside published figures. */
#ifndef BENCH_ACCURACY_H
#define BENCH_ACCURACY_H

#include "mlp.h"

enum { ACCURACY_LINES = 32, ACCURACY_SEEDS = 16 };

enum accuracy_sort { ACCURACY_SECTION, ACCURACY_RECIPE, ACCURACY_PUBLISHED };

/* A line of accuracy.txt, and what the CSV says of it; errors are of the test images, in %. */
struct accuracy_line {
    enum accuracy_sort sort;
    char name[32], label[80];
    double target; /* of the mean; < 0: none */
    uint32_t seeds[ACCURACY_SEEDS];
    double error[ACCURACY_SEEDS]; /* published: the first */
    double low, high;             /* interval of the last one; 95 % */
    uint32_t n;
};

struct accuracy {
    struct accuracy_line line[ACCURACY_LINES];
    uint32_t n;
};

/* accuracy_read - accuracy.txt and a CSV of accuracy.sh; of a seed that occurs twice the last
 * counts. Returns  MLP_OK; MLP_E_DATA if one cannot be read or a line is not as it should be;
 * MLP_E_MEMORY */
enum mlp_status accuracy_read(struct accuracy *accuracy, const char *recipes, const char *csv,
                              struct mlp_error *error) MLP_MUST_USE;

/* accuracy_mean - of a line's errors; n > 0. */
double accuracy_mean(const struct accuracy_line *line);

/* accuracy_draw - a dot a seed, on a logarithmic axis.
 * Owner    the caller frees *picture with mlp_picture_free
 * Returns  MLP_OK; MLP_E_USAGE if there are no lines; MLP_E_MEMORY */
enum mlp_status accuracy_draw(struct mlp_picture *picture,
                              const struct accuracy *accuracy) MLP_MUST_USE;

/* accuracy_picture - reads, draws, writes a PNG, says where; its exit status. */
int accuracy_picture(const char *recipes, const char *csv, const char *out);

#endif
