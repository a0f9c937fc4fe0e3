/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * File systems in memory beside the first one: each has a device number of its own; they are told to be in use by the
 * references that their inodes have beyond those of the tree itself, and go as a whole.
 */
#include "fs/ramfs.h"

#include "fs/mount_options.h"
#include "kernel/errno.h"
#include "memory/frame.h"
#include <coopvirt/format.h>

static struct ramfs_volume ramfs_volumes[RAMFS_VOLUMES] = {
    {.number = RAMFS_DEVICE, .exists = true, .magic = ABI_RAMFS_MAGIC}};

struct ramfs_volume *ramfs_first_volume(void)
{
    return ramfs_volumes;
}

bool ramfs_holds(const struct inode *inode)
{
    const struct ramfs_volume *volume = ramfs_volume_of(inode);
    return volume >= ramfs_volumes && volume < ramfs_volumes + RAMFS_VOLUMES;
}

int ramfs_create_volume(int64_t magic, uint32_t flags, const char *options, struct inode **root)
{
    struct ramfs_volume *volume = ramfs_volumes + 1;
    while (volume < ramfs_volumes + RAMFS_VOLUMES && (volume->exists || volume->inodes))
        volume++;
    if (volume == ramfs_volumes + RAMFS_VOLUMES)
        return -ENOSPC;
    uint32_t number = RAMFS_LATER_DEVICE + (uint32_t)(volume - ramfs_volumes);
    *volume = (struct ramfs_volume){.volume = {flags}, .number = number, .exists = true, .magic = magic};
    *root = ramfs_create_directory(volume);
    int status = *root ? ramfs_set_options(*root, options, true) : -ENOMEM;
    if (status == 0)
        return 0;
    if (*root)
        inode_release(*root);
    volume->exists = false;
    return status;
}

int ramfs_set_options(struct inode *root, const char *options, bool fresh)
{
    struct ramfs_volume *volume = ramfs_volume_of(root);
    bool is_limited = volume->magic == ABI_TMPFS_MAGIC;
    struct mount_options wanted = {volume->frame_limit, volume->inode_limit, is_limited ? ABI_S_ISVTX | 0777 : 0755,
                                   root->uid, root->gid};
    if (!mount_options_parse(options, is_limited, frame_total_count(), &wanted))
        return -EINVAL;
    if ((wanted.frames && wanted.frames < volume->frames) || (wanted.inodes && wanted.inodes < volume->inodes))
        return -EINVAL;
    volume->frame_limit = wanted.frames;
    volume->inode_limit = wanted.inodes;
    if (!fresh)
        return 0;
    root->mode = ABI_S_IFDIR | wanted.mode;
    root->uid = wanted.uid;
    root->gid = wanted.gid;
    return 0;
}

void ramfs_print_options(const struct inode *root, char *text, size_t size)
{
    const struct ramfs_volume *volume = ramfs_volume_of(root);
    size_t used = 0;
    if (size)
        text[0] = '\0';
    if (volume->frame_limit)
        used =
            (size_t)format_string(text, size, ",size=%luk", (unsigned long)(volume->frame_limit * (FRAME_BYTES >> 10)));
    if (volume->inode_limit && used < size)
        format_string(text + used, size - used, ",nr_inodes=%lu", (unsigned long)volume->inode_limit);
}

void ramfs_status(const struct inode *inode, struct abi_statfs *status)
{
    const struct ramfs_volume *volume = ramfs_volume_of(inode);
    uint64_t left = ramfs_usage.frame_limit - ramfs_usage.frames, own = volume->frame_limit - volume->frames;
    status->type = volume->magic;
    status->blocks = (int64_t)(volume->frame_limit ? volume->frame_limit : ramfs_usage.frame_limit);
    status->blocks_free = (int64_t)(volume->frame_limit && own < left ? own : left);
    status->blocks_available = status->blocks_free;
    status->files = (int64_t)(volume->inode_limit ? volume->inode_limit : ramfs_usage.inodes);
    status->files_free = (int64_t)(volume->inode_limit ? volume->inode_limit - volume->inodes : 0);
}

int ramfs_remount(struct inode *root, uint32_t flags)
{
    struct ramfs_volume *volume = ramfs_volume_of(root);
    if (flags & ~volume->volume.flags & VOLUME_READ_ONLY && volume->nameless)
        return -EBUSY; /* they are yet to go */
    volume->volume.flags = flags;
    return 0;
}

static const struct ramfs_directory *ramfs_names(const struct inode *directory)
{
    return &((const struct ramfs_inode *)directory)->directory;
}

/* Has anybody references to the directory or to what it names, besides those that the tree has itself? */
static bool ramfs_directory_in_use(const struct inode *directory, uint32_t expected)
{
    for (const struct ramfs_entry *entry = ramfs_names(directory)->first; entry; entry = entry->next)
        if (!inode_is_directory(entry->inode) && entry->inode->references != entry->inode->links)
            return true;
    return directory->references != expected + ramfs_names(directory)->children;
}

/* The directory behind `directory` in a walk over the tree, each before what it holds; NULL: it was the last one. */
static struct inode *ramfs_next_directory(struct inode *directory, const struct inode *root)
{
    const struct ramfs_entry *entry = ramfs_names(directory)->first;
    for (;;) {
        while (entry && !inode_is_directory(entry->inode))
            entry = entry->next;
        if (entry)
            return entry->inode;
        if (directory == root)
            return NULL;
        entry = ramfs_names(directory)->named->next;
        directory = directory->parent;
    }
}

static void ramfs_empty(struct inode *root)
{
    for (struct inode *directory = root; ramfs_names(root)->first;) {
        struct ramfs_entry *entry = ramfs_names(directory)->first;
        if (entry && inode_is_directory(entry->inode) && ramfs_names(entry->inode)->first)
            directory = entry->inode;
        else if (entry)
            ramfs_drop_first(directory);
        else
            directory = directory->parent;
    }
}

int ramfs_free_volume(struct inode *root, uint32_t callers_references, bool force)
{
    struct ramfs_volume *volume = ramfs_volume_of(root);
    (void)force; /* no device can fail */
    if (volume->nameless || ramfs_directory_in_use(root, 1 + callers_references))
        return -EBUSY;
    for (struct inode *directory = root; (directory = ramfs_next_directory(directory, root));)
        if (ramfs_directory_in_use(directory, 1))
            return -EBUSY;
    ramfs_empty(root);
    volume->exists = false;
    return 0;
}
