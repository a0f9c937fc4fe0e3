/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Open files: from a path and flags to a struct file, and what the kernel itself does with one.
 */
#include "fs/file.h"

#include "fs/epoll.h"
#include "fs/file_lock.h"
#include "fs/notify.h"
#include "fs/path.h"
#include "fs/ramfs.h"
#include "kernel/errno.h"
#include "kernel/limits.h"
#include "kernel/process.h"
#include "kernel/signal_set.h"
#include "kernel/process.h"
#include "memory/frame.h"
#include "memory/heap.h"
#include <coopvirt/string.h>

static uint32_t file_count;

uint32_t file_open_count(void)
{
    return file_count;
}

void file_reference(struct file *file)
{
    file->references++;
}

void file_release(struct file *file)
{
    if (--file->references)
        return;
    if (file->watchers)
        epoll_forget(file);
    if (file_lock_count)
        file_lock_released(file);
    if (file->operations && file->operations->release)
        file->operations->release(file);
    if (file->inode) {
        if (notify_active)
            notify_closed(file);
        else
            inode_release(file->inode);
    }
    heap_free(file);
    file_count--;
}

struct file *file_create(const struct file_operations *operations, struct inode *inode, void *context, uint32_t flags)
{
    struct file *file = file_count < FILES_SYSTEM_LIMIT ? heap_allocate(sizeof(*file)) : NULL;
    if (!file)
        return NULL;
    file_count++;
    file->operations = operations;
    file->inode = inode;
    file->context = context;
    file->flags = flags;
    file->references = 1;
    if (inode)
        inode_reference(inode);
    return file;
}

int file_write_place(const struct file *file, uint64_t position, uint64_t limit, uint64_t *at, size_t *bytes)
{
    uint64_t own = limits_of(process_current(), LIMIT_FILE_SIZE)->soft;
    *at = file->flags & ABI_O_APPEND ? file->inode->size : position;
    if (*bytes == 0)
        return 0;
    if (*at >= limit)
        return -EFBIG;
    if (*bytes > limit - *at)
        *bytes = limit - *at;
    if ((*bytes <= own && *at <= own - *bytes) || file->flags & FILE_UNLIMITED)
        return 0;
    if (*at < own) {
        *bytes = own - *at;
        return 0;
    }
    process_signal(process_current(), (int)SIGNAL_XFSZ);
    return -EFBIG;
}

int file_check_size(const struct inode *inode, uint64_t bytes)
{
    if (bytes <= inode->size || bytes <= limits_of(process_current(), LIMIT_FILE_SIZE)->soft)
        return 0;
    process_signal(process_current(), (int)SIGNAL_XFSZ);
    return -EFBIG;
}

/* The permissions that an access mode needs (ABI_MAY_*). */
static uint32_t file_wanted(uint32_t flags)
{
    static const uint8_t wanted[4] = {ABI_MAY_READ, ABI_MAY_WRITE, ABI_MAY_READ | ABI_MAY_WRITE,
                                      ABI_MAY_READ | ABI_MAY_WRITE};
    return wanted[flags & ABI_O_ACCESS] | (flags & ABI_O_TRUNC ? ABI_MAY_WRITE : 0);
}

/* Is what the path names of a type that these flags can open? */
static int file_check_type(const struct inode *inode, uint32_t flags)
{
    uint32_t type = inode_type(inode);

    if (type == ABI_S_IFLNK)
        return -ELOOP; /* only reached with O_NOFOLLOW */
    if (type == ABI_S_IFDIR)
        return (file_wanted(flags) & ABI_MAY_WRITE) || (flags & ABI_O_CREAT) ? -EISDIR : 0;
    if (flags & ABI_O_DIRECTORY)
        return -ENOTDIR;
    return type == ABI_S_IFSOCK ? -ENXIO : 0;
}

/* The inode to open, made when the flags ask for it; *made tells. */
static int file_resolve(struct path *path, uint32_t flags, uint32_t mode, bool *made)
{
    *made = false;
    if (path->inode)
        return (flags & (ABI_O_CREAT | ABI_O_EXCL)) == (ABI_O_CREAT | ABI_O_EXCL) ? -EEXIST : 0;
    if (path->must_be_directory)
        return -EISDIR;
    if (inode_check_changeable(path->directory))
        return -EROFS;
    int status = inode_permission(path->directory, ABI_MAY_WRITE | ABI_MAY_EXECUTE);
    if (status)
        return status;
    if (!path->directory->operations->create)
        return -EACCES;
    *made = true;
    mode = ABI_S_IFREG | (mode & 07777 & ~process_current()->umask);
    mode = inode_mode_in(path->directory, mode);
    return path->directory->operations->create(path->directory, path->name, mode, 0, &path->inode);
}

/* Flags that mean something to the opening only. O_EXCL stays: of a block device it means more. */
#define FILE_OPEN_ONCE (ABI_O_CREAT | ABI_O_TRUNC | ABI_O_CLOEXEC)

int file_open_inode(struct inode *inode, uint32_t flags, struct file **opened)
{
    /* O_PATH names a file without opening it: no operation works on it. */
    static const struct file_operations file_path_operations;

    if (!(flags & ABI_O_PATH) && !inode->operations->open)
        return -ENXIO;
    struct file *file = file_create(NULL, inode, NULL, flags);
    if (!file)
        return -ENFILE;
    if (flags & ABI_O_PATH) {
        file->operations = &file_path_operations;
        *opened = file;
        return 0;
    }
    int status = inode->operations->open(file);
    if (status) {
        file->operations = NULL;
        file_release(file);
        return status;
    }
    *opened = file;
    return 0;
}

/* Of an open, what is told: that it made, opened and emptied what the path leads to. */
static __attribute__((noinline)) int file_open_watched(const struct path *path, uint32_t flags, bool made,
                                                       struct file **opened)
{
    if (made)
        notify_name(path->directory, path->name, NOTIFY_CREATE, 0);
    int status = file_open_inode(path->inode, flags & ~FILE_OPEN_ONCE, opened);
    if (status == 0)
        notify_inode(path->inode, NOTIFY_OPEN);
    if (status == 0 && (flags & ABI_O_TRUNC) && !made)
        notify_inode(path->inode, NOTIFY_MODIFY);
    return status;
}

static int file_open_path(struct path *path, uint32_t flags, uint32_t mode, struct file **opened)
{
    bool made;
    int status = file_resolve(path, flags, mode, &made);

    if (status)
        return status;
    struct inode *inode = path->inode;
    if (flags & ABI_O_PATH)
        return (flags & ABI_O_DIRECTORY) && !inode_is_directory(inode) ? -ENOTDIR
                                                                       : file_open_inode(inode, ABI_O_PATH, opened);
    status = file_check_type(inode, flags);
    uint32_t wanted = file_wanted(flags);
    if (status == 0 && !made && wanted & ABI_MAY_WRITE && inode_type(inode) == ABI_S_IFREG)
        status = inode_check_changeable(inode);
    if (status == 0 && !made)
        status = inode_permission(inode, wanted);
    if (status == 0 && (flags & ABI_O_TRUNC) && !made && inode->operations->truncate)
        status = inode->operations->truncate(inode, 0);
    if (status)
        return status;
    if (notify_active)
        return file_open_watched(path, flags, made, opened);
    return file_open_inode(inode, flags & ~FILE_OPEN_ONCE, opened);
}

int file_open_at(struct inode *start, const char *text, uint32_t flags, uint32_t mode, struct file **opened)
{
    struct path path;
    uint32_t walk = flags & ABI_O_CREAT && !(flags & ABI_O_PATH) ? PATH_MISSING : 0;
    bool exclusive = walk && (flags & ABI_O_EXCL);

    if ((flags & ABI_O_TMPFILE) == ABI_O_TMPFILE || (walk && (flags & ABI_O_DIRECTORY)))
        return -EINVAL;
    if (!(flags & ABI_O_NOFOLLOW) && !exclusive)
        walk |= PATH_FOLLOW;
    int status = path_walk(&path, start, text, walk);
    if (status)
        return status;
    status = file_open_path(&path, flags, mode, opened);
    path_finish(&path);
    return status;
}

int file_open(const char *path, uint32_t flags, uint32_t mode, struct file **file)
{
    return file_open_at(NULL, path, flags, mode, file);
}

long file_seek(struct file *file, int64_t offset, int whence)
{
    int64_t base = whence == ABI_SEEK_CUR ? (int64_t)file->position : (int64_t)file->inode->size;
    if (whence == ABI_SEEK_SET)
        base = 0;
    else if (whence != ABI_SEEK_CUR && whence != ABI_SEEK_END)
        return -EINVAL;
    if (__builtin_add_overflow(base, offset, &offset))
        return -EOVERFLOW;
    if (offset < 0)
        return -EINVAL;
    file->position = (uint64_t)offset;
    return offset;
}

int file_open_unnamed(uint32_t flags, uint32_t mode, struct file **opened)
{
    struct inode *inode = ramfs_create_unnamed(ABI_S_IFREG | mode);
    if (!inode)
        return -ENOSPC;
    int status = file_open_inode(inode, flags, opened);
    inode_release(inode);
    return status;
}

long file_read_kernel(struct file *file, void *to, size_t bytes, uint64_t offset)
{
    uint64_t size = file->inode->size;
    size_t done = 0;

    if (!file->operations->page)
        return -EINVAL;
    if (offset >= size)
        return 0;
    if (bytes > size - offset)
        bytes = size - offset;
    while (done < bytes) {
        size_t at = (offset + done) % FRAME_BYTES;
        size_t part = FRAME_BYTES - at < bytes - done ? FRAME_BYTES - at : bytes - done;
        coop_paddr frame = file->operations->page(file, (offset + done) / FRAME_BYTES);
        if (!frame)
            return done ? (long)done : -EIO;
        memcpy((uint8_t *)to + done, (const uint8_t *)frame_address(frame) + at, part);
        frame_release(frame);
        done += part;
    }
    return (long)done;
}

int file_check_execute(struct file *file)
{
    if (inode_type(file->inode) != ABI_S_IFREG)
        return -EACCES;
    if (inode_volume_is(file->inode, VOLUME_NO_EXECUTE))
        return -EACCES;
    return inode_permission(file->inode, ABI_MAY_EXECUTE);
}
