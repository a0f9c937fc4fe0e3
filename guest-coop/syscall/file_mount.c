/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System calls about file systems as wholes: mount, umount, pivot_root (the tree of mounts is fs/mount.c), sync,
 * statfs.
 */
#include "syscall/file_calls.h"

#include "fs/ext2.h"
#include "fs/mount.h"
#include "fs/mount_options.h"
#include "fs/pty.h"
#include "fs/ramfs.h"
#include "fs/sysfs.h"
#include "kernel/capability.h"
#include "kernel/errno.h"
#include "kernel/process.h"
#include "memory/user_copy.h"
#include "syscall/user_path.h"
#include <coopvirt/string.h>

#define MOUNT_FLAGS   (VOLUME_READ_ONLY | VOLUME_NO_SET_ID | VOLUME_NO_DEVICES | VOLUME_NO_EXECUTE)
#define MOUNT_REMOUNT 0x20u
#define MOUNT_BIND    0x1000u
#define MOUNT_MOVE    0x2000u
/* Others are told of what is mounted here: they are of no other name space, and nobody is told. */
#define MOUNT_RECURSIVE  0x4000u
#define MOUNT_SILENT     0x8000u
#define MOUNT_PRIVATE    0x40000u
#define MOUNT_MAGIC      0xc0ed0000u /* old callers set it */
#define MOUNT_MAGIC_MASK 0xffff0000u
/* Access times are not kept in any case; who wants no message of what fails gets one. */
#define MOUNT_IGNORED     (0x400u | 0x800u | MOUNT_SILENT | 0x200000u | 0x1000000u | 0x2000000u)
#define UMOUNT_FORCE      1u
#define UMOUNT_DETACH     2u
#define UMOUNT_NO_FOLLOW  8u
#define TYPE_BYTES        16
#define FILE_STATFS_VALID 0x20 /* its flags mean something */

static long file_mount_device(uint64_t user_path, struct block_device **device)
{
    struct inode *inode;
    if (!user_path)
        return -EINVAL;
    long status = user_path_find(ABI_AT_FDCWD, user_path, PATH_FOLLOW, false, &inode);
    if (status)
        return status;
    uint64_t number = inode->device;
    status = inode_type(inode) != ABI_S_IFBLK ? -ENOTBLK : inode_volume_is(inode, VOLUME_NO_DEVICES) ? -EACCES : 0;
    inode_release(inode); /* may sleep: the device is looked for behind it */
    *device = status ? NULL : block_find(number);
    return status || *device ? status : -ENXIO;
}

/* What /proc/mounts shows before the path, cut to what it keeps: "none" without one, as on Linux. */
static long file_mount_source(uint64_t user_source, char *source)
{
    if (!user_source) {
        memcpy(source, "none", sizeof("none"));
        return 0;
    }
    long length = user_copy_string(source, user_source, MOUNT_SOURCE_BYTES);
    source[MOUNT_SOURCE_BYTES - 1] = 0;
    return length == -EFAULT ? -EFAULT : 0;
}

static long file_mount_new(const struct syscall_arguments *a, uint32_t flags, const char *options,
                           struct inode *directory)
{
    char name[TYPE_BYTES] = "", source[MOUNT_SOURCE_BYTES] = "";
    struct block_device *device = NULL;
    struct inode *root;

    long status = user_copy_string(name, a->a2, sizeof(name));
    if (!a->a2 || status == -EFAULT)
        return a->a2 ? -EFAULT : -EINVAL;
    const struct mount_type *type = status < 0 ? NULL : mount_type_find(name);
    if (!type)
        return -ENODEV;
    if (flags & ~type->flags)
        return -EINVAL;
    status = file_mount_source(a->a0, source);
    if (status == 0 && type->needs_device)
        status = file_mount_device(a->a0, &device);
    if (status == 0)
        status = inode_is_directory(directory) ? mount_check_place(directory) : -ENOTDIR;
    if (status == 0)
        status = type->make(device, flags, options, &root);
    if (status)
        return status;
    status = mount_add(type, root, directory, source, flags);
    if (status) {
        type->unmake(root, 0, true);
        inode_release(root);
    }
    return status;
}

/* What is too long is cut, and then no known option. */
static long file_mount_options(uint64_t user_options, char *options)
{
    options[0] = '\0';
    if (!user_options)
        return 0;
    long length = user_copy_string(options, user_options, MOUNT_OPTIONS_BYTES);
    if (length == -EFAULT)
        return -EFAULT;
    return length < 0 ? -EINVAL : 0;
}

/* With MOUNT_BIND the place alone is meant, which has no flags that its file system has not. */
static long file_mount_again(uint32_t flags, const char *options, struct inode *directory)
{
    struct mount *mount = mount_of_root(directory);
    return mount ? mount_change(mount, flags & MOUNT_FLAGS, flags & MOUNT_BIND ? NULL : options) : -EINVAL;
}

static long file_mount_move(uint64_t user_source, struct inode *directory)
{
    struct inode *root;
    char first;

    if (!user_source)
        return -EINVAL;
    if (user_copy_in(&first, user_source, 1))
        return -EFAULT;
    long status = first ? user_path_find(ABI_AT_FDCWD, user_source, PATH_FOLLOW, false, &root) : -EINVAL;
    if (status)
        return status;
    struct mount *mount = mount_of_root(root);
    status = mount && inode_is_directory(directory) ? mount_move(mount, directory) : -EINVAL;
    inode_release(root);
    return status;
}

static long file_mount_do(const struct syscall_arguments *a, uint32_t flags, struct inode *directory)
{
    char options[MOUNT_OPTIONS_BYTES];
    if (flags & MOUNT_PRIVATE)
        return flags & ~(MOUNT_PRIVATE | MOUNT_RECURSIVE | MOUNT_SILENT) || !mount_of_root(directory) ? -EINVAL : 0;
    if (flags & MOUNT_MOVE)
        return flags & ~(MOUNT_MOVE | MOUNT_IGNORED) ? -EINVAL : file_mount_move(a->a0, directory);
    if (flags & ~(MOUNT_FLAGS | MOUNT_REMOUNT | (flags & MOUNT_REMOUNT ? MOUNT_BIND : 0) | MOUNT_IGNORED))
        return -EINVAL;
    long status = file_mount_options(a->a4, options);
    if (status)
        return status;
    return flags & MOUNT_REMOUNT ? file_mount_again(flags, options, directory)
                                 : file_mount_new(a, flags & MOUNT_FLAGS, options, directory);
}

long file_sys_mount(const struct syscall_arguments *a)
{
    uint32_t flags = (uint32_t)a->a3;
    struct inode *directory;

    long status = user_path_find(ABI_AT_FDCWD, a->a1, PATH_FOLLOW, false, &directory);
    if (status)
        return status;
    if ((flags & MOUNT_MAGIC_MASK) == MOUNT_MAGIC)
        flags &= ~MOUNT_MAGIC_MASK;
    mount_end_detached();
    status = capability_held(CAPABILITY_SYS_ADMIN) ? file_mount_do(a, flags, directory) : -EPERM;
    inode_release(directory);
    return status;
}

long file_sys_umount2(const struct syscall_arguments *a)
{
    struct inode *inode;

    if (a->a1 & ~(uint64_t)(UMOUNT_FORCE | UMOUNT_DETACH | UMOUNT_NO_FOLLOW))
        return -EINVAL;
    long status = user_path_find(ABI_AT_FDCWD, a->a0, a->a1 & UMOUNT_NO_FOLLOW ? 0 : PATH_FOLLOW, false, &inode);
    if (status)
        return status;
    while (inode->mounted) { /* over the root or the directory that the walk began in, the top one is meant */
        struct inode *above = inode->mounted;
        inode_reference(above);
        inode_release(inode);
        inode = above;
    }
    struct mount *mount = mount_of_root(inode);
    if (!capability_held(CAPABILITY_SYS_ADMIN))
        status = -EPERM;
    else if (!mount)
        status = -EINVAL;
    else
        status = a->a1 & UMOUNT_DETACH ? mount_detach(mount) : mount_remove(mount);
    inode_release(inode);
    mount_end_detached();
    return status;
}

/* May the root of the running process make place for `root`, and be put over `old`? */
static long file_mount_may_pivot(const struct inode *root, const struct inode *old)
{
    const struct mount *mount = mount_of_root(root), *before = mount_of_root(path_root());
    int status = mount_check_place(old);

    if (root->links == 0)
        return -ENOENT;
    if (status)
        return status;
    if (mount_holding(root) == mount_holding(path_root()) || mount_holding(old) == mount_holding(path_root()))
        return -EBUSY;
    if (!before || !before->covered || !mount || !mount->covered)
        return -EINVAL; /* the first root of all stays where it is */
    return mount_is_below(old, root) && mount_is_below(root, path_root()) ? 0 : -EINVAL;
}

long file_sys_pivot_root(const struct syscall_arguments *a)
{
    struct inode *root, *old;

    if (!capability_held(CAPABILITY_SYS_ADMIN))
        return -EPERM;
    long status = user_path_find(ABI_AT_FDCWD, a->a0, PATH_FOLLOW, false, &root);
    if (status)
        return status;
    status = inode_is_directory(root) ? user_path_find(ABI_AT_FDCWD, a->a1, PATH_FOLLOW, false, &old) : -ENOTDIR;
    if (status == 0) {
        status = inode_is_directory(old) ? file_mount_may_pivot(root, old) : -ENOTDIR;
        if (status == 0)
            mount_pivot(mount_of_root(root), mount_of_root(path_root()), old);
        inode_release(old);
    }
    inode_release(root);
    return status;
}

long file_sys_sync(const struct syscall_arguments *a)
{
    (void)a;
    ext2_sync_all(); /* the call has no way to say that it failed */
    mount_end_detached();
    return 0;
}

long file_sys_syncfs(const struct syscall_arguments *a)
{
    const struct file *file = files_borrow((int)a->a0);
    if (!file || (file->flags & ABI_O_PATH))
        return -EBADF;
    return file->inode && ext2_holds(file->inode) ? ext2_sync_holding(file->inode) : 0;
}

static long file_mount_statfs(struct inode *inode, uint64_t user_status)
{
    struct abi_statfs status = {
        .type = ABI_PROC_MAGIC, .block_bytes = 4096, .name_bytes = ABI_NAME_BYTES, .fragment_bytes = 4096};
    long result = ext2_holds(inode) ? ext2_status(inode, &status) : 0;
    if (result)
        return result;
    if (devpts_holds(inode))
        status.type = ABI_DEVPTS_MAGIC;
    else if (sysfs_holds(inode))
        status.type = SYSFS_MAGIC;
    else if (ramfs_holds(inode))
        ramfs_status(inode, &status);
    status.flags = FILE_STATFS_VALID | (inode->volume ? inode->volume->flags : 0);
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
