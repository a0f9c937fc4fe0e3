/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The registry of devices and their nodes in /dev.
 */
#include "fs/device.h"

#include "kernel/errno.h"
#include <coopvirt/string.h>

#define DEVICE_LIMIT 32

struct device {
    const char *name;
    uint64_t number;
    uint32_t mode;
    const struct device_operations *operations;
};

static struct device devices[DEVICE_LIMIT];
static unsigned device_count;
static struct inode *device_directory;

static int device_make_node(const struct device *device)
{
    struct inode_name name = {device->name, (uint32_t)strlen(device->name)};
    struct inode *node;
    int status = device_directory->operations->lookup(device_directory, name, &node);

    /* An archive may bring its own node. */
    if (status == -ENOENT)
        status = device_directory->operations->create(device_directory, name, device->mode, device->number, &node);
    if (status == 0)
        inode_release(node);
    return status;
}

int device_register(const char *name, uint64_t number, uint32_t mode, const struct device_operations *operations)
{
    if (device_count == DEVICE_LIMIT)
        return -ENOSPC;
    struct device *device = &devices[device_count++];
    *device = (struct device){name, number, mode, operations};
    return device_directory ? device_make_node(device) : 0;
}

int device_mount(struct inode *directory)
{
    inode_reference(directory);
    device_directory = directory;
    for (unsigned i = 0; i < device_count; i++) {
        int status = device_make_node(&devices[i]);
        if (status)
            return status;
    }
    return 0;
}

static const struct device *device_find(uint32_t type, uint64_t number)
{
    for (unsigned i = 0; i < device_count; i++) {
        if (devices[i].number == number && (devices[i].mode & ABI_S_IFMT) == type)
            return &devices[i];
    }
    return NULL;
}

int device_open(struct file *file)
{
    const struct device *device = device_find(inode_type(file->inode), file->inode->device);

    if (!device)
        return -ENXIO;
    file->operations = &device->operations->file;
    return device->operations->open ? device->operations->open(file) : 0;
}
