/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pseudo-terminals: an open of /dev/ptmx makes a pair. Its master's end is a file that programs hold in place of a
 * line; the slave's is a terminal (fs/tty.h) with a name in /dev/pts. A pty lives as long as one of its files.
 */
#ifndef FS_PTY_H
#define FS_PTY_H

#include "fs/file.h"

/* Pairs at a time, those too whose master is closed. */
#define PTY_LIMIT 64u
unsigned pty_count(void);

/* Registers ptmx. */
void pty_devices_register(void);

/* The root of the slaves' names, to be mounted once: 0 or -EBUSY. */
int devpts_take_root(struct inode **root);

/* Is the inode of that file system? */
bool devpts_holds(const struct inode *inode);

#endif
