/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Advisory locks: fcntl's record locks and flock, on top of fs/file_lock.c.
 */
#include "syscall/file_locks.h"

#include "fs/file_lock.h"
#include "fs/inode.h"
#include "kernel/errno.h"
#include "kernel/process.h"
#include "memory/user_copy.h"
#include "syscall/file_calls.h"

#define FLOCK_SHARED    1u
#define FLOCK_EXCLUSIVE 2u
#define FLOCK_NO_WAIT   4u
#define FLOCK_UNLOCK    8u

/* The bytes that struct flock names: from `whence`, backwards with a negative length, to the end with none. */
static long file_locks_range(const struct file *file, const struct abi_flock *from, struct file_lock *lock)
{
    int64_t base = 0, start, last;
    if (from->whence == ABI_SEEK_CUR)
        base = (int64_t)file->position;
    else if (from->whence == ABI_SEEK_END)
        base = file->inode ? (int64_t)file->inode->size : 0;
    else if (from->whence != ABI_SEEK_SET)
        return -EINVAL;
    if (__builtin_add_overflow(base, from->start, &start))
        return -EOVERFLOW;
    if (start < 0)
        return -EINVAL;
    last = INT64_MAX;
    if (from->bytes > 0 && __builtin_add_overflow(start, from->bytes - 1, &last))
        return -EOVERFLOW;
    if (from->bytes < 0) {
        last = start - 1;
        if (__builtin_add_overflow(start, from->bytes, &start) || start < 0)
            return -EINVAL;
    }
    lock->start = (uint64_t)start;
    lock->last = last == INT64_MAX ? UINT64_MAX : (uint64_t)last;
    return 0;
}

static long file_locks_get(const struct file_lock *wanted, struct abi_flock *answer, uint64_t user_lock)
{
    const struct file_lock *conflict = file_lock_conflict(wanted);
    answer->type = ABI_F_UNLCK;
    if (conflict) {
        answer->type = (int16_t)conflict->type;
        answer->whence = ABI_SEEK_SET;
        answer->start = (int64_t)conflict->start;
        answer->bytes = conflict->last == UINT64_MAX ? 0 : (int64_t)(conflict->last - conflict->start + 1);
        answer->pid = conflict->kind == FILE_LOCK_PROCESS ? conflict->pid : -1;
    }
    return user_copy_out(user_lock, answer, sizeof(*answer));
}

long file_locks_fcntl(struct file *file, int command, uint64_t user_lock)
{
    struct abi_flock from;
    struct process *process = process_current();
    bool of_file = command >= ABI_F_OFD_GETLK && command <= ABI_F_OFD_SETLKW;
    bool gets = command == ABI_F_GETLK || command == ABI_F_OFD_GETLK;
    struct file_lock lock = {.object = file_lock_object(file),
                             .owner = of_file ? (const void *)file : process->files,
                             .kind = of_file ? FILE_LOCK_OPEN_FILE : FILE_LOCK_PROCESS,
                             .pid = process->leader_pid};
    uint32_t access = file->flags & ABI_O_ACCESS;

    if (user_copy_in(&from, user_lock, sizeof(from)))
        return -EFAULT;
    lock.type = from.type;
    if (lock.type != ABI_F_RDLCK && lock.type != ABI_F_WRLCK && (lock.type != ABI_F_UNLCK || gets))
        return -EINVAL;
    if (of_file && from.pid)
        return -EINVAL;
    long status = file_locks_range(file, &from, &lock);
    if (status)
        return status;
    if (gets)
        return file_locks_get(&lock, &from, user_lock);
    if ((file->flags & ABI_O_PATH) || (lock.type == ABI_F_RDLCK && access == ABI_O_WRONLY) ||
        (lock.type == ABI_F_WRLCK && access == ABI_O_RDONLY))
        return -EBADF;
    return file_lock_set(&lock, command == ABI_F_SETLKW || command == ABI_F_OFD_SETLKW);
}

/* A lock that changes its type is given up first: if the other cannot be had at once, none is left, as on Linux. */
long file_sys_flock(const struct syscall_arguments *a)
{
    struct file *file = files_borrow((int)a->a0);
    uint32_t operation = (uint32_t)a->a1 & ~FLOCK_NO_WAIT;
    if (!file || (file->flags & ABI_O_PATH))
        return -EBADF;
    struct file_lock lock = {.object = file_lock_object(file),
                             .owner = file,
                             .kind = FILE_LOCK_WHOLE,
                             .type = ABI_F_UNLCK,
                             .last = UINT64_MAX};
    if (operation != FLOCK_SHARED && operation != FLOCK_EXCLUSIVE && operation != FLOCK_UNLOCK)
        return -EINVAL;
    long status = file_lock_set(&lock, false); /* giving up meets no conflict */
    if (status || operation == FLOCK_UNLOCK)
        return status;
    lock.type = operation == FLOCK_SHARED ? ABI_F_RDLCK : ABI_F_WRLCK;
    return file_lock_set(&lock, !(a->a1 & FLOCK_NO_WAIT));
}
