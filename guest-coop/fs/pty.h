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

/* The file system of the slaves' names is mounted on this directory. */
void devpts_mount(struct inode *directory);

/* Is the inode of that file system? */
bool devpts_holds(const struct inode *inode);

#endif
