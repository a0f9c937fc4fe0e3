/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /sys: the registered devices as a tree, for what looks for them there (mdev, blockdev's kin, ip). Inodes are made as
 * they are looked up; they name a device by its serial, and find nothing more once it is gone.
 */
#ifndef FS_SYSFS_H
#define FS_SYSFS_H

#include "fs/inode.h"

#define SYSFS_MAGIC 0x62656572l

/* Makes a root, whose reference is the caller's: 0 or -ENOMEM. */
int sysfs_create_root(struct inode **root);

/* Does the inode belong to it? */
bool sysfs_holds(const struct inode *inode);

#endif
