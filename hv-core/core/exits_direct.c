/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The row of direct page tables: writes to control registers, each checked against what must hold. A page fault goes
 * straight to the guest, and what is no memory of its own cannot be named by its tables: there is nothing else to trap.
 */
#include "core/control.h"
#include "core/dispatch.h"
#include "core/exit_table.h"
#include "core/instruction.h"
#include "core/report.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "cpu/cpu_backend.h"
#include "mmu/direct_backend.h"
#include <coopvirt/mutation.h>
#include <coopvirt/x86.h>

#define CR0_ON  (X86_CR0_PE | X86_CR0_NE | X86_CR0_WP | X86_CR0_PG)
#define CR0_OFF (X86_CR0_NW | X86_CR0_CD)

#define FORM_BYTES       4
#define OPCODE_MOV_TO_CR 0x22 /* behind 0F */

static enum vm_action exit_direct_refuse(struct vcpu *vcpu)
{
    event_raise(&vcpu->events, X86_VECTOR_GP, true, 0);
    return VM_RESUME;
}

static enum vm_action exit_direct_write_cr0(struct vcpu *vcpu, uint64_t wanted)
{
    bool is_held = (wanted & (CR0_ON | CR0_OFF)) == CR0_ON && !(wanted >> 32);
    if (!is_held && !MUTATED(vt_cr0_value))
        return exit_direct_refuse(vcpu);
    vcpu->vm->cpu->write_control(vcpu, 0, control_cr0_defined(wanted));
    return VM_SKIP;
}

/* A change of CR4 flushes the guest's translations, global ones too: that much is done for every change, since it is
 * rare. */
static enum vm_action exit_direct_write_cr4(struct vcpu *vcpu, uint64_t wanted)
{
    bool is_held = control_cr4_is_valid(0, wanted, X86_EFER_LMA, control_cr4_allowed(vcpu));
    if (!is_held && !MUTATED(vt_cr4_value))
        return exit_direct_refuse(vcpu);
    vcpu->vm->cpu->write_control(vcpu, 4, wanted);
    cpuid_policy_show_osxsave(&vcpu->cpuid, wanted & X86_CR4_OSXSAVE);
    vcpu->is_flush_wanted = true;
    vcpu->vm->cpu->hold(vcpu, true);
    return VM_SKIP;
}

static enum vm_action exit_direct_write_cr3(struct vcpu *vcpu, uint64_t wanted)
{
    spinlock_take(&vcpu->vm->lock);
    int error = direct_root_load(vcpu, wanted, 0);
    spinlock_release(&vcpu->vm->lock);
    return error ? exit_direct_refuse(vcpu) : VM_SKIP;
}

static enum vm_action exit_direct_write(struct vcpu *vcpu, unsigned number, uint64_t wanted)
{
    switch (number) {
    case 0:
        return exit_direct_write_cr0(vcpu, wanted);
    case 3:
        return exit_direct_write_cr3(vcpu, wanted);
    default:
        return exit_direct_write_cr4(vcpu, wanted);
    }
}

/* Where the byte at a linear address is: the guest's tables have no large pages and name only frames of its own. */
static const uint8_t *exit_direct_peek(const struct vcpu *vcpu, uint64_t linear)
{
    uint64_t slot = linear >> 39 & 511, entry = vcpu->paging_root;
    if (slot >= COOP_SLOT_FIRST && slot <= COOP_SLOT_LAST)
        return 0;
    for (int shift = 39; shift >= 12; shift -= 9) {
        const volatile uint64_t *table = frame_address(entry & X86_PTE_FRAME);
        entry = table[linear >> shift & 511];
        if (!(entry & X86_PTE_P))
            return 0;
    }
    return (const uint8_t *)frame_address(entry & X86_PTE_FRAME) + linear % X86_PAGE_BYTES;
}

/* MOV from a register but RSP, the form that kernels use, read where the CPU has just fetched it. */
static bool exit_direct_read_move(struct vcpu *vcpu, const struct vm_exit *exit, uint64_t *value)
{
    const uint8_t *bytes = 0;
    if (exit->is_long_code && exit->rip % X86_PAGE_BYTES <= X86_PAGE_BYTES - FORM_BYTES)
        bytes = exit_direct_peek(vcpu, exit->rip);
    if (!bytes)
        return false;
    unsigned rex = 0, length = 3;
    if ((bytes[0] & 0xf0) == 0x40) {
        rex = *bytes++;
        length = 4;
    }
    unsigned source = (bytes[2] & 7u) | (rex & 1) << 3, number = (bytes[2] >> 3 & 7u) | (rex & 4) << 1;
    if (bytes[0] != 0x0f || bytes[1] != OPCODE_MOV_TO_CR || source == REGISTER_RSP || number != exit->control.number)
        return false;
    *value = vcpu->general[source];
    vcpu->exit.next_rip = exit->rip + length;
    return true;
}

/* CLTS and LMSW change the low bits of CR0; LMSW cannot clear PE. APM vol. 2, "CR0 Register". */
static enum vm_action exit_direct_write_status(struct vcpu *vcpu, const struct registers *registers,
                                               const struct instruction *instruction)
{
    uint64_t bits = X86_CR0_MP | X86_CR0_EM | X86_CR0_TS, value = registers->cr0 & ~X86_CR0_TS;
    const struct instruction_operand *source = &instruction->operands[0];
    if (instruction->operation == OPERATION_LMSW) {
        if (source->kind != OPERAND_REGISTER) {
            report_stop(vcpu, VM_STOP_BAD_ACCESS, "the machine status word is loaded from memory");
            return VM_STOP;
        }
        value = source->number == REGISTER_RSP ? registers->rsp : vcpu->general[source->number];
        value = (registers->cr0 & ~bits) | (value & bits);
    }
    return exit_direct_write_cr0(vcpu, value);
}

static enum vm_action exit_direct_control_slowly(struct vcpu *vcpu, const struct vm_exit *exit)
{
    struct registers registers;
    vcpu->vm->cpu->read_registers(vcpu, &registers);
    const struct instruction *instruction = instruction_decode_at(vcpu, &registers);
    if (!instruction)
        return dispatch_retry(vcpu); /* changed meanwhile: it exits again */
    vcpu->exit.next_rip = exit->rip + instruction->length;
    unsigned source = instruction->operands[1].number;
    switch (instruction->operation) {
    case OPERATION_CLTS:
    case OPERATION_LMSW:
        return exit_direct_write_status(vcpu, &registers, instruction);
    case OPERATION_MOV_TO_CR:
        return exit_direct_write(vcpu, exit->control.number,
                                 source == REGISTER_RSP ? registers.rsp : vcpu->general[source]);
    default:
        return dispatch_retry(vcpu);
    }
}

static enum vm_action exit_direct_control(struct vcpu *vcpu, const struct vm_exit *exit)
{
    uint64_t wanted;
    if (exit->control.number == 8)
        return control_handle_access(vcpu, exit);
    if (exit_direct_read_move(vcpu, exit, &wanted))
        return exit_direct_write(vcpu, exit->control.number, wanted);
    return exit_direct_control_slowly(vcpu, exit);
}

const struct vm_exit_row exit_table_direct[VM_EXIT_REASONS] = {
    [VM_EXIT_CR_ACCESS] = {exit_direct_control, OPERATION_NONE},
};
