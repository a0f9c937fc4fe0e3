/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The registry of devices: a driver registers its name, number and operations; a node of that name
 * appears in /dev, and any node of that number (mknod) opens it. What is registered may go again, with its node.
 */
#ifndef FS_DEVICE_H
#define FS_DEVICE_H

#include "fs/inode.h"

struct device_operations {
    /* Called for each open: may refuse (-errno) and may set file->context. May be NULL. */
    int (*open)(struct file *file);
    struct file_operations file;
};

struct device {
    struct device *next; /* by age */
    const char *name;
    uint64_t number;
    uint32_t mode;
    uint32_t serial; /* from 1 on, growing: of no other device before or after it */
    const struct device_operations *operations;
};

/* `mode` is the type (ABI_S_IFCHR or ABI_S_IFBLK) and permissions; `number` is ABI_DEVICE(major, minor). Before or
 * after fs_start. `name` and `operations` stay the driver's. 0, -ENOMEM, or what making the node says: then it is not
 * registered. */
int device_register(const char *name, uint64_t number, uint32_t mode, const struct device_operations *operations);

/* Takes back what was registered, and its node while that is still the one in /dev. Files that have it open keep its
 * operations: that nobody has, or that they can live without it, is the driver's care. */
void device_unregister(uint32_t type, uint64_t number);

/* The device of a type and number, or NULL; the oldest whose serial is at least `serial`, or NULL. */
const struct device *device_find(uint32_t type, uint64_t number);
const struct device *device_from(uint32_t serial);

/* inode_operations.open of device nodes. */
int device_open(struct file *file);

/* Makes the nodes of what is registered, and later of what will be, in this directory. */
int device_mount(struct inode *directory);

/* null, zero, full, random, urandom (memory_devices.c); their generator also serves getrandom(2). */
long memory_devices_random(uint64_t user_buffer, size_t bytes);
void memory_devices_seed(uint64_t seed);
void memory_devices_register(void);

#endif
