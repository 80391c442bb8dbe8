/* checkpoint.h - the members of an .npz with which an interrupted training goes on.
 *
 *   resume_step, resume_n_correct                            uint64
 *   resume_epoch, resume_n_epochs, resume_best_epoch         int64
 *   resume_loss_sum, resume_best_loss, resume_best_accuracy  float64
 *   resume_weights, resume_average, resume_m, resume_v  float32 (parameters): W1 in C order, b1,
 *                                                    W2, b2, ...; those that are needed
 *   resume_arrays                                            int64: which, a bit for each
 */
#ifndef IO_CHECKPOINT_H
#define IO_CHECKPOINT_H

#include "io/zip_read.h"
#include "io/zip_write.h"

/* io_checkpoint_write - adds all of them. */
enum mlp_status io_checkpoint_write(struct io_zip_writer *writer,
                                    const struct mlp_checkpoint *checkpoint,
                                    struct mlp_error *error) MLP_MUST_USE;

/* io_checkpoint_read - for a model with so many parameters; *checkpoint is NULL where the archive
 *                      has no resume_step.
 * Owner    the caller frees *checkpoint with mlp_checkpoint_free
 * Returns  MLP_OK; MLP_E_MODEL if a member is damaged; MLP_E_MEMORY */
enum mlp_status io_checkpoint_read(struct io_zip *zip, uint64_t n_parameters,
                                   struct mlp_checkpoint **checkpoint,
                                   struct mlp_error *error) MLP_MUST_USE;

#endif
