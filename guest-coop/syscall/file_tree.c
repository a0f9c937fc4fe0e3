/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System calls that change the tree of names: mkdir, mknod, link, symlink, unlink, rmdir, rename.
 */
#include "syscall/file_calls.h"

#include "fs/inode.h"
#include "fs/notify.h"
#include "kernel/capability.h"
#include "kernel/errno.h"
#include "kernel/process.h"
#include "syscall/user_path.h"

/* Somebody watches something: what the walk missed is there now; a link makes one more of `linked`, or is NULL. */
static __attribute__((noinline)) void file_tree_tell_made(const struct path *path, struct inode *linked, long status)
{
    const struct inode *made = linked ? linked : path->inode;

    if (status)
        return;
    if (linked)
        notify_self(linked, NOTIFY_ATTRIBUTES);
    notify_name(path->directory, path->name, NOTIFY_CREATE | (made ? notify_kind(made) : 0), 0);
}

/* The same of a name that is gone, and maybe what had it, which is told first. */
static __attribute__((noinline)) void file_tree_tell_removed(struct path *path, long status)
{
    uint32_t kind = status ? 0 : notify_kind(path->inode);

    if (status)
        return;
    if (!kind)
        notify_self(path->inode, NOTIFY_ATTRIBUTES);
    notify_release(path->inode);
    path->inode = NULL;
    notify_name(path->directory, path->name, NOTIFY_DELETE | kind, 0);
}

/* May a new name be made where the walk ended? 0 or -errno. */
static long file_tree_may_add(const struct path *path)
{
    if (path->inode || !path->directory)
        return -EEXIST;
    if (inode_check_changeable(path->directory))
        return -EROFS;
    return inode_permission(path->directory, ABI_MAY_WRITE | ABI_MAY_EXECUTE);
}

static long file_tree_make(int descriptor, uint64_t user_path, uint32_t mode, uint64_t device)
{
    struct user_walk walk;
    bool directory = (mode & ABI_S_IFMT) == ABI_S_IFDIR;
    long status = user_walk(&walk, descriptor, user_path, PATH_MISSING);

    if (status)
        return status;
    status = file_tree_may_add(&walk.path);
    if (status == 0 && walk.path.must_be_directory && !directory)
        status = -ENOENT;
    if (status == 0 && !walk.path.directory->operations->create)
        status = -EPERM;
    if (status == 0)
        status = walk.path.directory->operations->create(
            walk.path.directory, walk.path.name, inode_mode_in(walk.path.directory, mode & ~process_current()->umask),
            device, &walk.path.inode);
    if (notify_active)
        file_tree_tell_made(&walk.path, NULL, status);
    user_walk_finish(&walk);
    return status;
}

long file_sys_mkdir(const struct syscall_arguments *a)
{
    return file_tree_make(ABI_AT_FDCWD, a->a0, ABI_S_IFDIR | ((uint32_t)a->a1 & 01777), 0);
}

long file_sys_mkdirat(const struct syscall_arguments *a)
{
    return file_tree_make((int)a->a0, a->a1, ABI_S_IFDIR | ((uint32_t)a->a2 & 01777), 0);
}

static long file_tree_mknod(int descriptor, uint64_t user_path, uint32_t mode, uint64_t device)
{
    uint32_t type = mode & ABI_S_IFMT;

    switch (type) {
    case 0:
    case ABI_S_IFREG:
    case ABI_S_IFIFO:
        return file_tree_make(descriptor, user_path, (type ? type : ABI_S_IFREG) | (mode & 07777), 0);
    case ABI_S_IFCHR:
    case ABI_S_IFBLK:
        if (!capability_held(CAPABILITY_MKNOD))
            return -EPERM;
        return file_tree_make(descriptor, user_path, type | (mode & 07777), device);
    default:
        return type == ABI_S_IFDIR ? -EPERM : -EINVAL;
    }
}

long file_sys_mknod(const struct syscall_arguments *a)
{
    return file_tree_mknod(ABI_AT_FDCWD, a->a0, (uint32_t)a->a1, a->a2);
}

long file_sys_mknodat(const struct syscall_arguments *a)
{
    return file_tree_mknod((int)a->a0, a->a1, (uint32_t)a->a2, a->a3);
}

static long file_tree_symlink(uint64_t user_target, int descriptor, uint64_t user_path)
{
    struct user_path target;
    struct user_walk walk;
    long status = user_path_get(&target, user_target);

    if (status)
        return status;
    status = target.text[0] ? user_walk(&walk, descriptor, user_path, PATH_MISSING) : -ENOENT;
    if (status == 0) {
        status = file_tree_may_add(&walk.path);
        if (status == 0 && walk.path.must_be_directory)
            status = -ENOENT;
        if (status == 0 && !walk.path.directory->operations->symlink)
            status = -EPERM;
        if (status == 0)
            status = walk.path.directory->operations->symlink(walk.path.directory, walk.path.name, target.text);
        if (notify_active)
            file_tree_tell_made(&walk.path, NULL, status);
        user_walk_finish(&walk);
    }
    user_path_free(&target);
    return status;
}

long file_sys_symlink(const struct syscall_arguments *a)
{
    return file_tree_symlink(a->a0, ABI_AT_FDCWD, a->a1);
}
long file_sys_symlinkat(const struct syscall_arguments *a)
{
    return file_tree_symlink(a->a0, (int)a->a1, a->a2);
}

/* Gives `inode` one more name. */
static long file_tree_link_inode(struct inode *inode, int descriptor, uint64_t user_path)
{
    struct user_walk walk;

    if (inode_is_directory(inode))
        return -EPERM;
    long status = user_walk(&walk, descriptor, user_path, PATH_MISSING);
    if (status)
        return status;
    status = file_tree_may_add(&walk.path);
    if (status == 0 && walk.path.must_be_directory)
        status = -ENOENT;
    if (status == 0 && inode->file_system != walk.path.directory->file_system)
        status = -EXDEV;
    if (status == 0 && inode->links == 0)
        status = -ENOENT; /* removed, and only open still */
    if (status == 0 && !walk.path.directory->operations->link)
        status = -EPERM;
    if (status == 0)
        status = walk.path.directory->operations->link(walk.path.directory, walk.path.name, inode);
    if (notify_active)
        file_tree_tell_made(&walk.path, inode, status);
    user_walk_finish(&walk);
    return status;
}

static long file_tree_link(int from_descriptor, uint64_t user_from, int to_descriptor, uint64_t user_to, uint32_t flags)
{
    struct inode *inode;

    if (flags & ~(ABI_AT_SYMLINK_FOLLOW | ABI_AT_EMPTY_PATH))
        return -EINVAL;
    if (flags & ABI_AT_EMPTY_PATH && !capability_held(CAPABILITY_DAC_READ_SEARCH))
        return -ENOENT;
    long status = user_path_find(from_descriptor, user_from, flags & ABI_AT_SYMLINK_FOLLOW ? PATH_FOLLOW : 0,
                                 flags & ABI_AT_EMPTY_PATH, &inode);
    if (status)
        return status;
    status = file_tree_link_inode(inode, to_descriptor, user_to);
    inode_release(inode);
    return status;
}

long file_sys_link(const struct syscall_arguments *a)
{
    return file_tree_link(ABI_AT_FDCWD, a->a0, ABI_AT_FDCWD, a->a1, 0);
}

long file_sys_linkat(const struct syscall_arguments *a)
{
    return file_tree_link((int)a->a0, a->a1, (int)a->a2, a->a3, (uint32_t)a->a4);
}

/* May the name where the walk ended be removed? A mounted root shows as another file system than its directory. */
static long file_tree_may_remove(const struct path *path)
{
    if (path->inode->file_system != path->directory->file_system)
        return -EBUSY;
    if (!path->directory->operations->remove)
        return -EPERM;
    if (inode_check_changeable(path->directory))
        return -EROFS;
    return inode_permission_remove(path->directory, path->inode);
}

static long file_tree_unlink(int descriptor, uint64_t user_path)
{
    struct user_walk walk;
    long status = user_walk(&walk, descriptor, user_path, PATH_PARENT);

    if (status)
        return status;
    if (!walk.path.directory)
        status = -EISDIR;
    if (status == 0)
        status = file_tree_may_remove(&walk.path);
    if (status == 0 && inode_is_directory(walk.path.inode))
        status = -EISDIR;
    if (status == 0)
        status = walk.path.directory->operations->remove(walk.path.directory, walk.path.name, walk.path.inode);
    if (notify_active)
        file_tree_tell_removed(&walk.path, status);
    user_walk_finish(&walk);
    return status;
}

/* Why "/", "." and ".." cannot be removed. */
static long file_tree_no_name(const struct path *path, const char *text)
{
    const char *end = text;
    while (*end)
        end++;
    while (end > text && end[-1] == '/')
        end--;
    if (path->inode == inode_root())
        return -EBUSY;
    return end - text >= 2 && end[-1] == '.' && end[-2] == '.' ? -ENOTEMPTY : -EINVAL;
}

static long file_tree_rmdir(int descriptor, uint64_t user_path)
{
    struct user_walk walk;
    long status = user_walk(&walk, descriptor, user_path, PATH_PARENT);

    if (status)
        return status;
    if (!walk.path.directory)
        status = file_tree_no_name(&walk.path, walk.text.text);
    else if (!inode_is_directory(walk.path.inode))
        status = -ENOTDIR;
    if (status == 0)
        status = file_tree_may_remove(&walk.path);
    if (status == 0)
        status = walk.path.directory->operations->remove(walk.path.directory, walk.path.name, walk.path.inode);
    if (notify_active)
        file_tree_tell_removed(&walk.path, status);
    user_walk_finish(&walk);
    return status;
}

long file_sys_unlink(const struct syscall_arguments *a)
{
    return file_tree_unlink(ABI_AT_FDCWD, a->a0);
}
long file_sys_rmdir(const struct syscall_arguments *a)
{
    return file_tree_rmdir(ABI_AT_FDCWD, a->a0);
}

long file_sys_unlinkat(const struct syscall_arguments *a)
{
    uint32_t flags = (uint32_t)a->a2;

    if (flags & ~ABI_AT_REMOVEDIR)
        return -EINVAL;
    return flags ? file_tree_rmdir((int)a->a0, a->a1) : file_tree_unlink((int)a->a0, a->a1);
}

/* Is `directory` the inode or somewhere below it? */
static bool file_tree_below(const struct inode *directory, const struct inode *inode)
{
    while (directory && directory != inode)
        directory = directory->parent;
    return directory == inode;
}

/* May what the first walk found get the name of the second? 0 or -errno; -ECHILD: nothing to do, both are the same
 * inode. */
static long file_tree_may_rename(const struct path *from, const struct path *to, uint32_t flags)
{
    if (!from->directory || !to->directory)
        return -EBUSY;
    if (to->inode && (flags & ABI_RENAME_NOREPLACE))
        return -EEXIST;
    if (from->directory->file_system != to->directory->file_system)
        return -EXDEV;
    bool directory = inode_is_directory(from->inode);
    if (to->must_be_directory && !directory)
        return -ENOTDIR;
    if (directory && file_tree_below(to->directory, from->inode))
        return -EINVAL;
    if (to->inode == from->inode)
        return -ECHILD;
    long status = file_tree_may_remove(from);
    if (status)
        return status;
    if (!to->inode)
        return inode_permission(to->directory, ABI_MAY_WRITE | ABI_MAY_EXECUTE);
    if (inode_is_directory(to->inode) != directory)
        return directory ? -ENOTDIR : -EISDIR;
    if (file_tree_below(from->directory, to->inode))
        return -ENOTEMPTY;
    return file_tree_may_remove(to);
}

static long file_tree_rename(int from_descriptor, uint64_t user_from, int to_descriptor, uint64_t user_to,
                             uint32_t flags)
{
    struct user_walk from, to;

    if (flags & ~ABI_RENAME_NOREPLACE)
        return -EINVAL;
    long status = user_walk(&from, from_descriptor, user_from, PATH_PARENT);
    if (status)
        return status;
    status = user_walk(&to, to_descriptor, user_to, PATH_MISSING);
    if (status == 0) {
        status = file_tree_may_rename(&from.path, &to.path, flags);
        if (status == 0)
            status = from.path.directory->operations->rename(from.path.directory, from.path.name, to.path.directory,
                                                             to.path.name, to.path.inode);
        if (notify_active && status == 0)
            notify_renamed(&from.path, &to.path);
        user_walk_finish(&to);
    }
    user_walk_finish(&from);
    return status == -ECHILD ? 0 : status;
}

long file_sys_rename(const struct syscall_arguments *a)
{
    return file_tree_rename(ABI_AT_FDCWD, a->a0, ABI_AT_FDCWD, a->a1, 0);
}

long file_sys_renameat(const struct syscall_arguments *a)
{
    return file_tree_rename((int)a->a0, a->a1, (int)a->a2, a->a3, 0);
}

long file_sys_renameat2(const struct syscall_arguments *a)
{
    return file_tree_rename((int)a->a0, a->a1, (int)a->a2, a->a3, (uint32_t)a->a4);
}
