/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts of all kinds push FLAGS, CS and IP and go to a far pointer of the table that IDTR names: exceptions have
 * no error code there.
 */
#include "core/realmode_transfer.h"
#include "core/realmode_segment.h"
#include "core/realmode_stack.h"
#include "core/report.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "io/io_backend.h"
#include <coopvirt/mutation.h>
#include <coopvirt/x86.h>

#define VECTOR_BYTES       4
#define FLAGS_OF_INTERRUPT (X86_FLAGS_IF | X86_FLAGS_TF | X86_FLAGS_AC | X86_FLAGS_RF) /* cleared by it */
#define FLAGS_LOADABLE_16  0x00007fd5ul                                                /* by IRET */
#define FLAGS_LOADABLE_32  (FLAGS_LOADABLE_16 | X86_FLAGS_AC | X86_FLAGS_ID)

bool realmode_transfer_is_known(const struct instruction *instruction)
{
    switch (instruction->operation) {
    case OPERATION_JMP_FAR:
    case OPERATION_CALL_FAR:
    case OPERATION_RET_FAR:
    case OPERATION_INT:
    case OPERATION_INT3:
    case OPERATION_INTO:
    case OPERATION_IRET:
        return true;
    default:
        return false;
    }
}

uint64_t realmode_transfer_next(const struct registers *registers, const struct instruction *instruction)
{
    uint64_t width = registers_decode_mode(registers) == DECODE_MODE_16 ? 0xffff : 0xffffffff;
    return (registers->rip + instruction->length) & width;
}

/* Goes to a selector and an offset in the instruction or in memory. */
static bool realmode_transfer_jump(struct vcpu *vcpu, struct registers *registers,
                                   const struct instruction *instruction)
{
    const struct instruction_operand *where = &instruction->operands[0];
    uint32_t offset = (uint32_t)instruction->immediate;
    uint16_t selector = (uint16_t)instruction->immediate_second;
    if (where->kind == OPERAND_MEMORY) {
        coop_paddr at = realmode_segment_operand(vcpu, registers, instruction);
        unsigned bytes = where->bytes - sizeof(selector);
        offset = 0;
        if ((bytes > sizeof(offset) && !MUTATED(realmode_jump_bytes)) ||
            !guest_memory_read(&vcpu->vm->memory, at, &offset, bytes) ||
            !guest_memory_read(&vcpu->vm->memory, at + bytes, &selector, sizeof(selector)))
            return false;
    }
    if (!realmode_segment_load(vcpu, registers, SEGMENT_CS, selector))
        return false;
    registers->rip = offset;
    return true;
}

static bool realmode_transfer_call(struct vcpu *vcpu, struct registers *registers,
                                   const struct instruction *instruction)
{
    struct registers after = *registers;
    unsigned bytes = instruction->operand_bytes;
    if (!realmode_transfer_jump(vcpu, &after, instruction) ||
        !realmode_stack_push(vcpu, &after, bytes, registers->segments[SEGMENT_CS].selector) ||
        !realmode_stack_push(vcpu, &after, bytes, (uint32_t)realmode_transfer_next(registers, instruction)))
        return false;
    *registers = after;
    return true;
}

/* RETF and IRET, which takes the flags as well. */
static bool realmode_transfer_return(struct vcpu *vcpu, struct registers *registers,
                                     const struct instruction *instruction)
{
    struct registers after = *registers;
    bool is_interrupt = instruction->operation == OPERATION_IRET;
    unsigned bytes = instruction->operand_bytes;
    uint32_t offset, selector, flags = 0;
    if (!realmode_stack_pop(vcpu, &after, bytes, &offset) || !realmode_stack_pop(vcpu, &after, bytes, &selector) ||
        (is_interrupt && !realmode_stack_pop(vcpu, &after, bytes, &flags)) ||
        !realmode_segment_load(vcpu, &after, SEGMENT_CS, (uint16_t)selector))
        return false;
    uint64_t loadable = bytes == 2 ? FLAGS_LOADABLE_16 : FLAGS_LOADABLE_32;
    if (is_interrupt)
        after.rflags = (after.rflags & ~loadable) | (flags & loadable);
    else if (instruction->operands[0].kind == OPERAND_IMMEDIATE)
        after.rsp = (after.rsp & ~0xfffful) | (uint16_t)(after.rsp + instruction->immediate);
    after.rip = offset;
    *registers = after;
    return true;
}

/* False, with nothing changed: the table does not reach so far, or there is no memory for it. */
static bool realmode_transfer_interrupt(struct vcpu *vcpu, struct registers *registers, unsigned vector,
                                        uint64_t return_to)
{
    struct registers after = *registers;
    uint16_t where[2];
    if (vector * VECTOR_BYTES + VECTOR_BYTES - 1 > registers->idt.limit ||
        !guest_memory_read(&vcpu->vm->memory, registers->idt.base + vector * VECTOR_BYTES, where, sizeof(where)) ||
        !realmode_stack_push(vcpu, &after, 2, (uint16_t)registers->rflags) ||
        !realmode_stack_push(vcpu, &after, 2, registers->segments[SEGMENT_CS].selector) ||
        !realmode_stack_push(vcpu, &after, 2, (uint16_t)return_to) ||
        !realmode_segment_load(vcpu, &after, SEGMENT_CS, where[1]))
        return false;
    after.rflags &= ~FLAGS_OF_INTERRUPT;
    after.rip = where[0];
    *registers = after;
    return true;
}

static bool realmode_transfer_software(struct vcpu *vcpu, struct registers *registers,
                                       const struct instruction *instruction)
{
    uint64_t next = realmode_transfer_next(registers, instruction);
    unsigned vector = instruction->operation == OPERATION_INT    ? (unsigned)instruction->immediate & 0xff
                      : instruction->operation == OPERATION_INT3 ? X86_VECTOR_BP
                                                                 : X86_VECTOR_OF;
    if (instruction->operation == OPERATION_INTO && !(registers->rflags & X86_FLAGS_OF)) {
        registers->rip = next;
        return true;
    }
    if (!realmode_transfer_interrupt(vcpu, registers, vector, next))
        event_raise(&vcpu->events, X86_VECTOR_GP, true, 0);
    return true;
}

bool realmode_transfer_execute(struct vcpu *vcpu, struct registers *registers, const struct instruction *instruction)
{
    if (instruction->operation == OPERATION_JMP_FAR)
        return realmode_transfer_jump(vcpu, registers, instruction);
    if (!realmode_segment_is_real(registers))
        return false;
    switch (instruction->operation) {
    case OPERATION_CALL_FAR:
        return realmode_transfer_call(vcpu, registers, instruction);
    case OPERATION_RET_FAR:
    case OPERATION_IRET:
        return realmode_transfer_return(vcpu, registers, instruction);
    default:
        return realmode_transfer_software(vcpu, registers, instruction);
    }
}

/* An exception without an entry is a general protection fault, that without one a double fault, and then the CPU
 * shuts down. */
static void realmode_transfer_exception(struct vcpu *vcpu, struct registers *registers, uint8_t vector)
{
    if (realmode_transfer_interrupt(vcpu, registers, vector, registers->rip) ||
        (vector != X86_VECTOR_GP && vector != X86_VECTOR_DF &&
         realmode_transfer_interrupt(vcpu, registers, X86_VECTOR_GP, registers->rip)) ||
        (vector != X86_VECTOR_DF && realmode_transfer_interrupt(vcpu, registers, X86_VECTOR_DF, registers->rip)))
        return;
    report_stop(vcpu, VM_STOP_TRIPLE_FAULT, "an exception in real mode that has no entry in the interrupt table");
}

static int realmode_transfer_acknowledge(struct vcpu *vcpu)
{
    struct event_queue *events = &vcpu->events;
    int vector = events->interrupted_vector;
    events->interrupted_vector = -1;
    if (vector >= 0 || vcpu_interrupt(vcpu) < 0)
        return vector;
    spinlock_take(&vcpu->vm->lock);
    vector = vcpu->vm->io->acknowledge(vcpu);
    spinlock_release(&vcpu->vm->lock);
    return vector;
}

bool realmode_transfer_deliver(struct vcpu *vcpu, struct registers *registers, bool is_shadowed)
{
    struct event_queue *events = &vcpu->events;
    int vector = -1;
    if (events->triple_fault) {
        report_stop(vcpu, VM_STOP_TRIPLE_FAULT, "an exception in the delivery of a double fault");
        return true;
    }
    if (event_is_waiting(events)) {
        vector = events->exception.vector;
        events->exception.kind = VM_EVENT_NONE;
        events->has_fault_address = false;
    } else if (events->nmis) {
        vector = X86_VECTOR_NMI;
        events->nmis--;
    } else if (registers->rflags & X86_FLAGS_IF && !is_shadowed) {
        vector = realmode_transfer_acknowledge(vcpu);
    }
    if (vector < 0)
        return false;
    events->is_busy = events->nmis || events->interrupted_vector >= 0;
    vcpu->account.injections++;
    realmode_transfer_exception(vcpu, registers, (uint8_t)vector);
    return true;
}
