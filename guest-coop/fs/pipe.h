/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pipes and FIFOs: a ring of 64 KiB whose frames appear as they are needed.
 */
#ifndef FS_PIPE_H
#define FS_PIPE_H

#include "fs/inode.h"

/* A new pipe's two ends, one reference each; `flags` may hold ABI_O_NONBLOCK. 0 or -errno. */
int pipe_create(uint32_t flags, struct file **reader, struct file **writer);

/* inode_operations.open of a FIFO: waits for the other end as POSIX asks. */
int pipe_open_fifo(struct file *file);

#endif
