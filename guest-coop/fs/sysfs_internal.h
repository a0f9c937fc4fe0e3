/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The folders of /sys: sysfs.c walks, lists and opens them, sysfs_rows.c has what is in them.
 */
#ifndef FS_SYSFS_INTERNAL_H
#define FS_SYSFS_INTERNAL_H

#include "fs/device.h"
#include "fs/proc_text.h"

/* One name in a folder. Exactly one of `folder`, `print_link` and `print` is set. */
struct sysfs_row {
    const char *name;
    uint32_t mode;
    const struct sysfs_folder *folder;
    /* device: whose folder it is in, or NULL. */
    void (*print_link)(struct proc_text *text, const struct device *device);
    void (*print)(struct proc_text *text, const struct device *device);
    int (*store)(const struct device *device, const char *words); /* 0 or -errno; NULL: -EIO, as on Linux */
};

/* The devices that stand behind the rows of a folder. */
enum sysfs_list {
    SYSFS_LIST_NONE,
    SYSFS_LIST_CLASS,      /* links to those of a class */
    SYSFS_LIST_DISKS,      /* links to what is no partition */
    SYSFS_LIST_NUMBERS,    /* links to those of a type, by number */
    SYSFS_LIST_HOME,       /* the directories of a class */
    SYSFS_LIST_PARTITIONS, /* the directories of a disk's partitions */
};

struct sysfs_folder {
    const struct sysfs_row *rows;
    uint8_t count;
    uint8_t depth; /* below /sys, for links */
    enum sysfs_list list;
    const char *class; /* of SYSFS_LIST_CLASS and HOME */
    uint32_t type;     /* of SYSFS_LIST_NUMBERS */
};

#define SYSFS_FOLDERS 32
extern const struct sysfs_folder sysfs_folders[SYSFS_FOLDERS]; /* the first is /sys itself */

/* What a device's own directory has. */
const struct sysfs_folder *sysfs_device_folder(const struct device *device);

#endif
