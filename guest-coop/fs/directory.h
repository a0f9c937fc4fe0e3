/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * getdents64 for any file system: entries are laid out in a kernel frame and copied out at once, so
 * that a page fault in the middle cannot see a directory changing.
 */
#ifndef FS_DIRECTORY_H
#define FS_DIRECTORY_H

#include "fs/inode.h"

struct directory_writer {
    uint8_t *buffer;
    size_t used, size;
    uint64_t position; /* to go on from after the last entry that fitted */
    bool full;         /* an entry did not fit */
};

/* Adds an entry; `next` is the position to go on from after it. False when the buffer is full. */
bool directory_add(struct directory_writer *writer, const char *name, size_t length, uint64_t number, uint32_t mode,
                   uint64_t next);

/* Adds "." and "..", whose positions are 0 and 1, as far as they are asked for. False when the buffer is full. */
bool directory_add_dots(struct file *file, struct directory_writer *writer);

/* Calls fill(file, writer), which adds the entries from file->position on, and copies them out: bytes, 0 at the end. */
long directory_read(struct file *file, uint64_t user_buffer, size_t bytes,
                    int (*fill)(struct file *file, struct directory_writer *writer));

/* seek of directories: to a position that getdents64 gave, or to the start. */
long directory_seek(struct file *file, int64_t offset, int whence);

#endif
