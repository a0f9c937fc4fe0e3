/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From cpio entries to inodes: directories that an entry's path needs are made, a later entry of the same
 * name wins, hard links share their inode whichever of them carries the content.
 */
#include "fs/initramfs.h"

#include "fs/cpio.h"
#include "fs/path.h"
#include "fs/ramfs.h"
#include "kernel/errno.h"
#include "memory/heap.h"
#include <coopvirt/format.h>
#include <coopvirt/string.h>

/* A file with several names, by its numbers in the archive. */
struct initramfs_link {
    struct initramfs_link *next;
    uint64_t device, number;
    struct inode *inode; /* one reference held */
};

struct initramfs {
    struct inode *root;
    struct initramfs_link *links;
};

/* Walks to the parent of the path's last component and makes directories that are missing: the parent, one reference
 * held, and the name; length 0 for the root itself. */
static int initramfs_parent(struct initramfs *fs, const char *path, struct inode **parent, struct inode_name *name)
{
    struct inode *directory = fs->root;
    int status = 0;

    inode_reference(directory);
    *name = (struct inode_name){path, 0};
    for (;;) {
        while (*path == '/')
            path++;
        const char *end = path;
        while (*end && *end != '/')
            end++;
        struct inode_name component = {path, (uint32_t)(end - path)};
        bool dot = component.length == 1 && *path == '.', up = component.length == 2 && memcmp(path, "..", 2) == 0;
        path = end;
        if (up || component.length > ABI_NAME_BYTES)
            status = up ? -EINVAL : -ENAMETOOLONG;
        if (status || component.length == 0)
            break;
        if (dot)
            continue;
        if (name->length) {
            struct inode *next;
            status = inode_is_directory(directory) ? directory->operations->lookup(directory, *name, &next) : -ENOTDIR;
            if (status == -ENOENT)
                status = directory->operations->create(directory, *name, ABI_S_IFDIR | 0755, 0, &next);
            if (status)
                break;
            inode_release(directory);
            directory = next;
        }
        *name = component;
    }
    if (status == 0 && !inode_is_directory(directory))
        status = -ENOTDIR;
    if (status) {
        inode_release(directory);
        return status;
    }
    *parent = directory;
    return 0;
}

static struct initramfs_link *initramfs_link_find(struct initramfs *fs, const struct cpio_entry *entry)
{
    struct initramfs_link *link = fs->links;
    while (link && (link->number != entry->inode || link->device != entry->device))
        link = link->next;
    return link;
}

static int initramfs_link_add(struct initramfs *fs, const struct cpio_entry *entry, struct inode *inode)
{
    struct initramfs_link *link = heap_allocate(sizeof(*link));
    if (!link)
        return -ENOMEM;
    *link = (struct initramfs_link){fs->links, entry->device, entry->inode, inode};
    inode_reference(inode);
    fs->links = link;
    return 0;
}

/* Removes what has the name already, unless both are directories: those are merged and *kept is the old one. */
static int initramfs_clear(struct inode *parent, struct inode_name name, const struct cpio_entry *entry,
                           struct inode **kept)
{
    struct inode *old;
    int status = parent->operations->lookup(parent, name, &old);

    *kept = NULL;
    if (status)
        return status == -ENOENT ? 0 : status;
    if (inode_is_directory(old) && (entry->mode & ABI_S_IFMT) == ABI_S_IFDIR) {
        *kept = old;
        return 0;
    }
    status = parent->operations->remove(parent, name, old);
    inode_release(old);
    return status;
}

static int initramfs_symlink(struct inode *parent, struct inode_name name, const struct cpio_entry *entry,
                             struct inode **made)
{
    if (entry->content_bytes == 0 || entry->content_bytes >= ABI_PATH_BYTES)
        return -EINVAL;
    char *target = heap_allocate(entry->content_bytes + 1);
    if (!target)
        return -ENOMEM;
    memcpy(target, entry->content, entry->content_bytes);
    int status = strlen(target) == entry->content_bytes ? parent->operations->symlink(parent, name, target) : -EINVAL;
    heap_free(target);
    return status ? status : parent->operations->lookup(parent, name, made);
}

/* Makes or links the entry's inode: it comes with one reference. */
static int initramfs_make(struct initramfs *fs, struct inode *parent, struct inode_name name,
                          const struct cpio_entry *entry, struct inode **made)
{
    uint32_t type = entry->mode & ABI_S_IFMT;
    bool shared = entry->links > 1 && type != ABI_S_IFDIR;
    struct initramfs_link *link = shared ? initramfs_link_find(fs, entry) : NULL;

    int status = initramfs_clear(parent, name, entry, made);
    if (status || *made)
        return status;
    if (link && (link->inode->mode & ABI_S_IFMT) == type) {
        *made = link->inode;
        inode_reference(*made);
        status = parent->operations->link(parent, name, *made);
        if (status)
            inode_release(*made);
        return status;
    }
    if (type == ABI_S_IFLNK)
        status = initramfs_symlink(parent, name, entry, made);
    else
        status = parent->operations->create(parent, name, entry->mode & (ABI_S_IFMT | 07777),
                                            ABI_DEVICE(entry->rdevice_major, entry->rdevice_minor), made);
    if (status == 0 && shared) {
        status = initramfs_link_add(fs, entry, *made);
        if (status)
            inode_release(*made);
    }
    return status;
}

static int initramfs_entry(struct initramfs *fs, const struct cpio_entry *entry)
{
    struct inode *parent, *inode;
    struct inode_name name;
    uint32_t type = entry->mode & ABI_S_IFMT;

    if (type != ABI_S_IFDIR && type != ABI_S_IFREG && type != ABI_S_IFLNK && type != ABI_S_IFCHR &&
        type != ABI_S_IFBLK && type != ABI_S_IFIFO)
        return -EINVAL;
    int status = initramfs_parent(fs, entry->name, &parent, &name);
    if (status)
        return status;
    if (name.length == 0) { /* the root's own attributes */
        inode = parent;
        status = type == ABI_S_IFDIR ? 0 : -EINVAL;
        if (status == 0)
            inode_reference(inode);
    } else {
        status = initramfs_make(fs, parent, name, entry, &inode);
    }
    inode_release(parent);
    if (status)
        return status;

    if (type == ABI_S_IFREG && entry->content_bytes)
        status = ramfs_file_fill(inode, entry->content, entry->content_bytes);
    inode->mode = type | (entry->mode & 07777);
    inode->uid = entry->uid;
    inode->gid = entry->gid;
    uint64_t modified = entry->modified_seconds * 1000000000ull;
    inode->times = (struct inode_attributes){modified, modified, modified};
    inode_release(inode);
    return status;
}

static const char *initramfs_describe(int status)
{
    switch (-status) {
    case ENOSPC:
    case ENOMEM:
        return "memory is exhausted";
    case ENOTDIR:
        return "part of its path is no directory";
    case ENAMETOOLONG:
        return "a component of its name is too long";
    default:
        return "its type, name or content is not valid";
    }
}

static void initramfs_finish(struct initramfs *fs)
{
    while (fs->links) {
        struct initramfs_link *link = fs->links;
        fs->links = link->next;
        inode_release(link->inode);
        heap_free(link);
    }
}

/* Archives may be joined: the numbers of one mean nothing to the next. */
static enum cpio_result initramfs_next(struct initramfs *fs, struct cpio_reader *reader)
{
    if (!cpio_follows(reader))
        return CPIO_END;
    initramfs_finish(fs);
    return CPIO_ENTRY;
}

int initramfs_unpack(struct inode *root, const void *archive, size_t archive_bytes, char *reason, size_t reason_bytes)
{
    struct cpio_reader reader = {archive, archive_bytes, 0};
    struct initramfs fs = {root, NULL};
    struct cpio_entry entry;
    enum cpio_result result = archive_bytes ? CPIO_ENTRY : CPIO_END;
    int status = 0;

    while (status == 0 && result == CPIO_ENTRY) {
        result = cpio_next(&reader, &entry);
        if (result == CPIO_ENTRY)
            status = initramfs_entry(&fs, &entry);
        else if (result == CPIO_END)
            result = initramfs_next(&fs, &reader);
    }
    initramfs_finish(&fs);
    if (status) {
        format_string(reason, reason_bytes, "%.64s: %s", entry.name, initramfs_describe(status));
        return status;
    }
    if (result != CPIO_END) {
        format_string(reason, reason_bytes, "at byte %lu: %s", (unsigned long)reader.position, cpio_describe(result));
        return -EINVAL;
    }
    return 0;
}
