/* main.c - finds the command, reads its options, runs it. */
#include "cli/command.h"
#include "cli/help.h"
#include "cli/output.h"
#include "cli/suggest.h"

#include <signal.h>
#include <string.h>

static int unknown_command(const char *word)
{
    const char *bare = word + strspn(word, "-");
    struct cli_suggestion command = {.typed = bare}, option = {.typed = bare};
    for (size_t i = 0; cli_command_at(i) != NULL; i++)
        cli_suggest_offer(&command, cli_command_at(i)->name);
    for (size_t i = 0; cli_option_at(i) != NULL; i++)
        cli_suggest_offer(&option, cli_option_at(i)->name);
    cli_suggest_offer(&option, "version");
    if (word[0] == '-' && option.best != NULL && option.distance == 0)
        cli_warn("the command comes first, as in: mlp run %s", word);
    else if (command.best != NULL)
        cli_warn("unknown command '%s'; did you mean `mlp %s`?", word, command.best);
    else if (option.best != NULL)
        cli_warn("unknown command '%s'; did you mean --%s?", word, option.best);
    else
        cli_warn("unknown command '%s'", word);
    cli_usage(stderr);
    return MLP_E_USAGE;
}

static int run_command(int argc, char **argv)
{
    if (argc <= 1)
        return cli_dialogue();
    if (strcmp(argv[1], "--help") == 0) {
        cli_help();
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        cli_say("mlp %s\n", MLP_VERSION);
        return 0;
    }
    const struct cli_command *command = cli_command_find(argv[1]);
    if (command == NULL)
        return unknown_command(argv[1]);
    struct cli_options options = cli_options_default(command->bit);
    if (cli_options_parse(&options, command->bit, argc - 1, argv + 1) != 0)
        return MLP_E_USAGE;
    if (options.help) {
        cli_help_command(command);
        return 0;
    }
    return command->run(&options);
}

int main(int argc, char **argv)
{
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error with a message, not a death */
    cli_output_init();
    return cli_output_finish(run_command(argc, argv));
}
