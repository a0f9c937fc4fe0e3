/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Terminals: the one on the first serial port is /dev/ttyS0 and /dev/console, others are the slaves of ptys (fs/pty.h);
 * /dev/tty is that of the process that opens it. A port takes the output and hands in what arrives.
 */
#ifndef FS_TTY_H
#define FS_TTY_H

#include <stddef.h>
#include <stdint.h>

struct file;
struct process;
struct tty;
struct abi_termios;

/* Events, by the bits that TIOCPKT tells them with. */
#define TTY_EVENT_FLUSH_READ  1u
#define TTY_EVENT_FLUSH_WRITE 2u
#define TTY_EVENT_STOP        4u
#define TTY_EVENT_START       8u

/* Output of a driver; does not sleep, callable from interrupt context (echo). */
struct tty_port {
    void (*write)(struct tty_port *port, const char *bytes, size_t count);
    void (*end)(struct tty_port *port); /* what belongs together has been written; may be NULL */

    /* Of what is not a line but a pty's master; NULL on a line. */
    size_t (*room)(const struct tty_port *port);           /* bytes that it takes now */
    void (*taken)(struct tty_port *port);                  /* of what was typed some was read */
    void (*flush)(struct tty_port *port);                  /* output that the other end has not read is dropped */
    int (*open)(struct tty_port *port, struct file *file); /* by the name /dev/tty: 0 or -errno */
    void (*event)(struct tty_port *port, uint8_t event);   /* TTY_EVENT_* has happened */
    void (*settings)(struct tty_port *port, struct abi_termios *termios); /* are about to change to these */
};

/* The serial terminal; works (without output) before a port is attached. */
struct tty *tty_serial(void);

void tty_attach(struct tty *tty, struct tty_port *port);

/* Typed bytes; callable from interrupt context. */
void tty_input(struct tty *tty, const uint8_t *bytes, size_t count);

/* A session leader ends: its terminal loses the session, whose foreground group gets SIGHUP and SIGCONT. Called by
 * exit for every leader of a session that has a terminal, or had one until its line was gone. */
void tty_leader_exit(struct process *leader);

/* For /proc/PID/stat: the device number, and the foreground group (-1 for a process without a terminal). */
uint64_t tty_number(const struct tty *tty);
int tty_foreground_group(const struct tty *tty);

/* Registers tty, console and ttyS0. */
void tty_devices_register(void);

#endif
