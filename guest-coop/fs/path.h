/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk from a path to an inode: components, "." and "..", symbolic links, mount points, and
 * search permission at each step.
 */
#ifndef FS_PATH_H
#define FS_PATH_H

#include "fs/inode.h"

/* Follow a symbolic link in the last component. */
#define PATH_FOLLOW 1u
/* A missing last component is no error: `inode` is NULL and `directory` and `name` say where it would be. */
#define PATH_MISSING 2u
/* Keep `directory` and `name` (PATH_MISSING implies it). */
#define PATH_PARENT 4u

/* Where the running process's absolute paths begin. */
struct inode *path_root(void);

struct path {
    struct inode *inode;     /* OUT one reference held, or NULL (PATH_MISSING) */
    struct inode *directory; /* OUT one reference held; NULL when the path ends in "/", "." or ".." */
    struct inode_name name;  /* OUT the last component, valid until path_finish; length 0 without a directory */
    bool must_be_directory;  /* OUT the path had a trailing slash */
    uint32_t links;          /* symbolic links followed so far */
    coop_paddr frame;        /* holds the text after a symbolic link, or 0 */
};

/*
 * Walks `text`, from `start` when it is relative (NULL: the running process's directory). 0 or -errno; after 0 the
 * caller calls path_finish, after an error there is nothing to finish.
 */
int path_walk(struct path *path, struct inode *start, const char *text, uint32_t flags);

void path_finish(struct path *path);

/* The short form: the inode alone, one reference held. */
int path_find(struct inode *start, const char *text, uint32_t flags, struct inode **found);

#endif
