/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System calls that make, copy and close descriptors.
 */
#include "syscall/file_calls.h"
#include "syscall/file_locks.h"

#include "fs/inode.h"
#include "fs/pipe.h"
#include "kernel/errno.h"
#include "kernel/limits.h"
#include "kernel/process.h"
#include "memory/user_copy.h"
#include "syscall/user_path.h"

static long file_descriptor_open(int start_descriptor, uint64_t user_path, uint32_t flags, uint32_t mode)
{
    struct user_path path;
    struct inode *start;
    struct file *file;
    long status = user_path_get(&path, user_path);

    if (status)
        return status;
    status = user_path_start(start_descriptor, path.text, &start);
    if (status == 0)
        status = file_open_at(start, path.text, flags & ~FILE_UNLIMITED, mode, &file);
    user_path_free(&path);
    return status ? status : files_add(file, 0, flags & ABI_O_CLOEXEC);
}

long file_sys_open(const struct syscall_arguments *a)
{
    return file_descriptor_open(ABI_AT_FDCWD, a->a0, (uint32_t)a->a1, (uint32_t)a->a2);
}

long file_sys_openat(const struct syscall_arguments *a)
{
    return file_descriptor_open((int)a->a0, a->a1, (uint32_t)a->a2, (uint32_t)a->a3);
}

long file_sys_creat(const struct syscall_arguments *a)
{
    return file_descriptor_open(ABI_AT_FDCWD, a->a0, ABI_O_CREAT | ABI_O_WRONLY | ABI_O_TRUNC, (uint32_t)a->a1);
}

long file_sys_close(const struct syscall_arguments *a)
{
    return files_close((int)a->a0);
}

#define FILE_CLOSE_RANGE_UNSHARE 2u
#define FILE_CLOSE_RANGE_CLOEXEC 4u

long file_sys_close_range(const struct syscall_arguments *a)
{
    uint32_t first = (uint32_t)a->a0, last = (uint32_t)a->a1;

    if (first > last || (a->a2 & ~(uint64_t)(FILE_CLOSE_RANGE_CLOEXEC | FILE_CLOSE_RANGE_UNSHARE)))
        return -EINVAL;
    if (a->a2 & FILE_CLOSE_RANGE_UNSHARE) {
        int status = files_unshare();
        if (status)
            return status;
    }
    for (uint32_t i = first; i <= last && i < FILES_LIMIT; i++) {
        if (a->a2 & FILE_CLOSE_RANGE_CLOEXEC)
            files_close_on_exec_set((int)i, true);
        else
            files_close((int)i);
    }
    return 0;
}

static long file_descriptor_dup(int descriptor, int lowest, bool close_on_exec)
{
    struct file *file = files_get(descriptor);
    return file ? files_add(file, lowest, close_on_exec) : -EBADF;
}

long file_sys_dup(const struct syscall_arguments *a)
{
    return file_descriptor_dup((int)a->a0, 0, false);
}

long file_sys_dup2(const struct syscall_arguments *a)
{
    struct file *file = files_get((int)a->a0);

    if (!file)
        return -EBADF;
    if ((int)a->a0 == (int)a->a1) {
        file_release(file);
        return (int)a->a1;
    }
    return files_put(file, (int)a->a1, false);
}

long file_sys_dup3(const struct syscall_arguments *a)
{
    if ((int)a->a0 == (int)a->a1 || ((uint32_t)a->a2 & ~ABI_O_CLOEXEC))
        return -EINVAL;
    struct file *file = files_get((int)a->a0);
    return file ? files_put(file, (int)a->a1, (uint32_t)a->a2 & ABI_O_CLOEXEC) : -EBADF;
}

static long file_descriptor_pipe(uint64_t user_descriptors, uint32_t flags)
{
    struct file *reader, *writer;
    int32_t descriptors[2];

    if (flags & ~(ABI_O_CLOEXEC | ABI_O_NONBLOCK | ABI_O_DIRECT))
        return -EINVAL;
    long status = pipe_create(flags & ABI_O_NONBLOCK, &reader, &writer);
    if (status)
        return status;
    descriptors[0] = files_add(reader, 0, flags & ABI_O_CLOEXEC);
    descriptors[1] = files_add(writer, 0, flags & ABI_O_CLOEXEC);
    status = descriptors[0] < 0 ? descriptors[0] : descriptors[1] < 0 ? descriptors[1] : 0;
    if (status == 0)
        status = user_copy_out(user_descriptors, descriptors, sizeof(descriptors));
    for (unsigned i = 0; status && i < 2; i++) {
        if (descriptors[i] >= 0)
            files_close(descriptors[i]);
    }
    return status;
}

long file_sys_pipe(const struct syscall_arguments *a)
{
    return file_descriptor_pipe(a->a0, 0);
}
long file_sys_pipe2(const struct syscall_arguments *a)
{
    return file_descriptor_pipe(a->a0, (uint32_t)a->a1);
}

/* What F_SETFL may change. */
#define FILE_SETTABLE (ABI_O_APPEND | ABI_O_NONBLOCK | ABI_O_DIRECT | ABI_O_NOATIME)

long file_sys_fcntl(const struct syscall_arguments *a)
{
    int descriptor = (int)a->a0, command = (int)a->a1;
    struct file *file = files_borrow(descriptor);

    if (!file)
        return -EBADF;
    switch (command) {
    case ABI_F_DUPFD:
    case ABI_F_DUPFD_CLOEXEC:
        if (a->a2 >= limits_of(process_current(), LIMIT_FILES)->soft)
            return -EINVAL;
        return file_descriptor_dup(descriptor, (int)a->a2, command == ABI_F_DUPFD_CLOEXEC);
    case ABI_F_GETFD:
        return files_close_on_exec_get(descriptor);
    case ABI_F_SETFD:
        return files_close_on_exec_set(descriptor, a->a2 & ABI_FD_CLOEXEC);
    case ABI_F_GETFL:
        return file->flags & ~ABI_O_EXCL;
    case ABI_F_SETFL:
        file->flags = (file->flags & ~FILE_SETTABLE) | ((uint32_t)a->a2 & FILE_SETTABLE);
        return 0;
    case ABI_F_GETLK:
    case ABI_F_SETLK:
    case ABI_F_SETLKW:
    case ABI_F_OFD_GETLK:
    case ABI_F_OFD_SETLK:
    case ABI_F_OFD_SETLKW:
        return file_locks_fcntl(file, command, a->a2);
    default:
        return -EINVAL;
    }
}
