/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System calls that change a file's attributes, and those on the current directory and the umask.
 */
#include "syscall/file_calls.h"

#include "fs/inode.h"
#include "fs/notify.h"
#include "kernel/capability.h"
#include "kernel/clock.h"
#include "kernel/errno.h"
#include "kernel/groups.h"
#include "kernel/process.h"
#include "kernel/thread.h"
#include "memory/frame.h"
#include "memory/user_copy.h"
#include "syscall/user_path.h"
#include <coopvirt/string.h>

#define FILE_NS_PER_SECOND 1000000000l

/* ---- directories ---- */

long file_sys_getcwd(const struct syscall_arguments *a)
{
    coop_paddr frame = frame_allocate();
    if (!frame)
        return -ENOMEM;
    char *path = frame_address(frame);
    long status = inode_path(process_current()->directory, path, FRAME_BYTES);
    if (status == 0) {
        size_t bytes = strlen(path) + 1;
        status = bytes > a->a1 ? -ERANGE : user_copy_out(a->a0, path, bytes);
        if (status == 0)
            status = (long)bytes;
    }
    frame_release(frame);
    return status;
}

/* Takes over the reference. */
static long file_attributes_enter(struct inode *inode)
{
    long status = inode_is_directory(inode) ? inode_permission(inode, ABI_MAY_EXECUTE) : -ENOTDIR;

    if (status == 0) {
        thread_set_directory(inode);
    } else {
        inode_release(inode);
    }
    return status;
}

long file_sys_chdir(const struct syscall_arguments *a)
{
    struct inode *inode;
    long status = user_path_find(ABI_AT_FDCWD, a->a0, PATH_FOLLOW, false, &inode);
    return status ? status : file_attributes_enter(inode);
}

long file_sys_fchdir(const struct syscall_arguments *a)
{
    const struct file *file = files_borrow((int)a->a0);

    if (!file)
        return -EBADF;
    inode_reference(file->inode);
    return file_attributes_enter(file->inode);
}

long file_sys_chroot(const struct syscall_arguments *a)
{
    struct inode *inode;
    long status = user_path_find(ABI_AT_FDCWD, a->a0, PATH_FOLLOW, false, &inode);
    if (status)
        return status;
    status = inode_is_directory(inode) ? inode_permission(inode, ABI_MAY_EXECUTE) : -ENOTDIR;
    if (status == 0 && !capability_held(CAPABILITY_SYS_CHROOT))
        status = -EPERM;
    if (status == 0)
        thread_set_root(inode);
    else
        inode_release(inode);
    return status;
}

long file_sys_umask(const struct syscall_arguments *a)
{
    uint32_t before = process_current()->umask;

    thread_set_umask((uint32_t)a->a0 & 0777);
    return before;
}

/* ---- mode and owner ---- */

static long file_attributes_chmod(struct inode *inode, uint32_t mode)
{
    if (inode_check_changeable(inode))
        return -EROFS;
    if (inode_permission_owner(inode))
        return -EPERM;
    mode &= 07777;
    if (!groups_member(inode->gid) && !capability_held(CAPABILITY_FSETID))
        mode &= ~ABI_S_ISGID;
    inode->mode = inode_type(inode) | mode;
    inode->times.changed_ns = clock_realtime_ns();
    if (notify_active)
        notify_inode(inode, NOTIFY_ATTRIBUTES);
    return 0;
}

#define FILE_KEEP UINT32_MAX /* an id that is not to change */

static long file_attributes_chown(struct inode *inode, uint32_t uid, uint32_t gid)
{
    if (inode_check_changeable(inode))
        return -EROFS;
    if (!capability_held(CAPABILITY_CHOWN)) {
        if (process_current()->fsuid != inode->uid || (uid != FILE_KEEP && uid != inode->uid))
            return -EPERM;
        if (gid != FILE_KEEP && gid != inode->gid && !groups_member(gid))
            return -EPERM;
    }
    if (uid != FILE_KEEP)
        inode->uid = uid;
    if (gid != FILE_KEEP)
        inode->gid = gid;
    /* A program does not keep another owner's rights. */
    inode_drop_set_id(inode, true);
    inode->times.changed_ns = clock_realtime_ns();
    if (notify_active)
        notify_inode(inode, NOTIFY_ATTRIBUTES);
    return 0;
}

static long file_attributes_chmod_path(int descriptor, uint64_t user_path, uint32_t mode)
{
    struct inode *inode;
    long status = user_path_find(descriptor, user_path, PATH_FOLLOW, false, &inode);

    if (status)
        return status;
    status = file_attributes_chmod(inode, mode);
    inode_release(inode);
    return status;
}

static long file_attributes_chown_path(int descriptor, uint64_t user_path, uint32_t uid, uint32_t gid, uint32_t flags)
{
    struct inode *inode;

    if (flags & ~(ABI_AT_SYMLINK_NOFOLLOW | ABI_AT_EMPTY_PATH))
        return -EINVAL;
    long status = user_path_find(descriptor, user_path, flags & ABI_AT_SYMLINK_NOFOLLOW ? 0 : PATH_FOLLOW,
                                 flags & ABI_AT_EMPTY_PATH, &inode);
    if (status)
        return status;
    status = file_attributes_chown(inode, uid, gid);
    inode_release(inode);
    return status;
}

long file_sys_chmod(const struct syscall_arguments *a)
{
    return file_attributes_chmod_path(ABI_AT_FDCWD, a->a0, (uint32_t)a->a1);
}

long file_sys_fchmodat(const struct syscall_arguments *a)
{
    return file_attributes_chmod_path((int)a->a0, a->a1, (uint32_t)a->a2);
}

long file_sys_fchmod(const struct syscall_arguments *a)
{
    const struct file *file = files_borrow((int)a->a0);
    return file && !(file->flags & ABI_O_PATH) ? file_attributes_chmod(file->inode, (uint32_t)a->a1) : -EBADF;
}

long file_sys_chown(const struct syscall_arguments *a)
{
    return file_attributes_chown_path(ABI_AT_FDCWD, a->a0, (uint32_t)a->a1, (uint32_t)a->a2, 0);
}

long file_sys_lchown(const struct syscall_arguments *a)
{
    return file_attributes_chown_path(ABI_AT_FDCWD, a->a0, (uint32_t)a->a1, (uint32_t)a->a2, ABI_AT_SYMLINK_NOFOLLOW);
}

long file_sys_fchownat(const struct syscall_arguments *a)
{
    return file_attributes_chown_path((int)a->a0, a->a1, (uint32_t)a->a2, (uint32_t)a->a3, (uint32_t)a->a4);
}

long file_sys_fchown(const struct syscall_arguments *a)
{
    const struct file *file = files_borrow((int)a->a0);
    return file && !(file->flags & ABI_O_PATH) ? file_attributes_chown(file->inode, (uint32_t)a->a1, (uint32_t)a->a2)
                                               : -EBADF;
}

/* ---- times ---- */

/* What a caller asks for: access and modification time with ABI_UTIME_NOW and ABI_UTIME_OMIT resolved late. */
struct file_times {
    struct abi_timespec time[2];
};

static bool file_times_valid(const struct abi_timespec *time)
{
    if (time->nanoseconds == ABI_UTIME_NOW || time->nanoseconds == ABI_UTIME_OMIT)
        return true;
    return time->nanoseconds >= 0 && time->nanoseconds < FILE_NS_PER_SECOND;
}

/* Times before 1970 and after 2554 are cut to what the inode can hold. */
static uint64_t file_times_ns(const struct abi_timespec *time)
{
    if (time->seconds < 0)
        return 0;
    if ((uint64_t)time->seconds >= UINT64_MAX / FILE_NS_PER_SECOND)
        return UINT64_MAX;
    return (uint64_t)time->seconds * FILE_NS_PER_SECOND + (uint64_t)time->nanoseconds;
}

/* What those who watch it are told. */
static uint32_t file_times_event(const struct file_times *times)
{
    bool access = times->time[0].nanoseconds != ABI_UTIME_OMIT, change = times->time[1].nanoseconds != ABI_UTIME_OMIT;

    if (access == change)
        return NOTIFY_ATTRIBUTES;
    return access ? NOTIFY_ACCESS : NOTIFY_MODIFY;
}

static long file_times_set(struct inode *inode, const struct file_times *times)
{
    uint64_t now = clock_realtime_ns();
    uint64_t *slots[2] = {&inode->times.accessed_ns, &inode->times.modified_ns};
    bool all_now = times->time[0].nanoseconds == ABI_UTIME_NOW && times->time[1].nanoseconds == ABI_UTIME_NOW;

    if (!file_times_valid(&times->time[0]) || !file_times_valid(&times->time[1]))
        return -EINVAL;
    if (inode_check_changeable(inode))
        return -EROFS;
    /* Who may write may also say "now"; any other time is the owner's to give. */
    if (inode_permission_owner(inode)) {
        if (!all_now)
            return -EPERM;
        if (inode_permission(inode, ABI_MAY_WRITE))
            return -EACCES;
    }
    for (unsigned i = 0; i < 2; i++) {
        const struct abi_timespec *time = &times->time[i];
        if (time->nanoseconds != ABI_UTIME_OMIT)
            *slots[i] = time->nanoseconds == ABI_UTIME_NOW ? now : file_times_ns(time);
    }
    inode->times.changed_ns = now;
    if (notify_active)
        notify_inode(inode, file_times_event(times));
    return 0;
}

static const struct file_times file_times_now = {{{0, ABI_UTIME_NOW}, {0, ABI_UTIME_NOW}}};

static long file_times_set_path(int descriptor, uint64_t user_path, uint32_t flags, const struct file_times *times)
{
    struct inode *inode;
    long status = user_path_find(descriptor, user_path, flags & ABI_AT_SYMLINK_NOFOLLOW ? 0 : PATH_FOLLOW,
                                 flags & ABI_AT_EMPTY_PATH, &inode);

    if (status)
        return status;
    status = file_times_set(inode, times);
    inode_release(inode);
    return status;
}

long file_sys_utimensat(const struct syscall_arguments *a)
{
    struct file_times times = file_times_now;
    uint32_t flags = (uint32_t)a->a3;

    if (flags & ~(ABI_AT_SYMLINK_NOFOLLOW | ABI_AT_EMPTY_PATH))
        return -EINVAL;
    if (a->a2 && user_copy_in(&times, a->a2, sizeof(times)))
        return -EFAULT;
    if (a->a1)
        return file_times_set_path((int)a->a0, a->a1, flags, &times);
    const struct file *file = files_borrow((int)a->a0);
    return file ? file_times_set(file->inode, &times) : -EBADF;
}

/* struct timeval[2] */
static long file_times_from_timevals(struct file_times *times, uint64_t user_timevals)
{
    struct abi_timeval timevals[2];

    *times = file_times_now;
    if (!user_timevals)
        return 0;
    if (user_copy_in(timevals, user_timevals, sizeof(timevals)))
        return -EFAULT;
    for (unsigned i = 0; i < 2; i++) {
        if (timevals[i].microseconds < 0 || timevals[i].microseconds >= 1000000)
            return -EINVAL;
        times->time[i] = (struct abi_timespec){timevals[i].seconds, timevals[i].microseconds * 1000};
    }
    return 0;
}

long file_sys_utimes(const struct syscall_arguments *a)
{
    struct file_times times;
    long status = file_times_from_timevals(&times, a->a1);
    return status ? status : file_times_set_path(ABI_AT_FDCWD, a->a0, 0, &times);
}

long file_sys_futimesat(const struct syscall_arguments *a)
{
    struct file_times times;
    long status = file_times_from_timevals(&times, a->a2);
    return status ? status : file_times_set_path((int)a->a0, a->a1, 0, &times);
}

/* struct utimbuf: two numbers of seconds */
long file_sys_utime(const struct syscall_arguments *a)
{
    struct file_times times = file_times_now;
    int64_t seconds[2];

    if (a->a1) {
        if (user_copy_in(seconds, a->a1, sizeof(seconds)))
            return -EFAULT;
        times = (struct file_times){{{seconds[0], 0}, {seconds[1], 0}}};
    }
    return file_times_set_path(ABI_AT_FDCWD, a->a0, 0, &times);
}
