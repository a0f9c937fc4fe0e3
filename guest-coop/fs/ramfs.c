/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names in ramfs: directories as hash tables with the entries also in a list by age, whose cookies
 * make getdents64 safe against changes between two calls.
 */
#include "fs/ramfs.h"

#include "fs/device.h"
#include "fs/directory.h"
#include "fs/pipe.h"
#include "kernel/clock.h"
#include "kernel/errno.h"
#include "kernel/process.h"
#include "memory/frame.h"
#include "memory/heap.h"
#include <coopvirt/string.h>

#define RAMFS_FIRST_BUCKETS 8
#define RAMFS_INODE_LIMIT   262144
#define RAMFS_LINK_LIMIT    65000
/* Cookies 0 and 1 are "." and "..". */
#define RAMFS_FIRST_COOKIE 2
/* What one entry counts in a directory's size, as tmpfs shows it. */
#define RAMFS_ENTRY_BYTES 20ul

struct ramfs_usage ramfs_usage;
static uint64_t ramfs_next_number = 1;
static const struct inode_operations ramfs_operations[];

static struct ramfs_inode *ramfs_of(struct inode *inode)
{
    return (struct ramfs_inode *)inode;
}

/* FNV-1a. */
static uint32_t ramfs_hash(struct inode_name name)
{
    uint32_t hash = 2166136261u;

    for (uint32_t i = 0; i < name.length; i++)
        hash = (hash ^ (uint8_t)name.text[i]) * 16777619u;
    return hash;
}

/* Eight bytes at a time: every step of a path walk compares a name. */
static bool ramfs_same(const char *a, const char *b, uint32_t length)
{
    for (; length >= 8; length -= 8, a += 8, b += 8) {
        uint64_t x, y;
        __builtin_memcpy(&x, a, 8);
        __builtin_memcpy(&y, b, 8);
        if (x != y)
            return false;
    }
    while (length && a[length - 1] == b[length - 1])
        length--;
    return length == 0;
}

static struct ramfs_entry **ramfs_slot(struct ramfs_directory *directory, struct inode_name name)
{
    uint32_t hash = ramfs_hash(name);
    struct ramfs_entry **slot = &directory->buckets[hash & (directory->bucket_count - 1)];

    for (; *slot; slot = &(*slot)->bucket_next) {
        struct ramfs_entry *entry = *slot;
        if (entry->hash == hash && entry->length == name.length && ramfs_same(entry->name, name.text, name.length))
            break;
    }
    return slot;
}

/* Doubles the table; without memory for it the chains just get longer. */
static void ramfs_grow(struct ramfs_directory *directory)
{
    uint32_t count = directory->bucket_count * 2;
    struct ramfs_entry **buckets = heap_allocate(count * sizeof(*buckets));
    if (!buckets)
        return;
    heap_free(directory->buckets);
    directory->buckets = buckets;
    directory->bucket_count = count;
    for (struct ramfs_entry *entry = directory->first; entry; entry = entry->next) {
        struct ramfs_entry **slot = &buckets[entry->hash & (count - 1)];
        entry->bucket_next = *slot;
        *slot = entry;
    }
}

/* The directory that an inode is found in; the last one that it was linked into when there are several. */
static void ramfs_attach(struct inode *inode, struct inode *parent)
{
    if (inode->parent)
        return;
    inode_reference(parent);
    ramfs_of(parent)->directory.children++;
    inode->parent = parent;
}

static void ramfs_detach(struct inode *inode, struct inode *parent)
{
    if (inode->parent != parent)
        return;
    inode->parent = NULL;
    ramfs_of(parent)->directory.children--;
    inode_release(parent);
}

/* Makes the name stand for the inode, to which it takes a reference. */
static void ramfs_name(struct ramfs_entry *entry, struct inode *inode)
{
    inode_reference(inode);
    entry->inode = inode;
    if (inode_is_directory(inode))
        ramfs_of(inode)->directory.named = entry;
}

/* Adds a name; takes one reference of its own. */
static int ramfs_enter(struct inode *parent, struct inode_name name, struct inode *inode)
{
    struct ramfs_directory *directory = &ramfs_of(parent)->directory;
    if (parent->links == 0)
        return -ENOENT; /* removed while it was somebody's directory */

    struct ramfs_entry *entry = heap_allocate(sizeof(*entry) + name.length + 1);
    if (!entry)
        return -ENOSPC;
    if (directory->entry_count >= 2 * directory->bucket_count && directory->bucket_count * sizeof(void *) < FRAME_BYTES)
        ramfs_grow(directory);
    memcpy(entry->name, name.text, name.length);
    entry->length = name.length;
    entry->hash = ramfs_hash(name);
    entry->cookie = directory->next_cookie++;
    struct ramfs_entry **slot = &directory->buckets[entry->hash & (directory->bucket_count - 1)];
    entry->bucket_next = *slot;
    *slot = entry;
    entry->previous = directory->last;
    *(directory->last ? &directory->last->next : &directory->first) = entry;
    directory->last = entry;
    directory->entry_count++;

    ramfs_name(entry, inode);
    ramfs_attach(inode, parent);
    parent->size = directory->entry_count * RAMFS_ENTRY_BYTES;
    inode_touch(parent);
    return 0;
}

/* Removes the name in *slot and the reference that it held. */
static void ramfs_leave(struct inode *parent, struct ramfs_entry **slot)
{
    struct ramfs_directory *directory = &ramfs_of(parent)->directory;
    struct ramfs_entry *entry = *slot;
    struct inode *inode = entry->inode;

    *slot = entry->bucket_next;
    *(entry->previous ? &entry->previous->next : &directory->first) = entry->next;
    *(entry->next ? &entry->next->previous : &directory->last) = entry->previous;
    directory->entry_count--;
    heap_free(entry);
    parent->size = directory->entry_count * RAMFS_ENTRY_BYTES;
    inode_touch(parent);
    ramfs_detach(inode, parent);
    inode_release(inode);
}

static int ramfs_lookup(struct inode *parent, struct inode_name name, struct inode **found)
{
    struct ramfs_entry *entry = *ramfs_slot(&ramfs_of(parent)->directory, name);

    if (!entry)
        return -ENOENT;
    inode_reference(entry->inode);
    *found = entry->inode;
    return 0;
}

static unsigned ramfs_operations_index(uint32_t mode)
{
    uint32_t type = mode & ABI_S_IFMT;
    return type == ABI_S_IFDIR ? 0 : type == ABI_S_IFREG ? 1 : type == ABI_S_IFLNK ? 2 : type == ABI_S_IFIFO ? 3 : 4;
}

/* Is there room for one more inode, or for one more name of one, which counts like it? */
static bool ramfs_has_room(const struct ramfs_volume *volume)
{
    return ramfs_usage.inodes < RAMFS_INODE_LIMIT && (!volume->inode_limit || volume->inodes < volume->inode_limit);
}

static struct inode *ramfs_allocate(struct ramfs_volume *volume, uint32_t mode, uint64_t device)
{
    if (!ramfs_has_room(volume))
        return NULL;
    struct ramfs_inode *made = heap_allocate(sizeof(*made));
    if (!made)
        return NULL;
    if ((mode & ABI_S_IFMT) == ABI_S_IFDIR) {
        made->directory.bucket_count = RAMFS_FIRST_BUCKETS;
        made->directory.next_cookie = RAMFS_FIRST_COOKIE;
        made->directory.buckets = heap_allocate(RAMFS_FIRST_BUCKETS * sizeof(struct ramfs_entry *));
        if (!made->directory.buckets) {
            heap_free(made);
            return NULL;
        }
    }
    ramfs_usage.inodes++;
    volume->inodes++;
    const struct process *process = process_current();
    uint64_t now = clock_realtime_ns();
    struct inode *inode = &made->inode; /* of zeroes, like all of it */
    inode->operations = &ramfs_operations[ramfs_operations_index(mode)];
    inode->references = 1;
    inode->mode = mode;
    inode->uid = process ? process->fsuid : 0;
    inode->gid = process ? process->fsgid : 0;
    inode->links = (mode & ABI_S_IFMT) == ABI_S_IFDIR ? 2 : 1;
    inode->file_system = volume->number;
    inode->number = ramfs_next_number++;
    inode->device = device;
    inode->times = (struct inode_attributes){now, now, now};
    inode->volume = &volume->volume;
    return inode;
}

struct inode *ramfs_create_root(void)
{
    ramfs_usage.frame_limit = frame_total_count() / 2;
    return ramfs_create_directory(ramfs_first_volume());
}

struct inode *ramfs_create_directory(struct ramfs_volume *volume)
{
    return ramfs_allocate(volume, ABI_S_IFDIR | 0755, 0);
}

struct inode *ramfs_create_unnamed(uint32_t mode)
{
    struct inode *inode = ramfs_allocate(ramfs_first_volume(), mode, 0);
    if (inode) {
        inode->links = 0;
        ramfs_volume_of(inode)->nameless++;
    }
    return inode;
}

static int ramfs_create(struct inode *parent, struct inode_name name, uint32_t mode, uint64_t device,
                        struct inode **made)
{
    bool directory = (mode & ABI_S_IFMT) == ABI_S_IFDIR;
    if (directory && parent->links >= RAMFS_LINK_LIMIT)
        return -EMLINK;

    struct inode *inode = ramfs_allocate(ramfs_volume_of(parent), mode, device);
    if (!inode)
        return -ENOSPC;
    if (parent->mode & ABI_S_ISGID) {
        inode->gid = parent->gid;
        inode->mode |= directory ? ABI_S_ISGID : 0;
    }
    int status = ramfs_enter(parent, name, inode);
    if (status) {
        inode_release(inode);
        return status;
    }
    parent->links += directory;
    *made = inode;
    return 0;
}

static int ramfs_symlink(struct inode *parent, struct inode_name name, const char *target)
{
    size_t length = strlen(target);
    struct inode *inode;
    char *text = heap_allocate(length + 1);
    if (!text)
        return -ENOSPC;
    memcpy(text, target, length);
    int status = ramfs_create(parent, name, ABI_S_IFLNK | 0777, 0, &inode);
    if (status) {
        heap_free(text);
        return status;
    }
    ramfs_of(inode)->target = text;
    inode->size = length;
    inode_release(inode);
    return 0;
}

static long ramfs_readlink(struct inode *inode, char *text, size_t size)
{
    size_t length = inode->size < size ? inode->size : size;
    memcpy(text, ramfs_of(inode)->target, length);
    return (long)length;
}

static int ramfs_link(struct inode *parent, struct inode_name name, struct inode *inode)
{
    struct ramfs_volume *volume = ramfs_volume_of(inode);
    if (inode->links >= RAMFS_LINK_LIMIT)
        return -EMLINK;
    int status = ramfs_has_room(volume) ? ramfs_enter(parent, name, inode) : -ENOSPC;
    if (status)
        return status;
    ramfs_usage.inodes++;
    volume->inodes++;
    inode->links++;
    inode->times.changed_ns = clock_realtime_ns();
    return 0;
}

/* The inode has lost a name: a directory also its own "." and the parent its "..". */
static void ramfs_unlinked(struct inode *parent, struct inode *inode)
{
    struct ramfs_volume *volume = ramfs_volume_of(inode);
    inode->times.changed_ns = clock_realtime_ns();
    if (inode_is_directory(inode)) {
        inode->links = 0;
        parent->links--;
    } else {
        inode->links--;
    }
    if (inode->links) {
        ramfs_usage.inodes--;
        volume->inodes--;
    } else {
        volume->nameless++;
    }
}

static int ramfs_remove(struct inode *parent, struct inode_name name, struct inode *inode)
{
    struct ramfs_entry **slot = ramfs_slot(&ramfs_of(parent)->directory, name);

    if (!*slot || (*slot)->inode != inode)
        return -ENOENT;
    if (inode_is_directory(inode) && ramfs_of(inode)->directory.entry_count)
        return -ENOTEMPTY;
    ramfs_unlinked(parent, inode);
    ramfs_leave(parent, slot);
    return 0;
}

void ramfs_drop_first(struct inode *directory)
{
    struct ramfs_entry *entry = ramfs_of(directory)->directory.first;
    struct inode_name name = {entry->name, entry->length};
    ramfs_unlinked(directory, entry->inode);
    ramfs_leave(directory, ramfs_slot(&ramfs_of(directory)->directory, name));
}

/* Gives the name of `replaced` to `inode`: in place, so that it cannot fail half-way. */
static int ramfs_replace(struct inode *parent, struct inode_name name, struct inode *replaced, struct inode *inode)
{
    struct ramfs_entry *entry = *ramfs_slot(&ramfs_of(parent)->directory, name);

    if (!entry || entry->inode != replaced)
        return -ENOENT;
    if (inode_is_directory(replaced) && ramfs_of(replaced)->directory.entry_count)
        return -ENOTEMPTY;
    ramfs_name(entry, inode);
    ramfs_unlinked(parent, replaced);
    ramfs_detach(replaced, parent);
    inode_release(replaced);
    inode_touch(parent);
    return 0;
}

static int ramfs_rename(struct inode *from, struct inode_name from_name, struct inode *to, struct inode_name to_name,
                        struct inode *replaced)
{
    struct ramfs_entry *entry = *ramfs_slot(&ramfs_of(from)->directory, from_name);
    if (!entry)
        return -ENOENT;

    struct inode *inode = entry->inode;
    int status = replaced ? ramfs_replace(to, to_name, replaced, inode) : ramfs_enter(to, to_name, inode);
    if (status)
        return status;
    ramfs_leave(from, ramfs_slot(&ramfs_of(from)->directory, from_name));
    ramfs_attach(inode, to);
    if (inode_is_directory(inode)) {
        from->links--;
        to->links++;
    }
    inode->times.changed_ns = clock_realtime_ns();
    return 0;
}

static long ramfs_child_name(struct inode *parent, struct inode *child, char *text, size_t size)
{
    for (struct ramfs_entry *entry = ramfs_of(parent)->directory.first; entry; entry = entry->next) {
        if (entry->inode != child)
            continue;
        if (entry->length >= size)
            return -ENAMETOOLONG;
        memcpy(text, entry->name, entry->length);
        return (long)entry->length;
    }
    return -ENOENT;
}

/* Gives getdents64 the entries from cookie file->position on. */
static int ramfs_directory_fill(struct file *file, struct directory_writer *writer)
{
    struct inode *inode = file->inode, *parent = inode->parent ? inode->parent : inode;
    struct ramfs_entry *entry = ramfs_of(inode)->directory.first;

    if (file->position == 0 && !directory_add(writer, ".", 1, inode->number, inode->mode, 1))
        return 0;
    if (file->position <= 1 && !directory_add(writer, "..", 2, parent->number, parent->mode, 2))
        return 0;
    while (entry && entry->cookie < file->position)
        entry = entry->next;
    for (; entry; entry = entry->next) {
        const struct inode *child = entry->inode;
        while (child->mounted)
            child = child->mounted;
        if (!directory_add(writer, entry->name, entry->length, child->number, child->mode, entry->cookie + 1))
            break;
    }
    return 0;
}

static long ramfs_directory_entries(struct file *file, uint64_t user_buffer, size_t bytes)
{
    return directory_read(file, user_buffer, bytes, ramfs_directory_fill);
}

static const struct file_operations ramfs_directory_operations = {
    .seek = directory_seek,
    .directory_entries = ramfs_directory_entries,
};

static int ramfs_open_directory(struct file *file)
{
    file->operations = &ramfs_directory_operations;
    return 0;
}

static int ramfs_open_file(struct file *file)
{
    file->operations = &ramfs_file_operations;
    return 0;
}

static void ramfs_destroy(struct inode *inode)
{
    struct ramfs_inode *ramfs = ramfs_of(inode);

    switch (inode_type(inode)) {
    case ABI_S_IFDIR:
        heap_free(ramfs->directory.buckets);
        break;
    case ABI_S_IFREG:
        ramfs_file_free(ramfs);
        break;
    case ABI_S_IFLNK:
        heap_free(ramfs->target);
        break;
    }
    if (inode->links == 0)
        ramfs_volume_of(inode)->nameless--;
    ramfs_usage.inodes--;
    ramfs_volume_of(inode)->inodes--;
    heap_free(ramfs);
}

/* In the order of ramfs_operations_index: directory, file, symbolic link, FIFO, device. */
static const struct inode_operations ramfs_operations[] = {
    {
        .lookup = ramfs_lookup,
        .create = ramfs_create,
        .symlink = ramfs_symlink,
        .link = ramfs_link,
        .remove = ramfs_remove,
        .rename = ramfs_rename,
        .child_name = ramfs_child_name,
        .open = ramfs_open_directory,
        .destroy = ramfs_destroy,
    },
    {.open = ramfs_open_file, .truncate = ramfs_file_truncate, .destroy = ramfs_destroy},
    {.readlink = ramfs_readlink, .destroy = ramfs_destroy},
    {.open = pipe_open_fifo, .destroy = ramfs_destroy},
    {.open = device_open, .destroy = ramfs_destroy},
};
