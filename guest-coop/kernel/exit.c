/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A thread ends in two steps: here, on its own stack, it gives up everything it can; its address space and
 * stack are given back by its successor on the CPU (scheduler_finish_switch). What remains of a process when all its
 * threads have ended is the leader's record, a zombie for the parent.
 */
#include "kernel/exit.h"
#include "fs/file.h"
#include "fs/tty.h"
#include "kernel/cpu.h"
#include "kernel/cpu_timer.h"
#include "kernel/errno.h"
#include "kernel/futex.h"
#include "kernel/power.h"
#include "kernel/process_handle.h"
#include "kernel/process_list.h"
#include "kernel/process_timer.h"
#include "kernel/scheduler.h"
#include "kernel/semaphore_undo.h"
#include "kernel/signal.h"
#include "kernel/thread.h"
#include "memory/address_space.h"
#include "memory/user_copy.h"
#include <coopvirt/format.h>

#define STATUS_CONTINUED  0xffff
#define STATUS_STOPPED(s) ((s) << 8 | 0x7f)

void exit_notify_parent(struct process *process, int code, int status)
{
    struct process *parent = process->private->parent;
    if (!parent)
        return;
    struct signal_information information = {
        .code = code, .pid = process->pid, .uid = process->uid, .status = (uint32_t)status};
    bool stop = code == SIGNAL_CODE_CLD_STOPPED || code == SIGNAL_CODE_CLD_CONTINUED;
    unsigned signal = stop ? SIGNAL_CHLD : process->private->exit_signal;
    if (signal && (!stop || !(parent->private->actions[SIGNAL_CHLD - 1].flags & SIGNAL_FLAG_NOCLDSTOP)))
        signal_send(parent, signal, &information);
    wait_queue_wake(&parent->private->child_events);
}

void exit_release_vfork_parent(struct process *process)
{
    if (!process->private->vfork_child)
        return;
    process->private->vfork_child = false;
    wait_queue_wake(&process->private->vfork_done);
}

/* set_tid_address(2): threads of a library wait for this. */
static void exit_clear_tid(struct process *process)
{
    uint32_t zero = 0;
    uint64_t address = process->private->clear_tid;
    if (address == 0 || process->private->vfork_child || process->space->references < 2)
        return;
    if (user_copy_out(address, &zero, sizeof(zero)) == 0)
        futex_wake(address, 1, FUTEX_ANY_BITS, false);
}

/* The files behind mappings: their release may sleep, which the address space's (in the successor's context) may not.
 */
static void exit_release_mapped_files(struct address_space *space)
{
    if (space->references > 1)
        return;
    for (struct area *area = space->areas.first; area; area = area->next) {
        struct file *file = area->file;
        area->file = 0;
        if (file)
            file_release(file);
    }
}

static void exit_release_files(struct process *process)
{
    struct files *files = process->files;
    struct inode *directory = process->directory, *executable = process->executable, *root = process->root;
    process->files = 0;
    process->directory = 0;
    process->root = 0;
    process->executable = 0;
    if (process->held)
        files_release_held();
    if (files)
        files_release(files);
    if (directory)
        inode_release(directory);
    if (root)
        inode_release(root);
    if (executable)
        inode_release(executable);
}

/*
 * Children whose status nobody wants are forgotten when their parent comes by, or the next of them ends: no more than
 * one stays, but for those whose parent is still to leave the wait for a vfork. Their times count for nobody.
 */
__attribute__((noinline)) void exit_forget_unwanted(struct process *parent)
{
    struct process *child = parent->private->children;
    while (child) {
        struct process *next = child->private->sibling_next;
        if (child->private->unwanted && child->private->stack == 0 && !child->private->vfork_done.first)
            process_destroy(child);
        child = next;
    }
}

/* Will nobody ask for this child's status? */
void exit_settle(struct process *process)
{
    struct process *parent = process->private->parent;
    const struct signal_action *action = &parent->private->actions[SIGNAL_CHLD - 1];
    if (process->private->exit_signal != SIGNAL_CHLD)
        return;
    if (action->handler != SIGNAL_HANDLER_IGNORE && !(action->flags & SIGNAL_FLAG_NOCLDWAIT))
        return;
    if (process->private->unwanted)
        return; /* already by a parent before */
    exit_forget_unwanted(parent);
    process->private->unwanted = true;
}

/* Is this process what keeps its group from being orphaned? Its parent is of another group of the session. */
static bool exit_links_group(const struct process *process)
{
    const struct process *parent = process->private->parent;
    return parent->group_id != process->group_id && parent->session_id == process->session_id;
}

static void exit_first_process(int status)
{
    char reason[48];
    if (status & 0x7f)
        format_string(reason, sizeof(reason), "init was ended by signal %d", status & 0x7f);
    else
        format_string(reason, sizeof(reason), "init exited with status %d", status >> 8 & 0xff);
    power_end(status == 0, reason);
}

/* The end of the last thread is the end of the process: nothing here may sleep. */
static void exit_last_thread(struct process *leader)
{
    struct process_private *private = leader->private;
    int status = private->exit_status, signal = status & 0x7f;
    if (leader->pid == 1)
        exit_first_process(status);
    if (private->alarm.armed)
        timeout_remove(&private->alarm);
    if (private->time_limit.armed)
        timeout_remove(&private->time_limit);
    if (private->cpu_timers)
        cpu_timer_delete_all(private);
    if (private->timers)
        process_timer_delete_all(leader);
    if (private->semaphore_undo)
        semaphore_undo_all(private);
    signal_discard(leader, ~0ul);
    if (leader->session_id == leader->pid && (leader->terminal || leader->hung_up_group))
        tty_leader_exit(leader);
    exit_release_vfork_parent(leader);
    process_reparent_children(leader);
    exit_settle(leader);
    bool links_group = exit_links_group(leader);
    process_current()->state = PROCESS_ZOMBIE;
    private->thread_count = 0;
    if (private->handle)
        wait_queue_wake(&private->handle->ended);
    if (links_group)
        process_group_check_orphaned(leader->group_id);
    exit_notify_parent(leader, signal ? SIGNAL_CODE_CLD_KILLED : SIGNAL_CODE_CLD_EXITED,
                       signal ? signal : status >> 8 & 0xff);
}

void exit_thread(int status)
{
    struct process *current = process_current(), *leader = current->private->leader;
    if (leader->private->thread_count == 1 && !leader->private->group_ending)
        leader->private->exit_status = status;
    if (current->private->robust_list)
        thread_release_robust(current);
    exit_clear_tid(current);
    exit_release_files(current);
    exit_release_mapped_files(current->space);
    if (leader->private->thread_count == 1) {
        exit_last_thread(leader);
    } else {
        leader->private->thread_count--;
        current->state = PROCESS_ZOMBIE;
        signal_hand_on(current);
        wait_queue_wake(&leader->private->thread_events);
    }
    scheduler_switch();
    __builtin_unreachable();
}

void exit_process(int status)
{
    struct process *current = process_current();
    struct process_private *leader = current->private->leader->private;
    if (!current->private->ending && !leader->group_ending) {
        leader->group_ending = true;
        leader->exit_status = status;
        if (current->leader_pid == 1)
            exit_first_process(status);
        if (leader->thread_count > 1)
            thread_end_others();
    }
    exit_thread(status);
}

static bool exit_wait_matches(const struct process *child, int pid, uint32_t options)
{
    /* Those that end with another signal than SIGCHLD are waited for by __WCLONE. */
    bool clone = child->private->exit_signal != SIGNAL_CHLD;
    if (!(options & EXIT_WAIT_ALL) && clone != !!(options & EXIT_WAIT_CLONE))
        return false;
    if (pid > 0)
        return child->pid == pid;
    if (pid == 0)
        return child->group_id == process_current()->group_id;
    return pid == -1 || child->group_id == -pid;
}

/* Has this child something to report? Fills the status. */
static bool exit_wait_ready(struct process *child, uint32_t options, int *status)
{
    struct process_private *private = child->private;
    bool keep = options & EXIT_WAIT_NOREAP;
    /* While its parent's thread still waits for a vfork's end, its record is in use. */
    if (thread_all_ended(child) && private->stack == 0 && !private->vfork_done.first &&
        (options & EXIT_WAIT_EXITED)) {
        *status = private->exit_status;
        return true;
    }
    if (private->stop_signal && !thread_all_ended(child) && (options & EXIT_WAIT_UNTRACED)) {
        *status = STATUS_STOPPED(private->stop_signal);
        if (!keep)
            private->stop_signal = 0;
        return true;
    }
    if (private->continued && (options & EXIT_WAIT_CONTINUED)) {
        *status = STATUS_CONTINUED;
        if (!keep)
            private->continued = false;
        return true;
    }
    return false;
}

static void exit_reap(struct process *child, const struct process_times *times)
{
    struct process_private *own = process_current()->private->leader->private;
    own->children_user_ns += times->user_ns + child->private->children_user_ns;
    own->children_system_ns += times->system_ns + child->private->children_system_ns;
    process_destroy(child);
}

static int exit_wait_scan(int pid, uint32_t options, struct exit_report *report)
{
    bool any = false;
    struct process *child = process_current()->private->leader->private->children;
    for (; child; child = child->private->sibling_next) {
        if (!exit_wait_matches(child, pid, options) || child->private->unwanted)
            continue;
        any = true;
        if (!exit_wait_ready(child, options, &report->status))
            continue;
        report->pid = child->pid;
        report->uid = child->uid;
        process_times(child, &report->times);
        if (thread_all_ended(child) && !(options & EXIT_WAIT_NOREAP))
            exit_reap(child, &report->times);
        return report->pid;
    }
    return any ? 0 : -ECHILD;
}

int exit_wait(int pid, uint32_t options, struct exit_report *report)
{
    for (;;) {
        exit_forget_unwanted(process_current()->private->leader);
        int found = exit_wait_scan(pid, options, report);
        if (found != 0 || (options & EXIT_WAIT_NOHANG))
            return found;
        int status = wait_queue_sleep(&process_current()->private->leader->private->child_events, WAIT_FOREVER);
        if (status < 0)
            return status;
    }
}
