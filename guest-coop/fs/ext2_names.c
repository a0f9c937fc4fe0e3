/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inode operations of ext2: looking up, making, linking, removing and renaming. They may sleep for the disk, so
 * what the path walk saw is looked at again under the lock.
 */
#include "fs/ext2.h"

#include "fs/device.h"
#include "fs/pipe.h"
#include "kernel/clock.h"
#include "kernel/errno.h"
#include <coopvirt/string.h>

#define EXT2_FAST_LINK (EXT2_POINTERS * 4) /* a target that is shorter lies in the inode */

static void ext2_attach(struct inode *inode, struct inode *directory)
{
    if (inode->parent || inode == ext2_volume(inode)->root)
        return;
    inode_reference(directory);
    inode->parent = directory;
}

static void ext2_detach(struct inode *inode, struct inode *directory)
{
    if (inode->parent != directory || inode == ext2_volume(inode)->root)
        return;
    inode->parent = NULL;
    inode_release(directory);
}

static int ext2_lookup(struct inode *directory, struct inode_name name, struct inode **found)
{
    struct ext2 *ext2 = ext2_volume(directory);
    uint32_t number;
    ext2_lock(ext2);
    int status = ext2_directory_find(directory, name, &number);
    if (status == 0)
        status = ext2_inode_get(ext2, number, found);
    if (status == 0)
        ext2_attach(*found, directory);
    return ext2_unlock(ext2, status);
}

/* Enters an inode that was just made; when that fails, it goes away with its last reference. */
static int ext2_enter(struct inode *directory, struct inode_name name, struct inode *inode)
{
    bool is_directory = inode_is_directory(inode);
    int status = is_directory ? ext2_directory_start(inode, (uint32_t)directory->number) : 0;
    if (status == 0)
        status = ext2_directory_add(directory, name, (uint32_t)inode->number, inode->mode);
    if (status) {
        inode->links = 0;
        return status;
    }
    if (is_directory) {
        inode->links = 2;
        directory->links++;
    }
    ext2_attach(inode, directory);
    status = ext2_inode_store(inode);
    return status ? status : ext2_inode_store(directory);
}

static int ext2_make(struct inode *directory, struct inode_name name, uint32_t mode, uint64_t device,
                     const char *target, struct inode **made)
{
    struct ext2 *ext2 = ext2_volume(directory);
    struct inode *inode;
    if (ext2->read_only)
        return -EROFS;
    if ((mode & ABI_S_IFMT) == ABI_S_IFDIR && directory->links >= EXT2_LINK_LIMIT)
        return -EMLINK;
    int status = ext2_inode_make(directory, mode, device, &inode);
    if (status)
        return status;
    size_t length = target ? strlen(target) : 0;
    if (length && length < EXT2_FAST_LINK) {
        memcpy(ext2_of(inode)->block, target, length);
    } else if (length) {
        uint32_t number;
        bool fresh;
        struct ext2_block *block;
        status = ext2_map(ext2_of(inode), 0, true, &number, &fresh);
        if (status == 0)
            status = ext2_cache_get(ext2, number, EXT2_CLEAR, &block);
        if (status == 0) {
            memcpy(ext2_block_bytes(block), target, length);
            ext2_cache_put_dirty(block);
        }
    }
    inode->size = length;
    if (status)
        inode->links = 0;
    else
        status = ext2_enter(directory, name, inode);
    if (status) {
        inode_release(inode);
        return status;
    }
    *made = inode;
    return 0;
}

static int ext2_create(struct inode *directory, struct inode_name name, uint32_t mode, uint64_t device,
                       struct inode **made)
{
    struct ext2 *ext2 = ext2_volume(directory);
    ext2_lock_writing(ext2);
    return ext2_unlock(ext2, ext2_make(directory, name, mode, device, NULL, made));
}

static int ext2_symlink(struct inode *directory, struct inode_name name, const char *target)
{
    struct ext2 *ext2 = ext2_volume(directory);
    struct inode *made;
    if (strlen(target) >= ext2->block_bytes)
        return -ENAMETOOLONG;
    ext2_lock_writing(ext2);
    int status = ext2_make(directory, name, ABI_S_IFLNK | 0777, 0, target, &made);
    if (status == 0)
        inode_release(made);
    return ext2_unlock(ext2, status);
}

static long ext2_readlink(struct inode *inode, char *text, size_t size)
{
    struct ext2 *ext2 = ext2_volume(inode);
    struct ext2_block *block;
    size_t length = inode->size < size ? inode->size : size;
    if (inode->sectors == 0) {
        if (length >= EXT2_FAST_LINK)
            return -EIO;
        memcpy(text, ext2_of(inode)->block, length);
        return (long)length;
    }
    ext2_lock(ext2);
    int status = length > ext2->block_bytes ? -EIO : ext2_cache_get(ext2, ext2_of(inode)->block[0], EXT2_READ, &block);
    if (status)
        return ext2_unlock(ext2, status);
    memcpy(text, ext2_block_bytes(block), length);
    ext2_cache_put(block);
    return ext2_unlock(ext2, (int)length);
}

static int ext2_link(struct inode *directory, struct inode_name name, struct inode *inode)
{
    struct ext2 *ext2 = ext2_volume(directory);
    if (ext2->read_only)
        return -EROFS;
    if (inode->links >= EXT2_LINK_LIMIT)
        return -EMLINK;
    ext2_lock_writing(ext2);
    int status = inode->links ? ext2_directory_add(directory, name, (uint32_t)inode->number, inode->mode) : -ENOENT;
    if (status == 0) {
        inode->links++;
        inode->times.changed_ns = clock_realtime_ns();
        ext2_attach(inode, directory);
        status = ext2_inode_store(inode);
    }
    return ext2_unlock(ext2, status);
}

/* The inode has lost a name: a directory also its own "." and the parent its "..". */
static int ext2_unlinked(struct inode *directory, struct inode *inode)
{
    inode->times.changed_ns = clock_realtime_ns();
    if (inode_is_directory(inode)) {
        inode->links = 0;
        directory->links--;
    } else {
        inode->links--;
    }
    ext2_detach(inode, directory);
    int status = ext2_inode_store(inode);
    return status ? status : ext2_inode_store(directory);
}

/* Does the name still stand for this inode, and may it go? */
static int ext2_may_remove(struct inode *directory, struct inode_name name, struct inode *inode)
{
    uint32_t number;
    if (ext2_volume(directory)->read_only)
        return -EROFS;
    int status = ext2_directory_find(directory, name, &number);
    if (status == 0 && number != inode->number)
        status = -ENOENT;
    return status || !inode_is_directory(inode) ? status : ext2_directory_empty(inode);
}

static int ext2_remove(struct inode *directory, struct inode_name name, struct inode *inode)
{
    struct ext2 *ext2 = ext2_volume(directory);
    ext2_lock_writing(ext2);
    int status = ext2_may_remove(directory, name, inode);
    if (status == 0)
        status = ext2_directory_remove(directory, name);
    if (status == 0)
        status = ext2_unlinked(directory, inode);
    return ext2_unlock(ext2, status);
}

/* A directory that moved: its ".." and both parents' links. */
static int ext2_moved(struct inode *inode, struct inode *from, struct inode *to)
{
    static const struct inode_name up = {"..", 2};
    ext2_detach(inode, from);
    ext2_attach(inode, to);
    inode->times.changed_ns = clock_realtime_ns();
    int status = ext2_inode_store(inode);
    if (status || from == to || !inode_is_directory(inode))
        return status;
    status = ext2_directory_set(inode, up, (uint32_t)to->number, ABI_S_IFDIR);
    from->links--;
    to->links++;
    if (status == 0)
        status = ext2_inode_store(from);
    return status ? status : ext2_inode_store(to);
}

static int ext2_rename_locked(struct inode *from, struct inode_name from_name, struct inode *to,
                              struct inode_name to_name, struct inode *replaced)
{
    struct ext2 *ext2 = ext2_volume(from);
    struct inode *inode;
    uint32_t number;
    int status = replaced ? ext2_may_remove(to, to_name, replaced) : ext2->read_only ? -EROFS : 0;
    if (status == 0)
        status = ext2_directory_find(from, from_name, &number);
    if (status == 0)
        status = ext2_inode_get(ext2, number, &inode);
    if (status)
        return status;
    if (replaced)
        status = ext2_directory_set(to, to_name, number, inode->mode);
    else
        status = ext2_directory_add(to, to_name, number, inode->mode);
    if (status == 0 && replaced)
        status = ext2_unlinked(to, replaced);
    if (status == 0)
        status = ext2_directory_remove(from, from_name);
    if (status == 0)
        status = ext2_moved(inode, from, to);
    inode_release(inode);
    return status;
}

static int ext2_rename(struct inode *from, struct inode_name from_name, struct inode *to, struct inode_name to_name,
                       struct inode *replaced)
{
    struct ext2 *ext2 = ext2_volume(from);
    ext2_lock_writing(ext2);
    return ext2_unlock(ext2, ext2_rename_locked(from, from_name, to, to_name, replaced));
}

static long ext2_child_name(struct inode *directory, struct inode *child, char *text, size_t size)
{
    struct ext2 *ext2 = ext2_volume(directory);
    ext2_lock(ext2);
    return ext2_unlock(ext2, (int)ext2_directory_name(directory, (uint32_t)child->number, text, size));
}

static int ext2_open_directory(struct file *file)
{
    file->operations = &ext2_directory_file_operations;
    return 0;
}

static int ext2_open_file(struct file *file)
{
    if (ext2_volume(file->inode)->read_only && (file->flags & ABI_O_ACCESS) != ABI_O_RDONLY)
        return -EROFS;
    file->operations = &ext2_file_operations;
    return 0;
}

const struct inode_operations ext2_directory_operations = {
    .lookup = ext2_lookup,
    .create = ext2_create,
    .symlink = ext2_symlink,
    .link = ext2_link,
    .remove = ext2_remove,
    .rename = ext2_rename,
    .child_name = ext2_child_name,
    .open = ext2_open_directory,
    .destroy = ext2_inode_destroy,
};
const struct inode_operations ext2_file_inode_operations = {
    .open = ext2_open_file, .truncate = ext2_file_truncate, .destroy = ext2_inode_destroy};
const struct inode_operations ext2_link_operations = {.readlink = ext2_readlink, .destroy = ext2_inode_destroy};
const struct inode_operations ext2_fifo_operations = {.open = pipe_open_fifo, .destroy = ext2_inode_destroy};
const struct inode_operations ext2_device_operations = {.open = device_open, .destroy = ext2_inode_destroy};
