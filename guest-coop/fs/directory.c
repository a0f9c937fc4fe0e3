/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lays out struct linux_dirent64 for getdents64.
 */
#include "fs/directory.h"

#include "kernel/errno.h"
#include "memory/frame.h"
#include "memory/user_copy.h"
#include <coopvirt/string.h>

bool directory_add(struct directory_writer *writer, const char *name, size_t length, uint64_t number, uint32_t mode,
                   uint64_t next)
{
    size_t head = offsetof(struct abi_directory_entry, name);
    size_t bytes = (head + length + 1 + 7) & ~7ul;
    if (bytes > writer->size - writer->used) {
        writer->full = true;
        return false;
    }

    uint8_t *at = writer->buffer + writer->used;
    struct abi_directory_entry entry = {
        .inode = number,
        .next = (int64_t)next,
        .bytes = (uint16_t)bytes,
        .type = (uint8_t)((mode & ABI_S_IFMT) >> 12), /* DT_* is the type of the mode */
    };
    memcpy(at, &entry, head);
    memcpy(at + head, name, length);
    memset(at + head + length, 0, bytes - head - length);
    writer->used += bytes;
    writer->position = next;
    return true;
}

bool directory_add_dots(struct file *file, struct directory_writer *writer)
{
    const struct inode *parent = file->inode->parent ? file->inode->parent : file->inode;

    if (file->position == 0 && !directory_add(writer, ".", 1, file->inode->number, ABI_S_IFDIR, 1))
        return false;
    return file->position > 1 || directory_add(writer, "..", 2, parent->number, ABI_S_IFDIR, 2);
}

long directory_read(struct file *file, uint64_t user_buffer, size_t bytes,
                    int (*fill)(struct file *file, struct directory_writer *writer))
{
    coop_paddr frame = frame_allocate();
    if (!frame)
        return -ENOMEM;

    struct directory_writer writer = {
        .buffer = frame_address(frame),
        .size = bytes < FRAME_BYTES ? bytes : FRAME_BYTES,
        .position = file->position,
    };
    long status = fill(file, &writer);
    if (status == 0 && writer.full && !writer.used)
        status = -EINVAL; /* not even one entry fits the caller's buffer */
    if (status == 0 && writer.used)
        status = user_copy_out(user_buffer, writer.buffer, writer.used);
    if (status == 0) {
        file->position = writer.position;
        status = (long)writer.used;
    }
    frame_release(frame);
    return status;
}

long directory_seek(struct file *file, int64_t offset, int whence)
{
    if (whence == ABI_SEEK_CUR)
        offset += (int64_t)file->position;
    else if (whence != ABI_SEEK_SET)
        return -EINVAL;
    if (offset < 0)
        return -EINVAL;
    file->position = (uint64_t)offset;
    return offset;
}
