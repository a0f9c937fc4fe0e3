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
