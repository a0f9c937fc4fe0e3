/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An inode: what a name stands for, whichever file system it lives in. A file system embeds
 * struct inode in its own and gives a table of operations; path.c walks names over them, file.c
 * opens them. Everything in fs/ relies on the kernel's rule (kernel/wait.h): code is not preempted,
 * only a call that says "may sleep" lets another process in, and state is looked at anew after it.
 */
#ifndef FS_INODE_H
#define FS_INODE_H

#include "fs/file.h"
#include "fs/linux_abi.h"
#include "kernel/errno.h"

struct inode_attributes {
    uint64_t accessed_ns, modified_ns, changed_ns; /* since 1970 */
};

/* How a file system is mounted, for all inodes in it. */
#define VOLUME_READ_ONLY  1u
#define VOLUME_NO_SET_ID  2u
#define VOLUME_NO_DEVICES 4u
#define VOLUME_NO_EXECUTE 8u
struct volume {
    uint32_t flags;
};

struct inode {
    const struct inode_operations *operations;
    uint32_t references;
    uint32_t mode; /* type and permissions */
    uint32_t uid, gid;
    uint32_t links;
    uint32_t file_system; /* st_dev */
    uint64_t number;
    uint64_t size;   /* bytes */
    uint64_t sectors; /* of 512 bytes, in use */
    uint64_t device; /* of a device node */
    struct inode_attributes times;
    const struct volume *volume; /* NULL: in none that can be mounted in another way */
    struct inode *parent;  /* the directory that it was last linked into, one reference held; NULL when removed */
    struct inode *mounted; /* the root of a file system mounted here, or NULL */
    void *context;         /* the pipe of a FIFO, the mount of a mounted root */
};

/* A name in a directory: not terminated, 1 to ABI_NAME_BYTES bytes, no slash, neither "." nor "..". */
struct inode_name {
    const char *text;
    uint32_t length;
};

/*
 * What an inode can do; a missing member makes the walk or the call fail with the errno in brackets. None sleeps.
 * All return 0 or -errno; found and made inodes come with one reference.
 */
struct inode_operations {
    int (*lookup)(struct inode *directory, struct inode_name name, struct inode **found); /* [ENOTDIR] */
    /* Makes an inode of the type in `mode`; `device` only for device nodes. The name is known to be free. [EPERM] */
    int (*create)(struct inode *directory, struct inode_name name, uint32_t mode, uint64_t device, struct inode **made);
    int (*symlink)(struct inode *directory, struct inode_name name, const char *target);
    int (*link)(struct inode *directory, struct inode_name name, struct inode *inode);
    /* Removes the name of `inode`, whatever its type; an emptied directory is checked by the operation. */
    int (*remove)(struct inode *directory, struct inode_name name, struct inode *inode);
    /* Moves; `replaced` is what has the new name now, or NULL. Types and cycles are checked by the caller. */
    int (*rename)(struct inode *from, struct inode_name from_name, struct inode *to, struct inode_name to_name,
                  struct inode *replaced);
    long (*readlink)(struct inode *inode, char *text, size_t size); /* length, not terminated, cut to size [EINVAL] */
    int (*follow)(struct inode *inode, struct inode **target);      /* a link that is no text
        (/proc/PID/exe); -EINVAL: it is one */
    int (*truncate)(struct inode *inode, uint64_t bytes);           /* [EINVAL] */
    /* The name of a child, for getcwd: its length, or -errno. */
    long (*child_name)(struct inode *directory, struct inode *child, char *text, size_t size);
    /* Sets operations (and context) of a file that is being opened. May sleep (FIFO). */
    int (*open)(struct file *file);
    void (*destroy)(struct inode *inode); /* the last reference is gone */
};

static inline uint32_t inode_type(const struct inode *inode)
{
    return inode->mode & ABI_S_IFMT;
}
static inline bool inode_is_directory(const struct inode *inode)
{
    return inode_type(inode) == ABI_S_IFDIR;
}

/* Is it mounted so (VOLUME_*)? */
static inline bool inode_volume_is(const struct inode *inode, uint32_t flags)
{
    return inode->volume && inode->volume->flags & flags;
}

/* Can what it is, and what is written in it, be changed where it is mounted? 0 or -EROFS. */
static inline int inode_check_changeable(const struct inode *inode)
{
    return inode_volume_is(inode, VOLUME_READ_ONLY) ? -EROFS : 0;
}

/* May the running process (its ids for files, its groups) do what `wanted` (ABI_MAY_*) says? 0 or -EACCES. */
int inode_permission(const struct inode *inode, uint32_t wanted);

/* The same for the real ids (access(2)). */
int inode_permission_real(const struct inode *inode, uint32_t wanted);

/* May the running process remove or replace `victim` in `directory` (write permission, sticky bit)? 0 or -errno. */
int inode_permission_remove(const struct inode *directory, const struct inode *victim);

/* Is the running process the owner or the superuser? 0 or -EPERM. */
int inode_permission_owner(const struct inode *inode);

/* Takes a program's set-ID bits away; `always`: even if it is the superuser who does what asks for it. */
void inode_drop_set_id(struct inode *inode, bool always);

/* The mode of what the running process makes in this directory: no program of a group that is not its own. */
uint32_t inode_mode_in(const struct inode *directory, uint32_t mode);

/* Sets modification and change time to now. */
void inode_touch(struct inode *inode);

/* The same of a file with other content, which may no longer lend its owner's rights. */
static inline void inode_written(struct inode *inode)
{
    if (inode->mode & (ABI_S_ISUID | ABI_S_ISGID))
        inode_drop_set_id(inode, false);
    inode_touch(inode);
}

/* What stat(2) shows. */
void inode_stat(const struct inode *inode, struct abi_stat *status);

/* The path of an inode from the root: 0 or -errno (-ENOENT when it was removed). `path` is terminated. */
int inode_path(struct inode *inode, char *path, size_t size);

#endif
