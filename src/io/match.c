/* match.c - finds the network in a heap of arrays.
 *
 * A reading is an order (which of the 2 L arrays are weights, which biases) and an orientation.
 * There are eight, and a chain of layers has so many equations between its shapes that hardly ever
 * more than one of them holds; where it does, nobody can know, and guessing would give a network
 * that computes nonsense. */
#include "io/match.h"

#include <stdarg.h>
#include <stdio.h>

const struct io_array *io_reading_weight(const struct io_reading *reading,
                                         const struct io_array *arrays, uint32_t layer)
{
    switch (reading->order) {
    case IO_W_B_PAIRS:
        return arrays + 2 * (size_t)layer;
    case IO_B_W_PAIRS:
        return arrays + 2 * (size_t)layer + 1;
    case IO_ALL_W_ALL_B:
        return arrays + layer;
    default:
        return arrays + reading->n_layers + layer;
    }
}

/* Biases stand where weights would stand in the opposite order. */
const struct io_array *io_reading_bias(const struct io_reading *reading,
                                       const struct io_array *arrays, uint32_t layer)
{
    static const enum io_order opposite[IO_N_ORDERS] = {IO_B_W_PAIRS, IO_W_B_PAIRS, IO_ALL_B_ALL_W,
                                                        IO_ALL_W_ALL_B};
    struct io_reading other = *reading;
    other.order = opposite[reading->order];
    return io_reading_weight(&other, arrays, layer);
}

static uint64_t n_inputs(const struct io_reading *reading, const struct io_array *weight)
{
    return weight->npy.shape[reading->transposed ? 1 : 0];
}

static uint64_t n_outputs(const struct io_reading *reading, const struct io_array *weight)
{
    return weight->npy.shape[reading->transposed ? 0 : 1];
}

void io_reading_widths(const struct io_reading *reading, const struct io_array *arrays,
                       uint32_t *widths)
{
    widths[0] = (uint32_t)n_inputs(reading, io_reading_weight(reading, arrays, 0));
    for (uint32_t l = 0; l < reading->n_layers; l++)
        widths[l + 1] = (uint32_t)n_outputs(reading, io_reading_weight(reading, arrays, l));
}

static bool is_matrix(const struct io_npy *npy)
{
    return npy->n_dims == 2 && npy->shape[0] >= 1 && npy->shape[0] <= UINT32_MAX &&
           npy->shape[1] >= 1 && npy->shape[1] <= UINT32_MAX;
}

/* (n,), and (1, n) or (n, 1) from people who keep biases as rows or columns. */
static bool is_vector(const struct io_npy *npy, uint64_t n)
{
    bool one_dim =
        npy->n_dims == 1 || (npy->n_dims == 2 && (npy->shape[0] == 1 || npy->shape[1] == 1));
    return one_dim && npy->n_items == n;
}

__attribute__((format(printf, 3, 4))) static bool
misfits(struct io_misfit *misfit, const struct io_array *array, const char *wanted_format, ...)
{
    if (misfit != NULL) {
        va_list arguments;
        va_start(arguments, wanted_format);
        vsnprintf(misfit->wanted, sizeof misfit->wanted, wanted_format, arguments);
        va_end(arguments);
        misfit->array = array;
    }
    return false;
}

bool io_reading_fits(const struct io_reading *reading, const struct io_array *arrays,
                     struct io_misfit *misfit)
{
    uint64_t width = 0;
    for (uint32_t l = 0; l < reading->n_layers; l++) {
        const struct io_array *weight = io_reading_weight(reading, arrays, l);
        const struct io_array *bias = io_reading_bias(reading, arrays, l);
        if (!is_matrix(&weight->npy))
            return misfits(misfit, weight, "a matrix (inputs, outputs)");
        if (l > 0 && n_inputs(reading, weight) != width)
            return misfits(misfit, weight, "(%llu, outputs): the layer before has %llu outputs",
                           (unsigned long long)width, (unsigned long long)width);
        width = n_outputs(reading, weight);
        if (!is_vector(&bias->npy, width))
            return misfits(misfit, bias, "(%llu,), one for each output", (unsigned long long)width);
    }
    return reading->n_layers > 0;
}

int io_match(const struct io_array *arrays, uint32_t n_arrays, struct io_reading *reading)
{
    int n_fits = 0;
    if (n_arrays % 2 != 0)
        return 0;
    /* With one layer pairs and blocks are the same two arrays. */
    int n_orders = n_arrays == 2 ? IO_ALL_W_ALL_B : IO_N_ORDERS;
    for (int order = 0; order < n_orders; order++)
        for (int transposed = 0; transposed < 2; transposed++) {
            struct io_reading candidate = {n_arrays / 2, (enum io_order)order, transposed == 1};
            if (!io_reading_fits(&candidate, arrays, NULL))
                continue;
            if (n_fits == 0)
                *reading = candidate;
            n_fits++;
        }
    return n_fits;
}
