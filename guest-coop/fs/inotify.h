/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inotify(7): files whose reads tell what has happened to others. What does is found by fs/notify.c.
 */
#ifndef FS_INOTIFY_H
#define FS_INOTIFY_H

#include "fs/inode.h"

struct inotify;

/* Puts an event in the queue; one that is the last one's equal is not told twice. */
void inotify_tell(struct inotify *inotify, int descriptor, uint32_t event, uint32_t cookie, struct inode_name name);

/* A new descriptor, or -errno. */
int inotify_open(uint32_t flags, bool close_on_exec);

bool inotify_is(const struct file *file);

struct notify_watch;

/* Takes a watch out of its owner's list and ends it. May sleep: see notify_remove. */
void inotify_drop(struct notify_watch *watch);

/* Watches an inode: the watch's number, or -errno. */
int inotify_add(struct file *file, struct inode *inode, uint32_t mask);

/* Ends a watch: 0 or -EINVAL. */
int inotify_remove(struct file *file, int descriptor);

#define INOTIFY_ONLY_DIRECTORY 0x01000000u
#define INOTIFY_NO_FOLLOW      0x02000000u
#define INOTIFY_EXCEPT_UNLINK  0x04000000u
#define INOTIFY_MASK_CREATE    0x10000000u
#define INOTIFY_MASK_ADD       0x20000000u

#endif
