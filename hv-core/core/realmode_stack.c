/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paging is off in real mode: a linear address is a guest-physical one.
 */
#include "core/realmode_stack.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "mmu/mmu_backend.h"
#include <coopvirt/mutation.h>

static uint64_t realmode_stack_mask(const struct registers *registers)
{
    return registers->segments[SEGMENT_SS].attributes & REGISTER_SEGMENT_BIG ? 0xffffffff : 0xffff;
}

static coop_paddr realmode_stack_at(const struct registers *registers, uint64_t top)
{
    return (uint32_t)(registers->segments[SEGMENT_SS].base + (top & realmode_stack_mask(registers)));
}

static void realmode_stack_move(struct registers *registers, uint64_t top)
{
    uint64_t mask = realmode_stack_mask(registers);
    registers->rsp = (registers->rsp & ~mask) | (top & mask);
}

bool realmode_stack_store(struct vcpu *vcpu, coop_paddr address, const void *from, unsigned bytes)
{
    if (!guest_memory_write(&vcpu->vm->memory, address, from, bytes))
        return false;
    vcpu->vm->mmu->written(vcpu, address, bytes);
    return true;
}

bool realmode_stack_push(struct vcpu *vcpu, struct registers *registers, unsigned bytes, uint32_t value)
{
    uint64_t top = registers->rsp - bytes;
    if ((bytes > sizeof(value) && !MUTATED(realmode_push_bytes)) ||
        !realmode_stack_store(vcpu, realmode_stack_at(registers, top), &value, bytes))
        return false;
    realmode_stack_move(registers, top);
    return true;
}

bool realmode_stack_pop(struct vcpu *vcpu, struct registers *registers, unsigned bytes, uint32_t *value)
{
    *value = 0;
    if ((bytes > sizeof(*value) && !MUTATED(realmode_pop_bytes)) ||
        !guest_memory_read(&vcpu->vm->memory, realmode_stack_at(registers, registers->rsp), value, bytes))
        return false;
    realmode_stack_move(registers, registers->rsp + bytes);
    return true;
}
