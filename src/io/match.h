/* match.h - which arrays of a file are the weights and biases of which layer.
 *
 * Our own files say it by name (W1, b1, W2, ...). Other people's names are ignored; the shapes must
 * leave only one way to read the arrays, in the order in which they are stored, as a network. */
#ifndef IO_MATCH_H
#define IO_MATCH_H

#include "io/array.h"

/* The orders in which people store weights and biases. */
enum io_order { IO_W_B_PAIRS, IO_B_W_PAIRS, IO_ALL_W_ALL_B, IO_ALL_B_ALL_W, IO_N_ORDERS };

/* One way to read 2 L arrays as L layers. */
struct io_reading {
    uint32_t n_layers;
    enum io_order order;
    bool transposed; /* weights are (outputs, inputs), as in PyTorch */
};

const struct io_array *io_reading_weight(const struct io_reading *reading,
                                         const struct io_array *arrays, uint32_t layer);
const struct io_array *io_reading_bias(const struct io_reading *reading,
                                       const struct io_array *arrays, uint32_t layer);

/* io_reading_widths - inputs of layer 0, then outputs of each layer (n_layers + 1). */
void io_reading_widths(const struct io_reading *reading, const struct io_array *arrays,
                       uint32_t *widths);

/* The first array that does not fit a reading. */
struct io_misfit {
    const struct io_array *array;
    char wanted[96]; /* its shape should be */
};

/* io_reading_fits - weights are matrices, each takes what the one before gives, and each output
 * has a bias, (O,), (1,O) or (O,1). misfit may be NULL. */
bool io_reading_fits(const struct io_reading *reading, const struct io_array *arrays,
                     struct io_misfit *misfit);

/* io_match - tries each order and both orientations; the number of readings that fit, the first of
 * them in *reading. */
int io_match(const struct io_array *arrays, uint32_t n_arrays, struct io_reading *reading);

#endif
