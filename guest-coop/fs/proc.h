/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /proc: what ps, top, free, uptime and mount read. Inodes are made as they are looked up; texts are made
 * when a file is read from its start.
 */
#ifndef FS_PROC_H
#define FS_PROC_H

#include "fs/inode.h"

/* Mounts it on a directory: 0 or -errno. */
int proc_mount(struct inode *directory);

#endif
