/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that no path leads to and that are no data either: epoll, eventfd, timerfd, signalfd.
 */
#ifndef FS_ANONYMOUS_H
#define FS_ANONYMOUS_H

#include "fs/file.h"

/* A new descriptor for such a file, or -errno. `context` is released by the operations' release, also on failure. */
int anonymous_open(const struct file_operations *operations, void *context, uint32_t flags, bool close_on_exec);

#endif
