/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rows of a kernel in ring 3. Its privileged instructions are general protection faults: what the instruction is
 * gives the exit its name, and that reason's own row carries it out. What no row carries out stays the fault that it
 * is, and goes to the guest's kernel, as do all exceptions that have not gone there without an exit.
 */
#include "core/exit_table.h"
#include "core/instruction.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "cpu/cpu_backend.h"
#include "cpu/deprivileged/deprivileged_guest.h"
#include "machine/trap.h"
#include <coopvirt/mutation.h>
#include <coopvirt/x86.h>

static enum vm_action exit_fault(struct vcpu *vcpu)
{
    if (MUTATED(deprivileged_refused))
        return VM_SKIP;
    event_raise(&vcpu->events, X86_VECTOR_GP, true, 0);
    return VM_RESUME;
}

static uint64_t exit_register(const struct vcpu *vcpu, const struct registers *registers, unsigned number)
{
    return number == REGISTER_RSP ? registers->rsp : vcpu->general[number];
}

static enum vm_action exit_as(struct vcpu *vcpu, enum vm_exit_reason reason)
{
    vcpu->exit.reason = reason;
    return vcpu->vm->exits[reason].handler(vcpu, &vcpu->exit);
}

static enum vm_action exit_port(struct vcpu *vcpu, const struct instruction *instruction)
{
    bool is_out = instruction->operation == OPERATION_OUT || instruction->operation == OPERATION_OUTS;
    bool is_string = instruction->operation == OPERATION_INS || instruction->operation == OPERATION_OUTS;
    bool is_immediate = !is_string && !(instruction->opcode & 8);
    uint16_t port = (uint16_t)(is_immediate ? instruction->immediate : vcpu->general[REGISTER_RDX]);
    uint8_t bytes = instruction->opcode & 1 ? (instruction->operand_override ? 2 : 4) : 1;
    vcpu->exit.port = (struct vm_exit_port){port, bytes, is_out, is_string, instruction->rep};
    return exit_as(vcpu, VM_EXIT_PORT_IO);
}

static enum vm_action exit_interrupt_flag(struct vcpu *vcpu, bool is_masked)
{
    vcpu->exit.reason = VM_EXIT_INTERRUPT_FLAG;
    deprivileged_guest_set_masked(vcpu, is_masked);
    return VM_SKIP;
}

static enum vm_action exit_halt(struct vcpu *vcpu)
{
    vcpu->exit.has_interrupts = !deprivileged_guest_is_masked(vcpu);
    return exit_as(vcpu, VM_EXIT_HLT);
}

static bool exit_base_of_msr(uint32_t msr, uint64_t *which)
{
    switch (msr) {
    case X86_MSR_FS_BASE:
        *which = COOP_BASE_FS;
        return true;
    case X86_MSR_GS_BASE:
        *which = COOP_BASE_GS_KERNEL;
        return true;
    case X86_MSR_KERNEL_GS_BASE:
        *which = COOP_BASE_GS_USER;
        return true;
    default:
        return false;
    }
}

static enum vm_action exit_msr_read(struct vcpu *vcpu)
{
    uint64_t which;
    if (!exit_base_of_msr((uint32_t)vcpu->general[REGISTER_RCX], &which))
        return exit_as(vcpu, VM_EXIT_MSR_READ);
    uint64_t value = deprivileged_guest_base(vcpu, which);
    vcpu->exit.reason = VM_EXIT_MSR_READ;
    vcpu->general[REGISTER_RAX] = (uint32_t)value;
    vcpu->general[REGISTER_RDX] = value >> 32;
    return VM_SKIP;
}

/* Of those that the common row knows none is one of the CPU that runs us, but for those that a kernel here has not. */
static enum vm_action exit_msr_write(struct vcpu *vcpu)
{
    uint64_t which, value = vcpu->general[REGISTER_RDX] << 32 | (uint32_t)vcpu->general[REGISTER_RAX];
    uint32_t msr = (uint32_t)vcpu->general[REGISTER_RCX];
    if (!exit_base_of_msr(msr, &which)) {
        if (msr == X86_MSR_EFER || msr == X86_MSR_PAT) {
            vcpu->exit.reason = VM_EXIT_MSR_WRITE;
            return exit_fault(vcpu);
        }
        return exit_as(vcpu, VM_EXIT_MSR_WRITE);
    }
    vcpu->exit.reason = VM_EXIT_MSR_WRITE;
    return deprivileged_guest_set_base(vcpu, which, value) ? VM_SKIP : exit_fault(vcpu);
}

/* Where the guest's tables are its own to load, the rows of the mmu service know them. */
static bool exit_is_shadow(const struct vcpu *vcpu)
{
    return vcpu->vm->mode.mmu == MODE_MMU_SHADOW;
}

static enum vm_action exit_shadow_register(struct vcpu *vcpu, unsigned number, bool is_write)
{
    vcpu->exit.control = (struct vm_exit_control){(uint8_t)number, is_write};
    return exit_as(vcpu, VM_EXIT_CR_ACCESS);
}

/* Read as the direct entry promises them. */
static enum vm_action exit_control_read(struct vcpu *vcpu, const struct instruction *instruction,
                                        struct registers *registers)
{
    unsigned control = instruction->operands[1].number, to = instruction->operands[0].number;
    const uint64_t values[] = {registers->cr0, 0, registers->cr2, registers->cr3, registers->cr4};
    vcpu->exit.reason = VM_EXIT_CR_ACCESS;
    if (control == 3 && exit_is_shadow(vcpu))
        return exit_shadow_register(vcpu, control, false);
    if (control >= sizeof(values) / sizeof(values[0]) || control == 1)
        return exit_fault(vcpu);
    if (to != REGISTER_RSP) {
        vcpu->general[to] = values[control];
        return VM_SKIP;
    }
    registers->rsp = values[control];
    vcpu->vm->cpu->write_registers(vcpu, registers);
    return VM_SKIP;
}

/* CR0.TS may change, and CR4.PGE where that flushes; anything else must be written as it is. Direct roots are loaded by
 * hypercall. */
static enum vm_action exit_control_write(struct vcpu *vcpu, const struct instruction *instruction,
                                         const struct registers *registers)
{
    unsigned control = instruction->operands[0].number;
    uint64_t wanted = exit_register(vcpu, registers, instruction->operands[1].number);
    vcpu->exit.reason = VM_EXIT_CR_ACCESS;
    bool is_flush = control == 4 && !((wanted ^ registers->cr4) & ~X86_CR4_PGE);
    if ((control == 3 || is_flush) && exit_is_shadow(vcpu))
        return exit_shadow_register(vcpu, control, true);
    if (control == 4)
        return wanted == registers->cr4 ? VM_SKIP : exit_fault(vcpu);
    if (control != 0 || (wanted ^ registers->cr0) & ~X86_CR0_TS)
        return exit_fault(vcpu);
    deprivileged_guest_set_fpu_trap(vcpu, wanted & X86_CR0_TS);
    return VM_SKIP;
}

static enum vm_action exit_clear_task_switched(struct vcpu *vcpu)
{
    vcpu->exit.reason = VM_EXIT_CR_ACCESS;
    deprivileged_guest_set_fpu_trap(vcpu, false);
    return VM_SKIP;
}

/* All that is not global, and no page of the guest's is. */
static enum vm_action exit_invalidate(struct vcpu *vcpu)
{
    if (exit_is_shadow(vcpu))
        return exit_as(vcpu, VM_EXIT_INVLPG);
    vcpu->exit.reason = VM_EXIT_INVLPG;
    vcpu->is_flush_wanted = true;
    vcpu->vm->cpu->hold(vcpu, true);
    return VM_SKIP;
}

/* XGETBV is raw in ring 3, so that XCR0 is what it is. */
static enum vm_action exit_extended_control(struct vcpu *vcpu)
{
    uint64_t value = vcpu->general[REGISTER_RDX] << 32 | (uint32_t)vcpu->general[REGISTER_RAX];
    vcpu->exit.reason = VM_EXIT_XSETBV;
    return (uint32_t)vcpu->general[REGISTER_RCX] == 0 && value == vcpu->xcr0 ? VM_SKIP : exit_fault(vcpu);
}

static enum vm_action exit_instruction(struct vcpu *vcpu, const struct instruction *instruction,
                                       struct registers *registers)
{
    switch (instruction->operation) {
    case OPERATION_IN:
    case OPERATION_OUT:
    case OPERATION_INS:
    case OPERATION_OUTS:
        return exit_port(vcpu, instruction);
    case OPERATION_HLT:
        return exit_halt(vcpu);
    case OPERATION_CLI:
    case OPERATION_STI:
        return exit_interrupt_flag(vcpu, instruction->operation == OPERATION_CLI);
    case OPERATION_RDMSR:
        return exit_msr_read(vcpu);
    case OPERATION_WRMSR:
        return exit_msr_write(vcpu);
    case OPERATION_MOV_FROM_CR:
        return exit_control_read(vcpu, instruction, registers);
    case OPERATION_MOV_TO_CR:
        return exit_control_write(vcpu, instruction, registers);
    case OPERATION_CLTS:
        return exit_clear_task_switched(vcpu);
    case OPERATION_INVLPG:
        return exit_invalidate(vcpu);
    case OPERATION_WBINVD:
    case OPERATION_WBNOINVD:
        return exit_as(vcpu, VM_EXIT_WBINVD);
    case OPERATION_INVD:
        return exit_as(vcpu, VM_EXIT_INVD);
    case OPERATION_RDPMC:
        return exit_as(vcpu, VM_EXIT_RDPMC);
    case OPERATION_XSETBV:
        return exit_extended_control(vcpu);
    default:
        return exit_fault(vcpu);
    }
}

static enum vm_action exit_privileged(struct vcpu *vcpu, const struct vm_exit *exit)
{
    struct registers registers;
    vcpu->vm->cpu->read_registers(vcpu, &registers);
    const struct instruction *instruction = instruction_decode_at(vcpu, &registers);
    vcpu->exit.reason = VM_EXIT_PRIVILEGED;
    if (!instruction)
        return exit_fault(vcpu);
    vcpu->exit.next_rip = exit->rip + instruction->length;
    return exit_instruction(vcpu, instruction, &registers);
}

/* Only the guest's kernel has privileged instructions; a fault with an error code is about a selector. */
static enum vm_action exit_exception(struct vcpu *vcpu, const struct vm_exit *exit)
{
    const struct vm_event *event = &exit->exception;
    bool is_kernel = exit->cpl == 0 || MUTATED(deprivileged_user_instruction);
    if (event->vector == X86_VECTOR_GP && is_kernel && event->error_code == 0)
        return exit_privileged(vcpu, exit);
    event_raise(&vcpu->events, event->vector, event->has_error_code, event->error_code);
    return VM_RESUME;
}

static enum vm_action exit_page_fault(struct vcpu *vcpu, const struct vm_exit *exit)
{
    event_raise_page_fault(&vcpu->events, exit->page_fault.linear, exit->page_fault.error_code);
    return VM_RESUME;
}

/* The CPU took it from ring 3: its work is still to be done. */
static enum vm_action exit_interrupt(struct vcpu *vcpu, const struct vm_exit *exit)
{
    (void)vcpu;
    trap_interrupt(exit->exception.vector);
    return VM_RESUME;
}

static enum vm_action exit_served_hypercall(struct vcpu *vcpu, const struct vm_exit *exit)
{
    (void)vcpu;
    return (enum vm_action)exit->action;
}

const struct vm_exit_row exit_table_deprivileged[VM_EXIT_REASONS] = {
    [VM_EXIT_EXCEPTION] = {exit_exception, OPERATION_NONE},
    [VM_EXIT_PAGE_FAULT] = {exit_page_fault, OPERATION_NONE},
    [VM_EXIT_EXTERNAL_INTERRUPT] = {exit_interrupt, OPERATION_NONE},
    [VM_EXIT_HYPERCALL] = {exit_served_hypercall, OPERATION_NONE},
};
