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

/* Reads or writes one block; fails when the disk ends before it. */
void disk_read_block(int disk, uint64_t number, void *block);
void disk_write_block(int disk, uint64_t number, const void *block);

#endif
