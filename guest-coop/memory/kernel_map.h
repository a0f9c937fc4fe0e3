/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's own half of the address space: the image, the direct map of RAM, device registers, and
 * kernel stacks with guard pages.
 */
#ifndef MEMORY_KERNEL_MAP_H
#define MEMORY_KERNEL_MAP_H

#include "boot/information.h"
#include <stdint.h>

#define KERNEL_STACK_BYTES 16384ul

extern coop_paddr kernel_root;

/* Replaces the boot tables. `image` is the physical address of the image. Panics when memory is exhausted. */
void kernel_map_start(const struct boot_information *information, coop_paddr image);

/* Goes on with the tables that the kernel was entered on, where a hypervisor built them. */
void kernel_map_keep(coop_paddr root);

/* Maps device registers uncached; panics when memory is exhausted (boot only). */
volatile void *kernel_map_device(coop_paddr address, uint64_t bytes);

/* The lowest address of a kernel stack, or 0 when memory is exhausted. */
uint64_t kernel_stack_allocate(void);
void kernel_stack_free(uint64_t stack);

#endif
