/* recipe.h - the command that makes the same weights again. */
#ifndef CLI_RECIPE_H
#define CLI_RECIPE_H

#include "cli/job.h"

/* cli_recipe - its options, without a folder of data, whose place says nothing (the fingerprint
 *              does). Options that no longer fit into size are left out, and " ..." says so. A run
 * that was stopped and cannot be cut short says so in a shell's comment. */
void cli_recipe(const struct cli_job *job, uint32_t n_epochs, char *text, size_t size);

/* cli_command_line - all of it, ready for a shell: "mlp train --data /home/me/mnist --epochs 12".
 */
void cli_command_line(const struct cli_job *job, char *text, size_t size);

/* cli_resume_line - the command that goes on with the training that was interrupted and left its
 * state in model. data is its folder, or NULL if it need not be named. */
void cli_resume_line(const char *model, const char *data, char *text, size_t size);

/* cli_recipe_split - the words of a recipe, as a shell would see them, up to a comment.
 * words      room for strlen(recipe) + 1 characters, into which argv points
 * Returns    how many there are; 0 if there are none, more than n_room, or some were left out */
int cli_recipe_split(const char *recipe, char *words, char **argv, int n_room);

/* cli_recipe_describe - "nesterov 0.9 at rate 0.1 (cosine) after 1 epochs of warm-up". */
void cli_recipe_describe(const struct cli_options *options, char *text, size_t size);

#endif
