/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A pty's two ends, for the tests of terminals: made, waited for, read. Linux hands bytes from end to end by a thread
 * of its own, so that everything is waited for.
 */
#ifndef ABI_PAIR_H
#define ABI_PAIR_H

#include <string.h>
#include <sys/types.h>
#include <termios.h>
#include <unistd.h>

struct pair {
    int master, slave;
    char name[32];
};

extern char terminal_text[8192];

void make_pair(struct pair *pair);
void close_pair(const struct pair *pair);

/* The events that are there within `ms`. */
int ready(int file, short events, int ms);

/* Reads until `bytes` are there or nothing has come for ten seconds. */
const char *take(int file, size_t bytes);

void set_local(int file, tcflag_t clear, tcflag_t set);

#define TYPE(file, text)  (write((file), (text), sizeof(text) - 1) == sizeof(text) - 1)
#define TAKES(file, text) (strcmp(take((file), sizeof(text) - 1), (text)) == 0)
#define NOTHING_IN(file)  (!(ready((file), POLLIN, 20) & POLLIN))

#endif
