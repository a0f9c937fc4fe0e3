/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's registers between the control block and their neutral form.
 */
#include "cpu/svm/svm.h"
#include <coopvirt/x86.h>
#include <coopvirt/x86_instructions.h>

static struct register_segment svm_read_segment(const struct vmcb_segment *segment)
{
    return (struct register_segment){segment->selector, segment->attributes, segment->limit, segment->base};
}

static struct vmcb_segment svm_write_segment(const struct register_segment *segment)
{
    return (struct vmcb_segment){segment->selector, segment->attributes, segment->limit, segment->base};
}

static void svm_read_hidden(const struct vcpu_paging *paging, struct registers *registers)
{
    registers->cr0 = paging->cr0;
    registers->cr3 = paging->cr3;
    registers->cr4 = paging->cr4;
    registers->efer = paging->efer;
}

/* On shadow tables paging is always on, with write protection for the kernel and NX, in long mode or with PAE; caches
 * are the host's affair. LME without LMA would make it long mode. CR0.PG without PE is allowed to a guest: APM vol. 2,
 * "Paged Real Mode". */
static void svm_hide(struct vcpu *vcpu, const struct registers *registers)
{
    struct svm_vcpu *svm = svm_of(vcpu);
    struct vmcb_control *control = &svm->vmcb->control;
    struct vmcb_save *save = &svm->vmcb->save;
    vcpu->paging = (struct vcpu_paging){registers->cr0, registers->cr3, registers->cr4, registers->efer};
    save->cr0 = (registers->cr0 & ~(X86_CR0_CD | X86_CR0_NW)) | X86_CR0_PG | X86_CR0_WP;
    save->cr3 = vcpu->paging_root;
    save->cr4 = (registers->cr4 & ~registers_cr4_unused(registers)) | X86_CR4_PAE;
    if (!(registers->efer & X86_EFER_LMA))
        save->efer &= ~X86_EFER_LME;
    save->efer |= X86_EFER_NXE;
    control->intercept_cr_reads = VMCB_INTERCEPT_CR3;
    if (save->cr0 != registers->cr0)
        control->intercept_cr_reads |= VMCB_INTERCEPT_CR0;
    if (save->cr4 != registers->cr4)
        control->intercept_cr_reads |= VMCB_INTERCEPT_CR4;
}

void svm_read_registers(const struct vcpu *vcpu, struct registers *registers)
{
    const struct vmcb_save *save = &svm_of(vcpu)->vmcb->save;
    registers->rip = save->rip;
    registers->rsp = save->rsp;
    registers->rflags = save->rflags;
    registers->cr0 = save->cr0;
    registers->cr2 = save->cr2;
    registers->cr3 = save->cr3;
    registers->cr4 = save->cr4;
    registers->efer = save->efer & ~X86_EFER_SVME;
    if (svm_of(vcpu)->is_shadow)
        svm_read_hidden(&vcpu->paging, registers);
    registers->pat = save->pat;
    registers->dr6 = save->dr6;
    registers->dr7 = save->dr7;
    registers->segments[SEGMENT_ES] = svm_read_segment(&save->es);
    registers->segments[SEGMENT_CS] = svm_read_segment(&save->cs);
    registers->segments[SEGMENT_SS] = svm_read_segment(&save->ss);
    registers->segments[SEGMENT_DS] = svm_read_segment(&save->ds);
    registers->segments[SEGMENT_FS] = svm_read_segment(&save->fs);
    registers->segments[SEGMENT_GS] = svm_read_segment(&save->gs);
    registers->tr = svm_read_segment(&save->tr);
    registers->ldtr = svm_read_segment(&save->ldtr);
    registers->gdt = (struct register_table){save->gdtr.base, save->gdtr.limit};
    registers->idt = (struct register_table){save->idtr.base, save->idtr.limit};
    registers->cpl = save->cpl;
}

void svm_write_registers(struct vcpu *vcpu, const struct registers *registers)
{
    struct vmcb_save *save = &svm_of(vcpu)->vmcb->save;
    save->rip = registers->rip;
    save->rsp = registers->rsp;
    save->rflags = registers->rflags;
    save->cr0 = registers->cr0;
    save->cr2 = registers->cr2;
    save->cr3 = registers->cr3;
    save->cr4 = registers->cr4;
    save->efer = registers->efer | X86_EFER_SVME; /* VMRUN refuses a guest without. APM vol. 2, "Canonicalization and
                                                     Consistency Checks" */
    if (svm_of(vcpu)->is_shadow)
        svm_hide(vcpu, registers);
    if (svm_of(vcpu)->is_direct)
        save->cr3 = vcpu->paging_root; /* never what a register says */
    save->pat = registers->pat;
    save->dr6 = registers->dr6;
    save->dr7 = registers->dr7;
    save->es = svm_write_segment(&registers->segments[SEGMENT_ES]);
    save->cs = svm_write_segment(&registers->segments[SEGMENT_CS]);
    save->ss = svm_write_segment(&registers->segments[SEGMENT_SS]);
    save->ds = svm_write_segment(&registers->segments[SEGMENT_DS]);
    save->fs = svm_write_segment(&registers->segments[SEGMENT_FS]);
    save->gs = svm_write_segment(&registers->segments[SEGMENT_GS]);
    save->tr = svm_write_segment(&registers->tr);
    save->ldtr = svm_write_segment(&registers->ldtr);
    save->gdtr = (struct vmcb_segment){.base = registers->gdt.base, .limit = registers->gdt.limit};
    save->idtr = (struct vmcb_segment){.base = registers->idt.base, .limit = registers->idt.limit};
    save->cpl = registers->cpl;
    /* Bochs 2.7 does not load CR2 from the control block: it enters with the CPU's. */
    x86_write_cr2(registers->cr2);
}

void svm_write_control(struct vcpu *vcpu, unsigned number, uint64_t value)
{
    struct vmcb *vmcb = svm_of(vcpu)->vmcb;
    if (number == 8)
        vmcb->control.virtual_interrupt = (vmcb->control.virtual_interrupt & ~VMCB_V_TPR) | (value & 0x0f);
    else if (number == 0)
        vmcb->save.cr0 = value;
    else if (number == 4)
        vmcb->save.cr4 = value;
    else
        vmcb->control.tsc_offset = value;
}
