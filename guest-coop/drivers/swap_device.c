/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages of swap areas as sectors of block devices, several at once where the device can.
 */
#include "memory/swap_device.h"
#include "drivers/block.h"
#include "kernel/process_private.h"
#include "memory/frame.h"
#include "memory/swap_area.h"

#define PAGE_SECTORS (FRAME_BYTES / BLOCK_SECTOR_BYTES)

struct block_device *swap_device_find(uint64_t number, uint64_t *pages)
{
    struct block_device *device = block_find(number);
    *pages = device ? device->sectors / PAGE_SECTORS : 0;
    return device;
}

static int swap_device_move_pieces(struct block_device *device, bool writing, const struct block_piece *pieces,
                                   unsigned count)
{
    unsigned step = device->move ? device->depth : 1;
    int status = 0;
    for (unsigned i = 0; i < count && status == 0; i += step) {
        unsigned some = count - i < step ? count - i : step;
        if (device->move)
            status = device->move(device, writing, &pieces[i], some);
        else
            status = (writing ? device->write(device, pieces[i].sector, pieces[i].memory, PAGE_SECTORS)
                              : device->read(device, pieces[i].sector, pieces[i].memory, PAGE_SECTORS));
    }
    return status;
}

int swap_device_move(struct block_device *device, bool writing, const uint32_t *pages, const coop_paddr *frames,
                     unsigned count)
{
    struct block_piece pieces[SWAP_BATCH];
    struct process_private *own = process_current()->private;
    bool uninterruptible = own->uninterruptible;

    own->uninterruptible = true;
    for (unsigned i = 0; i < count; i++)
        pieces[i] = (struct block_piece){(uint64_t)pages[i] * PAGE_SECTORS, frame_address(frames[i]), PAGE_SECTORS};
    int status = swap_device_move_pieces(device, writing, pieces, count);
    own->uninterruptible = uninterruptible;
    return status;
}
