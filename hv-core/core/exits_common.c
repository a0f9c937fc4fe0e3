/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rows that every VT mode has: instructions whose answer is the hypervisor's, and events that belong to the host.
 */
#include "core/exit_table.h"
#include "core/control.h"
#include "core/dispatch.h"
#include "core/hypercall.h"
#include "core/msr.h"
#include "core/report.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "cpu/cpu_backend.h"
#include "machine/fpu.h"
#include "machine/panic.h"
#include <coopvirt/mutation.h>
#include <coopvirt/x86.h>
#include <coopvirt/x86_instructions.h>

static enum vm_action exit_raise(struct vcpu *vcpu, uint8_t vector)
{
    event_raise(&vcpu->events, vector, vector == X86_VECTOR_GP, 0);
    return VM_RESUME;
}

static enum vm_action exit_cpuid_answer(struct vcpu *vcpu, const struct cpuid_leaf *answer)
{
    vcpu->general[REGISTER_RAX] = answer->eax;
    vcpu->general[REGISTER_RBX] = answer->ebx;
    vcpu->general[REGISTER_RCX] = answer->ecx;
    vcpu->general[REGISTER_RDX] = answer->edx;
    return VM_ANSWER;
}

/* Leaves that change with ECX, or with what the guest has enabled: asked of the machine, under the guest's XCR0. */
static __attribute__((noinline)) enum vm_action exit_cpuid_subleaf(struct vcpu *vcpu)
{
    uint32_t leaf = (uint32_t)vcpu->general[REGISTER_RAX], subleaf = (uint32_t)vcpu->general[REGISTER_RCX];
    struct x86_cpuid machine = x86_cpuid(leaf, subleaf);
    struct cpuid_leaf answer = {machine.eax, machine.ebx, machine.ecx, machine.edx};
    cpuid_policy_filter(leaf, subleaf, &vcpu->cpuid_config, &answer);
    return exit_cpuid_answer(vcpu, &answer);
}

static enum vm_action exit_cpuid(struct vcpu *vcpu, const struct vm_exit *exit)
{
    static const struct cpuid_leaf nothing;
    uint32_t leaf = (uint32_t)vcpu->general[REGISTER_RAX];
    const struct cpuid_leaf *answer = cpuid_policy_find(&vcpu->cpuid, leaf);
    (void)exit;

    if (cpuid_policy_has_subleaves(leaf))
        return exit_cpuid_subleaf(vcpu);
    return exit_cpuid_answer(vcpu, answer ? answer : &nothing);
}

/* With interrupts off nothing but INIT will wake this VCPU. */
static enum vm_action exit_hlt(struct vcpu *vcpu, const struct vm_exit *exit)
{
    (void)vcpu;
    (void)exit;
    return VM_BLOCK;
}

/* The host takes the interrupt for which the guest was left. */
static enum vm_action exit_external_interrupt(struct vcpu *vcpu, const struct vm_exit *exit)
{
    (void)vcpu;
    (void)exit;
    __asm__ volatile("sti; nop; cli" : : : "memory");
    return VM_RESUME;
}

/* A guest that has waited by PAUSE for long, perhaps with interrupts off: the host's are looked at, so that another
 * VCPU gets its turn (under Bochs 2.7 a physical interrupt does not end the run of an AMD-V guest whose interrupts are
 * off). */
static enum vm_action exit_pause(struct vcpu *vcpu, const struct vm_exit *exit)
{
    exit_external_interrupt(vcpu, exit);
    return VM_SKIP;
}

/* What was pending has happened when the global interrupt flag was set again (NMI), or is looked at before the next
 * entry (the interrupt window). */
static enum vm_action exit_nothing(struct vcpu *vcpu, const struct vm_exit *exit)
{
    (void)vcpu;
    (void)exit;
    return VM_RESUME;
}

/* Memory stays coherent without it: no device here reads behind the caches. QEMU 7.2 reports INVD as WBINVD, so either
 * may stand at RIP. */
static enum vm_action exit_cache_flush(struct vcpu *vcpu, const struct vm_exit *exit)
{
    if (!exit->next_rip) {
        uint64_t length = instruction_length(vcpu, OPERATION_WBINVD);
        if (!length)
            length = instruction_length(vcpu, OPERATION_INVD);
        if (!length)
            return dispatch_retry(vcpu);
        vcpu->exit.next_rip = exit->rip + length;
    }
    return VM_SKIP;
}

static enum vm_action exit_undefined(struct vcpu *vcpu, const struct vm_exit *exit)
{
    (void)exit;
    return MUTATED(vt_undefined) ? VM_SKIP : exit_raise(vcpu, X86_VECTOR_UD);
}

static enum vm_action exit_protected(struct vcpu *vcpu, const struct vm_exit *exit)
{
    (void)exit;
    return exit_raise(vcpu, X86_VECTOR_GP);
}

static enum vm_action exit_exception(struct vcpu *vcpu, const struct vm_exit *exit)
{
    if (exit->exception.vector == X86_VECTOR_MC)
        panic("machine check while a guest was running");
    event_raise(&vcpu->events, exit->exception.vector, exit->exception.has_error_code, exit->exception.error_code);
    return VM_RESUME;
}

/* APM vol. 4, "XSETBV": x87 always, AVX not without SSE; and nothing that is not switched. */
static enum vm_action exit_xsetbv(struct vcpu *vcpu, const struct vm_exit *exit)
{
    const uint64_t *general = vcpu->general;
    uint64_t value = general[REGISTER_RDX] << 32 | (uint32_t)general[REGISTER_RAX];
    bool is_valid = exit->cpl == 0 && (uint32_t)general[REGISTER_RCX] == 0 && value & FPU_X87 &&
                    !(value & ~fpu_allowed()) && (!(value & FPU_AVX) || value & FPU_SSE);
    if (!is_valid && !MUTATED(vt_xsetbv_value))
        return exit_raise(vcpu, X86_VECTOR_GP);
    x86_xsetbv(0, value);
    return VM_SKIP;
}

static enum vm_action exit_triple_fault(struct vcpu *vcpu, const struct vm_exit *exit)
{
    (void)exit;
    report_stop(vcpu, VM_STOP_TRIPLE_FAULT, "triple fault");
    return VM_STOP;
}

/* EIP behind an instruction that exits is left as the sum, which every exit would pay for to have it otherwise: where
 * that is beyond 4 GiB and the CPU minds (VT-x), it begins anew here, and what was to be delivered still is: a failed
 * entry leaves it. SDM vol. 3, "Checks on Guest RIP, RFLAGS, and SSP"; "VM-Entry Failures". */
static enum vm_action exit_entry_failed(struct vcpu *vcpu, const struct vm_exit *exit)
{
    (void)exit;
    struct registers registers;
    vcpu->vm->cpu->read_registers(vcpu, &registers);
    uint64_t wrapped = (uint32_t)registers.rip;
    if (registers.rip != wrapped && registers_decode_mode(&registers) != DECODE_MODE_64) {
        registers.rip = wrapped;
        vcpu->vm->cpu->write_registers(vcpu, &registers);
        return dispatch_retry(vcpu);
    }
    report_stop(vcpu, VM_STOP_BAD_STATE, "the CPU refuses to enter the guest in this state");
    return VM_STOP;
}

const struct vm_exit_row exit_table_common[VM_EXIT_REASONS] = {
    [VM_EXIT_CPUID] = {exit_cpuid, OPERATION_CPUID},
    [VM_EXIT_HYPERCALL] = {hypercall_handle, OPERATION_VMMCALL},
    [VM_EXIT_HLT] = {exit_hlt, OPERATION_HLT},
    [VM_EXIT_MSR_READ] = {msr_handle_read, OPERATION_RDMSR},
    [VM_EXIT_MSR_WRITE] = {msr_handle_write, OPERATION_WRMSR},
    [VM_EXIT_CR_ACCESS] = {control_handle_access, OPERATION_NONE},
    [VM_EXIT_EXCEPTION] = {exit_exception, OPERATION_NONE},
    [VM_EXIT_EXTERNAL_INTERRUPT] = {exit_external_interrupt, OPERATION_NONE},
    [VM_EXIT_PAUSE] = {exit_pause, OPERATION_PAUSE},
    [VM_EXIT_NMI] = {exit_nothing, OPERATION_NONE},
    [VM_EXIT_INTERRUPT_WINDOW] = {exit_nothing, OPERATION_NONE},
    [VM_EXIT_INIT] = {exit_nothing, OPERATION_NONE},
    [VM_EXIT_WBINVD] = {exit_cache_flush, OPERATION_NONE},
    [VM_EXIT_INVD] = {exit_cache_flush, OPERATION_NONE},
    [VM_EXIT_XSETBV] = {exit_xsetbv, OPERATION_XSETBV},
    [VM_EXIT_RDPMC] = {exit_protected, OPERATION_NONE},
    [VM_EXIT_MONITOR] = {exit_undefined, OPERATION_NONE},
    [VM_EXIT_MWAIT] = {exit_undefined, OPERATION_NONE},
    [VM_EXIT_VIRTUALIZATION_INSTRUCTION] = {exit_undefined, OPERATION_NONE},
    [VM_EXIT_TRIPLE_FAULT] = {exit_triple_fault, OPERATION_NONE},
    [VM_EXIT_ENTRY_FAILED] = {exit_entry_failed, OPERATION_NONE},
};
