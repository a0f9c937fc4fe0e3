/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ends of a pty, for the tests of terminals (abi_terminals.c, abi_lines.c).
 */
#include "abi_pair.h"

#include "abi.h"
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>

char terminal_text[8192];

void make_pair(struct pair *pair)
{
    int number = -1, unlock = 0;
    pair->master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
    ioctl(pair->master, TIOCGPTN, &number);
    ioctl(pair->master, TIOCSPTLCK, &unlock);
    snprintf(pair->name, sizeof(pair->name), "/dev/pts/%d", number);
    pair->slave = open(pair->name, O_RDWR | O_NOCTTY);
}

void close_pair(const struct pair *pair)
{
    close(pair->slave);
    close(pair->master);
}

int ready(int file, short events, int ms)
{
    struct pollfd entry = {file, events, 0};
    int found;
    do
        found = poll(&entry, 1, ms);
    while (found == -1 && errno == EINTR);
    return found == 1 ? entry.revents : 0;
}

const char *take(int file, size_t bytes)
{
    size_t done = 0;
    while (done < bytes && (ready(file, POLLIN, 10000) & POLLIN)) {
        ssize_t part = read(file, terminal_text + done, bytes - done);
        if (part <= 0)
            break;
        done += (size_t)part;
    }
    terminal_text[done] = '\0';
    return terminal_text;
}

void set_local(int file, tcflag_t clear, tcflag_t set)
{
    struct termios settings;
    tcgetattr(file, &settings);
    settings.c_lflag = (settings.c_lflag & ~clear) | set;
    tcsetattr(file, TCSANOW, &settings);
}
