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

#define TTY_TCSBRK     0x5409u
#define TTY_TCFLSH     0x540bu
#define TTY_TIOCEXCL   0x540cu
#define TTY_TIOCNXCL   0x540du
#define TTY_TIOCSCTTY  0x540eu
#define TTY_TIOCGPGRP  0x540fu
#define TTY_TIOCOUTQ   0x5411u
#define TTY_TIOCSTI    0x5412u
#define TTY_TIOCGWINSZ 0x5413u
#define TTY_TIOCSWINSZ 0x5414u
#define TTY_FIONREAD   0x541bu
#define TTY_TIOCNOTTY  0x5422u
#define TTY_TIOCSETD   0x5423u
#define TTY_TIOCGETD   0x5424u
#define TTY_TCSBRKP    0x5425u
#define TTY_TIOCSBRK   0x5427u
#define TTY_TIOCCBRK   0x5428u
#define TTY_TIOCGSID   0x5429u
#define TTY_TIOCGDEV   0x80045432u
#define TTY_TIOCGEXCL  0x80045440u

/* TCFLSH */
#define TTY_FLUSH_INPUT  0u
#define TTY_FLUSH_OUTPUT 1u /* nothing on a serial line, where output is synchronous */
#define TTY_FLUSH_BOTH   2u

/* TCXONC */
#define TTY_FLOW_STOP        0u
#define TTY_FLOW_START       1u
#define TTY_FLOW_STOP_INPUT  2u
#define TTY_FLOW_START_INPUT 3u

static long tty_flush(struct tty *tty, uint64_t what)
{
    int status = tty_background(tty, ABI_SIGTTOU);

    if (status)
        return status;
    if (what > TTY_FLUSH_BOTH)
        return -EINVAL;
    if (what != TTY_FLUSH_OUTPUT)
        tty_flush_input(tty);
    if (what != TTY_FLUSH_INPUT && tty->port && tty->port->flush)
        tty->port->flush(tty->port);
    return 0;
}

/* tcflow(3): this end's output stops or goes on, or the other end is asked to. */
static long tty_flow(struct tty *tty, uint64_t action)
{
    const uint8_t *characters = tty->line.termios.control_characters;
    int status = tty_background(tty, ABI_SIGTTOU);

    if (status)
        return status;
    if (action > TTY_FLOW_START_INPUT)
        return -EINVAL;
    if (action == TTY_FLOW_STOP)
        line_stop_by_call(&tty->line);
    else if (action == TTY_FLOW_START)
        line_start_by_call(&tty->line);
    else {
        uint8_t byte = characters[action == TTY_FLOW_STOP_INPUT ? ABI_VSTOP : ABI_VSTART];
        if (byte)
            line_send(&tty->line, byte);
    }
    tty_output_end(tty);
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

/* TIOCSTI: as if it had arrived at this end. */
static long tty_type(struct tty *tty, uint64_t argument, bool master)
{
    uint8_t byte;

    if ((master || process_current()->terminal != tty) && !capability_held(CAPABILITY_SYS_ADMIN))
        return -EPERM;
    if (user_copy_in(&byte, argument, sizeof(byte)))
        return -EFAULT;
    if (master)
        line_send(&tty->line, byte);
    else
        tty_input(tty, &byte, 1);
    tty_output_end(tty);
    return 0;
}

static long tty_count(uint64_t argument, int32_t count)
{
    return user_copy_out(argument, &count, sizeof(count));
}

static long tty_set_discipline(uint64_t argument)
{
    int32_t discipline;

    if (user_copy_in(&discipline, argument, sizeof(discipline)))
        return -EFAULT;
    return discipline ? -EINVAL : 0; /* N_TTY is the only one */
}

/* What asks about the whole terminal, of either end of a pty. */
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
        return tty_settings(tty, request, argument);
    }
}

long tty_ioctl_end(struct tty *tty, uint32_t request, uint64_t argument, bool master)
{
    uint32_t number = (uint32_t)tty->number;

    switch (request) {
    case TTY_TCSBRK:
    case TTY_TCSBRKP:
    case TTY_TIOCSBRK:
    case TTY_TIOCCBRK:
        return tty_background(tty, ABI_SIGTTOU); /* output is out when write returns; no line here carries a break */
    case TTY_TCXONC:
        return tty_flow(tty, argument);
    case TTY_TCFLSH:
        return tty_flush(tty, argument);
    case TTY_TIOCEXCL:
    case TTY_TIOCNXCL:
        tty->exclusive[master] = request == TTY_TIOCEXCL;
        return 0;
    case TTY_TIOCGEXCL:
        return tty_count(argument, tty->exclusive[master]);
    case TTY_FIONREAD:
        return tty_count(argument, (int32_t)line_available(&tty->line));
    case TTY_TIOCOUTQ:
    case TTY_TIOCGETD: /* N_TTY */
        return tty_count(argument, 0);
    case TTY_TIOCSETD:
        return tty_set_discipline(argument);
    case TTY_TIOCGDEV:
        return user_copy_out(argument, &number, sizeof(number));
    case TTY_TIOCSTI:
        return tty_type(tty, argument, master);
    default:
        return tty_ioctl_session(tty, request, argument, master);
    }
}

long tty_ioctl(struct file *file, uint32_t request, uint64_t argument)
{
    return tty_ioctl_end(file->context, request, argument, false);
}
