/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System calls that ask about a file: stat and its kin, access, readlink.
 */
#include "syscall/file_calls.h"

#include "fs/inode.h"
#include "kernel/errno.h"
#include "memory/frame.h"
#include "memory/user_copy.h"
#include "syscall/user_path.h"

static long file_status_out(const struct inode *inode, uint64_t user_status)
{
    struct abi_stat status;
    inode_stat(inode, &status);
    return user_copy_out(user_status, &status, sizeof(status));
}

static long file_status_stat(int descriptor, uint64_t user_path, uint64_t user_status, uint32_t walk, bool empty)
{
    struct inode *inode;
    long status = user_path_find(descriptor, user_path, walk, empty, &inode);

    if (status)
        return status;
    status = file_status_out(inode, user_status);
    inode_release(inode);
    return status;
}

long file_sys_stat(const struct syscall_arguments *a)
{
    return file_status_stat(ABI_AT_FDCWD, a->a0, a->a1, PATH_FOLLOW, false);
}

long file_sys_lstat(const struct syscall_arguments *a)
{
    return file_status_stat(ABI_AT_FDCWD, a->a0, a->a1, 0, false);
}

long file_sys_fstat(const struct syscall_arguments *a)
{
    const struct file *file = files_borrow((int)a->a0);
    return file ? file_status_out(file->inode, a->a1) : -EBADF;
}

#define FILE_AT_NO_AUTOMOUNT 0x800u
#define FILE_AT_STATX_SYNC   0x6000u

long file_sys_newfstatat(const struct syscall_arguments *a)
{
    uint32_t flags = (uint32_t)a->a3;

    if (flags & ~(ABI_AT_SYMLINK_NOFOLLOW | ABI_AT_EMPTY_PATH | FILE_AT_NO_AUTOMOUNT))
        return -EINVAL;
    return file_status_stat((int)a->a0, a->a1, a->a2, flags & ABI_AT_SYMLINK_NOFOLLOW ? 0 : PATH_FOLLOW,
                            flags & ABI_AT_EMPTY_PATH);
}

static struct abi_statx_timestamp file_status_timestamp(struct abi_timespec time)
{
    return (struct abi_statx_timestamp){time.seconds, (uint32_t)time.nanoseconds, 0};
}

static struct abi_statx file_status_statx(const struct inode *inode)
{
    struct abi_stat status;

    inode_stat(inode, &status);
    return (struct abi_statx){
        .mask = ABI_STATX_BASIC,
        .block_bytes = (uint32_t)status.block_bytes,
        .links = (uint32_t)status.links,
        .uid = status.uid,
        .gid = status.gid,
        .mode = (uint16_t)status.mode,
        .inode = status.inode,
        .size = (uint64_t)status.size,
        .blocks = (uint64_t)status.blocks,
        .accessed = file_status_timestamp(status.accessed),
        .changed = file_status_timestamp(status.changed),
        .modified = file_status_timestamp(status.modified),
        .rdevice_major = ABI_DEVICE_MAJOR(status.rdevice),
        .rdevice_minor = ABI_DEVICE_MINOR(status.rdevice),
        .device_major = ABI_DEVICE_MAJOR(status.device),
        .device_minor = ABI_DEVICE_MINOR(status.device),
    };
}

long file_sys_statx(const struct syscall_arguments *a)
{
    uint32_t flags = (uint32_t)a->a2;
    struct inode *inode;

    if (flags & ~(ABI_AT_SYMLINK_NOFOLLOW | ABI_AT_EMPTY_PATH | FILE_AT_NO_AUTOMOUNT | FILE_AT_STATX_SYNC))
        return -EINVAL;
    long status = user_path_find((int)a->a0, a->a1, flags & ABI_AT_SYMLINK_NOFOLLOW ? 0 : PATH_FOLLOW,
                                 flags & ABI_AT_EMPTY_PATH, &inode);
    if (status)
        return status;
    struct abi_statx result = file_status_statx(inode);
    inode_release(inode);
    return user_copy_out(a->a4, &result, sizeof(result));
}

static long file_status_access(int descriptor, uint64_t user_path, uint32_t wanted, uint32_t flags)
{
    struct inode *inode;

    if ((wanted & ~7u) || (flags & ~(ABI_AT_EACCESS | ABI_AT_SYMLINK_NOFOLLOW | ABI_AT_EMPTY_PATH)))
        return -EINVAL;
    long status = user_path_find(descriptor, user_path, flags & ABI_AT_SYMLINK_NOFOLLOW ? 0 : PATH_FOLLOW,
                                 flags & ABI_AT_EMPTY_PATH, &inode);
    if (status)
        return status;
    uint32_t type = inode_type(inode);
    bool is_kept = type == ABI_S_IFREG || type == ABI_S_IFDIR || type == ABI_S_IFLNK; /* what is written is in it */
    status = wanted & ABI_MAY_WRITE && is_kept ? inode_check_changeable(inode) : 0;
    if (wanted & ABI_MAY_EXECUTE && type == ABI_S_IFREG && inode_volume_is(inode, VOLUME_NO_EXECUTE))
        status = -EACCES;
    if (status == 0)
        status = flags & ABI_AT_EACCESS ? inode_permission(inode, wanted) : inode_permission_real(inode, wanted);
    inode_release(inode);
    return status;
}

long file_sys_access(const struct syscall_arguments *a)
{
    return file_status_access(ABI_AT_FDCWD, a->a0, (uint32_t)a->a1, 0);
}

long file_sys_faccessat(const struct syscall_arguments *a)
{
    return file_status_access((int)a->a0, a->a1, (uint32_t)a->a2, 0);
}

long file_sys_faccessat2(const struct syscall_arguments *a)
{
    return file_status_access((int)a->a0, a->a1, (uint32_t)a->a2, (uint32_t)a->a3);
}

static long file_status_readlink_inode(struct inode *inode, uint64_t user_buffer, size_t bytes)
{
    coop_paddr frame = frame_allocate();
    if (!frame)
        return -ENOMEM;
    long length = inode->operations->readlink(inode, frame_address(frame), bytes < FRAME_BYTES ? bytes : FRAME_BYTES);
    if (length > 0 && user_copy_out(user_buffer, frame_address(frame), (size_t)length))
        length = -EFAULT;
    frame_release(frame);
    return length;
}

static long file_status_readlink(int descriptor, uint64_t user_path, uint64_t user_buffer, uint64_t bytes)
{
    struct inode *inode;

    if ((int)bytes <= 0)
        return -EINVAL;
    long status = user_path_find(descriptor, user_path, 0, true, &inode);
    if (status)
        return status;
    status = inode->operations->readlink ? file_status_readlink_inode(inode, user_buffer, bytes) : -EINVAL;
    inode_release(inode);
    return status;
}

long file_sys_readlink(const struct syscall_arguments *a)
{
    return file_status_readlink(ABI_AT_FDCWD, a->a0, a->a1, a->a2);
}

long file_sys_readlinkat(const struct syscall_arguments *a)
{
    return file_status_readlink((int)a->a0, a->a1, a->a2, a->a3);
}
