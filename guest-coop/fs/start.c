/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file systems at boot: an empty ramfs, the archive unpacked into it, the nodes of /dev, /dev/pts, and /proc.
 */
#include "fs/initramfs.h"

#include "fs/device.h"
#include "fs/mount.h"
#include "fs/path.h"
#include "fs/pty.h"
#include "fs/ramfs.h"
#include "fs/tty.h"
#include "kernel/errno.h"
#include "kernel/panic.h"
#include <coopvirt/string.h>

static struct inode *root;

struct inode *inode_root(void)
{
    return root;
}

/* The directory of that path, made when it is missing. */
static int start_directory(const char *path, uint32_t mode, struct inode **directory)
{
    struct path walk;
    int status = path_walk(&walk, root, path, PATH_FOLLOW | PATH_MISSING);
    if (status)
        return status;
    if (!walk.inode)
        status = walk.directory->operations->create(walk.directory, walk.name, ABI_S_IFDIR | mode, 0, &walk.inode);
    if (status == 0 && !inode_is_directory(walk.inode))
        status = -ENOTDIR;
    if (status == 0) {
        inode_reference(walk.inode);
        *directory = walk.inode;
    }
    path_finish(&walk);
    return status;
}

/* The names by which programs open what they were started with. */
static int start_device_links(struct inode *directory)
{
    static const struct {
        const char *name, *target;
    } links[] = {
        {"fd", "/proc/self/fd"},
        {"stdin", "/proc/self/fd/0"},
        {"stdout", "/proc/self/fd/1"},
        {"stderr", "/proc/self/fd/2"},
        {"rtc", "rtc0"},
    };

    for (unsigned i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        struct inode_name name = {links[i].name, (uint32_t)strlen(links[i].name)};
        struct inode *found;
        int status = directory->operations->lookup(directory, name, &found);
        if (status == -ENOENT)
            status = directory->operations->symlink(directory, name, links[i].target);
        else
            inode_release(found); /* the archive brought its own */
        if (status)
            return status;
    }
    return 0;
}

static int start_devices(void)
{
    struct inode *directory;
    int status = start_directory("/dev", 0755, &directory);
    if (status)
        return status;
    memory_devices_register();
    tty_devices_register();
    pty_devices_register();
    status = device_mount(directory);
    if (status == 0)
        status = start_device_links(directory);
    inode_release(directory);
    return status;
}

/* Makes the directory, and what belongs there at boot. */
static int start_mount(const char *path, uint32_t mode, const char *kind)
{
    const struct mount_type *type = mount_type_find(kind);
    struct inode *directory, *top;
    int status = start_directory(path, mode, &directory);
    if (status)
        return status;
    status = type->make(NULL, 0, "", &top);
    if (status == 0)
        status = mount_add(type, top, directory, kind, 0);
    inode_release(directory);
    return status;
}

void fs_start(const void *archive, size_t archive_bytes)
{
    char reason[192];

    root = ramfs_create_root();
    if (!root)
        panic("fs: no memory for the root directory");
    if (initramfs_unpack(root, archive, archive_bytes, reason, sizeof(reason)))
        panic("fs: the initial archive cannot be unpacked: %s", reason);
    int status = mount_add(mount_type_find("ramfs"), root, NULL, "ramfs", 0);
    if (status == 0)
        status = start_devices();
    if (status == 0)
        status = start_mount("/dev/pts", 0755, "devpts");
    if (status == 0)
        status = start_mount("/proc", 0555, "proc");
    if (status)
        panic("fs: /dev or /proc cannot be made: error %d", -status);
}
