/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Block devices as files: a driver registers what moves whole sectors, and a node in /dev reads and writes bytes.
 */
#ifndef DRIVERS_BLOCK_H
#define DRIVERS_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define BLOCK_SECTOR_BYTES 512u

/* A part of a transfer: whole sectors, at most a frame's worth, in one frame of the direct map. */
struct block_piece {
    uint64_t sector;
    void *memory;
    unsigned count; /* sectors */
};

struct block_device {
    const char *name; /* in /dev */
    uint64_t number;  /* ABI_DEVICE(major, minor) */
    uint64_t sectors;
    /* Moves whole sectors, at most 8 (one frame) at once: 0 or -errno. */
    int (*read)(struct block_device *device, uint64_t sector, void *to, unsigned count);
    int (*write)(struct block_device *device, uint64_t sector, const void *from, unsigned count);
    int (*flush)(struct block_device *device);
    /* Where the device can work at several at once: moves up to `depth` pieces, in any order. Else NULL. */
    int (*move)(struct block_device *device, bool writing, const struct block_piece *pieces, unsigned count);
    unsigned depth;
};

/* The registered device of a number (ABI_DEVICE), or NULL. */
struct block_device *block_find(uint64_t number);

/* `device` stays the driver's: 0, or -ENOSPC. */
int block_register(struct block_device *device);

#endif
