/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loop devices: block devices whose sectors are those of a file.
 */
#ifndef DRIVERS_LOOP_H
#define DRIVERS_LOOP_H

#include "drivers/block.h"

#define LOOP_MAJOR      7u
#define LOOP_PARTITIONS 259u /* the major number of their partitions */
#define LOOP_AT_START   8u
#define LOOP_LIMIT      64u
#define LOOP_NAME_BYTES 64u
/* Loops upon loops: each takes up to 2.5 KiB of a kernel stack (drivers/block_transfer.c), and a page fault's way to a
 * file on them may come on top of a write's. */
#define LOOP_DEPTH 2u

/* LO_FLAGS_* of linux/loop.h */
#define LOOP_READ_ONLY 1u
#define LOOP_AUTOCLEAR 4u /* goes when nobody holds the device any more */
#define LOOP_PARTSCAN  8u

/* How a file is attached. */
struct loop_settings {
    uint64_t offset, limit;     /* bytes: where the device begins in the file, and its most, 0: none */
    uint32_t flags;             /* LOOP_* */
    char told[LOOP_NAME_BYTES]; /* the name of the file, as who attached it said */
};

struct loop {
    struct block_device block; /* first: the two are converted by a cast */
    char name[8];
    struct file *backing; /* the kernel's own opening of the file; NULL: the device is free */
    struct loop_settings settings;
};

/* Makes the devices that are there from the start, and /dev/loop-control. Without the memory there are fewer. */
void loop_start(void);

/* The device of an index, or NULL. */
struct loop *loop_find(uint32_t index);
uint32_t loop_index(const struct loop *loop);

/* Makes the device of an index: 0, -EEXIST, -ENOSPC (beyond LOOP_LIMIT), -ENOMEM. */
int loop_add(uint32_t index);

/* Takes away a device that is free and that nobody holds: 0 or -EBUSY. */
int loop_remove(struct loop *loop);

/* Attaches a file of the caller's, which must be one of data or a device; LOOP_READ_ONLY is added when it cannot be
 * written. 0, -EBADF, -EBUSY, -EINVAL, -ELOOP, -ENFILE. */
int loop_attach(struct loop *loop, struct file *file, const struct loop_settings *settings);

/* Lets the file go now; the caller is the last that holds the device. May sleep. */
void loop_detach(struct loop *loop);

/* Puts another file in the place of that of a read-only device: 0, -EINVAL, -ENXIO (none is attached any more) ... */
int loop_change(struct loop *loop, struct file *file);

/* The device is as long as its file, its offset and its limit make it. */
void loop_measure(struct loop *loop);

#endif
