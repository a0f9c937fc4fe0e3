/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System calls about file systems as wholes: mount and umount (of one ext2 on a block device; what stands at boot
 * stays), sync, statfs.
 */
#include "syscall/file_calls.h"

#include "fs/ext2.h"
#include "fs/pty.h"
#include "fs/ramfs.h"
#include "kernel/capability.h"
#include "kernel/errno.h"
#include "kernel/process.h"
#include "memory/user_copy.h"
#include "syscall/user_path.h"
#include <coopvirt/string.h>

#define MOUNT_READ_ONLY 1u
#define MOUNT_NO_SET_ID 2u
#define MOUNT_MAGIC     0xc0ed0000u /* old callers set it */
/* Access times are not kept in any case. */
#define MOUNT_IGNORED  (MOUNT_MAGIC | 0x400u | 0x800u | 0x8000u | 0x200000u | 0x1000000u | 0x2000000u)
#define UMOUNT_FORCE   1u
#define UMOUNT_DETACH  2u
#define TYPE_BYTES     16
#define FILE_SYSTEM(i) ((i)->file_system == inode_root()->file_system)

static long file_mount_device(uint64_t user_path, struct block_device **device)
{
    struct inode *inode;
    long status = user_path_find(ABI_AT_FDCWD, user_path, PATH_FOLLOW, false, &inode);
    if (status)
        return status;
    *device = inode_type(inode) == ABI_S_IFBLK ? block_find(inode->device) : NULL;
    status = inode_type(inode) != ABI_S_IFBLK ? -ENOTBLK : *device ? 0 : -ENXIO;
    inode_release(inode);
    return status;
}

long file_sys_mount(const struct syscall_arguments *a)
{
    struct block_device *device;
    struct inode *directory;
    char type[TYPE_BYTES];

    if (!capability_held(CAPABILITY_SYS_ADMIN))
        return -EPERM;
    long status = user_copy_string(type, a->a2, sizeof(type));
    if (status == -EFAULT)
        return status;
    bool is_known = status >= 0 && strcmp(type, "ext2") == 0;
    status = user_path_find(ABI_AT_FDCWD, a->a1, PATH_FOLLOW, false, &directory);
    if (status)
        return status;
    if (!inode_is_directory(directory))
        status = -ENOTDIR;
    else if (!FILE_SYSTEM(directory) || directory == inode_root())
        status = -EBUSY;
    else if (!is_known)
        status = -ENODEV;
    else if (a->a3 & ~(uint64_t)(MOUNT_READ_ONLY | MOUNT_NO_SET_ID | MOUNT_IGNORED))
        status = -EINVAL;
    if (status == 0)
        status = file_mount_device(a->a0, &device);
    if (status == 0)
        status = ext2_mount(device, directory, a->a3 & MOUNT_READ_ONLY);
    if (status == 0)
        ext2_ignore_set_id(a->a3 & MOUNT_NO_SET_ID);
    inode_release(directory);
    return status;
}

long file_sys_umount2(const struct syscall_arguments *a)
{
    struct inode *inode;

    if (!capability_held(CAPABILITY_SYS_ADMIN))
        return -EPERM;
    if (a->a1 & ~(uint64_t)(UMOUNT_FORCE | UMOUNT_DETACH))
        return -EINVAL;
    long status = user_path_find(ABI_AT_FDCWD, a->a0, PATH_FOLLOW, false, &inode);
    if (status)
        return status;
    struct inode *held = inode; /* the root of what is unmounted outlives that by our reference */
    if (ext2_is_root(inode))
        status = ext2_unmount(inode);
    else
        status = inode == inode_root() || !FILE_SYSTEM(inode) ? -EBUSY : -EINVAL;
    inode_release(held);
    return status;
}

long file_sys_sync(const struct syscall_arguments *a)
{
    (void)a;
    ext2_sync(); /* the call has no way to say that it failed */
    return 0;
}

long file_sys_syncfs(const struct syscall_arguments *a)
{
    const struct file *file = files_borrow((int)a->a0);
    if (!file)
        return -EBADF;
    return file->inode && ext2_holds(file->inode) ? ext2_sync() : 0;
}

static long file_mount_statfs(const struct inode *inode, uint64_t user_status)
{
    struct abi_statfs status = {
        .type = ABI_PROC_MAGIC, .block_bytes = 4096, .name_bytes = ABI_NAME_BYTES, .fragment_bytes = 4096};
    if (ext2_holds(inode)) {
        ext2_status(&status);
    } else if (devpts_holds(inode)) {
        status.type = ABI_DEVPTS_MAGIC;
    } else if (FILE_SYSTEM(inode)) {
        status.type = ABI_RAMFS_MAGIC;
        status.blocks = (int64_t)ramfs_usage.frame_limit;
        status.blocks_free = status.blocks_available = status.blocks - (int64_t)ramfs_usage.frames;
        status.files = (int64_t)ramfs_usage.inodes;
    }
    return user_copy_out(user_status, &status, sizeof(status));
}

long file_sys_statfs(const struct syscall_arguments *a)
{
    struct inode *inode;
    long status = user_path_find(ABI_AT_FDCWD, a->a0, PATH_FOLLOW, false, &inode);

    if (status)
        return status;
    status = file_mount_statfs(inode, a->a1);
    inode_release(inode);
    return status;
}

long file_sys_fstatfs(const struct syscall_arguments *a)
{
    const struct file *file = files_borrow((int)a->a0);
    if (!file)
        return -EBADF;
    return file_mount_statfs(file->inode ? file->inode : inode_root(), a->a1);
}
