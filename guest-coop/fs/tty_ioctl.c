/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ioctl_tty(2): settings, window size, job control; of the serial terminal, and of a pty by either of its ends.
 */
#include "fs/tty_internal.h"

#include "fs/linux_abi.h"
#include "fs/tty.h"
#include "kernel/capability.h"
#include "kernel/errno.h"
#include "kernel/process.h"
#include "memory/user_copy.h"

#define TTY_TCGETS     0x5401u
#define TTY_TCSETS     0x5402u
#define TTY_TCSETSW    0x5403u
#define TTY_TCSETSF    0x5404u
#define TTY_TCSBRK     0x5409u
#define TTY_TCXONC     0x540au
#define TTY_TCFLSH     0x540bu
#define TTY_TIOCSCTTY  0x540eu
#define TTY_TIOCGPGRP  0x540fu
#define TTY_TIOCOUTQ   0x5411u
#define TTY_TIOCSTI    0x5412u
#define TTY_TIOCGWINSZ 0x5413u
#define TTY_TIOCSWINSZ 0x5414u
#define TTY_FIONREAD   0x541bu
#define TTY_TIOCNOTTY  0x5422u
#define TTY_TIOCGETD   0x5424u
#define TTY_TCSBRKP    0x5425u
#define TTY_TIOCGSID   0x5429u
#define TTY_TIOCGDEV   0x80045432u

/* TCFLSH */
#define TTY_FLUSH_INPUT  0u
#define TTY_FLUSH_OUTPUT 1u /* nothing on a serial line, where output is synchronous */
#define TTY_FLUSH_BOTH   2u

static long tty_flush(struct tty *tty, uint64_t what)
{
    if (what > TTY_FLUSH_BOTH)
        return -EINVAL;
    if (what != TTY_FLUSH_OUTPUT) {
        line_flush(&tty->line);
        if (tty->port && tty->port->taken)
            tty->port->taken(tty->port);
    }
    if (what != TTY_FLUSH_INPUT && tty->port && tty->port->flush)
        tty->port->flush(tty->port);
    return 0;
}

static long tty_set(struct tty *tty, uint64_t argument, bool flush)
{
    struct abi_termios termios;
    int status = tty_background(tty, ABI_SIGTTOU);

    if (status)
        return status;
    if (user_copy_in(&termios, argument, sizeof(termios)))
        return -EFAULT;
    if (flush)
        tty_flush(tty, TTY_FLUSH_INPUT);
    line_set(&tty->line, &termios);
    wait_queue_wake(&tty->read_queue); /* the mode decides what can be read */
    return 0;
}

static long tty_set_size(struct tty *tty, uint64_t argument)
{
    struct abi_winsize size;

    if (user_copy_in(&size, argument, sizeof(size)))
        return -EFAULT;
    bool changed = size.rows != tty->size.rows || size.columns != tty->size.columns;
    tty->size = size;
    if (changed)
        tty_signal_foreground(tty, ABI_SIGWINCH);
    return 0;
}

/* TIOCSTI: as if it had been typed. */
static long tty_type(struct tty *tty, uint64_t argument)
{
    uint8_t byte;

    if (process_current()->terminal != tty && !capability_held(CAPABILITY_SYS_ADMIN))
        return -EPERM;
    if (user_copy_in(&byte, argument, sizeof(byte)))
        return -EFAULT;
    tty_input(tty, &byte, 1);
    return 0;
}

static long tty_count(uint64_t argument, int32_t count)
{
    return user_copy_out(argument, &count, sizeof(count));
}

/* What asks about the whole terminal, of either end of a pty; -ENOTTY: another request. */
static long tty_ioctl_session(struct tty *tty, uint32_t request, uint64_t argument, bool master)
{
    switch (request) {
    case TTY_TIOCSCTTY:
        return tty_session_acquire(tty, argument == 1);
    case TTY_TIOCNOTTY:
        return master ? -ENOTTY : tty_session_give_up(tty);
    case TTY_TIOCGPGRP:
        return tty_session_number(tty, argument, tty->foreground_group, master);
    case TTY_TIOCSPGRP:
        return tty_session_set_foreground(tty, argument);
    case TTY_TIOCGSID:
        if (master && !tty->session_id)
            return -ENOTTY;
        return tty_session_number(tty, argument, tty->session_id, master);
    case TTY_TIOCGWINSZ:
        return user_copy_out(argument, &tty->size, sizeof(tty->size));
    case TTY_TIOCSWINSZ:
        return tty_set_size(tty, argument);
    default:
        return -ENOTTY;
    }
}

long tty_ioctl_end(struct tty *tty, uint32_t request, uint64_t argument, bool master)
{
    uint32_t number = (uint32_t)tty->number;

    switch (request) {
    case TTY_TCGETS:
        return user_copy_out(argument, &tty->line.termios, sizeof(tty->line.termios));
    case TTY_TCSETS:
    case TTY_TCSETSW:
        return tty_set(tty, argument, false);
    case TTY_TCSETSF:
        return tty_set(tty, argument, true);
    case TTY_TCSBRK:
    case TTY_TCSBRKP:
    case TTY_TCXONC:
        return 0; /* output is out when write returns; there is no flow control */
    case TTY_TCFLSH:
        return tty_flush(tty, argument);
    case TTY_FIONREAD:
        return tty_count(argument, (int32_t)line_available(&tty->line));
    case TTY_TIOCOUTQ:
    case TTY_TIOCGETD: /* N_TTY */
        return tty_count(argument, 0);
    case TTY_TIOCGDEV:
        return user_copy_out(argument, &number, sizeof(number));
    case TTY_TIOCSTI:
        return tty_type(tty, argument);
    default:
        return tty_ioctl_session(tty, request, argument, master);
    }
}

long tty_ioctl(struct file *file, uint32_t request, uint64_t argument)
{
    return tty_ioctl_end(file->context, request, argument, false);
}
