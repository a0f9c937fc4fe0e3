/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A VM's memory as a list of ranges, and the one checked, overflow-safe way in which the hypervisor reads
 * or writes it by guest-physical address. Pure; where machine frames are is passed in.
 */
#ifndef MMU_GUEST_MEMORY_H
#define MMU_GUEST_MEMORY_H

#include <coopvirt/abi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUEST_MEMORY_RANGES 64

/* One contiguous piece, in both address spaces. */
struct guest_memory_range {
    coop_paddr start; /* guest-physical */
    uint64_t bytes;
    coop_paddr machine;
    bool is_writable; /* by the guest, and by the hypervisor in its name */
};

struct guest_memory {
    struct guest_memory_range ranges[GUEST_MEMORY_RANGES]; /* sorted by start, not overlapping */
    unsigned count;
    void *(*address)(coop_paddr machine); /* the hypervisor's own map of frames */
    /* Whether these bytes of one range, in machine memory, may be written now beyond what the range says; NULL: yes. */
    bool (*may_write)(void *context, coop_paddr machine, uint64_t bytes);
    void *context;
    /* Where pages come and go one by one: then `count` is 0, and this says where the page of an address lies now. */
    bool (*locate)(void *context, coop_paddr page, bool is_write, coop_paddr *machine);
    void *locate_context;
};

/* 0, -EINVAL for an overlap or wrap-around, -ENOSPC. */
int guest_memory_add(struct guest_memory *memory, const struct guest_memory_range *range);

/* The range that holds an address, or NULL. */
const struct guest_memory_range *guest_memory_find(const struct guest_memory *memory, coop_paddr address);

/* The bytes [address, address + bytes) as the hypervisor sees them, when they lie in one range that allows the
 * access; else NULL. */
void *guest_memory_pointer(const struct guest_memory *memory, coop_paddr address, uint64_t bytes, bool is_write);

/* Copy between a guest's memory and the hypervisor's, across ranges; false, with nothing written, when any byte
 * is not the guest's to access. */
bool guest_memory_read(const struct guest_memory *memory, coop_paddr address, void *to, uint64_t bytes);
bool guest_memory_write(const struct guest_memory *memory, coop_paddr address, const void *from, uint64_t bytes);

/* An entry of the guest's page tables, of 4 or 8 bytes, read at once: what walker_memory.read is, with a guest_memory
 * for context. */
bool guest_memory_read_entry(void *memory, coop_paddr address, unsigned bytes, uint64_t *entry);

#endif
