/* cli_folder.h - the folder in which the command line is tested: a small data set in set/, and
 * out/. */
#ifndef TESTS_CLI_FOLDER_H
#define TESTS_CLI_FOLDER_H

#include "cli_process.h"
#include "idx_files.h"

/* A training that takes milliseconds. */
#define SMALL                                                                                      \
    "\"$mlp\" train --data set --preset classic --layers 16 --epochs 3 --batch 128 --lr 0.1 "      \
    "--seed 7 "

extern char cli_folder[64];
extern const struct idx_set cli_set; /* 300 + 100 images, 8x8, 4 classes */

/* cli_folder_new, cli_folder_remove - a fixture. */
void cli_folder_new(void);
void cli_folder_remove(void);

/* cli_ends - runs a shell command there and holds it to its exit code; the caller frees. */
struct cli_result cli_ends(int code, const char *command);

/* cli_done - it ends with 0. */
void cli_done(const char *command);

/* cli_repeats - what `mlp info` calls "repeat" makes the file of a small training with these
 * options again. */
void cli_repeats(const char *options);

/* cli_refused - it ends with this code and message, and says nothing of a training begun. */
void cli_refused(const char *command, int code, const char *message);

/* cli_ends_with_picture - the last line is the absolute path of folder/name, a PNG. */
void cli_ends_with_picture(const char *out, const char *name);

#endif
