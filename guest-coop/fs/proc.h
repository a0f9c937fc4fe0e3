/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /proc: what ps, top, free, uptime and mount read. Inodes are made as they are looked up; texts are made
 * when a file is read from its start.
 */
#ifndef FS_PROC_H
#define FS_PROC_H

#include "fs/inode.h"

/* Makes a root, whose reference is the caller's: 0 or -ENOMEM. */
int proc_create_root(struct inode **root);

#endif
