/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * File contents in ramfs: a tree of page frames of the height that the size needs, with holes. The
 * frames are reference-counted, so that mmap shares them and a read that sleeps in a page fault
 * keeps the frame although the file may be truncated meanwhile.
 */
#include "fs/ramfs.h"

#include "kernel/errno.h"
#include "memory/frame.h"
#include "memory/heap.h"
#include "memory/user_copy.h"
#include <coopvirt/primitives.h>
#include <coopvirt/string.h>

#define RAMFS_PAGE_SECTORS (FRAME_BYTES / 512)
#define RAMFS_TABLE_BITS   9
#define RAMFS_TABLE_SLOTS  (1u << RAMFS_TABLE_BITS)
#define RAMFS_HEIGHT_LIMIT 3 /* 512 GiB */
#define RAMFS_FILE_LIMIT   (FRAME_BYTES << (RAMFS_TABLE_BITS * RAMFS_HEIGHT_LIMIT))

static struct ramfs_pages *ramfs_pages(struct inode *inode)
{
    return &((struct ramfs_inode *)inode)->pages;
}

/* Of a table or, where a volume's own limit allows it, of contents. */
static coop_paddr ramfs_file_frame_new(bool zeroed)
{
    if (ramfs_usage.frames >= ramfs_usage.frame_limit)
        return 0;
    coop_paddr frame = zeroed ? frame_allocate_zeroed() : frame_allocate();
    ramfs_usage.frames += frame != 0;
    return frame;
}

static void ramfs_file_frame_free(coop_paddr frame)
{
    frame_release(frame);
    ramfs_usage.frames--;
}

static bool ramfs_file_within(const struct ramfs_pages *pages, uint64_t index)
{
    return index >> (RAMFS_TABLE_BITS * pages->height) == 0;
}

/* The frame of a page, no reference added; 0 in a hole or beyond the end. */
static coop_paddr ramfs_file_frame(const struct ramfs_pages *pages, uint64_t index)
{
    if (!ramfs_file_within(pages, index))
        return 0;
    coop_paddr frame = pages->root;
    for (uint32_t height = pages->height; frame && height; height--) {
        const coop_paddr *table = frame_address(frame);
        frame = table[index >> (RAMFS_TABLE_BITS * (height - 1)) & (RAMFS_TABLE_SLOTS - 1)];
    }
    return frame;
}

/* Makes the tree high enough for a page: 0 or -ENOSPC. */
static int ramfs_file_raise(struct ramfs_pages *pages, uint64_t index)
{
    while (!ramfs_file_within(pages, index)) {
        if (pages->root) {
            coop_paddr table = ramfs_file_frame_new(true);
            if (!table)
                return -ENOSPC;
            *(coop_paddr *)frame_address(table) = pages->root;
            pages->root = table;
        }
        pages->height++;
    }
    return 0;
}

/* The place in the tree that names a page; tables on the way are made. NULL when there is no room. */
static coop_paddr *ramfs_file_slot(struct ramfs_pages *pages, uint64_t index)
{
    if (ramfs_file_raise(pages, index))
        return NULL;
    coop_paddr *slot = &pages->root;
    for (uint32_t height = pages->height; height; height--) {
        if (!*slot)
            *slot = ramfs_file_frame_new(true);
        if (!*slot)
            return NULL;
        coop_paddr *table = frame_address(*slot);
        slot = &table[index >> (RAMFS_TABLE_BITS * (height - 1)) & (RAMFS_TABLE_SLOTS - 1)];
    }
    return slot;
}

/* A page of contents more or less (-1). */
static void ramfs_file_count_page(struct inode *inode, int64_t pages)
{
    inode->sectors += (uint64_t)pages * RAMFS_PAGE_SECTORS;
    ramfs_volume_of(inode)->frames += (uint64_t)pages;
}

/* The place for a page that is missing; NULL when there is no room, or its volume may have no more of them. */
static coop_paddr *ramfs_file_slot_new(struct inode *inode, uint64_t index)
{
    const struct ramfs_volume *volume = ramfs_volume_of(inode);
    if (volume->frame_limit && volume->frames >= volume->frame_limit)
        return NULL;
    return ramfs_file_slot(ramfs_pages(inode), index);
}

/* The frame of a page for writing, made when missing; 0 when there is no room. */
static coop_paddr ramfs_file_frame_make(struct inode *inode, uint64_t index, bool zeroed)
{
    coop_paddr frame = ramfs_file_frame(ramfs_pages(inode), index);
    if (frame)
        return frame;

    coop_paddr *slot = ramfs_file_slot_new(inode, index);
    if (!slot)
        return 0;
    *slot = ramfs_file_frame_new(zeroed);
    if (*slot)
        ramfs_file_count_page(inode, 1);
    return *slot;
}

/* Frees the pages from `first` on in the tree of `height` at *slot, whose own first page is `base`. */
static void ramfs_file_cut(struct inode *inode, coop_paddr *slot, uint32_t height, uint64_t base, uint64_t first)
{
    if (!*slot)
        return;
    if (height == 0) {
        if (base < first)
            return;
        ramfs_file_count_page(inode, -1);
    } else {
        uint64_t span = 1ull << (RAMFS_TABLE_BITS * (height - 1));
        coop_paddr *table = frame_address(*slot);
        /* Most files fill a small part of a table: empty slots are passed over here. */
        for (uint64_t i = first > base ? (first - base) / span : 0; i < RAMFS_TABLE_SLOTS; i++) {
            if (table[i])
                ramfs_file_cut(inode, &table[i], height - 1, base + i * span, first);
        }
        if (base < first)
            return;
    }
    ramfs_file_frame_free(*slot);
    *slot = 0;
}

int ramfs_file_truncate(struct inode *inode, uint64_t bytes)
{
    struct ramfs_pages *pages = ramfs_pages(inode);
    uint64_t kept = (bytes + FRAME_BYTES - 1) / FRAME_BYTES;

    if (bytes > RAMFS_FILE_LIMIT)
        return -EFBIG;
    if (bytes <= inode->size) { /* an equal size too: there may be room behind it */
        ramfs_file_cut(inode, &pages->root, pages->height, 0, kept);
        if (!pages->root)
            pages->height = 0;
        /* What a later extension brings back must read as zeroes. */
        coop_paddr last = bytes % FRAME_BYTES ? ramfs_file_frame(pages, bytes / FRAME_BYTES) : 0;
        if (last)
            memset((uint8_t *)frame_address(last) + bytes % FRAME_BYTES, 0, FRAME_BYTES - bytes % FRAME_BYTES);
    }
    inode->size = bytes;
    inode_written(inode);
    return 0;
}

void ramfs_file_free(struct ramfs_inode *inode)
{
    ramfs_file_cut(&inode->inode, &inode->pages.root, inode->pages.height, 0, 0);
}

/* Copies one page's part to the user, or zeroes for a hole. */
static int ramfs_file_read_page(struct inode *inode, uint64_t position, uint64_t user, size_t bytes)
{
    coop_paddr frame = ramfs_file_frame(ramfs_pages(inode), position / FRAME_BYTES);
    if (!frame)
        return user_clear(user, bytes);

    frame_reference(frame);
    int status = user_copy_out(user, (uint8_t *)frame_address(frame) + position % FRAME_BYTES, bytes);
    frame_release(frame);
    return status;
}

static size_t ramfs_file_part(uint64_t position, size_t bytes)
{
    size_t room = FRAME_BYTES - position % FRAME_BYTES;
    return bytes < room ? bytes : room;
}

static long ramfs_file_read(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    struct inode *inode = file->inode;
    uint64_t at = *position;
    size_t done = 0;

    while (done < bytes && at < inode->size) {
        size_t part = ramfs_file_part(at, bytes - done);
        if (part > inode->size - at)
            part = inode->size - at;
        int status = ramfs_file_read_page(inode, at, user_buffer + done, part);
        if (status)
            return done ? (*position = at, (long)done) : status;
        done += part;
        at += part;
    }
    *position = at;
    return (long)done;
}

/* A whole new page, which need not be zeroed first: the file gets it when it is filled, since the copy may sleep. */
static int ramfs_file_write_new(struct inode *inode, uint64_t index, uint64_t user)
{
    coop_paddr frame = ramfs_file_frame_new(false), *slot = NULL;
    int status = frame ? user_copy_in(frame_address(frame), user, FRAME_BYTES) : -ENOSPC;
    coop_paddr meanwhile = status ? 0 : ramfs_file_frame(ramfs_pages(inode), index);
    if (meanwhile)
        memcpy(frame_address(meanwhile), frame_address(frame), FRAME_BYTES);
    else if (status == 0)
        slot = ramfs_file_slot_new(inode, index);
    if (slot) {
        *slot = frame;
        ramfs_file_count_page(inode, 1);
        return 0;
    }
    if (frame)
        ramfs_file_frame_free(frame);
    return status || meanwhile ? status : -ENOSPC;
}

/* Copies one page's part from the user: 0, -EFAULT or -ENOSPC. */
static int ramfs_file_write_page(struct inode *inode, uint64_t position, uint64_t user, size_t bytes)
{
    coop_paddr frame = ramfs_file_frame(ramfs_pages(inode), position / FRAME_BYTES);
    if (!frame && bytes == FRAME_BYTES)
        return ramfs_file_write_new(inode, position / FRAME_BYTES, user);
    if (!frame)
        frame = ramfs_file_frame_make(inode, position / FRAME_BYTES, true);
    if (!frame)
        return -ENOSPC;

    frame_reference(frame);
    int status = user_copy_in((uint8_t *)frame_address(frame) + position % FRAME_BYTES, user, bytes);
    frame_release(frame);
    return status;
}

static long ramfs_file_write(struct file *file, uint64_t user_buffer, size_t bytes, uint64_t *position)
{
    struct inode *inode = file->inode;
    uint64_t at;
    size_t done = 0;
    int status = file_write_place(file, *position, RAMFS_FILE_LIMIT, &at, &bytes);

    if (status)
        return status;
    while (done < bytes) {
        size_t part = ramfs_file_part(at, bytes - done);
        status = ramfs_file_write_page(inode, at, user_buffer + done, part);
        if (status)
            break;
        done += part;
        at += part;
        if (at > inode->size)
            inode->size = at;
    }
    if (!done)
        return status;
    inode_written(inode);
    *position = at;
    return (long)done;
}

static coop_paddr ramfs_file_page(struct file *file, uint64_t index)
{
    struct inode *inode = file->inode;
    if (index >= (inode->size + FRAME_BYTES - 1) / FRAME_BYTES)
        return 0;
    coop_paddr frame = ramfs_file_frame(ramfs_pages(inode), index);
    if (!frame)
        frame = ramfs_file_frame_make(inode, index, true);
    if (frame)
        frame_reference(frame);
    return frame;
}

static coop_paddr ramfs_file_page_at_hand(struct file *file, uint64_t index)
{
    const struct inode *inode = file->inode;
    coop_paddr frame =
        index < (inode->size + FRAME_BYTES - 1) / FRAME_BYTES ? ramfs_file_frame(ramfs_pages(file->inode), index) : 0;
    if (frame)
        frame_reference(frame);
    return frame;
}

static long ramfs_file_set_size(struct file *file, uint64_t bytes)
{
    return ramfs_file_truncate(file->inode, bytes);
}

/* Makes the pages of a range, and notes which of them are new: 0 or -ENOSPC. */
static long ramfs_file_make_range(struct inode *inode, uint64_t first, uint64_t count, uint64_t *made)
{
    for (uint64_t i = 0; i < count; i++) {
        if (ramfs_file_frame(ramfs_pages(inode), first + i))
            continue;
        if (!ramfs_file_frame_make(inode, first + i, true))
            return -ENOSPC;
        made[i / 64] |= 1ul << i % 64;
    }
    return 0;
}

/* Takes those that were new out again; tables that were made for them stay until the file is cut. */
static void ramfs_file_undo_range(struct inode *inode, uint64_t first, uint64_t count, const uint64_t *made)
{
    for (uint64_t i = 0; i < count; i++) {
        if (!(made[i / 64] >> i % 64 & 1))
            continue;
        coop_paddr *slot = ramfs_file_slot(ramfs_pages(inode), first + i);
        ramfs_file_frame_free(*slot);
        *slot = 0;
        ramfs_file_count_page(inode, -1);
    }
}

static long ramfs_file_allocate(struct file *file, uint64_t offset, uint64_t bytes, bool keep_size)
{
    struct inode *inode = file->inode;
    uint64_t end = offset + bytes, first = offset / FRAME_BYTES, count = (end - 1) / FRAME_BYTES + 1 - first;
    if (end > RAMFS_FILE_LIMIT)
        return -EFBIG;
    uint64_t *made = count <= ramfs_usage.frame_limit ? heap_allocate((count + 63) / 64 * 8) : NULL;
    if (!made)
        return -ENOSPC;
    long status = ramfs_file_make_range(inode, first, count, made);
    if (status)
        ramfs_file_undo_range(inode, first, count, made);
    heap_free(made);
    if (status)
        return status;
    if (!keep_size && end > inode->size)
        inode->size = end;
    inode_written(inode);
    return 0;
}

/* Zeroes a part of one page. */
static void ramfs_file_clear_part(struct inode *inode, uint64_t position, uint64_t bytes)
{
    coop_paddr frame = ramfs_file_frame(ramfs_pages(inode), position / FRAME_BYTES);
    if (frame)
        memset((uint8_t *)frame_address(frame) + position % FRAME_BYTES, 0, bytes);
}

/* Takes the pages from `first` to before `end` out of the tree at *slot, as ramfs_file_cut does, but leaves its tables.
 * A page that is mapped, or read from by one who sleeps, is cleared and stays. */
static void ramfs_file_punch_pages(struct inode *inode, coop_paddr *slot, uint32_t height, uint64_t base,
                                   uint64_t first, uint64_t end)
{
    if (!*slot)
        return;
    if (height) {
        uint64_t span = 1ull << (RAMFS_TABLE_BITS * (height - 1));
        coop_paddr *table = frame_address(*slot);
        for (uint64_t i = first > base ? (first - base) / span : 0; i < RAMFS_TABLE_SLOTS && base + i * span < end; i++)
            ramfs_file_punch_pages(inode, &table[i], height - 1, base + i * span, first, end);
        return;
    }
    if (first > base) /* a tree of one page, and what lies behind it is meant */
        return;
    if (frame_references(*slot) > 1) {
        page_clear(frame_address(*slot));
        return;
    }
    ramfs_file_frame_free(*slot);
    *slot = 0;
    ramfs_file_count_page(inode, -1);
}

static long ramfs_file_punch(struct file *file, uint64_t offset, uint64_t bytes)
{
    struct inode *inode = file->inode;
    struct ramfs_pages *pages = ramfs_pages(inode);
    uint64_t end = offset + bytes, first = (offset + FRAME_BYTES - 1) / FRAME_BYTES, last = end / FRAME_BYTES;

    if (first > last) {
        ramfs_file_clear_part(inode, offset, bytes); /* within one page */
    } else {
        ramfs_file_clear_part(inode, offset, first * FRAME_BYTES - offset);
        ramfs_file_clear_part(inode, last * FRAME_BYTES, end - last * FRAME_BYTES);
        if (first < last)
            ramfs_file_punch_pages(inode, &pages->root, pages->height, 0, first, last);
    }
    inode_written(inode);
    return 0;
}

int ramfs_file_fill(struct inode *inode, const void *from, uint64_t bytes)
{
    for (uint64_t at = 0; at < bytes;) {
        size_t part = ramfs_file_part(at, bytes - at);
        coop_paddr frame = ramfs_file_frame_make(inode, at / FRAME_BYTES, part < FRAME_BYTES);
        if (!frame)
            return -ENOSPC;
        memcpy(frame_address(frame), (const uint8_t *)from + at, part);
        at += part;
    }
    inode->size = bytes;
    return 0;
}

const struct file_operations ramfs_file_operations = {
    .read = ramfs_file_read,
    .write = ramfs_file_write,
    .seek = file_seek,
    .page = ramfs_file_page,
    .page_at_hand = ramfs_file_page_at_hand,
    .truncate = ramfs_file_set_size,
    .allocate = ramfs_file_allocate,
    .punch = ramfs_file_punch,
};
