/* onednn.h - the little of oneDNN's C interface that the peers need. */
#ifndef PEERS_ONEDNN_H
#define PEERS_ONEDNN_H

#include <dnnl.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A primitive with its arguments bound, ready to be executed again and again. */
struct product {
    dnnl_primitive_t primitive;
    dnnl_exec_arg_t args[4];
    int n_args;
};

/* Strides of a matrix in memory: rows after one another, columns, or as oneDNN likes best. */
enum layout { ROWS = dnnl_ab, COLUMNS = dnnl_ba, ANY = dnnl_format_tag_any };

extern dnnl_engine_t onednn_engine;
extern dnnl_stream_t onednn_stream;

void onednn_begin(void);

/* onednn_check - ends the program if a call failed, saying which. */
void onednn_check(dnnl_status_t status, const char *what);
#define ONEDNN(call) onednn_check(call, #call)

/* onednn_matrix - describes an f32 matrix rows x columns; onednn_vector - n floats. */
dnnl_memory_desc_t onednn_matrix(long rows, long columns, enum layout layout);
dnnl_memory_desc_t onednn_vector(long n);
/* onednn_matrix_bf16 - onednn_matrix of bf16 numbers. */
dnnl_memory_desc_t onednn_matrix_bf16(long rows, long columns, enum layout layout);

/* onednn_memory - zeroed memory of that description; *data (may be NULL) becomes its address. */
dnnl_memory_t onednn_memory(const dnnl_memory_desc_t *desc, float **data);

/* onednn_view - another description of memory that exists. */
dnnl_memory_t onednn_view(const dnnl_memory_desc_t *desc, void *data);

/* onednn_matmul - C = A B, or C += A B, or C = relu(A B + bias); bias may be NULL. A or B that was
 * described with ANY gets its description written back. Arguments are bound by product_bind. */
enum epilogue { STORE, ADD, RELU };
struct product onednn_matmul(dnnl_memory_desc_t *a, dnnl_memory_desc_t *b,
                             const dnnl_memory_desc_t *bias, const dnnl_memory_desc_t *c,
                             enum epilogue epilogue);
/* onednn_product - of a primitive description, which it frees. */
struct product onednn_product(dnnl_primitive_desc_t description);

/* onednn_attributes - the epilogue as primitive attributes; the caller destroys them. */
dnnl_primitive_attr_t onednn_attributes(enum epilogue epilogue);

struct product onednn_reorder(dnnl_memory_t from, dnnl_memory_t to);

void product_bind(struct product *product, int argument, dnnl_memory_t memory);
void product_bind3(struct product *p, int x, dnnl_memory_t x_memory, int y, dnnl_memory_t y_memory,
                   int z, dnnl_memory_t z_memory);

static inline void product_run(const struct product *product)
{
    ONEDNN(
        dnnl_primitive_execute(product->primitive, onednn_stream, product->n_args, product->args));
}

/* onednn_bf16 - rounded to nearest even; no NaNs here. */
static inline uint16_t onednn_bf16(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/* onednn_version - "2.6.3"; onednn_isa - what it will use at most. */
const char *onednn_version(void);
const char *onednn_isa(void);

#endif
