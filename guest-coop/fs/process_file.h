/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process as a file (pidfd_open(2)): it can be polled for the end, and named without its number.
 */
#ifndef FS_PROCESS_FILE_H
#define FS_PROCESS_FILE_H

#include "fs/file.h"

struct process;

/* A new descriptor of that leader's process, closed by exec: or -errno. `flags`: O_NONBLOCK or 0. */
int process_file_open(struct process *leader, uint32_t flags);

/* Whom the running process's descriptor means: 0 and the leader, NULL when it is gone; or -EBADF. The flags of the open
 * file too, where asked for. Does not sleep. */
int process_file_meant(int descriptor, struct process **leader, uint32_t *flags);

#endif
