/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VT-x as a cpu backend: the table of operations, and the few that stand on the way between two exits.
 */
#include "cpu/vmx/vmx.h"
#include "cpu/cpu_backend.h"
#include "cpu/vmx/vmx_check.h"
#include "cpu/vmx/vmx_decode.h"
#include "cpu/vmx/vmx_ept.h"
#include "machine/cpu_features.h"
#include <coopvirt/format.h>
#include <coopvirt/x86.h>

static struct nested_format vmx_nested_format;
static struct cpu_direct vmx_direct;

static int vmx_probe_and_fill(void)
{
    int error = vmx_probe();
    vmx_direct = (struct cpu_direct){.lacks = vmx_controls.direct_lacks, .root_targets = vmx_controls.cr3_targets};
    if (vmx_controls.has_nested)
        vmx_nested_format = vmx_ept_format(vmx_capabilities.ept_vpid);
    return error;
}

/* An entry that did not happen looks like one that failed on the guest's state. */
static void vmx_decode_failure(struct vcpu *vcpu)
{
    vcpu->exit.reason = VM_EXIT_ENTRY_FAILED;
    vcpu->exit.next_rip = 0;
    vcpu->exit.interrupted.kind = VM_EVENT_NONE;
}

/* The fields that few exits need. */
static void vmx_snapshot_more(struct vmx_raw_exit *raw, unsigned needs)
{
    if (needs & VMX_NEED_GUEST_PHYSICAL)
        raw->guest_physical = vmx_read(VMCS_GUEST_PHYSICAL_ADDRESS);
    if (needs & VMX_NEED_CODE)
        raw->code = (uint32_t)vmx_read(VMCS_GUEST_CS_RIGHTS);
    if (needs & VMX_NEED_FLAGS)
        raw->flags = vmx_read(VMCS_GUEST_RFLAGS);
    raw->interruption = 0;
    if (needs & VMX_NEED_INTERRUPTION) {
        raw->interruption = (uint32_t)vmx_read(VMCS_EXIT_INTERRUPTION);
        raw->interruption_error = (uint32_t)vmx_read(VMCS_EXIT_INTERRUPTION_ERROR);
        vmx_take_host_event(raw->interruption);
    }
    if (needs & VMX_NEED_VECTORING) {
        raw->vectoring = (uint32_t)vmx_read(VMCS_VECTORING);
        raw->vectoring_error = (uint32_t)vmx_read(VMCS_VECTORING_ERROR);
        vmx_restore_blocking(raw->reason, raw->interruption, raw->vectoring, raw->qualification);
    }
}

/* On its own tables the guest changes by itself between the roots of the CR3-target list: which one it is in is known
 * only here. */
static inline void vmx_read_root(struct vcpu *vcpu, const struct vmx_vcpu *vmx)
{
    if (vmx->is_direct)
        vcpu->paging_root = vmx_read(VMCS_GUEST_CR3);
}

/* Kept out of line, so that the way of plain exits saves no registers. */
static __attribute__((noinline)) void vmx_decode_more(struct vcpu *vcpu, uint32_t reason)
{
    struct vmx_vcpu *vmx = vmx_of(vcpu);
    unsigned needs = vmx_exit_needs(reason);
    struct vmx_raw_exit raw;
    if (vmx->failure) {
        vmx_decode_failure(vcpu);
        return;
    }
    vmx_read_root(vcpu, vmx);
    raw.reason = reason;
    raw.rip = vmx_read(VMCS_GUEST_RIP);
    raw.length = (uint32_t)vmx_read(VMCS_INSTRUCTION_LENGTH); /* not always meant: vmx_exit_decode knows */
    raw.task_priority = vmx_task_priority(vmx);
    if (needs & VMX_NEED_QUALIFICATION)
        raw.qualification = vmx_read(VMCS_EXIT_QUALIFICATION);
    if (needs & ~(unsigned)(VMX_NEED_LENGTH | VMX_NEED_QUALIFICATION))
        vmx_snapshot_more(&raw, needs);
    vmx_exit_decode(&raw, &vcpu->exit);
    if (vcpu->exit.reason == VM_EXIT_INTERRUPT_WINDOW)
        vmx_close_window(vmx);
    if (reason == VMX_REASON_PREEMPTION_TIMER)
        vmx_write(VMCS_PREEMPTION_TIMER, vmx_controls.timer);
}

/* SDM vol. 3, "Guest Register State": the CPL is SS's DPL. */
static inline uint8_t vmx_read_cpl(void)
{
    return vmx_read(VMCS_GUEST_SS_RIGHTS) >> 5 & 3;
}

/* The shortest way of all, for which the failure is not asked by itself. */
static inline void vmx_decode_hypercall(struct vcpu *vcpu, const struct vmx_vcpu *vmx)
{
    if (__builtin_expect(vmx->usual == VMX_USUAL_DIRECT, 1)) {
        vcpu->paging_root = vmx_read(VMCS_GUEST_CR3);
    } else if (vmx->failure) {
        vmx_decode_more(vcpu, VMX_REASON_VMCALL);
        return;
    }
    vmx_exit_decode_hypercall(vmx_read(VMCS_GUEST_RIP), vmx_task_priority(vmx), vmx_read_cpl(), &vcpu->exit);
}

static void vmx_decode(struct vcpu *vcpu)
{
    const struct vmx_vcpu *vmx = vmx_of(vcpu);
    uint64_t reason = vmx_read(VMCS_EXIT_REASON); /* of 32 bits */
    if (reason == VMX_REASON_VMCALL) {
        vmx_decode_hypercall(vcpu, vmx);
        return;
    }
    unsigned needs = vmx_exit_needs((uint32_t)reason);
    if (__builtin_expect(!vmx_exit_is_plain(needs) || vmx->failure, 0)) {
        vmx_decode_more(vcpu, (uint32_t)reason);
        return;
    }
    vmx_read_root(vcpu, vmx);
    struct vmx_raw_exit raw = {
        .reason = (uint32_t)reason,
        .rip = vmx_read(VMCS_GUEST_RIP),
        .length = (uint32_t)vmx_read(VMCS_INSTRUCTION_LENGTH),
        .task_priority = vmx_task_priority(vmx),
        .cpl = needs & VMX_NEED_CPL ? vmx_read_cpl() : 0,
    };
    vmx_exit_decode_plain(&raw, &vcpu->exit);
}

/* The state that a failed entry found, from what it left. */
static const char *vmx_find_wrong_state(const struct vcpu *vcpu)
{
    struct vmx_guest_state state = {
        .entry_controls = (uint32_t)vmx_read(VMCS_ENTRY_CONTROLS),
        .interruption = (uint32_t)vmx_read(VMCS_ENTRY_INTERRUPTION),
        .interruptibility = (uint32_t)vmx_read(VMCS_GUEST_INTERRUPTIBILITY),
        .activity = (uint32_t)vmx_read(VMCS_GUEST_ACTIVITY),
        .pending_debug = vmx_read(VMCS_GUEST_PENDING_DEBUG),
        .link_pointer = vmx_read(VMCS_LINK_POINTER),
        .physical_bits = cpu_features()->physical_bits,
        .is_unrestricted = vmx_of(vcpu)->has_ept,
        .capabilities = &vmx_capabilities,
    };
    for (unsigned i = 0; vmx_of(vcpu)->has_ept && i < 4; i++)
        state.pdptes[i] = vmx_read(VMCS_GUEST_PDPTE0 + 2 * i);
    uint64_t cr0 = vmx_read(VMCS_GUEST_CR0), cr4 = vmx_read(VMCS_GUEST_CR4);
    vmx_read_registers(vcpu, &state.registers);
    state.registers.cr0 = cr0;
    state.registers.cr4 = cr4;
    const char *wrong = vmx_check_guest_state(&state);
    return wrong ? wrong : "nothing that is known here";
}

/* As the manual names the fields. Secondary controls count only where the primary ones activate them. */
static void vmx_describe_controls(char *text, size_t size)
{
    uint64_t primary = vmx_read(VMCS_PRIMARY_CONTROLS);
    format_string(text, size,
                  "\"pin\":\"%lx\",\"primary\":\"%lx\",\"secondary\":\"%lx\",\"exit\":\"%lx\",\"entry\":\"%lx\","
                  "\"exception_bitmap\":\"%lx\",\"page_fault_mask\":\"%lx\",\"page_fault_match\":\"%lx\","
                  "\"cr3_targets\":\"%lx\",\"cr0_mask\":\"%lx\",\"cr4_mask\":\"%lx\",\"cr0\":\"%lx\",\"cr4\":\"%lx\","
                  "\"efer\":\"%lx\"",
                  vmx_read(VMCS_PIN_CONTROLS), primary,
                  primary & VMX_PRIMARY_SECONDARY ? vmx_read(VMCS_SECONDARY_CONTROLS) : 0, vmx_read(VMCS_EXIT_CONTROLS),
                  vmx_read(VMCS_ENTRY_CONTROLS), vmx_read(VMCS_EXCEPTION_BITMAP), vmx_read(VMCS_PAGE_FAULT_MASK),
                  vmx_read(VMCS_PAGE_FAULT_MATCH), vmx_read(VMCS_CR3_TARGET_COUNT), vmx_read(VMCS_CR0_MASK),
                  vmx_read(VMCS_CR4_MASK), vmx_read(VMCS_GUEST_CR0), vmx_read(VMCS_GUEST_CR4),
                  vmx_read(VMCS_GUEST_EFER));
}

/* The raw exit, as the manual names it; why, where an entry was refused. */
static void vmx_describe_exit(const struct vcpu *vcpu, const struct vmx_vcpu *vmx, char *text, size_t size)
{
    uint32_t reason = (uint32_t)vmx_read(VMCS_EXIT_REASON);
    if (vmx->failure == VMX_FAILURE_INVALID) {
        format_string(text, size, "no current VMCS");
    } else if (vmx->failure) {
        uint32_t error = (uint32_t)vmx_read(VMCS_INSTRUCTION_ERROR);
        format_string(text, size, "VM-instruction error %u: %s", error, vmx_instruction_error_name(error));
    } else if (reason == (VMX_REASON_ENTRY_FAILED | VMX_REASON_GUEST_STATE)) {
        format_string(text, size, "exit reason %x: %s", reason, vmx_find_wrong_state(vcpu));
    } else {
        format_string(text, size, "exit reason %x qualification %lx interruption %lx vectoring %lx", reason,
                      vmx_read(VMCS_EXIT_QUALIFICATION), vmx_read(VMCS_EXIT_INTERRUPTION), vmx_read(VMCS_VECTORING));
    }
}

static void vmx_describe(const struct vcpu *vcpu, enum cpu_description what, char *text, size_t size)
{
    struct vmx_vcpu *vmx = vmx_of(vcpu), *before = vmx_borrow(vmx);
    if (what == CPU_DESCRIPTION_CONTROLS)
        vmx_describe_controls(text, size);
    else
        vmx_describe_exit(vcpu, vmx, text, size);
    vmx_give_back(vmx, before);
}

/* A single step over an instruction that a handler has executed: the trap that the CPU would have raised. */
static __attribute__((noinline)) void vmx_step(struct vcpu *vcpu)
{
    uint64_t status;
    __asm__ volatile("mov %%db6, %0" : "=r"(status));
    __asm__ volatile("mov %0, %%db6" : : "r"(status | X86_DR6_SINGLE_STEP));
    event_raise(&vcpu->events, X86_VECTOR_DB, false, 0);
}

static inline void vmx_end_shadow(void)
{
    uint64_t state = vmx_read(VMCS_GUEST_INTERRUPTIBILITY);
    if (__builtin_expect(state & (VMX_BLOCKING_STI | VMX_BLOCKING_MOV_SS), 0))
        vmx_write(VMCS_GUEST_INTERRUPTIBILITY, state & ~(uint64_t)(VMX_BLOCKING_STI | VMX_BLOCKING_MOV_SS));
}

/* SDM vol. 3, "Interruptibility State": the instruction after STI or MOV SS has been executed. */
static void vmx_advance(struct vcpu *vcpu, uint64_t rip)
{
    vmx_write(VMCS_GUEST_RIP, rip);
    if (vcpu->exit.reason != VM_EXIT_HYPERCALL) /* which may as well stand in its shadow */
        vmx_end_shadow();
    if (__builtin_expect(vmx_read(VMCS_GUEST_RFLAGS) & X86_FLAGS_TF, 0))
        vmx_step(vcpu);
}

const struct cpu_backend vmx_backend = {
    .name = "vmx",
    .nested_format = &vmx_nested_format,
    .probe = vmx_probe_and_fill,
    .start_cpu = vmx_start_cpu,
    .vcpu_create = vmx_vcpu_create,
    .vcpu_destroy = vmx_vcpu_destroy,
    .hold = vmx_hold,
    .enter = vmx_enter,
    .decode = vmx_decode,
    .inject = vmx_inject,
    .window = vmx_window,
    .advance = vmx_advance,
    .read_registers = vmx_read_registers,
    .write_registers = vmx_write_registers,
    .describe = vmx_describe,
    .write_control = vmx_write_control,
    .has_shadow = true,
    .lacks_real_mode = true, /* unrestricted guest takes EPT. SDM vol. 3, "Unrestricted Guests" */
    .direct = &vmx_direct,
    .hypercall = {0x0f, 0x01, 0xc1}, /* VMCALL */
};
