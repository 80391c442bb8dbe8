#include "net/dense.h"

#include <string.h>

struct forward {
    const struct kernel *kernel;
    const struct activation *activation;
};

static void apply_activation(void *context, uint32_t row, uint32_t panel, uint32_t n, float *c,
                             size_t c_stride)
{
    const struct forward *f = context;
    activation_forward(f->activation, f->kernel, row, panel, n, c, c_stride);
}

void dense_forward(const struct worker *worker, const struct net_layer *layer,
                   const struct panels *x, struct panels *y, const struct activation *activation)
{
    struct forward context = {worker->kernel, activation};
    struct gemm product = {.order = KERNEL_BY_ROWS,
                           .a = x,
                           .b = &layer->w,
                           .k = layer->inputs,
                           .init = layer->bias,
                           .c = y,
                           .epilogue = activation == NULL ? NULL : apply_activation,
                           .context = &context};
    struct gemm_slice slice =
        gemm_slice(worker->kernel, worker->team, panel_count(x->rows), panel_count(layer->outputs),
                   worker->by_samples ? GEMM_ONLY_ROWS : GEMM_CUT_COLUMNS);
    gemm_run(worker->kernel, &product, &slice, worker->scratch, worker->aside);
}

struct input_gradient {
    const struct kernel *kernel;
    const struct panels *x;
    struct panels *dx;
    bool transposed; /* dxt is wanted, too */
};

/* c holds dX^T before the activation, features in rows, samples in panels; where somebody needs
 * dxt, it lies there, and is finished in place. */
static void through_activation(void *context, uint32_t row, uint32_t panel, uint32_t n, float *c,
                               size_t c_stride)
{
    const struct input_gradient *g = context;
    for (uint32_t p = 0; p < n; p++) {
        uint32_t sample = (panel + p) * PANEL;
        const float *x = g->x == NULL ? NULL : panel_at(g->x, sample, row / PANEL);
        float *dxt = c + p * c_stride, *dx = panel_at(g->dx, sample, row / PANEL);
        activation_backward(g->kernel, dxt, x, dx);
        if (g->transposed)
            g->kernel->transpose(dx, dxt);
    }
}

/* Computed transposed, dX^T = W dZ^T: then W is read by rows and needs no transposed copy. */
void dense_input_gradient(const struct worker *worker, const struct net_layer *layer,
                          const struct panels *dzt, const struct panels *x, struct panels *dx,
                          struct panels *dxt)
{
    struct input_gradient context = {worker->kernel, x, dx, dxt != NULL};
    struct gemm product = {.order = KERNEL_BY_ROWS,
                           .a = &layer->w,
                           .b = dzt,
                           .k = layer->outputs,
                           .c = dxt,
                           .epilogue = through_activation,
                           .context = &context};
    struct gemm_slice slice =
        gemm_slice(worker->kernel, worker->team, panel_count(layer->inputs), panel_count(dx->rows),
                   worker->by_samples ? GEMM_ONLY_COLUMNS : GEMM_CUT_ROWS);
    gemm_run(worker->kernel, &product, &slice, worker->scratch, worker->aside);
}

void dense_data_gradient(const struct worker *worker, const struct net_layer *layer,
                         const struct panels *dzt, struct panels *dxt)
{
    struct gemm product = {
        .order = KERNEL_BY_ROWS, .a = &layer->w, .b = dzt, .k = layer->outputs, .c = dxt};
    struct gemm_slice slice = gemm_slice(worker->kernel, worker->team, panel_count(layer->inputs),
                                         panel_count(dxt->cols), GEMM_CUT_ROWS);
    gemm_run(worker->kernel, &product, &slice, worker->scratch, worker->aside);
}

struct update {
    const struct kernel *kernel;
    struct net_layer *layer;
    const uint32_t *inputs; /* to which the rows of dW belong; NULL: to each its own */
    const struct optimizer *optimizer;
    struct kernel_update numbers;
};

/* c holds dW for 16 inputs, row..row+15 or those in the list there, and n panels of outputs. */
static void apply_update(void *context, uint32_t row, uint32_t panel, uint32_t n, float *c,
                         size_t c_stride)
{
    const struct update *u = context;
    const uint32_t *lines = u->inputs == NULL ? NULL : u->inputs + row;
    for (uint32_t p = 0; p < n; p++)
        optimizer_apply(u->optimizer, u->kernel, &u->numbers, PANEL, lines,
                        panel_at(&u->layer->w, lines == NULL ? row : 0, panel + p),
                        c + p * c_stride, NULL);
}

void dense_update(const struct worker *worker, struct net_layer *layer, const struct panels *x,
                  const struct panels *dz, const struct optimizer *optimizer)
{
    struct update context = {worker->kernel, layer, x->nonzeros.columns, optimizer,
                             optimizer_numbers(optimizer, 1, true)};
    struct gemm product = {.order = KERNEL_BY_COLUMNS,
                           .a = x,
                           .b = dz,
                           .k = x->rows,
                           .epilogue = apply_update,
                           .context = &context};
    struct gemm_slice slice = gemm_slice(worker->kernel, worker->team, panel_count(layer->inputs),
                                         panel_count(layer->outputs), GEMM_CUT_COLUMNS);
    gemm_run(worker->kernel, &product, &slice, worker->scratch, worker->aside);
    if (slice.row_begin > 0) /* one member a column takes the bias */
        return;
    struct kernel_update numbers = optimizer_numbers(optimizer, 1, false);
    float sums[BIAS_PANELS * PANEL];
    for (uint32_t p = slice.panel_begin, n; p < slice.panel_end; p += n) {
        n = slice.panel_end - p < BIAS_PANELS ? slice.panel_end - p : BIAS_PANELS;
        worker->kernel->column_sums(x->rows, n, panel_at(dz, 0, p), dz->stride, sums);
        optimizer_apply(optimizer, worker->kernel, &numbers, n, NULL,
                        layer->bias + (size_t)p * PANEL, sums, NULL);
    }
}

struct kept {
    struct net_layer *gradient;
    const uint32_t *inputs;
};

static void keep_gradient(void *context, uint32_t row, uint32_t panel, uint32_t n, float *c,
                          size_t c_stride)
{
    const struct kept *k = context;
    for (uint32_t p = 0; p < n; p++)
        for (uint32_t r = 0; r < PANEL; r++)
            memcpy(panel_at(&k->gradient->w, k->inputs[row + r], panel + p),
                   c + p * c_stride + (size_t)r * PANEL, PANEL * sizeof *c);
}

void dense_gradient(const struct worker *worker, struct net_layer *gradient, const struct panels *x,
                    const struct panels *dz)
{
    struct kept context = {gradient, x->nonzeros.columns};
    bool in_order = context.inputs == NULL;
    struct gemm product = {.order = KERNEL_BY_COLUMNS,
                           .a = x,
                           .b = dz,
                           .k = x->rows,
                           .c = in_order ? &gradient->w : NULL,
                           .epilogue = in_order ? NULL : keep_gradient,
                           .context = &context};
    struct gemm_slice slice =
        gemm_slice(worker->kernel, worker->team, panel_count(gradient->inputs),
                   panel_count(gradient->outputs), GEMM_CUT_COLUMNS);
    gemm_run(worker->kernel, &product, &slice, worker->scratch, worker->aside);
    if (slice.row_begin == 0)
        worker->kernel->column_sums(x->rows, slice.panel_end - slice.panel_begin,
                                    panel_at(dz, 0, slice.panel_begin), dz->stride,
                                    gradient->bias + (size_t)slice.panel_begin * PANEL);
}
