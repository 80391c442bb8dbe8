/* template.h - makes a descriptor from a simd_<isa>.h: include that, then this, then KERNEL(...).
 *
 * simd_<isa>.h gives vf, vi, VL, TILE_ROWS, TILE_PANELS (a tile of TILE_ROWS x TILE_PANELS lines
 * must fit the registers), NONZERO_PANELS (1, 4 or 8), NONZERO_COLUMNS (1, 2 or 4),
 * NONZERO_COLUMNS_PANELS (1, 2 or 4), ONE_PANELS and:
 *
 *     v_load v_store v_set1 v_add v_sub v_mul v_div v_sqrt v_fma(a, b, c) = a b + c
 *     v_max(a, b)                 a > b ? a : b; so b where either is NaN
 *     v_relu(x)                   x < 0 ? 0 : x; NaN and -0 stay
 *     v_where_positive(y, x)      y > 0 ? x : 0
 *     v_where_greater(a, b, x, y) a > b ? x : y
 *     v_from_bytes(p)             VL bytes to floats
 *     v_gather(p, i)              words p[i], for each lane its own i
 *     v_transpose(from, to)       VL x VL floats out of and into rows of 16
 *     v_round(x) v_from_int(i)    to the nearest integer, halves to even, and back
 *     v_bits(x) v_from_bits(i) vi_set1 vi_add vi_sub v_shift_left_23 v_shift_right_23 (signed)
 *     vi_load vi_store vi_mul (low halves) vi_and vi_or vi_xor v_shift_left_16
 *     vi_shift_right(i, n) (unsigned)
 *     vi_where_halves(x, i)       for each half of a lane: x != 0 ? i : 0
 *     vi_halves_to_bytes(p, x)    those halves, none above 255, as bytes
 *     vi_nonzero_bytes(x)         a bit for each byte of x
 *     v_store_high(p, i) v_from_high(p)  upper halves of lanes to VL bf16, and back
 *
 * and may give, with WHERE_HIGH defined, a faster
 *
 *     v_where_high_positive(p, x) v_where_positive(v_from_high(p), x)
 */
#ifndef KERNEL_TEMPLATE_H
#define KERNEL_TEMPLATE_H

#include "base/cpu.h"
#include "kernel/kernel.h"

#include <string.h>

/* The order matters: later ones use earlier ones. */
#include "kernel/product.h"

#include "kernel/product_nonzero.h"

#include "kernel/elementwise.h"

#include "kernel/nonzeros.h"

#include "kernel/exp.h"

#include "kernel/softmax.h"

#include "kernel/activation.h"

#include "kernel/dropout.h"

#include "kernel/round.h"

#include "kernel/update.h"

#include "kernel/bf16.h"
#include "kernel/warp.h"

PRODUCTS(1)
#define PRODUCT_TABLE(order)                                                                       \
    {                                                                                              \
        product_##order##_1                                                                        \
    }
#if TILE_PANELS == 3
PRODUCTS(2)
PRODUCTS(3)
#    undef PRODUCT_TABLE
#    define PRODUCT_TABLE(order)                                                                   \
        {                                                                                          \
            product_##order##_1, product_##order##_2, product_##order##_3                          \
        }
#endif

NONZERO(1, rows)
#define NONZERO_ROWS_TABLE nonzero_rows_1
#if NONZERO_PANELS >= 4
NONZERO(2, rows)
NONZERO(3, rows)
NONZERO(4, rows)
#    undef NONZERO_ROWS_TABLE
#    define NONZERO_ROWS_TABLE nonzero_rows_1, nonzero_rows_2, nonzero_rows_3, nonzero_rows_4
#endif
#if NONZERO_PANELS == 8
NONZERO(5, rows)
NONZERO(6, rows)
NONZERO(7, rows)
NONZERO(8, rows)
#    undef NONZERO_ROWS_TABLE
#    define NONZERO_ROWS_TABLE                                                                     \
        nonzero_rows_1, nonzero_rows_2, nonzero_rows_3, nonzero_rows_4, nonzero_rows_5,            \
            nonzero_rows_6, nonzero_rows_7, nonzero_rows_8
#endif

NONZERO(1, columns)
#define NONZERO_COLUMNS_TABLE nonzero_columns_1
#if NONZERO_COLUMNS_PANELS >= 2
NONZERO(2, columns)
#    undef NONZERO_COLUMNS_TABLE
#    define NONZERO_COLUMNS_TABLE nonzero_columns_1, nonzero_columns_2
#endif
#if NONZERO_COLUMNS_PANELS == 4
NONZERO(3, columns)
NONZERO(4, columns)
#    undef NONZERO_COLUMNS_TABLE
#    define NONZERO_COLUMNS_TABLE                                                                  \
        nonzero_columns_1, nonzero_columns_2, nonzero_columns_3, nonzero_columns_4
#endif

#ifndef BF16_PRODUCT
#    define BF16_ONLY false
#    define BF16_NATIVE false, NULL, NULL
#    define BF16_PRODUCT bf16_product, NULL
#endif
#ifndef BF16_COMPACT
#    define BF16_COMPACT NULL, NULL
#endif

#define KERNEL(isa, cpu, has_fma)                                                                  \
    const struct kernel kernel_##isa = {                                                           \
        .name = #isa,                                                                              \
        .needs = (cpu),                                                                            \
        .fma = (has_fma),                                                                          \
        .panels = TILE_PANELS,                                                                     \
        .product = {PRODUCT_TABLE(rows), PRODUCT_TABLE(columns)},                                  \
        .nonzero_panels = {NONZERO_PANELS, NONZERO_COLUMNS_PANELS},                                \
        .product_nonzero = {{NONZERO_ROWS_TABLE}, {NONZERO_COLUMNS_TABLE}},                        \
        .nonzeros = nonzeros,                                                                      \
        .product_one = product_one,                                                                \
        .activation = {activate_relu, activate_leaky_relu, activate_gelu, activate_tanh,           \
                       activate_sigmoid},                                                          \
        .relu_gradient = relu_gradient,                                                            \
        .slope_gradient = slope_gradient,                                                          \
        .dropout = dropout,                                                                        \
        .softmax_gradient = softmax_gradient,                                                      \
        .softmax = softmax,                                                                        \
        .transpose = transpose,                                                                    \
        .column_sums = column_sums,                                                                \
        .update = {update_sgd, update_momentum, update_nesterov, update_adamw},                    \
        .average = average,                                                                        \
        .squares = squares,                                                                        \
        .from_bytes = from_bytes,                                                                  \
        .only_bf16 = BF16_ONLY,                                                                    \
        .bf16 = {BF16_NATIVE, BF16_PRODUCT, bf16_pack, bf16_transpose, bf16_pack_lines,            \
                 BF16_SELECT, BF16_COMPACT, bf16_turn, bf16_scale, bf16_pack_relu, bf16_sums},     \
        .unite = unite,                                                                            \
        .warp = warp,                                                                              \
    }

#endif
