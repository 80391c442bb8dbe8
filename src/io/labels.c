/* labels.c - labels are bytes of any value; a network wants 0..C-1. */
#include "io/labels.h"

#include "base/error.h"

/* Subtracts the base; the first label that is not in base..base+n_classes-1 is an error. */
static enum mlp_status rebase(const struct io_idx *idx, uint8_t *labels, uint32_t base,
                              uint32_t n_classes, struct mlp_error *error)
{
    for (uint32_t i = 0; i < idx->n_items; i++) {
        uint32_t label = labels[i];
        if (label < base || label - base >= n_classes) {
            io_idx_fail(idx, idx->header_bytes + i, error, "label %u", label);
            error_wanted(error, "%u to %u", base, base + n_classes - 1);
            return MLP_E_DATA;
        }
        labels[i] = (uint8_t)(label - base);
    }
    return MLP_OK;
}

/* Each class must have a sample: one that has none is more often a wrong base or a damaged label
 * than intended. */
static enum mlp_status check_all_occur(const struct io_idx *idx, const uint8_t *labels,
                                       uint32_t base, uint32_t n_classes, struct mlp_error *error)
{
    bool occurs[256] = {false};
    for (uint32_t i = 0; i < idx->n_items; i++)
        occurs[labels[i]] = true;
    for (uint32_t c = 0; c < n_classes; c++) {
        if (occurs[c])
            continue;
        error_set(error, MLP_E_DATA, idx->source.path, -1);
        error_found(error, "no sample of class %u, though labels go up to %u", base + c,
                    base + n_classes - 1);
        error_wanted(error, "a sample of each class");
        if (c == 0 && base == 0)
            error_hint(error,
                       "if labels count from 1 say --label-base 1; if the gap is meant, "
                       "--classes %u",
                       n_classes);
        else
            error_hint(error, "if the gap is meant say --classes %u", n_classes);
        return MLP_E_DATA;
    }
    return MLP_OK;
}

enum mlp_status io_labels_train(const struct io_idx *idx, uint8_t *labels,
                                const struct mlp_label_options *options, uint32_t *n_classes,
                                struct mlp_error *error)
{
    uint32_t base = options->label_base, n = options->n_classes;
    for (uint32_t i = 0; options->n_classes == 0 && i < idx->n_items; i++)
        if (labels[i] >= base && labels[i] - base >= n)
            n = labels[i] - base + 1;
    if (n == 0)
        n = 1; /* all labels lie below the base: let rebase say so */
    enum mlp_status status = rebase(idx, labels, base, n, error);
    if (status != MLP_OK) {
        if (options->n_classes > 0)
            error_hint(error, "that is what --classes %u asks for", n);
        else
            error_hint(error, "--label-base %u must not exceed the smallest label", base);
        return status;
    }
    if (options->n_classes == 0)
        status = check_all_occur(idx, labels, base, n, error);
    if (status == MLP_OK)
        *n_classes = n;
    return status;
}

enum mlp_status io_labels_test(const struct io_idx *idx, uint8_t *labels,
                               const struct mlp_label_options *options, uint32_t n_classes,
                               struct mlp_error *error)
{
    enum mlp_status status = rebase(idx, labels, options->label_base, n_classes, error);
    if (status != MLP_OK)
        error_hint(error, "the training set has %u classes; say --classes N if there are more",
                   n_classes);
    return status;
}
