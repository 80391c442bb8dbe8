/* labels.h - turns the labels of files into classes 0..C-1. */
#ifndef IO_LABELS_H
#define IO_LABELS_H

#include "io/idx.h"

/* io_labels_train - finds the number of classes (unless options say it), checks that each label is
 *                   one of them, and without options->n_classes that each occurs; subtracts
 *                   options->label_base.
 * Returns  MLP_OK; MLP_E_DATA naming the file of idx and the label's byte */
enum mlp_status io_labels_train(const struct io_idx *idx, uint8_t *labels,
                                const struct mlp_label_options *options, uint32_t *n_classes,
                                struct mlp_error *error) MLP_MUST_USE;

/* io_labels_test - the same for the test set, whose labels must be among the n_classes; it need not
 *                  have them all. */
enum mlp_status io_labels_test(const struct io_idx *idx, uint8_t *labels,
                               const struct mlp_label_options *options, uint32_t n_classes,
                               struct mlp_error *error) MLP_MUST_USE;

#endif
