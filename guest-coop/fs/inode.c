/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What all inodes share: reference counts, permissions, the stat structure and the way back from an
 * inode to its path.
 */
#include "fs/inode.h"

#include "fs/mount.h"
#include "fs/path.h"

#include "kernel/capability.h"
#include "kernel/clock.h"
#include "kernel/errno.h"
#include "kernel/process_private.h"
#include "memory/frame.h"
#include <coopvirt/string.h>

void inode_reference(struct inode *inode)
{
    inode->references++;
}

void inode_release(struct inode *inode)
{
    if (--inode->references == 0)
        inode->operations->destroy(inode);
}

/* What the modes refuse, capabilities may still grant. */
static __attribute__((noinline)) int inode_check_privileged(const struct inode *inode, uint32_t wanted,
                                                            uint64_t capabilities)
{
    bool directory = inode_is_directory(inode);
    uint32_t may = directory ? ABI_MAY_READ | ABI_MAY_EXECUTE : ABI_MAY_READ;
    if (capabilities >> CAPABILITY_DAC_READ_SEARCH & 1 && !(wanted & ~may))
        return 0;
    if (!(capabilities >> CAPABILITY_DAC_OVERRIDE & 1))
        return -EACCES;
    /* All but execute what nobody may execute. */
    return (wanted & ABI_MAY_EXECUTE) && !directory && !(inode->mode & 0111) ? -EACCES : 0;
}

/* For a user who is neither the owner nor, by its first group, of the file's: apart from the common way, which must not
 * pay for it. */
static __attribute__((noinline)) int inode_check_groups(const struct inode *inode, uint32_t wanted,
                                                        const struct groups *groups, const uint64_t *capabilities)
{
    uint32_t granted = groups_contain(groups, inode->gid) ? inode->mode >> 3 : inode->mode;
    if ((granted & wanted) == wanted)
        return 0;
    return *capabilities ? inode_check_privileged(inode, wanted, *capabilities) : -EACCES;
}

static inline int inode_check(const struct inode *inode, uint32_t wanted, uint32_t uid, uint32_t gid,
                              const struct groups *groups, const uint64_t *capabilities)
{
    uint32_t granted = inode->mode;

    if (uid == inode->uid)
        granted >>= 6;
    else if (gid == inode->gid)
        granted >>= 3;
    else if (groups)
        return inode_check_groups(inode, wanted, groups, capabilities);
    if ((granted & wanted) == wanted)
        return 0;
    return *capabilities ? inode_check_privileged(inode, wanted, *capabilities) : -EACCES;
}

int inode_permission(const struct inode *inode, uint32_t wanted)
{
    const struct process *process = process_current();
    return inode_check(inode, wanted, process->fsuid, process->fsgid, process->groups, &process->effective);
}

int inode_permission_real(const struct inode *inode, uint32_t wanted)
{
    const struct process *process = process_current();
    uint64_t capabilities = process->effective;
    if (!(process->private->rules.secure & CAPABILITY_SECURE_NO_FIXUP))
        capabilities = process->uid == 0 ? process->permitted : 0;
    return inode_check(inode, wanted, process->uid, process->gid, process->groups, &capabilities);
}

int inode_permission_owner(const struct inode *inode)
{
    return process_current()->fsuid == inode->uid || capability_held(CAPABILITY_FOWNER) ? 0 : -EPERM;
}

int inode_permission_remove(const struct inode *directory, const struct inode *victim)
{
    int status = inode_permission(directory, ABI_MAY_WRITE | ABI_MAY_EXECUTE);

    if (status)
        return status;
    if ((directory->mode & ABI_S_ISVTX) && inode_permission_owner(victim) && inode_permission_owner(directory))
        return -EPERM;
    return 0;
}

void inode_drop_set_id(struct inode *inode, bool always)
{
    if (inode_type(inode) == ABI_S_IFREG && (always || !capability_held(CAPABILITY_FSETID)))
        inode->mode &= ~(ABI_S_ISUID | (inode->mode & ABI_S_IXGRP ? ABI_S_ISGID : 0));
}

uint32_t inode_mode_in(const struct inode *directory, uint32_t mode)
{
    uint32_t program = ABI_S_ISGID | ABI_S_IXGRP, type = mode & ABI_S_IFMT;
    bool others = directory->mode & ABI_S_ISGID && !groups_member(directory->gid);
    if (type != ABI_S_IFDIR && (mode & program) == program && others && !capability_held(CAPABILITY_FSETID))
        mode &= ~ABI_S_ISGID;
    return mode;
}

void inode_touch(struct inode *inode)
{
    uint64_t now = clock_realtime_ns();
    inode->times.modified_ns = now;
    inode->times.changed_ns = now;
}

static struct abi_timespec inode_timespec(uint64_t ns)
{
    return (struct abi_timespec){(int64_t)(ns / 1000000000), (int64_t)(ns % 1000000000)};
}

void inode_stat(const struct inode *inode, struct abi_stat *status)
{
    *status = (struct abi_stat){
        .device = inode->file_system,
        .inode = inode->number,
        .links = inode->links,
        .mode = inode->mode,
        .uid = inode->uid,
        .gid = inode->gid,
        .rdevice = inode->device,
        .size = (int64_t)inode->size,
        .block_bytes = FRAME_BYTES,
        .blocks = (int64_t)inode->sectors,
        .accessed = inode_timespec(inode->times.accessed_ns),
        .modified = inode_timespec(inode->times.modified_ns),
        .changed = inode_timespec(inode->times.changed_ns),
    };
}

/* Goes one step up, and puts the name of what was left before path[*start]. The reference to *place moves along: names
 * are waited for, and meanwhile mounts come and go and other threads change their directory. */
static int inode_path_up(struct inode **place, char *path, size_t *start)
{
    struct inode *inode = *place;
    const struct mount *mount = mount_of_root(inode);
    bool covers = mount && mount->covered;
    struct inode *above = covers ? mount->covered : inode->parent;
    char name[ABI_NAME_BYTES + 1];

    if (!above)
        return -ENOENT;
    inode_reference(above);
    long length = covers ? 0 : above->operations->child_name(above, inode, name, sizeof(name));
    *place = above;
    inode_release(inode);
    if (covers || length < 0)
        return (int)length;
    if (*start < (size_t)length + 1)
        return -ERANGE;
    *start -= (size_t)length;
    memcpy(path + *start, name, (size_t)length);
    path[--*start] = '/';
    return 0;
}

int inode_path(struct inode *inode, char *path, size_t size)
{
    const struct inode *root = path_root();
    size_t start = size - 1;
    int status = 0;

    path[start] = '\0';
    inode_reference(inode);
    while (inode != root && status == 0)
        status = inode_path_up(&inode, path, &start);
    inode_release(inode);
    if (status)
        return status;
    if (path[start] == '\0') {
        if (start == 0)
            return -ERANGE;
        path[--start] = '/';
    }
    memmove(path, path + start, size - start);
    return 0;
}
