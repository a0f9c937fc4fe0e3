/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kinds of file systems that can be mounted, by the names of mount(2).
 */
#include "drivers/block.h"
#include "fs/ext2.h"
#include "fs/mount.h"
#include "fs/proc.h"
#include "fs/pty.h"
#include "fs/ramfs.h"
#include "fs/sysfs.h"
#include "kernel/errno.h"
#include <coopvirt/string.h>

static int mount_make_ext2(struct block_device *device, uint32_t flags, struct inode **root)
{
    if (!(flags & MOUNT_READ_ONLY) && block_is_read_only(device))
        return -EACCES;
    int status = block_claim(device);
    if (status)
        return status;
    status = ext2_mount(device, flags & MOUNT_READ_ONLY, root);
    if (status)
        block_give_up(device);
    else
        ext2_ignore_set_id(flags & MOUNT_NO_SET_ID);
    return status;
}

static int mount_unmake_ext2(struct inode *root, uint32_t callers_references)
{
    struct block_device *device = block_find(root->file_system);
    int status = ext2_unmount(root, callers_references);
    if (status == 0)
        block_give_up(device);
    return status;
}

static int mount_make_ramfs(struct block_device *device, uint32_t flags, struct inode **root)
{
    (void)device;
    return ramfs_create_volume(ABI_RAMFS_MAGIC, flags & MOUNT_NO_SET_ID, root);
}

/* As Linux does it, anybody may write in a fresh one. */
static int mount_make_tmpfs(struct block_device *device, uint32_t flags, struct inode **root)
{
    (void)device;
    int status = ramfs_create_volume(ABI_TMPFS_MAGIC, flags & MOUNT_NO_SET_ID, root);
    if (status == 0)
        (*root)->mode = ABI_S_IFDIR | ABI_S_ISVTX | 0777;
    return status;
}

static int mount_make_proc(struct block_device *device, uint32_t flags, struct inode **root)
{
    (void)device;
    (void)flags;
    return proc_create_root(root);
}

/* All in it are made for who asks for them, and hold the root. */
static int mount_unmake_made_up(struct inode *root, uint32_t callers_references)
{
    return root->references > 1 + callers_references ? -EBUSY : 0;
}

static int mount_make_sysfs(struct block_device *device, uint32_t flags, struct inode **root)
{
    (void)device;
    (void)flags;
    return sysfs_create_root(root);
}

static int mount_make_devpts(struct block_device *device, uint32_t flags, struct inode **root)
{
    (void)device;
    (void)flags;
    return devpts_take_root(root);
}

/* The names of terminals that programs have open: it can be moved, and stays. */
static int mount_unmake_devpts(struct inode *root, uint32_t callers_references)
{
    (void)root;
    (void)callers_references;
    return -EBUSY;
}

static const struct mount_type mount_types[] = {
    {"ramfs", "", false, false, MOUNT_NO_SET_ID, mount_make_ramfs, ramfs_free_volume},
    {"tmpfs", "", false, false, MOUNT_NO_SET_ID, mount_make_tmpfs, ramfs_free_volume},
    {"proc", "", false, true, MOUNT_NO_SET_ID | MOUNT_NO_DEVICES | MOUNT_NO_EXECUTE, mount_make_proc,
     mount_unmake_made_up},
    {"sysfs", "", false, true, MOUNT_NO_SET_ID | MOUNT_NO_DEVICES | MOUNT_NO_EXECUTE, mount_make_sysfs,
     mount_unmake_made_up},
    {"devpts", ",gid=5,mode=620", false, false, MOUNT_NO_SET_ID | MOUNT_NO_EXECUTE, mount_make_devpts,
     mount_unmake_devpts},
    {"ext2", "", true, false, MOUNT_READ_ONLY | MOUNT_NO_SET_ID, mount_make_ext2, mount_unmake_ext2},
};

const struct mount_type *mount_type(unsigned index)
{
    return index < sizeof(mount_types) / sizeof(mount_types[0]) ? &mount_types[index] : NULL;
}

const struct mount_type *mount_type_find(const char *name)
{
    const struct mount_type *type;
    for (unsigned i = 0; (type = mount_type(i)); i++)
        if (strcmp(type->name, name) == 0)
            return type;
    return NULL;
}
