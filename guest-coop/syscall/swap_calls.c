/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * swapon and swapoff: a block device becomes a swap area (memory/swap_area.h), or ends to be one.
 */
#include "fs/inode.h"
#include "kernel/capability.h"
#include "kernel/errno.h"
#include "memory/frame.h"
#include "memory/swap.h"
#include "memory/swap_area.h"
#include "memory/swap_device.h"
#include "memory/swap_header.h"
#include "syscall/kernel_calls.h"
#include "syscall/user_path.h"

#define SWAP_PREFER        0x8000u
#define SWAP_PRIORITY_MASK 0x7fffu
#define SWAP_FLAGS         0x7ffffu /* with the wishes to discard, which is nothing here */
#define PAGES_MOST         ((1u << SWAP_AREA_SHIFT) - 1)

/* The area that is on the same device, or NULL. */
static struct swap_area *swap_area_on(const struct inode *inode)
{
    for (struct swap_area *area = swap_areas; area < swap_areas + SWAP_AREAS; area++)
        if (area->file && inode_type(inode) == ABI_S_IFBLK && area->file->inode->device == inode->device)
            return area;
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

/* Finds the device, and reads the header: 0 or -errno. */
static int swap_open(struct swap_area *area, struct swap_header *header)
{
    const coop_paddr frame = frame_of(header);
    const uint32_t first = 0;
    uint64_t pages;
    area->device = swap_device_find(area->file->inode->device, &pages);
    if (!area->device || pages == 0)
        return -EINVAL;
    int status = swap_device_move(area->device, false, &first, &frame, 1);
    if (status)
        return status;
    area->pages = swap_header_check(header, pages < PAGES_MOST ? pages : PAGES_MOST);
    return area->pages ? 0 : -EINVAL;
}

static int swap_on(struct swap_area *area, int priority)
{
    const struct inode *inode = area->file->inode;
    if (inode_type(inode) != ABI_S_IFBLK)
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
