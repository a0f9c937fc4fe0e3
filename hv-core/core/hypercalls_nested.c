/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypercall of nested paging: memory given back and taken again, frame by frame. A frame is nobody's only when
 * every VCPU of the VM has been out of the guest and of its run loop since it was unmapped.
 */
#include "core/hypercall.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "core/vm_memory.h"
#include <coopvirt/error.h>
#include <coopvirt/mutation.h>
#include <coopvirt/string.h>
#include <coopvirt/x86.h>

#define MEMORY_FRAMES_MOST 512u
#define MEMORY_CHUNK       64u /* frames between two flushes */

/* Unmaps pages until one is refused; how many. */
static unsigned memory_unmap(struct vm *vm, const coop_paddr *pages, unsigned count, coop_paddr *machines)
{
    unsigned done = 0;
    spinlock_take(&vm->lock);
    while (done < count && !nested_memory_release(&vm->nested_memory, pages[done], &machines[done]))
        done++;
    spinlock_release(&vm->lock);
    return done;
}

static unsigned memory_release(struct vm *vm, const coop_paddr *pages, unsigned count)
{
    coop_paddr machines[MEMORY_CHUNK];
    unsigned done = memory_unmap(vm, pages, count, machines);
    if (done && !MUTATED(nested_memory_flush))
        vm_flush(vm);
    for (unsigned i = 0; i < done; i++)
        vm_memory_give_back(vm, machines[i]);
    return done;
}

/* A table that a page has taken the place of goes, with the frames it named if those are not in use any more. */
static void memory_table_gone(struct vm *vm, coop_paddr table, bool has_moved)
{
    if (table == FRAME_NONE)
        return;
    if (!MUTATED(nested_large_flush))
        vm_flush(vm);
    for (unsigned i = 0; has_moved && i < X86_PAGE_2M / X86_PAGE_BYTES; i++) {
        coop_paddr frame = nested_table_page(&vm->nested, table, i);
        if (frame != FRAME_NONE)
            vm_memory_give_back(vm, frame);
    }
    spinlock_take(&vm->lock);
    nested_release_table(&vm->nested, table);
    spinlock_release(&vm->lock);
}

/* Pages that came back may have been the last of 2 MiB that lie in a run. */
static void memory_rejoin(struct vm *vm, coop_paddr page)
{
    coop_paddr table = FRAME_NONE;
    spinlock_take(&vm->lock);
    int error = nested_join(&vm->nested, page, &table);
    spinlock_release(&vm->lock);
    if (!error)
        memory_table_gone(vm, table, false);
}

static int memory_populate_one(struct vm *vm, coop_paddr page)
{
    spinlock_take(&vm->lock);
    bool is_wanted = !nested_memory_wants(&vm->nested_memory, page);
    coop_paddr machine =
        is_wanted ? vm_memory_take_again(vm, nested_memory_home(&vm->nested_memory, page)) : FRAME_NONE;
    int error = machine == FRAME_NONE ? -ENOMEM : nested_memory_populate(&vm->nested_memory, page, machine);
    spinlock_release(&vm->lock);
    if (error && machine != FRAME_NONE)
        vm_memory_give_back(vm, machine);
    return error;
}

static unsigned memory_populate(struct vm *vm, const coop_paddr *pages, unsigned count)
{
    unsigned done = 0;
    while (done < count && !memory_populate_one(vm, pages[done])) {
        done++;
        if (done == count || (pages[done - 1] ^ pages[done]) >= X86_PAGE_2M)
            memory_rejoin(vm, pages[done - 1]);
    }
    return done;
}

/* Nobody writes there meanwhile: this VCPU is the only one. True: there was something. */
static bool memory_copy(struct vm *vm, coop_paddr start, coop_paddr machine)
{
    bool is_any = false;
    for (uint64_t at = 0; at < X86_PAGE_2M; at += X86_PAGE_BYTES) {
        const void *page = guest_memory_pointer(&vm->memory, start + at, X86_PAGE_BYTES, false);
        if (page && vm->vcpu_count == 1)
            memcpy(vm->memory.address(machine + at), page, X86_PAGE_BYTES);
        is_any |= page != 0;
    }
    return is_any;
}

/* A new run of frames, with what was there. */
static int memory_move(struct vm *vm, coop_paddr start)
{
    coop_paddr machine = vm_memory_take_large(vm), table = FRAME_NONE;
    if (machine == FRAME_NONE)
        return -ENOMEM;
    spinlock_take(&vm->lock);
    bool is_in_use = memory_copy(vm, start, machine) && vm->vcpu_count > 1;
    int error = is_in_use ? -EBUSY : nested_memory_move(&vm->nested_memory, start, machine, &table);
    spinlock_release(&vm->lock);
    for (uint64_t at = 0; error && at < X86_PAGE_2M; at += X86_PAGE_BYTES)
        vm_memory_give_back(vm, machine + at);
    if (!error)
        memory_table_gone(vm, table, true);
    return error;
}

static unsigned memory_large(struct vm *vm, const coop_paddr *starts, unsigned count)
{
    for (unsigned done = 0; done < count; done++) {
        coop_paddr table;
        spinlock_take(&vm->lock);
        int error = nested_memory_large(&vm->nested_memory, starts[done], &table);
        spinlock_release(&vm->lock);
        if (!error)
            memory_table_gone(vm, table, false);
        else if (error != -EAGAIN || memory_move(vm, starts[done]))
            return done;
    }
    return count;
}

static unsigned (*const memory_operations[])(struct vm *vm, const coop_paddr *pages, unsigned count) = {
    [COOP_MEMORY_RELEASE] = memory_release,
    [COOP_MEMORY_POPULATE] = memory_populate,
    [COOP_MEMORY_LARGE] = memory_large,
};

static uint64_t memory_carry_out(struct vm *vm, uint64_t operation, coop_paddr array, uint64_t count)
{
    uint64_t done = 0, part = 0;
    coop_paddr pages[MEMORY_CHUNK];
    for (; done < count; done += part) {
        unsigned wanted = count - done < MEMORY_CHUNK ? (unsigned)(count - done) : MEMORY_CHUNK;
        if (!guest_memory_read(&vm->memory, array + done * sizeof(pages[0]), pages, wanted * sizeof(pages[0])))
            return done ? done : (uint64_t)-COOP_EFAULT;
        part = memory_operations[operation](vm, pages, wanted);
        if (part < wanted)
            return done + part;
    }
    return done;
}

static enum vm_action hypercall_memory(struct vcpu *vcpu)
{
    struct vm *vm = vcpu->vm;
    uint64_t operation = vcpu->general[REGISTER_RDI], count = vcpu->general[REGISTER_RDX];
    if (operation > COOP_MEMORY_LARGE ||
        count > (operation == COOP_MEMORY_LARGE ? COOP_MEMORY_LARGE_MOST : MEMORY_FRAMES_MOST))
        return hypercall_return(vcpu, (uint64_t)-COOP_EINVAL);
    spinlock_take(&vm->lock);
    bool can_change = vm_memory_can_change(vm);
    spinlock_release(&vm->lock);
    if (!can_change)
        return hypercall_return(vcpu, (uint64_t)-COOP_ENOMEM);
    return hypercall_return(vcpu, memory_carry_out(vm, operation, vcpu->general[REGISTER_RSI], count));
}

hypercall *const hypercalls_nested[COOP_HYPERCALL_COUNT] = {
    HYPERCALL_ROW(COOP_HYPERCALL_MEMORY) = hypercall_memory,
};
