/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A VM's memory: machine frames in the largest aligned runs there are, laid out as a PC's.
 */
#ifndef CORE_VM_MEMORY_H
#define CORE_VM_MEMORY_H

#include <coopvirt/abi.h>
#include <stdbool.h>
#include <stdint.h>

struct vm;

/* The layout: RAM below 640 KiB, a display adapter's memory (plain RAM that nobody looks at), tables of the BIOS area
 * (read-only), RAM from 1 MiB to the hole for devices below 4 GiB, the rest above 4 GiB. */
#define VM_MEMORY_LOW_END    0x000a0000ul
#define VM_MEMORY_VIDEO_END  0x000c0000ul
#define VM_MEMORY_BIOS       0x000e0000ul
#define VM_MEMORY_HIGH_START 0x00100000ul
#define VM_MEMORY_HOLE       0xc0000000ul /* or lower down: struct vm_config */
#define VM_MEMORY_ABOVE      0x100000000ul

#define VM_MEMORY_PIECES 32 /* where guest addresses are the machine's: so many extents, as they are found */

/* Allocates, clears and lays out vm->memory_bytes. 0 or -ENOMEM. */
int vm_memory_create(struct vm *vm);

/* Frames given back before the end, and taken again; the caller has seen to it that nothing leads to them. Taken:
 * clear, FRAME_NONE without memory. can_change makes the records for it: false without memory. */
bool vm_memory_can_change(struct vm *vm);
void vm_memory_give_back(struct vm *vm, coop_paddr machine);
coop_paddr vm_memory_take_again(struct vm *vm, coop_paddr home); /* that frame, if it is free */
coop_paddr vm_memory_take_large(struct vm *vm);                  /* 2 MiB, aligned */

/* Behind the last of its frames. */
coop_paddr vm_memory_end(const struct vm *vm);

/* Nested pages used since the last reset, by size. At a marker: its VM's lock is held where devices are emulated, whose
 * memory never changes, and not elsewhere. */
void vm_memory_touched(struct vm *vm, uint64_t touched[3], bool is_reset);

/* Frees what was taken again, while the tables still tell where it is. */
void vm_memory_destroy_changed(struct vm *vm);

/* Clears the frames and gives them back. */
void vm_memory_destroy(struct vm *vm);

/* Gives a run of frames to the VM beside its memory (the copy of a disk), freed with it. FRAME_NONE without memory. */
coop_paddr vm_memory_extra(struct vm *vm, uint64_t bytes);

#endif
