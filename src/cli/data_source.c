#include "cli/data_source.h"

#include "cli/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As many as MNIST has. The digits' own seed is fixed: --seed shall change the training, not what
 * is learnt. */
enum { BUILTIN_TRAIN = 60000, BUILTIN_TEST = 10000, BUILTIN_SEED = 1 };

/* The folder to read, NULL for built-in digits, and who chose it. */
static const char *choose(const struct cli_options *options, enum cli_source *source)
{
    const char *folder = options->data;
    *source = CLI_SOURCE_OPTION;
    if (folder == NULL) {
        folder = getenv("MNIST_DIR");
        *source = CLI_SOURCE_ENVIRONMENT;
        if (folder != NULL && folder[0] == '\0')
            folder = NULL;
    }
    if (folder == NULL && mlp_dataset_present("data")) {
        folder = "data";
        *source = CLI_SOURCE_FOLDER;
    }
    if (folder != NULL && strcmp(folder, "builtin") != 0)
        return folder;
    *source = CLI_SOURCE_BUILTIN;
    return NULL;
}

enum mlp_status cli_data_read(struct mlp_dataset *dataset, enum cli_source *source,
                              const struct cli_options *options,
                              const struct mlp_label_options *labels, int n_threads,
                              struct mlp_error *error)
{
    const char *folder = choose(options, source);
    if (folder != NULL)
        return mlp_dataset_read(dataset, folder, labels, error);
    return mlp_dataset_builtin(dataset, BUILTIN_SEED, BUILTIN_TRAIN, BUILTIN_TEST, n_threads,
                               error);
}

const char *cli_source_text(enum cli_source source)
{
    static const char *const texts[] = {"from --data", "from $MNIST_DIR", "in data/",
                                        "drawn by the program"};
    return texts[source];
}

void cli_data_notice(enum cli_source source, bool quiet)
{
    static const char *const lines[] = {
        "These are BUILT-IN digits, drawn by the program; this is not MNIST.",
        "For MNIST: `make data` downloads it into data/; or name a folder that",
        "has its four files, with --data DIR or MNIST_DIR=DIR.",
    };
    if (source != CLI_SOURCE_BUILTIN)
        return;
    if (!quiet)
        cli_say("\n");
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        if (quiet)
            fprintf(stderr, "! %s\n", lines[i]);
        else
            cli_say("%s  ! %s%s\n", cli_colour(CLI_YELLOW), lines[i], cli_colour(CLI_PLAIN));
    }
}
