/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The disk of the disk workloads: /dev/hda, on guest-coop only; elsewhere a file that the environment
 * variable COOPBENCH_DISK names, so that no disk of somebody's is ever written.
 */
#ifndef DISK_H
#define DISK_H

#include <stdint.h>

#define DISK_BLOCK_BYTES 4096

/* Opens the disk, or ends the process with a skip record. Its descriptor. */
int disk_open(int flags);

/* Reads `count` blocks that follow one another by one call, or writes one; fails when the disk ends before them. */
void disk_read_blocks(int disk, uint64_t number, uint64_t count, void *blocks);
void disk_write_block(int disk, uint64_t number, const void *block);

/* Makes an ext2 file system on the disk, mounts it and goes there. On another system than guest-coop
 * COOPBENCH_DISK_FOLDER names a folder that is used instead; without it this ends with a skip record, and so it does
 * without a disk. */
void disk_enter_folder(void);

/* Leaves it, and unmounts it. */
void disk_leave_folder(void);

#endif
