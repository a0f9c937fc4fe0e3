/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loop devices: a sector is moved by the file's own operations, with the caller's frame in place of user memory
 * (memory/user_copy.c), in the process that asks for it. So a file system on a loop device takes the lock of the one
 * that its file is in after its own, never the other way round. What programs say to the devices comes by
 * drivers/loop_control.c.
 */
#include "drivers/loop.h"

#include "drivers/block_partition.h"
#include "drivers/loop_control.h"
#include "fs/device.h"
#include "kernel/errno.h"
#include "kernel/process_private.h"
#include "memory/frame.h"
#include "memory/heap.h"
#include <coopvirt/format.h>
#include <coopvirt/string.h>

static struct loop *loop_of(struct block_device *device)
{
    return (struct loop *)device;
}

/* ---- sectors ---- */

/* What a block device may say; all else that a file fails with is an error of the device. */
static int loop_error(long status)
{
    return status == -ENOSPC || status == -ENOMEM || status == -ERESTARTSYS ? (int)status : -EIO;
}

/* The file may be let go while this sleeps in it. */
static int loop_move(struct loop *loop, uint64_t sector, void *memory, unsigned count, bool writing)
{
    struct process_private *private = process_current()->private;
    coop_paddr outer = private->copy_frame, frame = frame_of(memory) & ~(FRAME_BYTES - 1);
    struct file *file = loop->backing;
    size_t bytes = count * BLOCK_SECTOR_BYTES, done = 0;
    long moved = 0;

    if (!file || sector > loop->block.sectors || count > loop->block.sectors - sector)
        return -EIO;
    uint64_t position = loop->settings.offset + sector * BLOCK_SECTOR_BYTES;
    file_reference(file);
    while (done < bytes) {
        uint64_t buffer = (uint64_t)memory + done;
        private->copy_frame = frame;
        moved = writing ? file->operations->write(file, buffer, bytes - done, &position)
                        : file->operations->read(file, buffer, bytes - done, &position);
        private->copy_frame = outer;
        if (moved <= 0)
            break;
        done += (size_t)moved;
    }
    file_release(file);
    return done == bytes ? 0 : loop_error(moved);
}

static int loop_read(struct block_device *device, uint64_t sector, void *to, unsigned count)
{
    return loop_move(loop_of(device), sector, to, count, false);
}

static int loop_write(struct block_device *device, uint64_t sector, const void *from, unsigned count)
{
    if (loop_of(device)->settings.flags & LOOP_READ_ONLY)
        return -EIO;
    return loop_move(loop_of(device), sector, (void *)from, count, true);
}

static int loop_flush(struct block_device *device)
{
    struct file *file = loop_of(device)->backing;
    if (!file || !file->operations->sync)
        return 0;
    file_reference(file);
    long status = file->operations->sync(file);
    file_release(file);
    return status ? loop_error(status) : 0;
}

static int loop_discard(struct block_device *device, uint64_t sector, uint64_t count)
{
    struct loop *loop = loop_of(device);
    struct file *file = loop->backing;
    if (!file || !file->operations->punch)
        return -EOPNOTSUPP;
    /* A partition may reach beyond what is left of the device. */
    if (loop->settings.flags & LOOP_READ_ONLY || sector > loop->block.sectors || count > loop->block.sectors - sector)
        return -EIO;
    file_reference(file);
    long status =
        file->operations->punch(file, loop->settings.offset + sector * BLOCK_SECTOR_BYTES, count * BLOCK_SECTOR_BYTES);
    file_release(file);
    return status ? loop_error(status) : 0;
}

/* ---- the file ---- */

static uint64_t loop_file_bytes(const struct file *file)
{
    return inode_type(file->inode) == ABI_S_IFBLK ? block_bytes(file->context) : file->inode->size;
}

void loop_measure(struct loop *loop)
{
    uint64_t bytes = loop_file_bytes(loop->backing);
    bytes = bytes > loop->settings.offset ? bytes - loop->settings.offset : 0;
    if (loop->settings.limit && loop->settings.limit < bytes)
        bytes = loop->settings.limit;
    loop->block.sectors = bytes / BLOCK_SECTOR_BYTES;
}

/* The device below a file: the one that it is, or that holds its file system; NULL: memory. */
static struct block_device *loop_below(const struct inode *inode)
{
    struct block_device *device = block_find(inode_type(inode) == ABI_S_IFBLK ? inode->device : inode->file_system);
    return device && device->whole ? device->whole : device;
}

/* Would the device come to stand on itself, on a free one, or on more than `most` others? */
static int loop_check_depth(const struct loop *loop, const struct inode *inode, unsigned most)
{
    for (unsigned depth = 0; depth <= most; depth++) {
        struct block_device *device = loop_below(inode);
        if (!device || device->read != loop_read)
            return 0;
        if (device == &loop->block || !loop_of(device)->backing)
            return -EINVAL;
        inode = loop_of(device)->backing->inode;
    }
    return -ELOOP;
}

/* Opens for the kernel what the caller has open, if it is upon at most so many devices: *read_only when he may not
 * write it. Opening may sleep, and devices be put upon each other meanwhile: they are counted after it. */
static int loop_open(const struct loop *loop, const struct file *file, unsigned most, bool *read_only,
                     struct file **opened)
{
    uint32_t access = file->flags & ABI_O_ACCESS;
    if (!file->inode || (file->flags & ABI_O_PATH))
        return file->inode ? -EBADF : -EINVAL;
    if (inode_type(file->inode) != ABI_S_IFREG && inode_type(file->inode) != ABI_S_IFBLK)
        return -EINVAL;
    if (!file->operations->read || access == ABI_O_WRONLY)
        return -EINVAL;
    *read_only = *read_only || access == ABI_O_RDONLY || !file->operations->write;
    uint32_t flags = (*read_only ? ABI_O_RDONLY : ABI_O_RDWR) | FILE_UNLIMITED;
    int status = file_open_inode(file->inode, flags, opened);
    if (status)
        return status;
    status = loop_check_depth(loop, (*opened)->inode, most);
    if (status)
        file_release(*opened);
    return status;
}

int loop_attach(struct loop *loop, struct file *file, const struct loop_settings *settings)
{
    bool read_only = settings->flags & LOOP_READ_ONLY;
    struct file *backing;
    if (loop->backing)
        return -EBUSY;
    int status = loop_open(loop, file, LOOP_DEPTH - 1, &read_only, &backing);
    if (status)
        return status;
    if (loop->backing) { /* by another one meanwhile */
        file_release(backing);
        return -EBUSY;
    }
    loop->backing = backing;
    loop->settings = *settings;
    loop->settings.flags |= read_only ? LOOP_READ_ONLY : 0;
    loop->block.is_read_only = read_only;
    loop_measure(loop);
    return 0;
}

void loop_detach(struct loop *loop)
{
    struct file *backing = loop->backing;
    block_partition_forget(&loop->block);
    loop->backing = NULL;
    loop->block.sectors = 0;
    loop->block.is_read_only = false;
    loop->block.block_bytes = 0;
    loop->block.partitions_number = 0;
    loop->settings.flags = 0;
    file_release(backing); /* may sleep: it comes last */
}

int loop_change(struct loop *loop, struct file *file)
{
    bool read_only = true;
    struct file *backing, *before;
    if (!(loop->settings.flags & LOOP_READ_ONLY))
        return -EINVAL;
    int status = loop_open(loop, file, 0, &read_only, &backing); /* others may be upon this one already */
    if (status)
        return status;
    before = loop->backing; /* another one may have let it go, or attached one, meanwhile */
    if (!before || !(loop->settings.flags & LOOP_READ_ONLY) || loop_file_bytes(backing) != loop_file_bytes(before)) {
        file_release(backing);
        return before ? -EINVAL : -ENXIO;
    }
    loop->backing = backing;
    file_release(before);
    return 0;
}

static void loop_closed(struct block_device *device)
{
    struct loop *loop = loop_of(device);
    if (loop->backing && loop->settings.flags & LOOP_AUTOCLEAR)
        loop_detach(loop);
}

/* ---- the devices ---- */

struct loop *loop_find(uint32_t index)
{
    return index < LOOP_LIMIT ? loop_of(block_find(ABI_DEVICE(LOOP_MAJOR, index))) : NULL;
}

uint32_t loop_index(const struct loop *loop)
{
    return ABI_DEVICE_MINOR(loop->block.number);
}

int loop_add(uint32_t index)
{
    if (index >= LOOP_LIMIT)
        return -ENOSPC;
    if (loop_find(index))
        return -EEXIST;
    struct loop *loop = heap_allocate(sizeof(*loop));
    if (!loop)
        return -ENOMEM;
    format_string(loop->name, sizeof(loop->name), "loop%u", index);
    loop->block.name = loop->name;
    loop->block.number = ABI_DEVICE(LOOP_MAJOR, index);
    loop->block.read = loop_read;
    loop->block.write = loop_write;
    loop->block.flush = loop_flush;
    loop->block.discard = loop_discard;
    loop->block.control = loop_control;
    loop->block.closed = loop_closed;
    int status = block_register(&loop->block);
    if (status)
        heap_free(loop);
    return status;
}

int loop_remove(struct loop *loop)
{
    if (loop->backing || loop->block.holders)
        return -EBUSY;
    block_unregister(&loop->block);
    heap_free(loop);
    return 0;
}

void loop_start(void)
{
    for (uint32_t index = 0; index < LOOP_AT_START; index++)
        loop_add(index);
    loop_control_start();
}
