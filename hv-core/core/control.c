/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MOV to CR0, CR4 and CR8, decoded from the bytes at RIP. APM vol. 2, "CR0 Register", "CR4 Register".
 */
#include "core/control.h"
#include "core/instruction.h"
#include "core/report.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "cpu/cpu_backend.h"
#include "io/io_backend.h"
#include "mmu/guest_memory.h"
#include "mmu/mmu_backend.h"
#include "mmu/walker.h"
#include <coopvirt/x86.h>

#define PHYSICAL_BITS_UNTOLD 36 /* where CPUID has no leaf for it */

#define CR4_ALWAYS                                                                                                     \
    (X86_CR4_VME | X86_CR4_PVI | X86_CR4_TSD | X86_CR4_DE | X86_CR4_PSE | X86_CR4_PAE | X86_CR4_MCE | X86_CR4_PGE |    \
     X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT)
/* No PCE: there are no counters for a guest. */

bool control_cr4_is_valid(uint64_t old, uint64_t wanted, uint64_t efer, uint64_t allowed)
{
    if (wanted & ~allowed)
        return false;
    if (efer & X86_EFER_LMA && !(wanted & X86_CR4_PAE))
        return false;
    /* PCIDE only in long mode, and off only by writing 0: reserved combinations of APM vol. 2, "Process Context
     * Identifiers". */
    return !(wanted & ~old & X86_CR4_PCIDE) || efer & X86_EFER_LMA;
}

#define CR0_BITS                                                                                                       \
    (X86_CR0_PE | X86_CR0_MP | X86_CR0_EM | X86_CR0_TS | X86_CR0_ET | X86_CR0_NE | X86_CR0_WP | X86_CR0_AM |           \
     X86_CR0_NW | X86_CR0_CD | X86_CR0_PG)

/* Whether a guest may set CR0 so, with these values of the others; is_long_code: it runs in 64-bit mode. */
static bool control_cr0_is_valid(uint64_t wanted, uint64_t cr4, uint64_t efer, bool is_long_code)
{
    bool is_paging = wanted & X86_CR0_PG;
    if (wanted >> 32 || (is_paging && !(wanted & X86_CR0_PE)) || (wanted & X86_CR0_NW && !(wanted & X86_CR0_CD)))
        return false;
    if (is_paging && efer & X86_EFER_LME && !(efer & X86_EFER_LMA))
        return cr4 & X86_CR4_PAE && !is_long_code; /* long mode begins, in compatibility mode */
    return is_paging || !(is_long_code || cr4 & X86_CR4_PCIDE);
}

uint64_t control_cr0_defined(uint64_t wanted)
{
    return (wanted & CR0_BITS) | X86_CR0_ET;
}

uint64_t control_cr4_allowed(const struct vcpu *vcpu)
{
    const struct cpuid_leaf *one = &vcpu->cpuid.basic[1], *seven = &vcpu->cpuid.basic[7];
    uint64_t allowed = CR4_ALWAYS;
    if (one->ecx & 1u << 26)
        allowed |= X86_CR4_OSXSAVE;
    if (one->ecx & 1u << 17)
        allowed |= X86_CR4_PCIDE;
    if (seven->ebx & 1u << 0)
        allowed |= X86_CR4_FSGSBASE;
    if (seven->ebx & 1u << 7)
        allowed |= X86_CR4_SMEP;
    if (seven->ebx & 1u << 20)
        allowed |= X86_CR4_SMAP;
    if (seven->ecx & 1u << 2)
        allowed |= X86_CR4_UMIP;
    return allowed;
}

bool control_can_load_top(const struct vcpu *vcpu, uint64_t root)
{
    uint64_t entries[WALKER_PAE_TOP];
    coop_paddr table = root & 0xffffffe0; /* within 4 GiB, on a boundary of 32 */
    if (!guest_memory_read(&vcpu->vm->memory, table, entries, sizeof(entries)))
        return true;
    unsigned physical_bits = vcpu->cpuid.extended[8].eax & 0xff;
    return walker_can_load_top(entries, physical_bits ? physical_bits : PHYSICAL_BITS_UNTOLD);
}

/* Whether CR0 and CR4 as they become load those entries, since one of these bits changes, and cannot. SDM vol. 3,
 * "PDPTE Registers". */
static bool control_has_wrong_top(const struct vcpu *vcpu, const struct registers *registers, uint64_t cr0,
                                  uint64_t cr4)
{
    if (!(cr0 & X86_CR0_PG) || !(cr4 & X86_CR4_PAE) || registers->efer & X86_EFER_LME)
        return false;
    if (!((registers->cr0 ^ cr0) & (X86_CR0_PG | X86_CR0_CD | X86_CR0_NW)) &&
        !((registers->cr4 ^ cr4) & (X86_CR4_PAE | X86_CR4_PGE | X86_CR4_PSE | X86_CR4_SMEP)))
        return false;
    return !control_can_load_top(vcpu, registers->cr3);
}

/* Trapped where the hardware cannot give the guest a bit of it. The others, PG and with it long mode, come along. */
static enum vm_action control_write_cr0(struct vcpu *vcpu, struct registers *registers, uint64_t wanted)
{
    bool is_long_code = registers_decode_mode(registers) == DECODE_MODE_64;
    if (!control_cr0_is_valid(wanted, registers->cr4, registers->efer, is_long_code) ||
        control_has_wrong_top(vcpu, registers, wanted, registers->cr4)) {
        event_raise(&vcpu->events, X86_VECTOR_GP, true, 0);
        return VM_RESUME;
    }
    if ((registers->cr0 ^ wanted) & X86_CR0_PG)
        vcpu_request(vcpu, VCPU_REQUEST_FLUSH);
    registers->cr0 = control_cr0_defined(wanted);
    registers->efer &= ~X86_EFER_LMA;
    if (wanted & X86_CR0_PG && registers->efer & X86_EFER_LME)
        registers->efer |= X86_EFER_LMA;
    vcpu->vm->cpu->write_registers(vcpu, registers);
    vcpu->vm->mmu->registers_changed(vcpu);
    return VM_SKIP;
}

static enum vm_action control_write_cr4(struct vcpu *vcpu, struct registers *registers, uint64_t wanted)
{
    if (!control_cr4_is_valid(registers->cr4, wanted, registers->efer, control_cr4_allowed(vcpu)) ||
        control_has_wrong_top(vcpu, registers, registers->cr0, wanted)) {
        event_raise(&vcpu->events, X86_VECTOR_GP, true, 0);
        return VM_RESUME;
    }
    /* A change of these flushes the guest's translations; a new tag does the same here. APM vol. 2, "TLB Management".
     */
    if ((registers->cr4 ^ wanted) &
        (X86_CR4_PGE | X86_CR4_PAE | X86_CR4_PSE | X86_CR4_PCIDE | X86_CR4_SMEP | X86_CR4_SMAP))
        vcpu_request(vcpu, VCPU_REQUEST_FLUSH);
    registers->cr4 = wanted;
    vcpu->vm->cpu->write_registers(vcpu, registers);
    vcpu->vm->mmu->registers_changed(vcpu);
    cpuid_policy_show_osxsave(&vcpu->cpuid, wanted & X86_CR4_OSXSAVE);
    return VM_SKIP;
}

/* Trapped only while an interrupt waits. */
static enum vm_action control_write_cr8(struct vcpu *vcpu, uint64_t wanted)
{
    if (wanted > 15) {
        event_raise(&vcpu->events, X86_VECTOR_GP, true, 0);
        return VM_RESUME;
    }
    spinlock_take(&vcpu->vm->lock);
    vcpu->task_priority = (uint8_t)wanted;
    vcpu->vm->io->set_task_priority(vcpu, vcpu->task_priority);
    spinlock_release(&vcpu->vm->lock);
    vcpu->vm->cpu->write_control(vcpu, 8, vcpu->task_priority);
    return VM_SKIP;
}

enum vm_action control_handle_access(struct vcpu *vcpu, const struct vm_exit *exit)
{
    struct registers registers;

    vcpu->vm->cpu->read_registers(vcpu, &registers);
    const struct instruction *instruction = instruction_decode_at(vcpu, &registers);
    unsigned number = exit->control.number;
    if (!instruction || instruction->operation != OPERATION_MOV_TO_CR || !exit->control.is_write ||
        (number != 0 && number != 4 && number != 8)) {
        report_stop(vcpu, VM_STOP_UNHANDLED_EXIT, "a control register access that no row handles");
        return VM_STOP;
    }
    unsigned source = instruction->operands[1].number;
    uint64_t wanted = source == REGISTER_RSP ? registers.rsp : vcpu->general[source];
    if (instruction->operands[1].bytes == 4)
        wanted = (uint32_t)wanted;
    vcpu->exit.next_rip = exit->rip + instruction->length;
    switch (number) {
    case 0:
        return control_write_cr0(vcpu, &registers, wanted);
    case 4:
        return control_write_cr4(vcpu, &registers, wanted);
    default:
        return control_write_cr8(vcpu, wanted);
    }
}
