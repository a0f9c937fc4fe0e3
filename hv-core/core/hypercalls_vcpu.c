/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypercalls of a VM with several VCPUs and no local APIC: they are started and told of events, and what they have
 * cached of the guest's page tables is flushed by a mask. Only here does one VCPU of a guest name another.
 */
#include "core/hypercall.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "machine/cpu.h"
#include <coopvirt/mutation.h>
#include <coopvirt/x86.h>

#define OPERATION_BITS 7ul
#define OPERATIONS     64u /* read at a time */

/* ---- flushes ---- */

/* Adds the VCPUs that an operation flushes. 0 or a COOP_E. */
static int vcpu_flush_add(const struct vcpu *vcpu, const struct coop_mmu_operation *operation, uint64_t *mask)
{
    uint64_t self = 1ul << vcpu->number, all = (1ul << vcpu->vm->vcpu_count) - 1;
    switch (operation->target & OPERATION_BITS) {
    case COOP_MMU_FLUSH_PAGE:
    case COOP_MMU_FLUSH_ALL:
        if (operation->value & ~all)
            return COOP_EINVAL;
        *mask |= operation->value ? operation->value : self;
        return 0;
    case COOP_MMU_FLUSH_RANGE:
        *mask |= self;
        return 0;
    default:
        return COOP_EINVAL;
    }
}

/* The array's operations up to one that is refused. How many, with its error above. */
static uint64_t vcpu_flush_collect(const struct vcpu *vcpu, coop_paddr at, uint64_t count, uint64_t *mask)
{
    struct coop_mmu_operation operations[OPERATIONS];
    for (uint64_t done = 0; done < count; done++) {
        uint64_t i = done % OPERATIONS, left = count - done;
        uint64_t bytes = (left < OPERATIONS ? left : OPERATIONS) * sizeof(operations[0]);
        if (!i && !guest_memory_read(&vcpu->vm->memory, at + done * sizeof(operations[0]), operations, bytes))
            return done ? done | (uint64_t)COOP_EFAULT << 32 : (uint64_t)-COOP_EFAULT;
        int error = vcpu_flush_add(vcpu, &operations[i], mask);
        if (error)
            return done | (uint64_t)error << 32;
    }
    return count;
}

/* All that a VCPU has cached is flushed, once for the whole batch: a second level's tags know no single pages of
 * another CPU. */
static enum vm_action hypercall_mmu_batch(struct vcpu *vcpu)
{
    coop_paddr at = vcpu->general[REGISTER_RDI];
    uint64_t count = vcpu->general[REGISTER_RSI], mask = 0;
    if (at % sizeof(struct coop_mmu_operation) || count > COOP_MMU_BATCH_MOST)
        return hypercall_return(vcpu, (uint64_t)-COOP_EINVAL);
    uint64_t result = vcpu_flush_collect(vcpu, at, count, &mask);
    if (mask >> vcpu->number & 1 && !MUTATED(vcpu_flush_self))
        vcpu_take_flush(vcpu);
    if (!MUTATED(vcpu_flush_others))
        vm_flush_vcpus(vcpu->vm, mask);
    return hypercall_return(vcpu, result);
}

/* ---- VCPUs ---- */

static bool vcpu_is_canonical(uint64_t linear)
{
    return (uint64_t)((int64_t)(linear << 16) >> 16) == linear;
}

static bool vcpu_start_is_good(const struct vm *vm, const struct coop_vcpu_start *start)
{
    return start->size == sizeof(*start) && !start->reserved && start->root % X86_PAGE_BYTES == 0 &&
           guest_memory_pointer(&vm->memory, start->root, X86_PAGE_BYTES, false) && vcpu_is_canonical(start->entry) &&
           vcpu_is_canonical(start->stack);
}

/* The VM's lock held: it is down, and nobody else starts it. */
static void vcpu_start_at(struct vcpu *vcpu, const struct coop_vcpu_start *start)
{
    vcpu->startup = (struct vcpu_startup){.is_long = true,
                                          .entry = start->entry,
                                          .stack = start->stack,
                                          .argument = start->argument,
                                          .root = start->root};
    life_init(&vcpu->life, &vcpu->vm->online_vcpus); /* it may have halted */
    life_start(&vcpu->life, 0, &vcpu->vm->online_vcpus);
    channel_set_vector(&vcpu->channel, 0);
    channel_end(&vcpu->channel);
    vcpu->channel.timer = CHANNEL_NEVER;
    vcpu_request(vcpu, VCPU_REQUEST_LIFE);
}

static uint64_t vcpu_start(struct vcpu *caller, struct vcpu *vcpu)
{
    struct vm *vm = caller->vm;
    struct coop_vcpu_start start;
    uint64_t result = 0;
    if (!guest_memory_read(&vm->memory, caller->general[REGISTER_RDX], &start, sizeof(start)))
        return (uint64_t)-COOP_EFAULT;
    if (!vcpu_start_is_good(vm, &start))
        return (uint64_t)-COOP_EINVAL;
    spinlock_take(&vm->lock);
    if (vcpu->life.state == LIFE_ONLINE && !MUTATED(vcpu_start_running))
        result = (uint64_t)-COOP_EBUSY;
    else
        vcpu_start_at(vcpu, &start);
    spinlock_release(&vm->lock);
    return result;
}

static uint64_t vcpu_state(struct vcpu *caller, struct vcpu *vcpu)
{
    spinlock_take(&caller->vm->lock);
    bool is_up = vcpu->life.state == LIFE_ONLINE;
    spinlock_release(&caller->vm->lock);
    return is_up;
}

static uint64_t vcpu_raise(struct vcpu *caller, struct vcpu *vcpu)
{
    uint64_t event = caller->general[REGISTER_RDX];
    if (event >= COOP_EVENTS)
        return (uint64_t)-COOP_EINVAL;
    spinlock_take(&caller->vm->lock);
    if (channel_raise(&vcpu->channel, (unsigned)event) && vcpu != caller)
        vcpu_kick(vcpu);
    spinlock_release(&caller->vm->lock);
    return 0;
}

static uint64_t (*const vcpu_operations[])(struct vcpu *caller, struct vcpu *vcpu) = {
    [COOP_VCPU_START] = vcpu_start,
    [COOP_VCPU_STATE] = vcpu_state,
    [COOP_VCPU_RAISE] = vcpu_raise,
};

static enum vm_action hypercall_vcpu(struct vcpu *vcpu)
{
    struct vm *vm = vcpu->vm;
    uint64_t operation = vcpu->general[REGISTER_RDI], number = vcpu->general[REGISTER_RSI];
    if (operation > COOP_VCPU_RAISE || (number >= vm->vcpu_count && !MUTATED(vcpu_number)))
        return hypercall_return(vcpu, (uint64_t)-COOP_EINVAL);
    if (operation != COOP_VCPU_STOP)
        return hypercall_return(vcpu, vcpu_operations[operation](vcpu, vm->vcpus[number]));
    if (number != vcpu->number)
        return hypercall_return(vcpu, (uint64_t)-COOP_EINVAL);
    vcpu->exit.has_interrupts = false;
    hypercall_return(vcpu, 0);
    return VM_BLOCK;
}

hypercall *const hypercalls_vcpu[COOP_HYPERCALL_COUNT] = {
    HYPERCALL_ROW(COOP_HYPERCALL_MMU_BATCH) = hypercall_mmu_batch,
    HYPERCALL_ROW(COOP_HYPERCALL_VCPU) = hypercall_vcpu,
};
