/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process ends in two steps: here, on its own stack, it gives up everything it can; its address space and
 * stack are given back by its successor on the CPU (scheduler_finish_switch). What remains is a zombie for the parent.
 */
#include "kernel/exit.h"
#include "fs/file.h"
#include "fs/tty.h"
#include "kernel/cpu.h"
#include "kernel/errno.h"
#include "kernel/futex.h"
#include "kernel/log.h"
#include "kernel/power.h"
#include "kernel/process_list.h"
#include "kernel/scheduler.h"
#include "kernel/signal.h"
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
    struct signal_information information = {.code = code, .pid = process->pid, .uid = process->uid, .status = status};
    bool stop = code == SIGNAL_CODE_CLD_STOPPED || code == SIGNAL_CODE_CLD_CONTINUED;
    if (!stop || !(parent->private->actions[SIGNAL_CHLD - 1].flags & SIGNAL_FLAG_NOCLDSTOP))
        signal_send(parent, SIGNAL_CHLD, &information);
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
        futex_wake(address, 1);
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
    struct inode *directory = process->directory, *executable = process->executable;
    process->files = 0;
    process->directory = 0;
    process->executable = 0;
    if (files)
        files_release(files);
    if (directory)
        inode_release(directory);
    if (executable)
        inode_release(executable);
}

/* Nobody will ask for this child's status. */
static bool exit_unwanted(const struct process *process)
{
    const struct process *parent = process->private->parent;
    const struct signal_action *action = &parent->private->actions[SIGNAL_CHLD - 1];
    return action->handler == SIGNAL_HANDLER_IGNORE || (action->flags & SIGNAL_FLAG_NOCLDWAIT);
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

void exit_process(int status)
{
    struct process *current = process_current();
    struct process_private *private = current->private;
    if (current->pid == 1)
        exit_first_process(status);
    timeout_remove(&private->alarm);
    exit_clear_tid(current);
    exit_release_mapped_files(current->space);
    exit_release_files(current);
    if (current->terminal && current->session_id == current->pid)
        tty_leader_exit(current);
    exit_release_vfork_parent(current);
    process_reparent_children(current);
    private->exit_status = status;
    private->unwanted = exit_unwanted(current);
    int signal = status & 0x7f;
    bool links_group = exit_links_group(current);
    current->state = PROCESS_ZOMBIE;
    if (links_group)
        process_group_check_orphaned(current->group_id);
    exit_notify_parent(current, signal ? SIGNAL_CODE_CLD_KILLED : SIGNAL_CODE_CLD_EXITED,
                       signal ? signal : status >> 8 & 0xff);
    scheduler_switch();
    __builtin_unreachable();
}

static bool exit_wait_matches(const struct process *child, int pid)
{
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
    if (child->state == PROCESS_ZOMBIE && private->stack == 0 && (options & EXIT_WAIT_EXITED)) {
        *status = private->exit_status;
        return true;
    }
    if (child->state == PROCESS_STOPPED && private->stop_signal && (options & EXIT_WAIT_UNTRACED)) {
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

static void exit_reap(struct process *child)
{
    struct process_private *own = process_current()->private;
    struct process_times times;
    process_times(child, &times);
    own->children_user_ns += times.user_ns + child->private->children_user_ns;
    own->children_system_ns += times.system_ns + child->private->children_system_ns;
    process_destroy(child);
}

static int exit_wait_scan(int pid, uint32_t options, struct exit_report *report)
{
    bool any = false;
    struct process *child = process_current()->private->children;
    for (; child; child = child->private->sibling_next) {
        if (!exit_wait_matches(child, pid) || child->private->unwanted)
            continue;
        any = true;
        if (!exit_wait_ready(child, options, &report->status))
            continue;
        report->pid = child->pid;
        report->uid = child->uid;
        process_times(child, &report->times);
        if (child->state == PROCESS_ZOMBIE && !(options & EXIT_WAIT_NOREAP))
            exit_reap(child);
        return report->pid;
    }
    return any ? 0 : -ECHILD;
}

/* Children whose status nobody wants are forgotten when their parent comes by. */
static void exit_forget_unwanted(void)
{
    struct process *child = process_current()->private->children;
    while (child) {
        struct process *next = child->private->sibling_next;
        if (child->state == PROCESS_ZOMBIE && child->private->unwanted && child->private->stack == 0)
            exit_reap(child);
        child = next;
    }
}

int exit_wait(int pid, uint32_t options, struct exit_report *report)
{
    for (;;) {
        exit_forget_unwanted();
        int found = exit_wait_scan(pid, options, report);
        if (found != 0 || (options & EXIT_WAIT_NOHANG))
            return found;
        int status = wait_queue_sleep(&process_current()->private->child_events, WAIT_FOREVER);
        if (status < 0)
            return status;
    }
}
