/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A visit that goes on: the emulator runs from behind the instruction that exited, and where it meets one that only a
 * row of the exit table can carry out (CPUID, MSRs, control registers, INVLPG), that row is called as if it had exited.
 */
#include "core/cluster.h"
#include "core/emulation.h"
#include "core/instruction.h"
#include "core/msr.h"
#include "core/privileged.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "cpu/cpu_backend.h"
#include "mmu/mmu_backend.h"
#include <coopvirt/x86.h>

/* The exit that an instruction would have made in this mode; VM_EXIT_OTHER: none, or none that is known here. */
static enum vm_exit_reason cluster_reason(const struct vcpu *vcpu, const struct instruction *instruction)
{
    enum vm_exit_reason reason = privileged_reason(instruction);
    struct vm_exit_control control = privileged_control(instruction);
    bool hides_tables = vcpu->vm->mmu->hides_tables, exits = true;
    if (reason == VM_EXIT_MSR_READ || reason == VM_EXIT_MSR_WRITE)
        exits = msr_is_held((uint32_t)vcpu->general[REGISTER_RCX]);
    else if (reason == VM_EXIT_INVLPG)
        exits = hides_tables;
    else if (reason == VM_EXIT_CR_ACCESS)
        exits = control.number != 8 && !instruction->has_memory_operand &&
                (hides_tables || (instruction->operation == OPERATION_MOV_TO_CR && control.number != 3));
    return exits ? reason : VM_EXIT_OTHER;
}

/* Carries out the privileged instruction at RIP by its row. False: it is left to exit by itself. */
static bool cluster_privileged(struct vcpu *vcpu)
{
    struct vm *vm = vcpu->vm;
    struct registers registers;
    vm->cpu->read_registers(vcpu, &registers);
    const struct instruction *instruction = registers.cpl == 0 ? instruction_decode_at(vcpu, &registers) : 0;
    enum vm_exit_reason reason = instruction ? cluster_reason(vcpu, instruction) : VM_EXIT_OTHER;
    if (reason == VM_EXIT_OTHER ||
        !privileged_is_done(privileged_carry_out(vcpu, &registers, instruction, reason, vm->cluster_own)))
        return false;
    vm->cpu->advance(vcpu, vcpu->exit.next_rip);
    return true;
}

static bool cluster_may_go_on(const struct vcpu *vcpu)
{
    return !vcpu->events.is_busy && !vm_is_stopped(vcpu->vm) && !vcpu->requests;
}

static void cluster_go_on(struct vcpu *vcpu, unsigned most)
{
    struct vm_exit first = vcpu->exit; /* whose cost this visit is */
    unsigned emulated = 0, saved = 0, reach = 0;
    while (emulated < most && cluster_may_go_on(vcpu)) {
        unsigned last = 0, done = emulation_go_on(vcpu, most - emulated, &saved, &last);
        reach = last ? emulated + last : reach;
        emulated += done;
        if (emulated == most || !cluster_may_go_on(vcpu) || !cluster_privileged(vcpu))
            break;
        reach = ++emulated;
        saved++;
    }
    uint8_t task_priority = vcpu->exit.task_priority;
    vcpu->exit = first;
    vcpu->exit.task_priority = task_priority;
    cluster_learn(&vcpu->cluster, emulated, saved, reach);
}

/* A guest that steps or has a breakpoint somewhere runs on the CPU, which sees to it. */
static bool cluster_is_plain(struct vcpu *vcpu)
{
    struct registers registers;
    vcpu->vm->cpu->read_registers(vcpu, &registers);
    return !(registers.rflags & X86_FLAGS_TF) && !(registers.dr7 & X86_DR7_ENABLED);
}

/* A fault that only led to a mapping is neither one to go on from nor one that could have been saved: an instruction
 * that has been carried out says what is behind it. */
static enum vm_action cluster_handle(struct vcpu *vcpu, const struct vm_exit *exit)
{
    struct vm *vm = vcpu->vm;
    uint64_t rip = exit->rip;
    bool is_fault = exit->reason == VM_EXIT_PAGE_FAULT || exit->reason == VM_EXIT_NESTED_FAULT;
    if (is_fault)
        vcpu->exit.next_rip = 0;
    enum vm_action action = vm->cluster_own[exit->reason].handler(vcpu, exit);
    bool is_done = privileged_is_done(action);
    bool is_carried_out = is_done || (action == VM_RESUME && (!is_fault || vcpu->exit.next_rip));
    unsigned worth =
        cluster_expects(&vcpu->cluster, rip, account_guest(&vcpu->account), is_carried_out, vm->switches.cluster);
    if (!worth)
        return action;
    if (is_done)
        vm->cpu->advance(vcpu, vcpu->exit.next_rip);
    if (cluster_may_go_on(vcpu) && cluster_is_plain(vcpu))
        cluster_go_on(vcpu, worth);
    return vm_is_stopped(vm) ? VM_STOP : VM_RESUME;
}

void cluster_install(struct vm_exit_row *table, struct vm_exit_row *own)
{
    static const uint8_t reasons[] = {VM_EXIT_CPUID,     VM_EXIT_PORT_IO,      VM_EXIT_MSR_READ,   VM_EXIT_MSR_WRITE,
                                      VM_EXIT_CR_ACCESS, VM_EXIT_NESTED_FAULT, VM_EXIT_PAGE_FAULT, VM_EXIT_INVLPG};
    for (unsigned i = 0; i < VM_EXIT_REASONS; i++)
        own[i] = table[i];
    for (unsigned i = 0; i < sizeof(reasons); i++)
        table[reasons[i]].handler = cluster_handle;
}
