#include "onednn.h"

#include "base/memory.h"
#include "peer.h"

#include <stdio.h>

dnnl_engine_t onednn_engine;
dnnl_stream_t onednn_stream;

void onednn_check(dnnl_status_t status, const char *what)
{
    if (status != dnnl_success)
        peer_die("oneDNN: status %d from %s", (int)status, what);
}

void onednn_begin(void)
{
    ONEDNN(dnnl_engine_create(&onednn_engine, dnnl_cpu, 0));
    ONEDNN(dnnl_stream_create(&onednn_stream, onednn_engine, dnnl_stream_default_flags));
}

static dnnl_memory_desc_t matrix(long rows, long columns, enum layout layout, dnnl_data_type_t type)
{
    dnnl_memory_desc_t desc;
    dnnl_dims_t dims = {rows, columns};
    ONEDNN(dnnl_memory_desc_init_by_tag(&desc, 2, dims, type, (dnnl_format_tag_t)layout));
    return desc;
}

dnnl_memory_desc_t onednn_matrix(long rows, long columns, enum layout layout)
{
    return matrix(rows, columns, layout, dnnl_f32);
}

dnnl_memory_desc_t onednn_matrix_bf16(long rows, long columns, enum layout layout)
{
    return matrix(rows, columns, layout, dnnl_bf16);
}

dnnl_memory_desc_t onednn_vector(long n)
{
    dnnl_memory_desc_t desc;
    dnnl_dims_t dims = {n};
    ONEDNN(dnnl_memory_desc_init_by_tag(&desc, 1, dims, dnnl_f32, dnnl_a));
    return desc;
}

dnnl_memory_t onednn_view(const dnnl_memory_desc_t *desc, void *data)
{
    dnnl_memory_t memory;
    ONEDNN(dnnl_memory_create(&memory, desc, onednn_engine, data));
    return memory;
}

dnnl_memory_t onednn_memory(const dnnl_memory_desc_t *desc, float **data)
{
    float *bytes = memory_new(dnnl_memory_desc_get_size(desc));
    if (bytes == NULL)
        peer_die("no memory");
    if (data != NULL)
        *data = bytes;
    return onednn_view(desc, bytes);
}

dnnl_primitive_attr_t onednn_attributes(enum epilogue epilogue)
{
    dnnl_primitive_attr_t attributes;
    dnnl_post_ops_t post_ops;
    ONEDNN(dnnl_primitive_attr_create(&attributes));
    ONEDNN(dnnl_post_ops_create(&post_ops));
    if (epilogue == RELU)
        ONEDNN(dnnl_post_ops_append_eltwise(post_ops, 1, dnnl_eltwise_relu, 0, 0));
    if (epilogue == ADD)
        ONEDNN(dnnl_post_ops_append_sum(post_ops, 1));
    ONEDNN(dnnl_primitive_attr_set_post_ops(attributes, post_ops));
    ONEDNN(dnnl_post_ops_destroy(post_ops));
    return attributes;
}

struct product onednn_product(dnnl_primitive_desc_t description)
{
    struct product product = {.n_args = 0};
    ONEDNN(dnnl_primitive_create(&product.primitive, description));
    ONEDNN(dnnl_primitive_desc_destroy(description));
    return product;
}

struct product onednn_matmul(dnnl_memory_desc_t *a, dnnl_memory_desc_t *b,
                             const dnnl_memory_desc_t *bias, const dnnl_memory_desc_t *c,
                             enum epilogue epilogue)
{
    dnnl_matmul_desc_t operation;
    dnnl_primitive_desc_t description;
    dnnl_primitive_attr_t attributes = onednn_attributes(epilogue);
    ONEDNN(dnnl_matmul_desc_init(&operation, a, b, bias, c));
    ONEDNN(dnnl_primitive_desc_create(&description, &operation, attributes, onednn_engine, NULL));
    ONEDNN(dnnl_primitive_attr_destroy(attributes));
    *a = *dnnl_primitive_desc_query_md(description, dnnl_query_src_md, 0);
    *b = *dnnl_primitive_desc_query_md(description, dnnl_query_weights_md, 0);
    return onednn_product(description);
}

struct product onednn_reorder(dnnl_memory_t from, dnnl_memory_t to)
{
    const dnnl_memory_desc_t *from_desc, *to_desc;
    dnnl_primitive_desc_t description;
    ONEDNN(dnnl_memory_get_memory_desc(from, &from_desc));
    ONEDNN(dnnl_memory_get_memory_desc(to, &to_desc));
    ONEDNN(dnnl_reorder_primitive_desc_create(&description, from_desc, onednn_engine, to_desc,
                                              onednn_engine, NULL));
    struct product product = onednn_product(description);
    product_bind(&product, DNNL_ARG_FROM, from);
    product_bind(&product, DNNL_ARG_TO, to);
    return product;
}

void product_bind(struct product *product, int argument, dnnl_memory_t memory)
{
    product->args[product->n_args++] = (dnnl_exec_arg_t){argument, memory};
}

void product_bind3(struct product *p, int x, dnnl_memory_t x_memory, int y, dnnl_memory_t y_memory,
                   int z, dnnl_memory_t z_memory)
{
    product_bind(p, x, x_memory);
    product_bind(p, y, y_memory);
    product_bind(p, z, z_memory);
}

const char *onednn_version(void)
{
    static char text[32];
    const dnnl_version_t *version = dnnl_version();
    snprintf(text, sizeof text, "%d.%d.%d", version->major, version->minor, version->patch);
    return text;
}

const char *onednn_isa(void)
{
    switch ((int)dnnl_get_effective_cpu_isa()) {
    case dnnl_cpu_isa_sse41:
        return "sse4.1";
    case dnnl_cpu_isa_avx:
        return "avx";
    case dnnl_cpu_isa_avx2:
        return "avx2";
    case dnnl_cpu_isa_avx512_core:
        return "avx512_core";
    case dnnl_cpu_isa_avx512_core_vnni:
        return "avx512_core_vnni";
    case dnnl_cpu_isa_avx512_core_bf16:
        return "avx512_core_bf16";
    case dnnl_cpu_isa_avx512_core_amx:
        return "avx512_core_amx";
    default:
        return "another isa";
    }
}
