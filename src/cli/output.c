#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int output_errno; /* of the first write that failed; 0: none did */

void cli_output_init(void)
{
    /* Where a standard stream is closed, the next open would get its number, and what is printed
     * would go into a file of weights. Opened the wrong way round, it fails as a closed one does.
     */
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) == -1)
            (void)!open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
}

static void remember_failure(void)
{
    if (output_errno == 0)
        output_errno = errno != 0 ? errno : EIO;
}

void cli_say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    errno = 0;
    if (vprintf(format, arguments) < 0)
        remember_failure();
    va_end(arguments);
}

void cli_warn(const char *format, ...)
{
    char text[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    cli_printable(text);
    errno = 0;
    if (fflush(stdout) != 0) /* keeps the order where both go to one place */
        remember_failure();
    fprintf(stderr, "mlp: %s\n", text);
}

int cli_exit_code(enum mlp_status status)
{
    return status <= MLP_E_OUTPUT ? (int)status : (int)MLP_E_INTERNAL;
}

int cli_fail(const struct mlp_error *error)
{
    char text[2560];
    mlp_error_format(error, text, sizeof text);
    cli_warn("%s", text);
    return cli_exit_code(error->status);
}

int cli_output_finish(int code)
{
    errno = 0;
    if (fflush(stdout) != 0)
        remember_failure();
    if (fclose(stdout) != 0 && errno != EBADF) /* some file systems report only now */
        remember_failure();
    if (output_errno == 0 || (output_errno == EPIPE && code != 0)) /* nobody reads: said before */
        return code;
    fprintf(stderr, "mlp: cannot write to standard output: %s\n", strerror(output_errno));
    return code == 0 ? (int)MLP_E_OUTPUT : code;
}

static bool dumb(void)
{
    const char *term = getenv("TERM");
    return term == NULL || term[0] == '\0' || strcmp(term, "dumb") == 0;
}

const char *cli_colour(enum cli_colour colour)
{
    static const char *const codes[] = {"\033[0m",  "\033[1m",  "\033[2m",
                                        "\033[32m", "\033[33m", "\033[31m"};
    const char *no_color = getenv("NO_COLOR"); /* https://no-color.org: set and not empty */
    if ((no_color != NULL && no_color[0] != '\0') || dumb() || !isatty(STDOUT_FILENO))
        return "";
    return codes[colour];
}

bool cli_terminal(void)
{
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

bool cli_live(void)
{
    return isatty(STDOUT_FILENO) && !dumb();
}

int cli_columns(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}

void cli_say_path(const char *path)
{
    char *whole = realpath(path, NULL);
    cli_say("%s\n", whole == NULL ? path : whole);
    free(whole);
}

void cli_printable(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = '?';
}

void cli_grouped(uint64_t n, char text[32])
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, n);
    char *to = text;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            *to++ = ',';
        *to++ = digits[i];
    }
    *to = '\0';
}
