/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose terminal it is: the session that it controls, the group in the foreground, what groups in the background may do
 * (POSIX, "Job Control"), and how a session loses it. Called by opens, ioctls, exits and hang-ups.
 */
#include "fs/linux_abi.h"
#include "fs/tty.h"
#include "fs/tty_internal.h"
#include "kernel/capability.h"
#include "kernel/errno.h"
#include "kernel/process.h"
#include "memory/user_copy.h"

int tty_background(struct tty *tty, int signal)
{
    struct process *process = process_current();

    if (process->terminal != tty || !tty->foreground_group || process->group_id == tty->foreground_group)
        return 0;
    if (process_signal_ineffective(signal))
        return signal == ABI_SIGTTIN ? -EIO : 0;
    if (process_group_orphaned(process->group_id))
        return -EIO;
    process_group_signal(process->group_id, signal);
    return -ERESTARTSYS;
}

static void tty_session_control(struct tty *tty)
{
    struct process *process = process_current();

    tty->session_id = process->session_id;
    tty->foreground_group = process->group_id;
    struct process *leader = process_find(process->session_id);
    if (leader)
        leader->hung_up_group = 0;
    process_set_terminal(process, tty);
}

void tty_session_opened(struct tty *tty, uint32_t flags)
{
    const struct process *process = process_current();

    if ((flags & ABI_O_NOCTTY) || (flags & ABI_O_ACCESS) == ABI_O_WRONLY)
        return;
    if (process->leader_pid == process->session_id && !process->terminal && !tty->session_id)
        tty_session_control(tty);
}

static bool tty_session_forget(struct process *process, void *context)
{
    const struct tty *tty = context;
    if (process->terminal == tty)
        process_set_terminal(process, NULL);
    return false;
}

/* The session loses it: the group that was in the foreground, or 0. */
static int tty_session_end(struct tty *tty)
{
    int group = tty->foreground_group;

    tty->session_id = 0;
    tty->foreground_group = 0;
    process_visit(tty_session_forget, tty);
    return group;
}

static void tty_session_signal_group(int session, int group)
{
    if (group <= 0)
        return;
    process_session_signal(session, group, ABI_SIGHUP);
    process_session_signal(session, group, ABI_SIGCONT);
}

static void tty_session_leader_leaves(const struct process *leader)
{
    struct tty *tty = leader->terminal;

    if (tty && tty->session_id == leader->session_id)
        tty_session_signal_group(leader->session_id, tty_session_end(tty));
}

void tty_leader_exit(struct process *leader)
{
    tty_session_signal_group(leader->session_id, leader->hung_up_group);
    tty_session_leader_leaves(leader);
}

void tty_session_hang_up(struct tty *tty)
{
    struct process *leader = tty->session_id ? process_find(tty->session_id) : NULL;
    int group = tty_session_end(tty);

    if (!leader)
        return;
    leader->hung_up_group = group; /* is told when its leader has ended, too */
    process_signal(leader, ABI_SIGHUP);
    process_signal(leader, ABI_SIGCONT);
}

long tty_session_acquire(struct tty *tty, bool steal)
{
    const struct process *process = process_current();

    if (process->terminal == tty && tty->session_id == process->session_id)
        return 0;
    if (process->leader_pid != process->session_id || process->terminal)
        return -EPERM;
    if (tty->session_id && tty->session_id != process->session_id) {
        if (!steal || !capability_held(CAPABILITY_SYS_ADMIN))
            return -EPERM;
        tty_session_end(tty);
    }
    tty_session_control(tty);
    return 0;
}

long tty_session_give_up(struct tty *tty)
{
    struct process *process = process_current();

    if (process->terminal != tty)
        return -ENOTTY;
    if (process->leader_pid == process->session_id)
        tty_session_leader_leaves(process);
    process_set_terminal(process, NULL);
    return 0;
}

struct tty_group_search {
    int group_id, session_id;
    bool found;
};

static bool tty_session_group_visit(struct process *process, void *context)
{
    struct tty_group_search *search = context;
    search->found |= process->group_id == search->group_id && process->session_id == search->session_id;
    return search->found;
}

long tty_session_set_foreground(struct tty *tty, uint64_t argument)
{
    const struct process *process = process_current();
    int32_t group;

    if (user_copy_in(&group, argument, sizeof(group)))
        return -EFAULT;
    int status = tty_background(tty, ABI_SIGTTOU);
    if (status)
        return status;
    if (process->terminal != tty || tty->session_id != process->session_id)
        return -ENOTTY;
    if (group <= 0)
        return -EINVAL;
    struct tty_group_search search = {group, process->session_id, false};
    process_visit(tty_session_group_visit, &search);
    if (!search.found)
        return -EPERM;
    tty->foreground_group = group;
    return 0;
}

long tty_session_number(const struct tty *tty, uint64_t argument, int32_t number, bool master)
{
    if (!master && process_current()->terminal != tty)
        return -ENOTTY;
    return user_copy_out(argument, &number, sizeof(number));
}
