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

static unsigned memory_populate(struct vm *vm, const coop_paddr *pages, unsigned count)
{
    unsigned done = 0;
    for (; done < count; done++) {
        spinlock_take(&vm->lock);
        bool is_wanted = !nested_memory_wants(&vm->nested_memory, pages[done]);
        coop_paddr machine = is_wanted ? vm_memory_take_again(vm) : FRAME_NONE;
        int error = machine == FRAME_NONE ? -ENOMEM : nested_memory_populate(&vm->nested_memory, pages[done], machine);
        spinlock_release(&vm->lock);
        if (error && machine != FRAME_NONE)
            vm_memory_give_back(vm, machine);
        if (error)
            break;
    }
    return done;
}

static uint64_t memory_carry_out(struct vm *vm, uint64_t operation, coop_paddr array, uint64_t count)
{
    uint64_t done = 0, part = 0;
    coop_paddr pages[MEMORY_CHUNK];
    for (; done < count; done += part) {
        unsigned wanted = count - done < MEMORY_CHUNK ? (unsigned)(count - done) : MEMORY_CHUNK;
        if (!guest_memory_read(&vm->memory, array + done * sizeof(pages[0]), pages, wanted * sizeof(pages[0])))
            return done ? done : (uint64_t)-COOP_EFAULT;
        part =
            operation == COOP_MEMORY_RELEASE ? memory_release(vm, pages, wanted) : memory_populate(vm, pages, wanted);
        if (part < wanted)
            return done + part;
    }
    return done;
}

/* One VCPU at a time: two that waited for each other's flush would wait for ever. */
static enum vm_action hypercall_memory(struct vcpu *vcpu)
{
    struct vm *vm = vcpu->vm;
    uint64_t operation = vcpu->general[REGISTER_RDI], count = vcpu->general[REGISTER_RDX];
    if (operation > COOP_MEMORY_POPULATE || count > MEMORY_FRAMES_MOST)
        return hypercall_return(vcpu, (uint64_t)-COOP_EINVAL);
    if (__atomic_exchange_n(&vm->memory_changes, true, __ATOMIC_ACQUIRE))
        return hypercall_return(vcpu, (uint64_t)-COOP_EAGAIN);
    uint64_t result = vm_memory_can_change(vm) ? memory_carry_out(vm, operation, vcpu->general[REGISTER_RSI], count)
                                               : (uint64_t)-COOP_ENOMEM;
    __atomic_store_n(&vm->memory_changes, false, __ATOMIC_RELEASE);
    return hypercall_return(vcpu, result);
}

hypercall *const hypercalls_nested[COOP_HYPERCALL_COUNT] = {
    HYPERCALL_ROW(COOP_HYPERCALL_MEMORY) = hypercall_memory,
};
