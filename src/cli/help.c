#include "cli/help.h"

#include "cli/idle.h"
#include "cli/output.h"
#include "cli/presets.h"
#include "cli/value.h"

#include <string.h>

void cli_usage(FILE *stream)
{
    fprintf(stream,
            "Usage: mlp COMMAND [OPTION]...   (commands: run train eval predict augment info "
            "tune gradcheck)\n"
            "       mlp --help\n");
}

static void section(const char *title)
{
    cli_say("\n%s%s%s\n", cli_colour(CLI_BOLD), title, cli_colour(CLI_PLAIN));
}

void cli_help(void)
{
    cli_say("mlp %s - trains a fully connected network on images of digits, and uses it\n\n",
            MLP_VERSION);
    cli_say("Usage: mlp COMMAND [OPTION]...\n"
            "       mlp                       on a terminal: asks whether to train\n"
            "       mlp COMMAND --help        the options of a command\n"
            "       mlp --help, --version\n");
    section("Commands");
    for (size_t i = 0; cli_command_at(i) != NULL; i++)
        cli_say("  %-10s%s\n", cli_command_at(i)->name, cli_command_at(i)->summary);
    section("Data, the first that is there");
    cli_say("  --data DIR, $MNIST_DIR, data/, digits that the program draws itself.\n"
            "  A folder that was named but is missing or damaged is an error.\n");
    section("Exit codes");
    cli_say("  0  done                          4  weights missing, damaged or unfit\n"
            "  1  internal, or out of memory    5  training diverged\n"
            "  2  wrong usage                   6  output could not be written\n"
            "  3  data missing or damaged       128+n  stopped by signal n (Ctrl-C: 130)\n");
    section("Environment");
    cli_say("  MNIST_DIR         folder of the data\n"
            "  OMP_NUM_THREADS   threads, where --threads does not say\n"
            "  MLP_CPU_DISABLE   CPU features to do without: amx,avx512,avx2,fma\n"
            "  NO_COLOR          no colours\n");
}

/* "--epochs N" and what it does; below, dimmed, its range and default. */
static void help_option(const struct cli_option *option, const struct cli_options *defaults)
{
    char name[64], value[128], wanted[256];
    snprintf(name, sizeof name, "--%s %s", option->name,
             option->argument == NULL     ? ""
             : option->kind == CLI_CHOICE ? "NAME"
                                          : option->argument);
    cli_say("  %-24s%s\n", name, option->help);
    if (option->kind == CLI_FLAG)
        return;
    if (option->otherwise != NULL)
        snprintf(value, sizeof value, "%s", option->otherwise);
    else
        cli_value_format(option, defaults, value, sizeof value);
    cli_value_wanted(option, wanted, sizeof wanted);
    bool range = option->kind != CLI_TEXT;
    cli_say("  %-24s%s%s%sdefault %s%s\n", "", cli_colour(CLI_DIM), range ? wanted : "",
            range ? "; " : "", value, cli_colour(CLI_PLAIN));
}

/* Words as many to a line as fit into 80 columns, each line after `indent` blanks. */
static void wrapped(const char *text, int indent)
{
    int column = 0;
    for (size_t length; *text != '\0'; text += length) {
        text += strspn(text, " ");
        length = strcspn(text, " ");
        /* An option and its value are not torn apart. */
        if (strncmp(text, "--", 2) == 0 && text[length] == ' ' && text[length + 1] != '-')
            length += 1 + strcspn(text + length + 1, " ");
        if (column == 0 || column + 1 + (int)length > 80) {
            cli_say("%s%*s", column == 0 ? "" : "\n", indent, "");
            column = indent;
        } else {
            cli_say(" ");
            column++;
        }
        cli_say("%.*s", (int)length, text);
        column += (int)length;
    }
    cli_say("\n");
}

static void help_presets(void)
{
    section("Presets");
    for (size_t i = 0; cli_preset_at(i) != NULL; i++) {
        const struct cli_preset *preset = cli_preset_at(i);
        cli_say("  %-10s%s%s", preset->name, preset->summary, cli_colour(CLI_DIM));
        cli_say("\n");
        wrapped(preset->options, 12);
        cli_say("%s", cli_colour(CLI_PLAIN));
    }
}

static void help_idle(const struct cli_command *command)
{
    const char *option, *beside;
    for (size_t i = 0; cli_idle_at(command->bit, i, &option, &beside); i++) {
        if (i == 0)
            section("Refused, since it would do nothing");
        cli_say("  --%s %s\n", option, beside);
    }
}

void cli_help_command(const struct cli_command *command)
{
    struct cli_options defaults = cli_options_default(command->bit);
    cli_say("Usage: mlp %s [OPTION]...\n\n%s.\n\n", command->name, command->summary);
    for (size_t i = 0; cli_option_at(i) != NULL; i++)
        if ((cli_option_at(i)->commands & command->bit) != 0)
            help_option(cli_option_at(i), &defaults);
    help_idle(command);
    if ((command->bit & (CLI_RUN | CLI_TRAIN | CLI_TUNE)) != 0)
        help_presets();
}
