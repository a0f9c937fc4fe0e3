/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AMD-V as a cpu backend: the table of operations, and the few that stand on the way between two exits.
 */
#include "cpu/svm/svm.h"
#include "cpu/cpu_backend.h"
#include "cpu/svm/svm_decode.h"
#include "cpu/svm/svm_virq.h"
#include "machine/cpu.h"
#include "machine/cpu_features.h"
#include <coopvirt/format.h>
#include <coopvirt/mutation.h>
#include <coopvirt/x86.h>
#include <coopvirt/x86_instructions.h>

/* Nested tables have the long-mode format, walked as user accesses. APM vol. 2, "Nested Table Walk". */
static struct nested_format svm_nested_format = {
    .present = X86_PTE_P,
    .table = X86_PTE_P | X86_PTE_W | X86_PTE_U,
    .read = X86_PTE_P | X86_PTE_U,
    .write = X86_PTE_W,
    .no_execute = X86_PTE_NX,
    .large = X86_PTE_PS,
    .accessed = X86_PTE_A,
};

/* There is no list of roots as VT-x has it. */
static const struct cpu_direct svm_direct = {.lacks = 0, .root_targets = 0};

static int svm_probe_and_fill(void)
{
    svm_nested_format.has_1g = cpu_features()->page_1g;
    if (!cpu_features()->nested_paging)
        svm_nested_format.present = 0;
    return svm_probe();
}

/* An ASID that no translation on this CPU bears. When all are used up, a new generation begins with a flush of
 * everything, which falls due at the next entry on this CPU, whoever's that is. APM vol. 2, "TLB Flush". */
static void svm_renew_asid(struct svm_vcpu *svm, struct svm_cpu *cpu)
{
    if (cpu->next_asid >= cpu->asid_count) {
        cpu->next_asid = 1;
        cpu->generation++;
        cpu->is_flush_due = true;
    }
    svm->vmcb->control.asid = cpu->next_asid++;
    svm->generation = cpu->generation;
    svm->cpu = cpu;
    svm->host_state = cpu->host_state;
}

/* Another root in CR3, which the guest has not loaded by itself: what MOV to CR3 flushes goes, by a flush of this ASID
 * where the CPU has one. APM vol. 2, "TLB Flush". */
static void svm_flush_local(struct svm_vcpu *svm, struct svm_cpu *cpu)
{
    if (!cpu->has_flush_by_asid) {
        svm_renew_asid(svm, cpu);
        return;
    }
    svm->vmcb->control.tlb_control = VMCB_TLB_FLUSH_ASID_LOCAL;
    svm->has_orders = true;
}

/* Translations of an older generation, of another CPU, or made before a flush was asked for, must not be met again.
 * Between exits the CPU has nothing of a VCPU that its control block lacks. */
static void svm_hold(struct vcpu *vcpu, bool is_held)
{
    struct svm_vcpu *svm = svm_of(vcpu);
    struct svm_cpu *cpu = cpu_current()->vendor;
    if (!is_held)
        return;
    bool is_stale = svm->cpu != cpu || svm->generation != cpu->generation;
    if (is_stale || (vcpu->is_flush_wanted && !MUTATED(vt_flush)))
        svm_renew_asid(svm, cpu);
    else if (vcpu->is_root_changed && !MUTATED(vt_flush_root))
        svm_flush_local(svm, cpu);
    if (cpu->is_flush_due) {
        svm->vmcb->control.tlb_control = VMCB_TLB_FLUSH_ALL;
        svm->has_orders = true;
    }
    vcpu->is_flush_wanted = vcpu->is_root_changed = false;
    if (svm->is_shadow || svm->is_direct)
        svm->vmcb->save.cr3 = vcpu->paging_root;
    x86_write_cr2(svm->vmcb->save.cr2); /* Bochs 2.7 ignores the control block's */
}

/* What was meant for one entry only; and the interrupt window, which is shut once it has been told of. */
static inline void svm_clear_orders(struct svm_vcpu *svm)
{
    struct vmcb *vmcb = svm->vmcb;
    vmcb->control.event_injection = 0;
    if (vmcb->control.tlb_control == VMCB_TLB_FLUSH_ALL)
        ((struct svm_cpu *)cpu_current()->vendor)->is_flush_due = false;
    vmcb->control.tlb_control = VMCB_TLB_KEEP;
    svm->injected = 0;
    uint32_t code = (uint32_t)vmcb->control.exit_code;
    if (code == VMCB_EXIT_VINTR || code == VMCB_EXIT_CR_WRITE + 8)
        svm_virq_clear(vmcb);
    svm->has_orders = vmcb->control.intercept_cr_writes & VMCB_INTERCEPT_CR8 || svm->is_nmi_blocked || svm->is_stepping;
}

/* What V_IRQ was for at this entry is over, like EVENTINJ; true: it has not been delivered. */
static bool svm_end_virq(struct svm_vcpu *svm)
{
    bool is_left = svm->vmcb->control.virtual_interrupt & VMCB_V_IRQ;
    svm->is_virq_injected = false;
    svm_virq_clear(svm->vmcb);
    return is_left;
}

/* After an event has been injected. Apart, as the next, so that other exits save no registers for it. */
static __attribute__((noinline)) void svm_decode_after_event(struct vcpu *vcpu)
{
    struct svm_vcpu *svm = svm_of(vcpu);
    uint64_t injected = svm->injected;
    bool is_virq_left = svm->is_virq_injected && svm_end_virq(svm);
    svm_clear_orders(svm);
    svm_exit_decode(svm->vmcb, injected, &vcpu->exit);
    if (is_virq_left) {
        svm_virq_restore(svm->vmcb, (uint8_t)injected, &vcpu->exit, &vcpu->events);
        vcpu->account.injections--; /* counted when it is tried again */
    }
    if (svm->is_nmi_blocked || svm->is_stepping)
        svm_nmi_after_exit(vcpu);
}

/* After other orders: mostly a flush alone, which each change of address space brings where flushes are by ASID. */
static __attribute__((noinline)) void svm_decode_after_orders(struct vcpu *vcpu)
{
    struct svm_vcpu *svm = svm_of(vcpu);
    svm_clear_orders(svm);
    if (svm_exit_is_hypercall(svm->vmcb))
        svm_exit_decode_hypercall(svm->vmcb, &vcpu->exit);
    else
        svm_exit_decode(svm->vmcb, 0, &vcpu->exit);
    if (svm->is_nmi_blocked || svm->is_stepping)
        svm_nmi_after_exit(vcpu);
}

static void svm_decode(struct vcpu *vcpu)
{
    const struct svm_vcpu *svm = svm_of(vcpu);
    const struct vmcb *vmcb = svm->vmcb;
    if (__builtin_expect(svm->has_orders && svm->injected, 0))
        svm_decode_after_event(vcpu);
    else if (__builtin_expect(svm->has_orders, 0))
        svm_decode_after_orders(vcpu);
    else if (svm_exit_is_hypercall(vmcb))
        svm_exit_decode_hypercall(vmcb, &vcpu->exit);
    else
        svm_exit_decode(vmcb, 0, &vcpu->exit);
}

/* As the manual names the fields. */
static void svm_describe_controls(const struct vmcb *vmcb, char *text, size_t size)
{
    const struct vmcb_control *control = &vmcb->control;
    format_string(text, size,
                  "\"intercept_cr_reads\":\"%x\",\"intercept_cr_writes\":\"%x\",\"intercept_dr_reads\":\"%x\","
                  "\"intercept_dr_writes\":\"%x\",\"intercept_exceptions\":\"%x\",\"intercepts\":\"%x\","
                  "\"intercepts_svm\":\"%x\",\"nested_paging\":\"%lx\",\"virtual_interrupt\":\"%lx\",\"cr0\":\"%lx\","
                  "\"cr4\":\"%lx\",\"efer\":\"%lx\"",
                  control->intercept_cr_reads, control->intercept_cr_writes, control->intercept_dr_reads,
                  control->intercept_dr_writes, control->intercept_exceptions, control->intercepts,
                  control->intercepts_svm, control->nested_control, control->virtual_interrupt, vmcb->save.cr0,
                  vmcb->save.cr4, vmcb->save.efer);
}

static void svm_describe(const struct vcpu *vcpu, enum cpu_description what, char *text, size_t size)
{
    const struct vmcb_control *control = &svm_of(vcpu)->vmcb->control;
    if (what == CPU_DESCRIPTION_CONTROLS) {
        svm_describe_controls(svm_of(vcpu)->vmcb, text, size);
        return;
    }
    format_string(text, size, "EXITCODE %lx EXITINFO1 %lx EXITINFO2 %lx EXITINTINFO %lx", control->exit_code,
                  control->exit_info1, control->exit_info2, control->exit_interrupt_info);
}

/* A single step over an instruction that a handler has executed: the trap that the CPU would have raised. */
static __attribute__((noinline)) void svm_step(struct vcpu *vcpu)
{
    svm_of(vcpu)->vmcb->save.dr6 |= X86_DR6_SINGLE_STEP;
    event_raise(&vcpu->events, X86_VECTOR_DB, false, 0);
}

static void svm_advance(struct vcpu *vcpu, uint64_t rip)
{
    struct vmcb *vmcb = svm_of(vcpu)->vmcb;
    vmcb->save.rip = rip;
    vmcb->control.interrupt_shadow = 0;
    if (__builtin_expect(vmcb->save.rflags & X86_FLAGS_TF, 0))
        svm_step(vcpu);
}

const struct cpu_backend svm_backend = {
    .name = "svm",
    .nested_format = &svm_nested_format,
    .probe = svm_probe_and_fill,
    .start_cpu = svm_start_cpu,
    .vcpu_create = svm_vcpu_create,
    .vcpu_destroy = svm_vcpu_destroy,
    .hold = svm_hold,
    .enter = svm_enter,
    .decode = svm_decode,
    .inject = svm_inject,
    .window = svm_window,
    .advance = svm_advance,
    .read_registers = svm_read_registers,
    .write_registers = svm_write_registers,
    .describe = svm_describe,
    .write_control = svm_write_control,
    .has_shadow = true,
    .direct = &svm_direct,
    .hypercall = {0x0f, 0x01, 0xd9}, /* VMMCALL */
};
