/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The short way from an address that the CPU has just used to its bytes, for the path from exit to re-entry: four-level
 * tables only, no rights and no reserved bits, no way to tell. What it finds is at most a hint, to be compared with
 * what must stand there; walker.h has the whole answer. Pure.
 */
#ifndef MMU_WALKER_QUICK_H
#define MMU_WALKER_QUICK_H

#include "mmu/guest_memory.h"
#include <coopvirt/abi.h>
#include <stdint.h>

#define WALKER_QUICK_BYTES 8u

/* As many bytes at a linear address, those behind its page being any of the guest's, as the hypervisor sees them; NULL
 * when these tables do not lead to memory. root: CR3. */
const void *walker_quick(const struct guest_memory *memory, uint64_t root, uint64_t linear);

#endif
