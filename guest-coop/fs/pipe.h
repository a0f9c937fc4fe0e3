/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pipes and FIFOs: a ring of 64 KiB whose frames appear as they are needed.
 */
#ifndef FS_PIPE_H
#define FS_PIPE_H

#include "fs/inode.h"

/* A new pipe's two ends, one reference each; `flags` may hold ABI_O_NONBLOCK. 0 or -errno. */
int pipe_create(uint32_t flags, struct file **reader, struct file **writer);

/* Is this open file an end of a pipe or FIFO? */
bool pipe_is(const struct file *file);

/* Copies up to `bytes` of what is in the pipe, from byte `offset` of it on, and leaves it there: bytes, 0 when there is
 * no more, -ERESTARTSYS. */
long pipe_peek(struct file *file, uint64_t offset, uint8_t *to, size_t bytes);

/* inode_operations.open of a FIFO: waits for the other end as POSIX asks. */
int pipe_open_fifo(struct file *file);

#endif
