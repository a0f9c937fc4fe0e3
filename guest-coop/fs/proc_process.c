/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The texts in /proc/PID: one process.
 */
#include "fs/proc_internal.h"

#include "fs/tty.h"
#include "fs/file.h"
#include "kernel/groups.h"
#include "kernel/process_private.h"
#include "kernel/signal.h"
#include "memory/address_space.h"
#include "memory/frame.h"

static char proc_state(const struct process *process)
{
    static const char letters[] = {
        [PROCESS_RUNNABLE] = 'R',
        [PROCESS_SLEEPING] = 'S',
        [PROCESS_STOPPED] = 'T',
        [PROCESS_ZOMBIE] = 'Z',
    };
    return letters[process->state];
}

static void proc_print_stat(struct proc_text *text, struct process *process)
{
    const struct program_rules *rules = &process->private->rules;
    struct process_times times;
    uint64_t mapped, resident;

    process_times(process, &times);
    process_memory(process, &mapped, &resident);
    proc_print(text, "%d (%s) %c %d %d %d %lu %d 0 %lu 0 %lu 0 ", process->pid, process->name, proc_state(process),
               process->parent_pid, process->group_id, process->session_id,
               (unsigned long)tty_number(process->terminal), tty_foreground_group(process->terminal),
               (unsigned long)process->private->faults_minor, (unsigned long)process->private->faults_major);
    /* utime stime cutime cstime priority nice num_threads itrealvalue starttime vsize rss rsslim ... */
    proc_print(text, "%lu %lu %lu %lu %d %d %u 0 %lu %lu %lu 18446744073709551615",
               (unsigned long)(times.user_ns / PROC_TICK_NS), (unsigned long)(times.system_ns / PROC_TICK_NS),
               (unsigned long)(process->private->children_user_ns / PROC_TICK_NS),
               (unsigned long)(process->private->children_system_ns / PROC_TICK_NS),
               rules->priority ? -1 - rules->priority : 20 + process->nice, process->nice,
               process->private->leader->private->thread_count, (unsigned long)(times.start_ns / PROC_TICK_NS),
               (unsigned long)mapped,
               (unsigned long)(resident / FRAME_BYTES));
    proc_print(text, " 0 0 0 0 0 0 0 0 0 0 0 0 17 0 %u %u 0 0 0 0 0 0 0 0 0 0 0\n", rules->priority, rules->policy);
}

static void proc_print_statm(struct proc_text *text, struct process *process)
{
    uint64_t mapped, resident;

    process_memory(process, &mapped, &resident);
    proc_print(text, "%lu %lu 0 0 0 0 0\n", (unsigned long)(mapped / FRAME_BYTES),
               (unsigned long)(resident / FRAME_BYTES));
}

static const char *proc_state_words(const struct process *process)
{
    static const char *const words[] = {
        [PROCESS_RUNNABLE] = "R (running)",
        [PROCESS_SLEEPING] = "S (sleeping)",
        [PROCESS_STOPPED] = "T (stopped)",
        [PROCESS_ZOMBIE] = "Z (zombie)",
    };
    return words[process->state];
}

/* Sets of signals: pending for the thread and for the process, blocked, ignored, caught. */
static void proc_print_signals(struct proc_text *text, const struct process *process)
{
    const struct process_private *private = process->private, *leader = private->leader->private;
    unsigned long ignored = 0, caught = 0;

    for (unsigned i = 0; i < SIGNAL_COUNT; i++) {
        uint64_t handler = private->actions[i].handler;
        if (handler == SIGNAL_HANDLER_IGNORE)
            ignored |= 1ul << i;
        else if (handler != SIGNAL_HANDLER_DEFAULT)
            caught |= 1ul << i;
    }
    proc_print(text, "SigPnd:\t%016lx\nShdPnd:\t%016lx\nSigBlk:\t%016lx\n", (unsigned long)private->signal_pending,
               (unsigned long)leader->signal_shared, (unsigned long)private->signal_blocked);
    proc_print(text, "SigIgn:\t%016lx\nSigCgt:\t%016lx\n", ignored, caught);
}

static void proc_print_status(struct proc_text *text, struct process *process)
{
    uint64_t mapped, resident, locked = process->space ? process->space->locked_pages * (FRAME_BYTES / 1024) : 0;

    process_memory(process, &mapped, &resident);
    proc_print(text, "Name:\t%s\nUmask:\t%04u\nState:\t%s\n", process->name,
               (process->umask >> 6 & 7) * 100 + (process->umask >> 3 & 7) * 10 + (process->umask & 7),
               proc_state_words(process));
    proc_print(text, "Tgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n", process->leader_pid, process->pid,
               process->parent_pid);
    proc_print(text, "Uid:\t%u\t%u\t%u\t%u\n", process->uid, process->euid, process->suid,
               process->fsuid);
    proc_print(text, "Gid:\t%u\t%u\t%u\t%u\nFDSize:\t%u\nGroups:\t", process->gid, process->egid, process->sgid,
               process->fsgid, FILES_LIMIT);
    for (uint32_t i = 0; process->groups && i < process->groups->count; i++)
        proc_print(text, i ? " %u" : "%u", process->groups->of[i]);
    proc_print(text, " \n");
    if (process->space)
        proc_print(text, "VmSize:\t%8lu kB\nVmLck:\t%8lu kB\nVmRSS:\t%8lu kB\nVmSwap:\t%8lu kB\n",
                   (unsigned long)(mapped / 1024), (unsigned long)locked, (unsigned long)(resident / 1024),
                   process->space->swapped ? process->space->swapped->pages * (FRAME_BYTES / 1024) : 0ul);
    proc_print(text, "Threads:\t%u\n", process->private->leader->private->thread_count);
    proc_print_signals(text, process);
    proc_print(text, "CapInh:\t%016lx\nCapPrm:\t%016lx\nCapEff:\t%016lx\n", (unsigned long)process->inheritable,
               (unsigned long)process->permitted, (unsigned long)process->effective);
    proc_print(text, "CapBnd:\t%016lx\nCapAmb:\t%016lx\n", (unsigned long)process->bounding,
               (unsigned long)process->ambient);
    proc_print(text, "NoNewPrivs:\t%u\n", (unsigned)process->private->rules.no_new_privileges);
}

static void proc_print_cmdline(struct proc_text *text, struct process *process)
{
    if (process->state == PROCESS_ZOMBIE)
        return;
    long bytes = process_arguments(process, text->bytes, 0, text->size);
    text->used = bytes > 0 ? (size_t)bytes : 0;
    text->cut = text->used == text->size;
}

static void proc_print_comm(struct proc_text *text, struct process *process)
{
    proc_print(text, "%s\n", process->name);
}

static struct inode *proc_target_exe(struct process *process)
{
    return process->executable;
}
static struct inode *proc_target_cwd(struct process *process)
{
    return process->directory;
}

static struct inode *proc_target_root(struct process *process)
{
    return process->root ? process->root : inode_root();
}

static const struct proc_row proc_process_rows[] = {
    {.name = "cmdline", .mode = ABI_S_IFREG | 0444, .print = proc_print_cmdline},
    {.name = "comm", .mode = ABI_S_IFREG | 0444, .print = proc_print_comm},
    {.name = "cwd", .mode = ABI_S_IFLNK | 0777, .target = proc_target_cwd},
    {.name = "exe", .mode = ABI_S_IFLNK | 0777, .target = proc_target_exe},
    {.name = "fd", .mode = ABI_S_IFDIR | 0500},
    {.name = "limits", .mode = ABI_S_IFREG | 0444, .print = proc_print_limits},
    {.name = "maps", .mode = ABI_S_IFREG | 0444, .owner_only = true, .print = proc_print_maps},
    {.name = "mounts", .mode = ABI_S_IFREG | 0444, .print = proc_print_mounts},
    {.name = "mountinfo", .mode = ABI_S_IFREG | 0444, .print = proc_print_mountinfo},
    {.name = "root", .mode = ABI_S_IFLNK | 0777, .target = proc_target_root},
    {.name = "stat", .mode = ABI_S_IFREG | 0444, .print = proc_print_stat},
    {.name = "statm", .mode = ABI_S_IFREG | 0444, .print = proc_print_statm},
    {.name = "status", .mode = ABI_S_IFREG | 0444, .print = proc_print_status},
};
const struct proc_folder proc_process_folder = {proc_process_rows,
                                                sizeof(proc_process_rows) / sizeof(proc_process_rows[0]), 0};
