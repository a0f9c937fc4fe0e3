/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What swap areas ask of the device that they are on. The drivers answer (drivers/swap_device.c): memory/ and the
 * system calls know no device.
 */
#ifndef MEMORY_SWAP_DEVICE_H
#define MEMORY_SWAP_DEVICE_H

#include <coopvirt/abi.h>
#include <stdbool.h>
#include <stdint.h>

struct block_device;

/* The device of a number (ABI_DEVICE), and the whole pages that it has; NULL: there is none. */
struct block_device *swap_device_find(uint64_t number, uint64_t *pages);

/* Moves at most SWAP_BATCH pages from or to frames: 0 or -errno. What is begun is ended: no signal disturbs it.
 * Sleeps. */
int swap_device_move(struct block_device *device, bool writing, const uint32_t *pages, const coop_paddr *frames,
                     unsigned count);

#endif
