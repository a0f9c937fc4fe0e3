/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A terminal's state and what its parts ask of one another: tty.c, tty_session.c, tty_ioctl.c, and pty.c, whose slaves
 * are terminals too.
 */
#ifndef FS_TTY_INTERNAL_H
#define FS_TTY_INTERNAL_H

#include "fs/file.h"
#include "fs/line_discipline.h"
#include "kernel/wait.h"

#define TTY_MAJOR        4
#define TTY_SERIAL_MINOR 64

#define TTY_TCXONC    0x540au
#define TTY_TIOCSPGRP 0x5410u

struct tty_port;

/* struct winsize */
struct abi_winsize {
    uint16_t rows, columns, width, height;
};
_Static_assert(sizeof(struct abi_winsize) == 8, "struct winsize");

struct tty {
    struct line_discipline line;
    struct tty_port *port;
    struct wait_queue read_queue, write_queue;
    uint64_t number;      /* of the device */
    int session_id;       /* whose controlling terminal it is, or 0 */
    int foreground_group; /* or 0 */
    struct abi_winsize size;
    uint32_t input_speed, output_speed; /* where the settings name them by number (BOTHER) */
    bool exclusive[2];                  /* TIOCEXCL, by the line's end and by a pty's master */
};

/* A fresh terminal without a port. */
void tty_start(struct tty *tty, uint64_t number);

/* file_operations of whatever has a terminal as its context. */
long tty_read(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position);
long tty_write(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position);
long tty_ioctl(struct file *file, uint32_t request, uint64_t argument);
void tty_poll(struct file *file, struct file_poll *poll);

/* The ioctls of settings; -ENOTTY: another request. */
long tty_settings(struct tty *tty, uint32_t request, uint64_t argument);

/* What belongs together has been written. */
void tty_output_end(struct tty *tty);

/* What was typed and not read is forgotten. */
void tty_flush_input(struct tty *tty);

/* May the running process open it by name? 0, or -EBUSY (TIOCEXCL). */
int tty_may_open(const struct tty *tty);

/* The ioctls that both ends of a pty have; `master` where that one asks. */
long tty_ioctl_end(struct tty *tty, uint32_t request, uint64_t argument, bool master);

/*
 * Job control: may the running process read (SIGTTIN), write or change settings (SIGTTOU)? 0; -EIO; or -ERESTARTSYS
 * after its group was sent the signal.
 */
int tty_background(struct tty *tty, int signal);

/* To the group in the foreground, if there is one. */
void tty_signal_foreground(const struct tty *tty, int signal);

/* It was opened with these flags: it becomes the controlling one of a session leader that has none. */
void tty_session_opened(struct tty *tty, uint32_t flags);

/* TIOCSCTTY, TIOCNOTTY, TIOCSPGRP; and TIOCGPGRP and TIOCGSID, which only a pty's master may ask from outside. */
long tty_session_acquire(struct tty *tty, bool steal);
long tty_session_give_up(struct tty *tty);
long tty_session_set_foreground(struct tty *tty, uint64_t argument);
long tty_session_number(const struct tty *tty, uint64_t argument, int32_t number, bool master);

/* Its line is gone: the session loses it, its leader gets SIGHUP and SIGCONT. */
void tty_session_hang_up(struct tty *tty);

#endif
