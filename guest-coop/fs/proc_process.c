/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The texts in /proc/PID: one process.
 */
#include "fs/proc_internal.h"

#include "fs/tty.h"
#include "kernel/process.h"
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
    struct process_times times;
    uint64_t mapped, resident;

    process_times(process, &times);
    process_memory(process, &mapped, &resident);
    proc_print(text, "%d (%s) %c %d %d %d %lu %d 0 0 0 0 0 ", process->pid, process->name, proc_state(process),
               process->parent_pid, process->group_id, process->session_id,
               (unsigned long)tty_number(process->terminal), tty_foreground_group(process->terminal));
    /* utime stime cutime cstime priority nice num_threads itrealvalue starttime vsize rss rsslim ... */
    proc_print(text, "%lu %lu 0 0 %d %d 1 0 %lu %lu %lu 18446744073709551615",
               (unsigned long)(times.user_ns / PROC_TICK_NS), (unsigned long)(times.system_ns / PROC_TICK_NS),
               20 + process->nice, process->nice, (unsigned long)(times.start_ns / PROC_TICK_NS), (unsigned long)mapped,
               (unsigned long)(resident / FRAME_BYTES));
    proc_print(text, " 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n");
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

static void proc_print_status(struct proc_text *text, struct process *process)
{
    uint64_t mapped, resident;

    process_memory(process, &mapped, &resident);
    proc_print(text, "Name:\t%s\nUmask:\t%04u\nState:\t%s\n", process->name,
               (process->umask >> 6 & 7) * 100 + (process->umask >> 3 & 7) * 10 + (process->umask & 7),
               proc_state_words(process));
    proc_print(text, "Tgid:\t%d\nPid:\t%d\nPPid:\t%d\n", process->pid, process->pid, process->parent_pid);
    proc_print(text, "Uid:\t%u\t%u\t%u\t%u\n", process->uid, process->euid, process->euid, process->euid);
    proc_print(text, "Gid:\t%u\t%u\t%u\t%u\n", process->gid, process->egid, process->egid, process->egid);
    proc_print(text, "VmSize:\t%8lu kB\nVmRSS:\t%8lu kB\nThreads:\t1\n", (unsigned long)(mapped / 1024),
               (unsigned long)(resident / 1024));
}

static void proc_print_cmdline(struct proc_text *text, struct process *process)
{
    if (process->state == PROCESS_ZOMBIE)
        return;
    long bytes = process_arguments(process, text->bytes, 0, text->size);
    text->used = bytes > 0 ? (size_t)bytes : 0;
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
    (void)process;
    return inode_root();
}

const struct proc_row proc_process_rows[] = {
    {"cmdline", ABI_S_IFREG | 0444, proc_print_cmdline, NULL, NULL},
    {"comm", ABI_S_IFREG | 0444, proc_print_comm, NULL, NULL},
    {"cwd", ABI_S_IFLNK | 0777, NULL, NULL, proc_target_cwd},
    {"exe", ABI_S_IFLNK | 0777, NULL, NULL, proc_target_exe},
    {"fd", ABI_S_IFDIR | 0500, NULL, NULL, NULL},
    {"mounts", ABI_S_IFREG | 0444, proc_print_mounts, NULL, NULL},
    {"root", ABI_S_IFLNK | 0777, NULL, NULL, proc_target_root},
    {"stat", ABI_S_IFREG | 0444, proc_print_stat, NULL, NULL},
    {"statm", ABI_S_IFREG | 0444, proc_print_statm, NULL, NULL},
    {"status", ABI_S_IFREG | 0444, proc_print_status, NULL, NULL},
};
const unsigned proc_process_row_count = sizeof(proc_process_rows) / sizeof(proc_process_rows[0]);
