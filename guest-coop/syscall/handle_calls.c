/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes by descriptor: opening one, and taking a copy of what another process has open. Signals by descriptor are
 * with the other signals (signal_calls.c), waiting by it with the other ways to wait (process_calls.c).
 */
#include "fs/file.h"
#include "fs/linux_abi.h"
#include "fs/process_file.h"
#include "kernel/capability.h"
#include "kernel/errno.h"
#include "kernel/thread.h"
#include "memory/address_space.h"
#include "syscall/kernel_calls.h"

long kernel_sys_pidfd_open(const struct syscall_arguments *a)
{
    int number = (int)a->a0;
    uint32_t flags = (uint32_t)a->a1;
    if (flags & ~ABI_O_NONBLOCK || number <= 0)
        return -EINVAL;
    struct process *process = process_find(number);
    if (!process)
        return -ESRCH;
    return process == process->private->leader ? process_file_open(process, flags) : -EINVAL;
}

/* ptrace(2), "Ptrace access mode checking", of the kind that attaches, by the real identities. */
static bool handle_accessible(const struct process *process)
{
    const struct process *current = process_current();
    if (process->leader_pid == current->leader_pid || capability_held(CAPABILITY_SYS_PTRACE))
        return true;
    return capability_same_user(process) && process->space && !process->space->undumpable &&
           !(process->permitted & ~current->permitted);
}

long kernel_sys_pidfd_getfd(const struct syscall_arguments *a)
{
    struct process *process;
    struct file *file = 0;
    int wanted = (int)a->a1;
    if ((uint32_t)a->a2)
        return -EINVAL;
    int status = process_file_meant((int)a->a0, &process, 0);
    if (status < 0)
        return status;
    if (!process || thread_all_ended(process))
        return -ESRCH;
    if (!handle_accessible(process))
        return -EPERM;
    /* The first thread may have ended before the others. */
    while (process && !process->files)
        process = thread_next(process);
    if (!process || wanted < 0 || files_next(process->files, wanted, &file) != wanted)
        return -EBADF;
    file_reference(file);
    return files_add(file, 0, true);
}
