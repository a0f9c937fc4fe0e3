/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Somebody at a pseudo-terminal, for the scripts of the boot tests: `inpty COMMAND ...` runs the command there and
 * reads from its input what is to be done: `> text` types a line, `^ C` a control character, `< text` waits for the
 * text in what the terminal shows, `= ROWS COLUMNS` gives it a size. It says what it saw, and how the command ended.
 */
#include <poll.h>
#include <pty.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 15000

static char shown[65536]; /* what the terminal showed and nobody waited for */
static size_t used;
static int master;

/* True when there was something more; false after `ms` without, or at the end. */
static bool show_more(int ms)
{
    struct pollfd entry = {master, POLLIN, 0};
    if (used == sizeof(shown) - 1 || poll(&entry, 1, ms) != 1)
        return false;
    ssize_t part = read(master, shown + used, sizeof(shown) - 1 - used);
    if (part <= 0)
        return false;
    used += (size_t)part;
    shown[used] = '\0';
    return true;
}

static bool wait_for(const char *text)
{
    for (;;) {
        char *found = strstr(shown, text);
        if (found) {
            size_t end = (size_t)(found - shown) + strlen(text);
            memmove(shown, shown + end, used - end + 1);
            used -= end;
            return true;
        }
        if (!show_more(PATIENCE_MS))
            return false;
    }
}

static void type(const char *text, size_t bytes)
{
    if (write(master, text, bytes) != (ssize_t)bytes)
        perror("inpty: write");
}

static void set_size(const char *text)
{
    struct winsize size = {0};
    if (sscanf(text, "%hu %hu", &size.ws_row, &size.ws_col) != 2 || ioctl(master, TIOCSWINSZ, &size))
        perror("inpty: size");
}

/* One line of what is to be done: false when it did not come true. */
static bool obey(char *line)
{
    const char *text = line + 2;
    size_t length = strlen(text);
    switch (line[0]) {
    case '>':
        type(text, length);
        type("\r", 1);
        return true;
    case '^':
        type(&(char){(char)(text[0] & 31)}, 1);
        return true;
    case '=':
        set_size(text);
        return true;
    default:
        if (!wait_for(text)) {
            printf("did not see '%s' but '%s'\n", text, shown);
            return false;
        }
        printf("saw '%s'\n", text);
        return true;
    }
}

int main(int count, char **arguments)
{
    char line[256];
    int status = 0;
    pid_t child = count > 1 ? forkpty(&master, NULL, NULL, NULL) : -1;

    if (child == 0) {
        execvp(arguments[1], arguments + 1);
        _exit(127);
    }
    if (child < 0) {
        perror("inpty");
        return 2;
    }
    bool well = true;
    while (well && fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\n")] = '\0';
        well = strlen(line) < 2 || obey(line);
    }
    while (well && show_more(PATIENCE_MS))
        used = 0;
    close(master);
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status))
        printf("ended by signal %d\n", WTERMSIG(status));
    else
        printf("status %d\n", WEXITSTATUS(status));
    return well ? 0 : 1;
}
