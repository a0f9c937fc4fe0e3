/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The terminal on the first serial port: /dev/ttyS0, /dev/console, and /dev/tty for the process whose controlling
 * terminal it is. The UART's driver attaches a port for output and hands in what arrives.
 */
#ifndef FS_TTY_H
#define FS_TTY_H

#include <stddef.h>
#include <stdint.h>

struct process;
struct tty;

/* Output of a driver; does not sleep, callable from interrupt context (echo). */
struct tty_port {
    void (*write)(struct tty_port *port, const char *bytes, size_t count);
    void (*end)(struct tty_port *port); /* what belongs together has been written; may be NULL */
};

/* The one terminal; works (without output) before a port is attached. */
struct tty *tty_serial(void);

void tty_attach(struct tty *tty, struct tty_port *port);

/* Typed bytes; callable from interrupt context. */
void tty_input(struct tty *tty, const uint8_t *bytes, size_t count);

/* A session leader ends: its terminal loses the session, whose foreground group gets SIGHUP and SIGCONT. Called by
 * exit for every process that has a terminal and leads its session. */
void tty_leader_exit(struct process *leader);

/* For /proc/PID/stat: the device number, and the foreground group (-1 for a process without a terminal). */
uint64_t tty_number(const struct tty *tty);
int tty_foreground_group(const struct tty *tty);

/* Registers tty, console and ttyS0. */
void tty_devices_register(void);

#endif
