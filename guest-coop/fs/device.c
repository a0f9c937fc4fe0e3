/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The registry of devices and their nodes in /dev.
 */
#include "fs/device.h"

#include "fs/uevent.h"
#include "kernel/errno.h"
#include "memory/heap.h"
#include <coopvirt/string.h>

static struct device *devices;
static uint32_t device_serial = 1;
static struct inode *device_directory;

static struct inode_name device_name(const struct device *device)
{
    return (struct inode_name){device->name, (uint32_t)strlen(device->name)};
}

static int device_make_node(const struct device *device)
{
    struct inode_name name = device_name(device);
    struct inode *node;
    int status = device_directory->operations->lookup(device_directory, name, &node);

    /* An archive may bring its own node. */
    if (status == -ENOENT)
        status = device_directory->operations->create(device_directory, name, device->mode, device->number, &node);
    if (status == 0)
        inode_release(node);
    return status;
}

static void device_remove_node(const struct device *device)
{
    struct inode_name name = device_name(device);
    struct inode *node;

    if (device_directory->operations->lookup(device_directory, name, &node))
        return;
    if (inode_type(node) == (device->mode & ABI_S_IFMT) && node->device == device->number)
        device_directory->operations->remove(device_directory, name, node);
    inode_release(node);
}

int device_register(const char *name, uint64_t number, uint32_t mode, const struct device_operations *operations)
{
    struct device *device = heap_allocate(sizeof(*device)), **last = &devices;
    if (!device)
        return -ENOMEM;
    *device = (struct device){NULL, name, number, mode, device_serial, operations};
    int status = device_directory ? device_make_node(device) : 0;
    if (status) {
        heap_free(device);
        return status;
    }
    device_serial++;
    while (*last)
        last = &(*last)->next;
    *last = device;
    uevent_send(device, "add", false);
    return 0;
}

void device_unregister(uint32_t type, uint64_t number)
{
    for (struct device **link = &devices; *link; link = &(*link)->next) {
        struct device *device = *link;
        if (device->number != number || (device->mode & ABI_S_IFMT) != type)
            continue;
        *link = device->next;
        if (device_directory)
            device_remove_node(device);
        uevent_send(device, "remove", false);
        heap_free(device);
        return;
    }
}

int device_mount(struct inode *directory)
{
    inode_reference(directory);
    device_directory = directory;
    for (const struct device *device = devices; device; device = device->next) {
        int status = device_make_node(device);
        if (status)
            return status;
    }
    return 0;
}

const struct device *device_find(uint32_t type, uint64_t number)
{
    for (const struct device *device = devices; device; device = device->next) {
        if (device->number == number && (device->mode & ABI_S_IFMT) == type)
            return device;
    }
    return NULL;
}

const struct device *device_from(uint32_t serial)
{
    const struct device *device = devices;
    while (device && device->serial < serial)
        device = device->next;
    return device;
}

int device_open(struct file *file)
{
    const struct device *device = device_find(inode_type(file->inode), file->inode->device);

    if (inode_volume_is(file->inode, VOLUME_NO_DEVICES))
        return -EACCES;
    if (!device)
        return -ENXIO;
    file->operations = &device->operations->file;
    return device->operations->open ? device->operations->open(file) : 0;
}
