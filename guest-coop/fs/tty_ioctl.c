/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ioctl_tty(2): settings, window size, job control.
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
#define TTY_TIOCSPGRP  0x5410u
#define TTY_TIOCOUTQ   0x5411u
#define TTY_TIOCGWINSZ 0x5413u
#define TTY_TIOCSWINSZ 0x5414u
#define TTY_FIONREAD   0x541bu
#define TTY_TIOCNOTTY  0x5422u
#define TTY_TCSBRKP    0x5425u
#define TTY_TIOCGSID   0x5429u

#define TTY_FLUSH_OUTPUT 1u /* TCOFLUSH: there is nothing to flush, output is synchronous */

static long tty_set(struct tty *tty, uint64_t argument, bool flush)
{
    struct abi_termios termios;
    int status = tty_background(tty, ABI_SIGTTOU);

    if (status)
        return status;
    if (user_copy_in(&termios, argument, sizeof(termios)))
        return -EFAULT;
    if (flush)
        line_flush(&tty->line);
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
    if (changed && tty->foreground_group)
        process_group_signal(tty->foreground_group, ABI_SIGWINCH);
    return 0;
}

/* TIOCSCTTY. */
static long tty_acquire(struct tty *tty, bool steal)
{
    const struct process *process = process_current();

    if (process->terminal == tty && tty->session_id == process->session_id)
        return 0;
    if (process->pid != process->session_id || process->terminal)
        return -EPERM;
    if (tty->session_id && tty->session_id != process->session_id && !(steal && capability_held(CAPABILITY_SYS_ADMIN)))
        return -EPERM;
    tty_control(tty);
    return 0;
}

/* TIOCNOTTY. */
static long tty_give_up(struct tty *tty)
{
    struct process *process = process_current();

    if (process->terminal != tty)
        return -ENOTTY;
    if (process->pid == process->session_id)
        tty_leader_exit(process);
    process->terminal = NULL;
    return 0;
}

struct tty_group_search {
    int group_id, session_id;
    bool found;
};

static bool tty_group_visit(struct process *process, void *context)
{
    struct tty_group_search *search = context;
    search->found |= process->group_id == search->group_id && process->session_id == search->session_id;
    return search->found;
}

static long tty_set_foreground(struct tty *tty, uint64_t argument)
{
    const struct process *process = process_current();
    int32_t group;
    int status = tty_background(tty, ABI_SIGTTOU);

    if (status)
        return status;
    if (process->terminal != tty || tty->session_id != process->session_id)
        return -ENOTTY;
    if (user_copy_in(&group, argument, sizeof(group)))
        return -EFAULT;
    if (group <= 0)
        return -EINVAL;
    struct tty_group_search search = {group, process->session_id, false};
    process_visit(tty_group_visit, &search);
    if (!search.found)
        return -EPERM;
    tty->foreground_group = group;
    return 0;
}

static long tty_get_number(const struct tty *tty, uint64_t argument, int32_t number)
{
    if (process_current()->terminal != tty)
        return -ENOTTY;
    return user_copy_out(argument, &number, sizeof(number));
}

static long tty_count(uint64_t argument, int32_t count)
{
    return user_copy_out(argument, &count, sizeof(count));
}

long tty_ioctl(struct file *file, uint32_t request, uint64_t argument)
{
    struct tty *tty = file->context;

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
        if (argument > 2)
            return -EINVAL;
        if (argument != TTY_FLUSH_OUTPUT)
            line_flush(&tty->line);
        return 0;
    case TTY_TIOCSCTTY:
        return tty_acquire(tty, argument == 1);
    case TTY_TIOCNOTTY:
        return tty_give_up(tty);
    case TTY_TIOCGPGRP:
        return tty_get_number(tty, argument, tty->foreground_group);
    case TTY_TIOCSPGRP:
        return tty_set_foreground(tty, argument);
    case TTY_TIOCGSID:
        return tty_get_number(tty, argument, tty->session_id);
    case TTY_TIOCGWINSZ:
        return user_copy_out(argument, &tty->size, sizeof(tty->size));
    case TTY_TIOCSWINSZ:
        return tty_set_size(tty, argument);
    case TTY_FIONREAD:
        return tty_count(argument, (int32_t)line_available(&tty->line));
    case TTY_TIOCOUTQ:
        return tty_count(argument, 0);
    default:
        return -ENOTTY;
    }
}
