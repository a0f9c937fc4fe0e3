/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * File systems in memory beside the first one: each has a device number of its own; they are told to be in use by the
 * references that their inodes have beyond those of the tree itself, and go as a whole.
 */
#include "fs/ramfs.h"

#include "kernel/errno.h"

static struct ramfs_volume ramfs_volumes[RAMFS_VOLUMES] = {{.exists = true, .magic = ABI_RAMFS_MAGIC}};

struct ramfs_volume *ramfs_volume(uint32_t file_system)
{
    if (file_system == RAMFS_DEVICE)
        return ramfs_volumes;
    uint32_t index = file_system - RAMFS_LATER_DEVICE;
    return index < RAMFS_VOLUMES && ramfs_volumes[index].exists ? &ramfs_volumes[index] : NULL;
}

int ramfs_create_volume(int64_t magic, bool ignores_set_id, struct inode **root)
{
    uint32_t index = 1;
    while (index < RAMFS_VOLUMES && ramfs_volumes[index].exists)
        index++;
    if (index == RAMFS_VOLUMES)
        return -ENOSPC;
    *root = ramfs_create_directory(RAMFS_LATER_DEVICE + index);
    if (!*root)
        return -ENOMEM;
    ramfs_volumes[index] = (struct ramfs_volume){.exists = true, .ignores_set_id = ignores_set_id, .magic = magic};
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

int ramfs_free_volume(struct inode *root, uint32_t callers_references)
{
    struct ramfs_volume *volume = ramfs_volume(root->file_system);
    if (volume->nameless || ramfs_directory_in_use(root, 1 + callers_references))
        return -EBUSY;
    for (struct inode *directory = root; (directory = ramfs_next_directory(directory, root));)
        if (ramfs_directory_in_use(directory, 1))
            return -EBUSY;
    ramfs_empty(root);
    volume->exists = false;
    return 0;
}
