/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Advisory locks on files: record locks of processes (fcntl F_SETLK), of open files (F_OFD_SETLK), and whole-file locks
 * of open files (flock). The first two see each other, the third only its like.
 */
#ifndef FS_FILE_LOCK_H
#define FS_FILE_LOCK_H

#include "fs/file.h"

enum file_lock_kind { FILE_LOCK_PROCESS, FILE_LOCK_OPEN_FILE, FILE_LOCK_WHOLE };

struct file_lock {
    struct file_lock *next;
    const void *object; /* what is locked: an inode, or an open file without one */
    const void *owner;  /* a descriptor table, or an open file */
    enum file_lock_kind kind;
    int type; /* ABI_F_RDLCK, ABI_F_WRLCK; ABI_F_UNLCK gives up */
    int pid;
    uint64_t start, last; /* bytes, both included */
};

/* Locks there are now: whoever closes a file looks here first. */
extern uint32_t file_lock_count;

/* The first lock that stands in the way of this one, or NULL. */
const struct file_lock *file_lock_conflict(const struct file_lock *wanted);

/* Sets or gives up a range; with `wait` sleeps until it is free: 0, -EAGAIN, -EDEADLK, -ENOLCK, -ERESTARTSYS. */
int file_lock_set(const struct file_lock *wanted, bool wait);

/* A descriptor of the table was closed: the process's locks on that file go. The open file's last reference has gone:
 * its own go. */
void file_lock_closed(const struct file *file, const void *files);
void file_lock_released(const struct file *file);

/* What a lock on this open file is a lock on. */
static inline const void *file_lock_object(const struct file *file)
{
    return file->inode ? (const void *)file->inode : file;
}

#endif
