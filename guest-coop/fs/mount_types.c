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

static int mount_make_ext2(struct block_device *device, uint32_t flags, const char *options, struct inode **root)
{
    if (*options)
        return -EINVAL;
    if (!(flags & VOLUME_READ_ONLY) && block_is_read_only(device))
        return -EACCES;
    int status = block_claim(device);
    if (status)
        return status;
    status = ext2_mount(device, flags, root);
    if (status)
        block_give_up(device);
    return status;
}

static int mount_unmake_ext2(struct inode *root, uint32_t callers_references, bool force)
{
    struct block_device *device = block_find(root->file_system);
    int status = ext2_unmount(root, callers_references, force);
    if (status == 0)
        block_give_up(device);
    return status;
}

static int mount_change_ext2(struct inode *root, uint32_t flags)
{
    bool writes = !(flags & VOLUME_READ_ONLY);
    return writes && block_is_read_only(block_find(root->file_system)) ? -EACCES : ext2_remount(root, flags);
}

static int mount_make_ramfs(struct block_device *device, uint32_t flags, const char *options, struct inode **root)
{
    (void)device;
    return ramfs_create_volume(ABI_RAMFS_MAGIC, flags, options, root);
}

static int mount_make_tmpfs(struct block_device *device, uint32_t flags, const char *options, struct inode **root)
{
    (void)device;
    return ramfs_create_volume(ABI_TMPFS_MAGIC, flags, options, root);
}

static int mount_make_proc(struct block_device *device, uint32_t flags, const char *options, struct inode **root)
{
    (void)device;
    (void)flags;
    return *options ? -EINVAL : proc_create_root(root);
}

/* All in it are made for who asks for them, and hold the root. */
static int mount_unmake_made_up(struct inode *root, uint32_t callers_references, bool force)
{
    (void)force;
    return root->references > 1 + callers_references ? -EBUSY : 0;
}

static int mount_make_sysfs(struct block_device *device, uint32_t flags, const char *options, struct inode **root)
{
    (void)device;
    (void)flags;
    return *options ? -EINVAL : sysfs_create_root(root);
}

static int mount_make_devpts(struct block_device *device, uint32_t flags, const char *options, struct inode **root)
{
    (void)device;
    (void)flags;
    return *options ? -EINVAL : devpts_take_root(root);
}

/* The names of terminals that programs have open: it can be moved, and stays. */
static int mount_unmake_devpts(struct inode *root, uint32_t callers_references, bool force)
{
    (void)root;
    (void)callers_references;
    (void)force;
    return -EBUSY;
}

#define MOUNT_ALL_FLAGS (VOLUME_READ_ONLY | VOLUME_NO_SET_ID | VOLUME_NO_DEVICES | VOLUME_NO_EXECUTE)
static const struct mount_type mount_types[] = {
    {.name = "ramfs",
     .options = "",
     .flags = MOUNT_ALL_FLAGS,
     .make = mount_make_ramfs,
     .unmake = ramfs_free_volume,
     .remount = ramfs_remount},
    {.name = "tmpfs",
     .options = "",
     .flags = MOUNT_ALL_FLAGS,
     .make = mount_make_tmpfs,
     .unmake = ramfs_free_volume,
     .remount = ramfs_remount,
     .set_options = ramfs_set_options,
     .print_options = ramfs_print_options},
    {.name = "proc",
     .options = "",
     .is_made_up = true,
     .flags = VOLUME_NO_SET_ID | VOLUME_NO_DEVICES | VOLUME_NO_EXECUTE,
     .make = mount_make_proc,
     .unmake = mount_unmake_made_up},
    {.name = "sysfs",
     .options = "",
     .is_made_up = true,
     .flags = VOLUME_NO_SET_ID | VOLUME_NO_DEVICES | VOLUME_NO_EXECUTE,
     .make = mount_make_sysfs,
     .unmake = mount_unmake_made_up},
    {.name = "devpts",
     .options = ",gid=5,mode=620",
     .flags = VOLUME_NO_SET_ID | VOLUME_NO_EXECUTE,
     .make = mount_make_devpts,
     .unmake = mount_unmake_devpts},
    {.name = "ext2",
     .options = "",
     .needs_device = true,
     .flags = MOUNT_ALL_FLAGS,
     .make = mount_make_ext2,
     .unmake = mount_unmake_ext2,
     .remount = mount_change_ext2},
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
