/* metadata.h - the members of an .npz that say where its weights come from.
 *
 * Each is an array without dimensions, so that np.load gives it as a number or a string:
 *
 *   format_version  int64    1
 *   activation      str      "relu" or another of mlp_activation_name
 *   input_scale     float64  1/255: the network's input is pixel * input_scale
 *   seed            uint64
 *   data_fingerprint uint64  of the data set, test images included; 0 if unknown
 *   dataset, recipe str
 *   n_rows, n_cols  int64    of the images, 0 if unknown
 *   label_base      int64    what class 0 is called
 *   train_accuracy, test_accuracy, validation_accuracy  float64, 0..1, negative if unknown
 *   n_test          int64    test images of the data set, 0 if unknown
 *   mlp_version     str      the program that wrote it; not read
 */
#ifndef IO_METADATA_H
#define IO_METADATA_H

#include "io/zip_read.h"
#include "io/zip_write.h"

/* io_metadata_write - adds all of them. */
enum mlp_status io_metadata_write(struct io_zip_writer *writer, const struct mlp_metadata *metadata,
                                  struct mlp_error *error) MLP_MUST_USE;

/* io_metadata_read - present is false without format_version; other members may lack and are then
 *                    unknown.
 * Returns  MLP_OK; MLP_E_MODEL if a member is damaged, or asks for what this version cannot do */
enum mlp_status io_metadata_read(struct io_zip *zip, struct mlp_metadata *metadata,
                                 struct mlp_error *error) MLP_MUST_USE;

/* io_metadata_has - whether the archive has a format_version, and so is one of ours. */
bool io_metadata_has(const struct io_zip *zip);

#endif
