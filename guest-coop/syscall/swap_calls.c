/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * swapon and swapoff: a file or a block device becomes a swap area (memory/swap_area.h), or ends to be one. Where the
 * pages of a file stand on its disk is asked here, once.
 */
#include "drivers/block.h"
#include "fs/inode.h"
#include "kernel/capability.h"
#include "kernel/errno.h"
#include "memory/frame.h"
#include "memory/heap.h"
#include "memory/swap.h"
#include "memory/swap_area.h"
#include "memory/swap_header.h"
#include "syscall/kernel_calls.h"
#include "syscall/user_path.h"

#define SWAP_PREFER        0x8000u
#define SWAP_PRIORITY_MASK 0x7fffu
#define SWAP_FLAGS         0x7ffffu /* with the wishes to discard, which is nothing here */
#define PAGE_SECTORS       (FRAME_BYTES / BLOCK_SECTOR_BYTES)
#define PAGES_MOST         ((1u << SWAP_AREA_SHIFT) - 1)

/* The area that is on the same file or device, or NULL. */
static struct swap_area *swap_area_on(const struct inode *inode)
{
    bool is_device = inode_type(inode) == ABI_S_IFBLK;
    for (struct swap_area *area = swap_areas; area < swap_areas + SWAP_AREAS; area++) {
        const struct inode *other = area->file ? area->file->inode : NULL;
        if (other &&
            (other == inode || (is_device && inode_type(other) == ABI_S_IFBLK && other->device == inode->device)))
            return area;
    }
    return NULL;
}

static int swap_file_open(uint64_t user_path, uint32_t flags, struct file **file)
{
    struct user_path path;
    int status = user_path_get(&path, user_path);
    if (status)
        return status;
    status = file_open(path.text, flags, 0, file);
    user_path_free(&path);
    return status;
}

/* One more page of a file: 0 or -errno. */
static int swap_extend(struct swap_area *area, uint32_t *room, uint32_t page, uint64_t sector)
{
    struct swap_extent *last = area->extent_count ? &area->extents[area->extent_count - 1] : NULL;
    if (last && last->sector + (uint64_t)last->pages * PAGE_SECTORS == sector) {
        last->pages++;
        return 0;
    }
    if (area->extent_count == *room) {
        uint32_t more = *room ? *room * 2 : 8;
        struct swap_extent *extents = heap_allocate(more * sizeof(*extents));
        if (!extents)
            return -ENOMEM;
        for (uint32_t i = 0; i < area->extent_count; i++)
            extents[i] = area->extents[i];
        heap_free(area->extents);
        area->extents = extents;
        *room = more;
    }
    area->extents[area->extent_count++] = (struct swap_extent){page, 1, sector};
    return 0;
}

/* Where the pages of a file stand: 0 or -errno. */
static int swap_place_file(struct swap_area *area, uint64_t pages)
{
    struct file *file = area->file;
    uint32_t room = 0;
    int status = file->operations->sync ? (int)file->operations->sync(file) : 0;
    for (uint32_t page = 0; page < pages && status == 0; page++) {
        uint64_t sector;
        status = file->operations->place(file, page, &area->device, &sector);
        if (status == 0)
            status = swap_extend(area, &room, page, sector);
    }
    return status;
}

/* Finds the device, and reads the header: 0 or -errno. */
static int swap_open(struct swap_area *area, struct swap_header *header)
{
    const struct inode *inode = area->file->inode;
    bool is_file = inode_type(inode) == ABI_S_IFREG;
    uint64_t pages;
    int status = 0;
    if (is_file && !area->file->operations->place)
        return -EINVAL;
    if (is_file) {
        pages = inode->size / FRAME_BYTES;
        pages = pages < PAGES_MOST ? pages : PAGES_MOST;
        status = pages ? swap_place_file(area, pages) : -EINVAL;
    } else {
        area->device = block_find(inode->device);
        pages = area->device ? area->device->sectors / PAGE_SECTORS : 0;
        pages = pages < PAGES_MOST ? pages : PAGES_MOST;
    }
    if (status == 0 && pages == 0)
        status = -EINVAL;
    if (status == 0)
        status = area->device->read(area->device, is_file ? area->extents[0].sector : 0, header, PAGE_SECTORS);
    if (status)
        return status;
    area->pages = swap_header_check(header, pages, is_file);
    return area->pages ? 0 : -EINVAL;
}

static int swap_on(struct swap_area *area, int priority)
{
    const struct inode *inode = area->file->inode;
    if (inode_type(inode) != ABI_S_IFREG && inode_type(inode) != ABI_S_IFBLK)
        return -EINVAL;
    if (swap_area_on(inode))
        return -EBUSY;
    coop_paddr frame = frame_allocate();
    if (!frame)
        return -ENOMEM;
    struct swap_header *header = frame_address(frame);
    int status = swap_open(area, header);
    if (status == 0 && swap_area_on(inode)) /* meanwhile */
        status = -EBUSY;
    if (status == 0)
        status = swap_area_add(area, header->bad, header->bad_count, priority);
    frame_release(frame);
    return status;
}

long kernel_sys_swapon(const struct syscall_arguments *a)
{
    struct swap_area area = {0};
    uint32_t flags = (uint32_t)a->a1;
    if (flags & ~SWAP_FLAGS)
        return -EINVAL;
    if (!capability_held(CAPABILITY_SYS_ADMIN))
        return -EPERM;
    int status = swap_file_open(a->a0, ABI_O_RDWR | ABI_O_EXCL, &area.file);
    if (status)
        return status;
    status = swap_on(&area, flags & SWAP_PREFER ? (int)(flags & SWAP_PRIORITY_MASK) : SWAP_PRIORITY_UNSAID);
    if (status) {
        heap_free(area.extents);
        file_release(area.file);
        return status;
    }
    swap_keep_reserve(true);
    return 0;
}

static int swap_off(struct swap_area *area)
{
    area->is_closing = true;
    int status = area->used > frame_user_count() + swap_area_free() ? -ENOMEM : swap_empty(area);
    area->is_closing = false;
    if (status)
        return status;
    struct file *file = area->file;
    heap_free(area->extents);
    swap_area_remove(area);
    if (swap_area_total() == 0)
        swap_keep_reserve(false);
    file_release(file);
    return 0;
}

long kernel_sys_swapoff(const struct syscall_arguments *a)
{
    struct file *file;
    if (!capability_held(CAPABILITY_SYS_ADMIN))
        return -EPERM;
    int status = swap_file_open(a->a0, ABI_O_RDWR, &file);
    if (status)
        return status;
    struct swap_area *area = swap_area_on(file->inode);
    file_release(file);
    return area && !area->is_closing ? swap_off(area) : -EINVAL;
}
