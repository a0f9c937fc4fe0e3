/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Saving and loading at a change of VCPU.
 */
#include "core/context.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "cpu/cpu_backend.h"
#include "machine/cpu.h"
#include "machine/fpu.h"
#include <coopvirt/mutation.h>
#include <coopvirt/x86.h>
#include <coopvirt/x86_instructions.h>

static struct vcpu *context_owner[CPU_LIMIT]; /* whose state a CPU holds; that CPU only */

static void context_save(struct vcpu *vcpu)
{
    if (fpu_allowed()) {
        vcpu->xcr0 = x86_xgetbv(0); /* QEMU 7.2 has no XSETBV intercept: what the guest chose is only known here */
        x86_xsetbv(0, fpu_allowed());
    }
    __asm__ volatile("clts"); /* a deprivileged guest's may be the CPU's */
    fpu_save(vcpu->fpu);
    __asm__ volatile("mov %%db0, %0; mov %%db1, %1; mov %%db2, %2; mov %%db3, %3"
                     : "=r"(vcpu->debug_registers[0]), "=r"(vcpu->debug_registers[1]), "=r"(vcpu->debug_registers[2]),
                       "=r"(vcpu->debug_registers[3]));
    if (vcpu->has_tsc_aux)
        vcpu->tsc_aux = x86_rdmsr(X86_MSR_TSC_AUX);
    vcpu->vm->cpu->hold(vcpu, false);
    __atomic_store_n(&vcpu->fpu_cpu, CPU_LIMIT, __ATOMIC_RELEASE);
}

static void context_load(struct vcpu *vcpu, unsigned cpu)
{
    if (fpu_allowed())
        x86_xsetbv(0, fpu_allowed());
    if (!MUTATED(context_fpu))
        fpu_restore(vcpu->fpu);
    if (fpu_allowed())
        x86_xsetbv(0, vcpu->xcr0);
    if (!MUTATED(context_debug))
        __asm__ volatile("mov %0, %%db0; mov %1, %%db1; mov %2, %%db2; mov %3, %%db3"
                         :
                         : "r"(vcpu->debug_registers[0]), "r"(vcpu->debug_registers[1]), "r"(vcpu->debug_registers[2]),
                           "r"(vcpu->debug_registers[3]));
    if (vcpu->has_tsc_aux)
        x86_wrmsr(X86_MSR_TSC_AUX, vcpu->tsc_aux);
    __atomic_store_n(&vcpu->fpu_cpu, cpu, __ATOMIC_RELEASE);
}

void context_switch(struct vcpu *vcpu)
{
    unsigned cpu = cpu_current()->index;
    struct vcpu *owner = context_owner[cpu];
    if (owner != vcpu) {
        if (owner)
            context_save(owner);
        context_load(vcpu, cpu);
        context_owner[cpu] = vcpu;
    }
    vcpu->vm->cpu->hold(vcpu, true);
}

void context_forget(struct vcpu *vcpu)
{
    unsigned cpu = cpu_current()->index;
    if (context_owner[cpu] != vcpu)
        return;
    vcpu->vm->cpu->hold(vcpu, false);
    context_owner[cpu] = 0;
}
