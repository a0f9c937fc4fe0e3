/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths as arguments of system calls: the copy from user memory, the directory that a relative one begins in,
 * and the walk.
 */
#ifndef SYSCALL_USER_PATH_H
#define SYSCALL_USER_PATH_H

#include "fs/path.h"

/* Most paths are short: only a long one takes a frame. */
#define USER_PATH_SHORT_BYTES 128

struct user_path {
    const char *text;
    coop_paddr frame; /* holds a long text, or 0 */
    char short_text[USER_PATH_SHORT_BYTES];
};

/* Copies a path in: 0, -EFAULT, -ENAMETOOLONG or -ENOMEM. After 0 the caller calls user_path_free. */
int user_path_get(struct user_path *path, uint64_t user_address);
void user_path_free(struct user_path *path);

/* The inode where a relative path begins (NULL: the current directory), no reference added: 0, -EBADF or -ENOTDIR. */
int user_path_start(int descriptor, const char *text, struct inode **start);

/* All of it: copy, start and walk with PATH_* flags. After 0 the caller calls user_walk_finish. */
struct user_walk {
    struct path path;
    struct user_path text;
};
int user_walk(struct user_walk *walk, int descriptor, uint64_t user_address, uint32_t flags);
void user_walk_finish(struct user_walk *walk);

/* The inode alone, one reference held; with `empty` an empty path means the descriptor's own (AT_EMPTY_PATH). */
int user_path_find(int descriptor, uint64_t user_address, uint32_t flags, bool empty, struct inode **found);

#endif
