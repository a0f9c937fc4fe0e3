/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The terminal's state, shared by tty.c and tty_ioctl.c only.
 */
#ifndef FS_TTY_INTERNAL_H
#define FS_TTY_INTERNAL_H

#include "fs/file.h"
#include "fs/line_discipline.h"
#include "kernel/wait.h"

#define TTY_MAJOR        4
#define TTY_SERIAL_MINOR 64

struct tty_port;

/* struct winsize */
struct abi_winsize {
    uint16_t rows, columns, width, height;
};
_Static_assert(sizeof(struct abi_winsize) == 8, "struct winsize");

struct tty {
    struct line_discipline line;
    struct tty_port *port;
    struct wait_queue read_queue;
    int session_id;       /* whose controlling terminal it is, or 0 */
    int foreground_group; /* or 0 */
    struct abi_winsize size;
    bool hung_up;
};

/*
 * Job control: may the running process read (SIGTTIN), write or change settings (SIGTTOU)? 0; -EIO; or -ERESTARTSYS
 * after its group was sent the signal.
 */
int tty_background(struct tty *tty, int signal);

/* Makes it the controlling terminal of the running process's session. */
void tty_control(struct tty *tty);

long tty_ioctl(struct file *file, uint32_t request, uint64_t argument);

#endif
