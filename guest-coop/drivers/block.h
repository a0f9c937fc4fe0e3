/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Block devices as files: a driver registers what moves whole sectors, and a node in /dev reads and writes bytes. The
 * partitions of a device are devices themselves (drivers/block_partition.c).
 */
#ifndef DRIVERS_BLOCK_H
#define DRIVERS_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct file;

#define BLOCK_SECTOR_BYTES 512u
#define BLOCK_BATCH        32u /* pieces of one `move` */

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
    /* Moves whole sectors, at most 8, in one frame of the direct map: 0 or -errno. */
    int (*read)(struct block_device *device, uint64_t sector, void *to, unsigned count);
    int (*write)(struct block_device *device, uint64_t sector, const void *from, unsigned count);
    int (*flush)(struct block_device *device);
    /* Where the device can work at several at once: moves up to `depth` pieces, in any order. Else NULL. */
    int (*move)(struct block_device *device, bool writing, const struct block_piece *pieces, unsigned count);
    unsigned depth;

    /* What only some devices have: else NULL. */
    int (*discard)(struct block_device *device, uint64_t sector, uint64_t count); /* -EOPNOTSUPP: it has not, either */
    long (*control)(struct file *file, uint32_t request, uint64_t argument);      /* ioctl; -ENOTTY: none of its own */
    void (*closed)(struct block_device *device); /* nobody holds it any more; may sleep, may free it */
    uint64_t partitions_number;                  /* 0: it has no partitions; else n has the minor number n behind it */

    /* of a partition */
    struct block_device *whole;
    uint64_t start; /* its first sector in `whole` */

    /* kept by drivers/block*.c */
    struct block_device *next;
    unsigned holders; /* open files, mounts; those of its partitions too */
    bool is_claimed;
    unsigned claimed_partitions;
    bool is_read_only;    /* set by the driver, or by who may */
    uint32_t block_bytes; /* what file systems on it use, as they said; 0: nobody did */
};

static inline uint64_t block_bytes(const struct block_device *device)
{
    return device->sectors * BLOCK_SECTOR_BYTES;
}

/* Is it, or what it is a partition of, not to be written? */
bool block_is_read_only(const struct block_device *device);

/* The registered device of a number (ABI_DEVICE), or NULL. */
struct block_device *block_find(uint64_t number);

/* The number of a partition, or 0 for a whole device. */
uint32_t block_partition_number(const struct block_device *device);

/* All of them, by age: the first one (of NULL), the next one, or NULL. */
struct block_device *block_next(const struct block_device *device);

/* `device` stays the driver's: 0, or what device_register says. */
int block_register(struct block_device *device);

/* Takes it back; nobody holds it. */
void block_unregister(struct block_device *device);

/* Whoever uses a device holds it, so that it stays what it is; dropping it may sleep. */
void block_hold(struct block_device *device);
void block_drop(struct block_device *device);

/* The same for one who wants to be the only one that claims it, or any part of it (a mount, an open with O_EXCL):
 * 0 or -EBUSY. */
int block_claim(struct block_device *device);
bool block_is_claimed(const struct block_device *device);
void block_give_up(struct block_device *device);

#endif
