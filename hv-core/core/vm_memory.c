/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Allocation by 1 GiB, then 2 MiB, then single frames, so that nested tables can use the largest pages. The frames
 * behind the hole for adapters' ROMs are kept (they keep the alignment) but not mapped.
 */
#include "core/vm_memory.h"
#include "core/vm.h"
#include "mmu/mmu_backend.h"
#include <coopvirt/error.h>
#include <coopvirt/primitives.h>
#include <coopvirt/x86.h>

static void vm_memory_clear(coop_paddr machine, uint64_t frames)
{
    quadwords_clear(frame_address(machine), frames * (X86_PAGE_BYTES / 8));
}

coop_paddr vm_memory_extra(struct vm *vm, uint64_t bytes)
{
    uint64_t frames = (bytes + X86_PAGE_BYTES - 1) / X86_PAGE_BYTES;
    if (vm->extent_count == VM_EXTENTS)
        return FRAME_NONE;
    coop_paddr machine = frame_allocate(frames, X86_PAGE_BYTES, vm_owner(vm));
    if (machine != FRAME_NONE)
        vm->extents[vm->extent_count++] = (struct vm_extent){machine, frames};
    return machine;
}

/* The longest aligned run for a piece of memory, at most `bytes`; *got says how long. */
static coop_paddr vm_memory_allocate(struct vm *vm, coop_paddr guest, uint64_t bytes, uint64_t *got)
{
    static const uint64_t alignments[] = {X86_PAGE_1G, X86_PAGE_2M, X86_PAGE_BYTES};
    for (unsigned i = 0; i < 3; i++) {
        uint64_t alignment = alignments[i];
        if (guest % alignment || bytes < alignment)
            continue;
        for (uint64_t want = bytes & ~(alignment - 1); want >= alignment; want = want / 2 & ~(alignment - 1)) {
            coop_paddr machine = frame_allocate(want / X86_PAGE_BYTES, alignment, vm_owner(vm));
            if (machine != FRAME_NONE) {
                *got = want;
                return machine;
            }
        }
    }
    return FRAME_NONE;
}

/* Adds the part of [guest, guest + bytes) that lies in [from, to) to the memory map. */
static int vm_memory_map(struct vm *vm, coop_paddr guest, coop_paddr machine, uint64_t bytes, coop_paddr from,
                         coop_paddr to, bool is_writable)
{
    coop_paddr start = guest > from ? guest : from, end = guest + bytes < to ? guest + bytes : to;
    if (start >= end)
        return 0;
    struct guest_memory_range range = {start, end - start, machine + (start - guest), is_writable};
    return guest_memory_add(&vm->memory, &range);
}

static int vm_memory_add(struct vm *vm, coop_paddr guest, uint64_t bytes)
{
    while (bytes) {
        uint64_t got = 0;
        coop_paddr machine = vm->extent_count < VM_EXTENTS ? vm_memory_allocate(vm, guest, bytes, &got) : FRAME_NONE;
        if (machine == FRAME_NONE)
            return -ENOMEM;
        vm->extents[vm->extent_count++] = (struct vm_extent){machine, got / X86_PAGE_BYTES};
        vm_memory_clear(machine, got / X86_PAGE_BYTES);
        int error = vm_memory_map(vm, guest, machine, got, 0, VM_MEMORY_LOW_END, true);
        if (!error)
            error = vm_memory_map(vm, guest, machine, got, VM_MEMORY_LOW_END, VM_MEMORY_VIDEO_END, true);
        if (!error)
            error = vm_memory_map(vm, guest, machine, got, VM_MEMORY_BIOS, VM_MEMORY_HIGH_START, false);
        if (!error)
            error = vm_memory_map(vm, guest, machine, got, VM_MEMORY_HIGH_START, UINT64_MAX, true);
        if (error)
            return error;
        guest += got;
        bytes -= got;
    }
    return 0;
}

/* One more extent of at most `bytes`, at its own machine address. How many it has; 0: there is no memory. */
static uint64_t vm_memory_add_piece(struct vm *vm, uint64_t bytes)
{
    for (uint64_t want = bytes; want >= X86_PAGE_BYTES; want = want / 2 & ~(X86_PAGE_BYTES - 1)) {
        coop_paddr machine = frame_allocate(want / X86_PAGE_BYTES, X86_PAGE_BYTES, vm_owner(vm));
        if (machine == FRAME_NONE)
            continue;
        struct guest_memory_range range = {machine, want, machine, true};
        vm->extents[vm->extent_count++] = (struct vm_extent){machine, want / X86_PAGE_BYTES};
        vm_memory_clear(machine, want / X86_PAGE_BYTES);
        return guest_memory_add(&vm->memory, &range) ? 0 : want;
    }
    return 0;
}

/* A frame between two pieces keeps them apart. */
static int vm_memory_create_direct(struct vm *vm)
{
    uint64_t share = (vm->memory_bytes / vm->switches.extents + X86_PAGE_BYTES - 1) & ~(X86_PAGE_BYTES - 1);
    uint64_t left = vm->memory_bytes, got = 1;
    coop_paddr gaps[VM_EXTENTS];
    unsigned count = 0;
    while (left && got && vm->extent_count < VM_MEMORY_PIECES) {
        got = vm_memory_add_piece(vm, left < share ? left : share);
        left -= got;
        gaps[count++] = vm->switches.extents > 1 ? frame_allocate(1, X86_PAGE_BYTES, vm_owner(vm)) : FRAME_NONE;
    }
    while (count--)
        if (gaps[count] != FRAME_NONE)
            frame_free(gaps[count], 1, vm_owner(vm));
    return left ? -ENOMEM : 0;
}

int vm_memory_create(struct vm *vm)
{
    vm->memory.address = frame_address;
    if (vm->mmu->is_direct)
        return vm_memory_create_direct(vm);
    int error = vm_memory_add(vm, 0, vm->low_bytes);
    if (!error)
        error = vm_memory_add(vm, VM_MEMORY_ABOVE, vm->memory_bytes - vm->low_bytes);
    return error;
}

/* ---- frames that go before the end ---- */

coop_paddr vm_memory_end(const struct vm *vm)
{
    coop_paddr end = 0;
    for (unsigned i = 0; i < vm->extent_count; i++) {
        coop_paddr behind = vm->extents[i].machine + vm->extents[i].frames * X86_PAGE_BYTES;
        end = behind > end ? behind : end;
    }
    return end;
}

static uint64_t vm_memory_away_frames(const struct vm *vm)
{
    uint64_t frames = 0;
    for (unsigned i = 0; i < vm->extent_count; i++)
        frames += vm->extents[i].frames;
    return (frames + X86_PAGE_BYTES * 8 - 1) / (X86_PAGE_BYTES * 8);
}

bool vm_memory_can_change(struct vm *vm)
{
    if (vm->away)
        return true;
    uint64_t frames = vm_memory_away_frames(vm);
    coop_paddr machine = frame_allocate(frames, X86_PAGE_BYTES, vm_owner(vm));
    if (machine == FRAME_NONE)
        return false;
    vm_memory_clear(machine, frames);
    vm->away = frame_address(machine);
    return true;
}

/* The number of a frame among those of the extents; UINT64_MAX for one that was taken later. */
static uint64_t vm_memory_number(const struct vm *vm, coop_paddr machine)
{
    uint64_t before = 0;
    for (unsigned i = 0; i < vm->extent_count; i++) {
        const struct vm_extent *extent = &vm->extents[i];
        if (machine >= extent->machine && machine - extent->machine < extent->frames * X86_PAGE_BYTES)
            return before + (machine - extent->machine) / X86_PAGE_BYTES;
        before += extent->frames;
    }
    return UINT64_MAX;
}

static void vm_memory_set_away(struct vm *vm, coop_paddr machine, bool is_away)
{
    uint64_t number = vm_memory_number(vm, machine);
    if (number == UINT64_MAX)
        return;
    if (is_away)
        __atomic_fetch_or(&vm->away[number / 64], 1ul << number % 64, __ATOMIC_RELAXED);
    else
        __atomic_fetch_and(&vm->away[number / 64], ~(1ul << number % 64), __ATOMIC_RELAXED);
}

void vm_memory_give_back(struct vm *vm, coop_paddr machine)
{
    vm_memory_clear(machine, 1);
    vm_memory_set_away(vm, machine, true);
    frame_free(machine, 1, vm_owner(vm));
}

/* Whoever finds its own place taken takes nobody else's, who would come to take a third one's. */
coop_paddr vm_memory_take_again(struct vm *vm, coop_paddr home)
{
    coop_paddr machine = home;
    if (frame_allocate_at(home, vm_owner(vm)))
        vm_memory_clear(home, 1);
    else
        machine = frame_allocate_behind(vm_memory_end(vm), vm_owner(vm));
    if (machine != FRAME_NONE)
        vm_memory_set_away(vm, machine, false);
    return machine;
}

coop_paddr vm_memory_take_large(struct vm *vm)
{
    coop_paddr machine = frame_allocate(X86_PAGE_2M / X86_PAGE_BYTES, X86_PAGE_2M, vm_owner(vm));
    if (machine == FRAME_NONE)
        return FRAME_NONE;
    vm_memory_clear(machine, X86_PAGE_2M / X86_PAGE_BYTES);
    for (uint64_t at = 0; at < X86_PAGE_2M; at += X86_PAGE_BYTES)
        vm_memory_set_away(vm, machine + at, false);
    return machine;
}

static bool vm_memory_is_away(const struct vm *vm, uint64_t number)
{
    return vm->away[number / 64] >> number % 64 & 1;
}

/* Frees what is still there of an extent, in runs. */
static void vm_memory_destroy_extent(struct vm *vm, const struct vm_extent *extent, uint64_t number)
{
    uint64_t run;
    for (uint64_t at = 0; at < extent->frames; at += run + 1) {
        run = vm->away ? 0 : extent->frames;
        while (at + run < extent->frames && !vm_memory_is_away(vm, number + at + run))
            run++;
        coop_paddr machine = extent->machine + at * X86_PAGE_BYTES;
        vm_memory_clear(machine, run);
        if (run)
            frame_free(machine, run, vm_owner(vm));
    }
}

void vm_memory_touched(struct vm *vm, uint64_t touched[3], bool is_reset)
{
    bool changes = mode_memory_changes(&vm->mode);
    if (changes)
        spinlock_take(&vm->lock);
    nested_touched(&vm->nested, touched, is_reset);
    if (changes)
        spinlock_release(&vm->lock);
}

static void vm_memory_free_later(void *context, coop_paddr machine)
{
    struct vm *vm = context;
    if (vm_memory_number(vm, machine) != UINT64_MAX)
        return;
    vm_memory_clear(machine, 1);
    frame_free(machine, 1, vm_owner(vm));
}

void vm_memory_destroy_changed(struct vm *vm)
{
    if (vm->away)
        nested_memory_visit(&vm->nested_memory, vm_memory_free_later, vm);
}

void vm_memory_destroy(struct vm *vm)
{
    uint64_t number = 0, away_frames = vm_memory_away_frames(vm);
    for (unsigned i = 0; i < vm->extent_count; i++) {
        vm_memory_destroy_extent(vm, &vm->extents[i], number);
        number += vm->extents[i].frames;
    }
    if (vm->away)
        frame_free(frame_of_address(vm->away), away_frames, vm_owner(vm));
    vm->extent_count = 0;
}
