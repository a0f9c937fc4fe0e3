/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which VCPU's state a physical CPU has loaded: its VMCS, and the few registers that no VMCS has. A VMCS may be active
 * on one CPU only and is reached only there (SDM vol. 3, "VMCS States"), so a VCPU is put back into memory before it
 * goes elsewhere.
 */
#include "cpu/vmx/vmx.h"
#include "machine/cpu.h"
#include "machine/panic.h"
#include <coopvirt/mutation.h>
#include <coopvirt/x86.h>
#include <coopvirt/x86_instructions.h>

/* The rest of what runs free in vmx_bitmaps.c is in the VMCS, or is core's affair (TSC_AUX). */
static const uint32_t vmx_current_msrs[VMX_FREE_MSRS] = {X86_MSR_STAR, X86_MSR_LSTAR, X86_MSR_CSTAR, X86_MSR_SFMASK,
                                                         X86_MSR_KERNEL_GS_BASE};

static struct vmx_cpu *vmx_here(void)
{
    return cpu_current()->vendor;
}

static void vmx_point_at(const struct vmx_vcpu *vmx)
{
    if (!vmx_point(vmx->vmcs))
        panic("vmx: VMPTRLD of %lx fails with instruction error %lu", vmx->vmcs, vmx_read(VMCS_INSTRUCTION_ERROR));
}

static void vmx_clear_it(struct vmx_vcpu *vmx)
{
    if (!vmx_clear(vmx->vmcs))
        panic("vmx: VMCLEAR of %lx fails with instruction error %lu", vmx->vmcs, vmx_read(VMCS_INSTRUCTION_ERROR));
    vmx->is_launched = false;
}

static void vmx_save_registers(struct vmx_vcpu *vmx)
{
    vmx->cr2 = x86_read_cr2();
    __asm__ volatile("mov %%db6, %0" : "=r"(vmx->dr6));
    for (unsigned i = 0; i < VMX_FREE_MSRS; i++)
        vmx->msrs[i] = x86_rdmsr(vmx_current_msrs[i]);
}

static void vmx_load_registers(const struct vmx_vcpu *vmx)
{
    x86_write_cr2(vmx->cr2);
    __asm__ volatile("mov %0, %%db6" : : "r"(vmx->dr6));
    for (unsigned i = 0; i < VMX_FREE_MSRS; i++)
        x86_wrmsr(vmx_current_msrs[i], vmx->msrs[i]);
}

/* SDM vol. 3, "Operations that Invalidate Cached Mappings": without a VPID entries and exits do that for linear
 * addresses. */
static void vmx_flush(const struct vmx_vcpu *vmx)
{
    if (vmx_controls.has_vpid)
        vmx_invalidate_vpid(vmx_controls.has_invvpid_one ? VMX_INVVPID_ONE : VMX_INVVPID_ALL, vmx->vpid);
    if (vmx->has_ept)
        vmx_invalidate_ept(vmx_controls.has_invept_one ? VMX_INVEPT_ONE : VMX_INVEPT_ALL, vmx->ept_pointer);
}

/* What MOV to CR3 flushes, for a root that the guest has not loaded by itself. */
static void vmx_flush_local(const struct vmx_vcpu *vmx)
{
    if (vmx_controls.has_invvpid_local)
        vmx_invalidate_vpid(VMX_INVVPID_LOCAL, vmx->vpid);
    else
        vmx_flush(vmx);
}

/* The CR3-target list as vcpu->roots has it. SDM vol. 3, "CR3-Target Controls". */
static void vmx_write_roots(struct vcpu *vcpu)
{
    coop_paddr roots[ROOT_CACHE_MOST];
    unsigned count = root_cache_list(&vcpu->roots, roots);
    for (unsigned i = 0; i < count; i++)
        if (vcpu->roots.changed >> i & 1)
            vmx_write(VMCS_CR3_TARGET_0 + 2 * i, roots[i]);
    if (vcpu->roots.changed == ROOT_CACHE_ALL)
        vmx_write(VMCS_CR3_TARGET_COUNT, count);
    vcpu->roots.changed = 0;
}

static void vmx_take(struct vmx_cpu *cpu, struct vmx_vcpu *vmx)
{
    vmx_point_at(vmx);
    vmx_load_registers(vmx);
    cpu->current = vmx;
}

static void vmx_put(struct vmx_cpu *cpu, struct vmx_vcpu *vmx)
{
    if (cpu->current != vmx)
        return;
    vmx_save_registers(vmx);
    vmx_clear_it(vmx);
    cpu->current = 0;
}

void vmx_hold(struct vcpu *vcpu, bool is_held)
{
    struct vmx_vcpu *vmx = vmx_of(vcpu);
    struct vmx_cpu *cpu = vmx_here();
    if (!is_held) {
        vmx_put(cpu, vmx);
        return;
    }
    if (cpu->current != vmx)
        vmx_take(cpu, vmx);
    /* On its first CPU or a new one there may be translations from an earlier owner of its tag or its tables. */
    if (vmx->cpu != cpu) {
        vmx_write_host_state();
        vmx->cpu = cpu;
        vmx->host_rsp = 0;
        vcpu->is_flush_wanted = true;
    }
    if (vcpu->is_flush_wanted && !MUTATED(vt_flush))
        vmx_flush(vmx);
    else if (vcpu->is_root_changed && !MUTATED(vt_flush_root))
        vmx_flush_local(vmx);
    vcpu->is_flush_wanted = vcpu->is_root_changed = false;
    if (!vmx->has_ept)
        vmx_write(VMCS_GUEST_CR3, vcpu->paging_root);
    if (vmx->is_direct && vcpu->roots.changed)
        vmx_write_roots(vcpu);
}

/* For access to a VMCS outside of its VCPU's run loop (set-up, reports). Returns what was current before. */
struct vmx_vcpu *vmx_borrow(struct vmx_vcpu *vmx)
{
    struct vmx_vcpu *before = vmx_here()->current;
    if (before != vmx)
        vmx_point_at(vmx);
    return before;
}

void vmx_give_back(struct vmx_vcpu *vmx, struct vmx_vcpu *before)
{
    if (before == vmx)
        return;
    vmx_clear_it(vmx);
    if (before)
        vmx_point_at(before);
}
