/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's registers between the VMCS and their neutral form. CR0 and CR4 have bits that the host owns: what the
 * guest believes them to be is in the read shadows. SDM vol. 3, "Guest/Host Masks and Read Shadows for CR0 and CR4".
 */
#include "cpu/vmx/vmx.h"
#include "machine/cpu.h"
#include "mmu/guest_memory.h"
#include <coopvirt/x86.h>
#include <coopvirt/x86_instructions.h>

/* The order of segments in the encodings of fields. */
enum { VMX_ES, VMX_CS, VMX_SS, VMX_DS, VMX_FS, VMX_GS, VMX_LDTR, VMX_TR };

/* CR0 bits of the guest that the CPU does not get. */
#define CR0_NOT_TAKEN (X86_CR0_NE | X86_CR0_CD | X86_CR0_NW)

/* Access rights have a hole of four bits at 8, and say 'unusable' where others say 'not present'. */
static struct register_segment vmx_read_segment(unsigned which)
{
    uint32_t rights = (uint32_t)vmx_read(VMCS_GUEST_ES_RIGHTS + 2 * which);
    uint16_t attributes = (uint16_t)((rights & 0xff) | (rights >> 4 & 0xf00));
    if (rights & VMX_SEGMENT_UNUSABLE)
        attributes &= (uint16_t)~REGISTER_SEGMENT_PRESENT;
    return (struct register_segment){(uint16_t)vmx_read(VMCS_GUEST_ES_SELECTOR + 2 * which), attributes,
                                     (uint32_t)vmx_read(VMCS_GUEST_ES_LIMIT + 2 * which),
                                     vmx_read(VMCS_GUEST_ES_BASE + 2 * which)};
}

static void vmx_write_segment(unsigned which, const struct register_segment *segment)
{
    uint32_t rights = (segment->attributes & 0xff) | (segment->attributes & 0xf00u) << 4;
    if (!(segment->attributes & REGISTER_SEGMENT_PRESENT))
        rights |= VMX_SEGMENT_UNUSABLE;
    vmx_write(VMCS_GUEST_ES_SELECTOR + 2 * which, segment->selector);
    vmx_write(VMCS_GUEST_ES_RIGHTS + 2 * which, rights);
    vmx_write(VMCS_GUEST_ES_LIMIT + 2 * which, segment->limit);
    vmx_write(VMCS_GUEST_ES_BASE + 2 * which, segment->base);
}

static bool vmx_is_loaded(const struct vmx_vcpu *vmx)
{
    return ((const struct vmx_cpu *)cpu_current()->vendor)->current == vmx;
}

static void vmx_read_segments(struct registers *registers)
{
    registers->segments[SEGMENT_ES] = vmx_read_segment(VMX_ES);
    registers->segments[SEGMENT_CS] = vmx_read_segment(VMX_CS);
    registers->segments[SEGMENT_SS] = vmx_read_segment(VMX_SS);
    registers->segments[SEGMENT_DS] = vmx_read_segment(VMX_DS);
    registers->segments[SEGMENT_FS] = vmx_read_segment(VMX_FS);
    registers->segments[SEGMENT_GS] = vmx_read_segment(VMX_GS);
    registers->ldtr = vmx_read_segment(VMX_LDTR);
    registers->tr = vmx_read_segment(VMX_TR);
    registers->gdt = (struct register_table){vmx_read(VMCS_GUEST_GDTR_BASE), (uint32_t)vmx_read(VMCS_GUEST_GDTR_LIMIT)};
    registers->idt = (struct register_table){vmx_read(VMCS_GUEST_IDTR_BASE), (uint32_t)vmx_read(VMCS_GUEST_IDTR_LIMIT)};
    registers->cpl = registers->segments[SEGMENT_SS].attributes >> 5 & 3;
}

void vmx_read_registers(const struct vcpu *vcpu, struct registers *registers)
{
    struct vmx_vcpu *vmx = vmx_of(vcpu), *before = vmx_borrow(vmx);
    registers->rip = vmx_read(VMCS_GUEST_RIP);
    registers->rsp = vmx_read(VMCS_GUEST_RSP);
    registers->rflags = vmx_read(VMCS_GUEST_RFLAGS);
    uint64_t cr0_mask = vmx->controls.cr0_mask, cr4_mask = vmx->controls.cr4_mask;
    registers->cr0 = (vmx_read(VMCS_GUEST_CR0) & ~cr0_mask) | (vmx_read(VMCS_CR0_SHADOW) & cr0_mask);
    registers->cr3 = vmx_read(VMCS_GUEST_CR3);
    registers->cr4 = (vmx_read(VMCS_GUEST_CR4) & ~cr4_mask) | (vmx_read(VMCS_CR4_SHADOW) & cr4_mask);
    registers->efer = vmx_read(VMCS_GUEST_EFER);
    registers->pat = vmx_read(VMCS_GUEST_PAT);
    registers->dr7 = vmx_read(VMCS_GUEST_DR7);
    registers->cr2 = vmx->cr2;
    registers->dr6 = vmx->dr6;
    if (vmx_is_loaded(vmx)) {
        registers->cr2 = x86_read_cr2();
        __asm__ volatile("mov %%db6, %0" : "=r"(registers->dr6));
    }
    if (vmx->is_shadow) {
        registers->cr0 = vcpu->paging.cr0;
        registers->cr3 = vcpu->paging.cr3;
        registers->cr4 = vcpu->paging.cr4;
        registers->efer = vcpu->paging.efer;
    }
    vmx_read_segments(registers);
    vmx_give_back(vmx, before);
}

static void vmx_write_segments(const struct registers *registers)
{
    vmx_write_segment(VMX_ES, &registers->segments[SEGMENT_ES]);
    vmx_write_segment(VMX_CS, &registers->segments[SEGMENT_CS]);
    vmx_write_segment(VMX_SS, &registers->segments[SEGMENT_SS]);
    vmx_write_segment(VMX_DS, &registers->segments[SEGMENT_DS]);
    vmx_write_segment(VMX_FS, &registers->segments[SEGMENT_FS]);
    vmx_write_segment(VMX_GS, &registers->segments[SEGMENT_GS]);
    vmx_write_segment(VMX_LDTR, &registers->ldtr);
    vmx_write_segment(VMX_TR, &registers->tr);
    vmx_write(VMCS_GUEST_GDTR_BASE, registers->gdt.base);
    vmx_write(VMCS_GUEST_GDTR_LIMIT, registers->gdt.limit);
    vmx_write(VMCS_GUEST_IDTR_BASE, registers->idt.base);
    vmx_write(VMCS_GUEST_IDTR_LIMIT, registers->idt.limit);
}

/* What MOV to CR0, CR3 or CR4 does in PAE paging: four entries are loaded, and kept until the next such. SDM vol. 3,
 * "PDPTE Registers". */
static void vmx_load_pdptes(const struct vcpu *vcpu, const struct registers *registers)
{
    const uint64_t *entries = guest_memory_pointer(&vcpu->vm->memory, registers->cr3 & 0xffffffe0, 32, false);
    for (unsigned i = 0; i < 4; i++)
        vmx_write(VMCS_GUEST_PDPTE0 + 2 * i, entries ? ((const volatile uint64_t *)entries)[i] : 0);
}

/* On shadow tables paging is always on, with write protection for the kernel and NX, in long mode or with PAE. The host
 * owns every bit; LME without LMA would make it long mode. */
static void vmx_hide_paging(struct vcpu *vcpu, const struct registers *registers)
{
    bool is_long = registers->efer & X86_EFER_LMA;
    uint64_t efer = is_long ? registers->efer : registers->efer & ~X86_EFER_LME;
    vcpu->paging = (struct vcpu_paging){registers->cr0, registers->cr3, registers->cr4, registers->efer};
    vmx_write(VMCS_GUEST_CR0, (registers->cr0 & ~CR0_NOT_TAKEN) | X86_CR0_NE | X86_CR0_ET | X86_CR0_PG | X86_CR0_WP);
    vmx_write(VMCS_CR0_SHADOW, registers->cr0);
    vmx_write(VMCS_GUEST_CR3, vcpu->paging_root);
    vmx_write(VMCS_GUEST_CR4, (registers->cr4 & ~registers_cr4_unused(registers)) | X86_CR4_PAE | X86_CR4_VMXE);
    vmx_write(VMCS_CR4_SHADOW, registers->cr4);
    vmx_write(VMCS_GUEST_EFER, efer | X86_EFER_NXE);
    vmx_write(VMCS_ENTRY_CONTROLS, vmx_of(vcpu)->controls.entry | (is_long ? VMX_ENTRY_GUEST_64 : 0));
}

static void vmx_write_paging(const struct vcpu *vcpu, const struct registers *registers)
{
    uint64_t cr0 = (registers->cr0 & ~CR0_NOT_TAKEN) | X86_CR0_NE;
    uint64_t cr4 = registers->cr4 | X86_CR4_VMXE;
    uint64_t cr3 = vmx_of(vcpu)->is_direct ? vcpu->paging_root : registers->cr3; /* never what a register says */
    bool is_long = registers->efer & X86_EFER_LMA;
    bool is_pae = vmx_of(vcpu)->has_ept && registers->cr0 & X86_CR0_PG && registers->cr4 & X86_CR4_PAE && !is_long;
    bool is_changed =
        vmx_read(VMCS_GUEST_CR0) != cr0 || vmx_read(VMCS_GUEST_CR4) != cr4 || vmx_read(VMCS_GUEST_CR3) != cr3;

    vmx_write(VMCS_GUEST_CR0, cr0);
    vmx_write(VMCS_CR0_SHADOW, registers->cr0);
    vmx_write(VMCS_GUEST_CR3, cr3);
    vmx_write(VMCS_GUEST_CR4, cr4);
    vmx_write(VMCS_CR4_SHADOW, registers->cr4);
    vmx_write(VMCS_GUEST_EFER, registers->efer);
    vmx_write(VMCS_ENTRY_CONTROLS, vmx_of(vcpu)->controls.entry | (is_long ? VMX_ENTRY_GUEST_64 : 0));
    if (is_pae && is_changed)
        vmx_load_pdptes(vcpu, registers);
}

void vmx_write_registers(struct vcpu *vcpu, const struct registers *registers)
{
    struct vmx_vcpu *vmx = vmx_of(vcpu), *before = vmx_borrow(vmx);
    vmx_write(VMCS_GUEST_RIP, registers->rip);
    vmx_write(VMCS_GUEST_RSP, registers->rsp);
    vmx_write(VMCS_GUEST_RFLAGS, registers->rflags);
    if (vmx->is_shadow)
        vmx_hide_paging(vcpu, registers);
    else
        vmx_write_paging(vcpu, registers);
    vmx_write(VMCS_GUEST_PAT, registers->pat);
    vmx_write(VMCS_GUEST_DR7, registers->dr7);
    vmx->cr2 = registers->cr2;
    vmx->dr6 = registers->dr6;
    if (vmx_is_loaded(vmx)) {
        x86_write_cr2(registers->cr2);
        __asm__ volatile("mov %0, %%db6" : : "r"(registers->dr6));
    }
    vmx_write_segments(registers);
    vmx_give_back(vmx, before);
}

void vmx_write_control(struct vcpu *vcpu, unsigned number, uint64_t value)
{
    if (number == 8) {
        vmx_set_task_priority(vcpu, (uint8_t)value);
    } else if (number == 0) {
        vmx_write(VMCS_GUEST_CR0, (value & ~CR0_NOT_TAKEN) | X86_CR0_NE);
        vmx_write(VMCS_CR0_SHADOW, value);
    } else if (number == 4) {
        vmx_write(VMCS_GUEST_CR4, value | X86_CR4_VMXE);
        vmx_write(VMCS_CR4_SHADOW, value);
    } else {
        vmx_write(VMCS_TSC_OFFSET, value);
    }
}
