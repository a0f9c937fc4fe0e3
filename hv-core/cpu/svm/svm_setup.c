/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Switching AMD-V on, and a VCPU's control block. What traps is in svm_controls.c.
 */
#include "cpu/svm/svm.h"
#include "cpu/svm/svm_bitmaps.h"
#include "cpu/svm/svm_controls.h"
#include "cpu/svm/svm_virq.h"
#include "machine/cpu.h"
#include "machine/cpu_features.h"
#include "machine/log.h"
#include <coopvirt/error.h>
#include <coopvirt/x86.h>
#include <coopvirt/x86_instructions.h>

static struct svm_cpu svm_cpus[CPU_LIMIT];
static coop_paddr svm_msrpm = FRAME_NONE, svm_iopm = FRAME_NONE;
static bool svm_has_virq;

#define SVM_CPUID_MAKER 0x40000000u /* of a CPU that software makes. APM vol. 3, "Hypervisor Present" */

static int svm_missing(const char *what)
{
    log_error("svm: this CPU lacks %s", what);
    return -ENODEV;
}

int svm_probe(void)
{
    const struct cpu_features *features = cpu_features();
    if (!features->svm) { /* as on every CPU of another vendor */
        log_info("svm: this CPU lacks AMD-V (CPUID 80000001h ECX.SVM)");
        return -ENODEV;
    }
    if (features->asid_count < 2)
        return svm_missing("address space identifiers (CPUID 8000000Ah EBX)");
    if (x86_rdmsr(X86_MSR_VM_CR) & SVM_VM_CR_DISABLED)
        return svm_missing("AMD-V enabled by the firmware (VM_CR.SVMDIS)");
    struct x86_cpuid maker = x86_cpuid(SVM_CPUID_MAKER, 0);
    svm_has_virq = features->hypervisor && svm_virq_is_needed(maker.ebx, maker.ecx, maker.edx);
    log_info("svm: nested paging %s, %u ASIDs, next RIP %s, interrupts by %s",
             features->nested_paging ? "there" : "missing", features->asid_count,
             features->nrip_save ? "saved" : "not saved", svm_has_virq ? "V_IRQ" : "EVENTINJ");
    return 0;
}

/* The permission maps, one pair for all VMs. */
static int svm_make_bitmaps(void)
{
    if (svm_iopm != FRAME_NONE)
        return 0;
    svm_msrpm = frame_allocate(VMCB_MSRPM_FRAMES, X86_PAGE_BYTES, FRAME_OWNER_HYPERVISOR);
    coop_paddr ports = frame_allocate(VMCB_IOPM_FRAMES, X86_PAGE_BYTES, FRAME_OWNER_HYPERVISOR);
    if (svm_msrpm == FRAME_NONE || ports == FRAME_NONE)
        return -ENOMEM;
    svm_bitmaps_fill_msrs(frame_address(svm_msrpm));
    svm_bitmaps_fill_ports(frame_address(ports));
    svm_iopm = ports;
    return 0;
}

int svm_start_cpu(void)
{
    struct cpu *cpu = cpu_current();
    struct svm_cpu *svm = &svm_cpus[cpu->index];
    coop_paddr save_area = frame_allocate_zeroed(FRAME_OWNER_HYPERVISOR);
    coop_paddr host_state = frame_allocate_zeroed(FRAME_OWNER_HYPERVISOR);
    int error = cpu->index == 0 ? svm_make_bitmaps() : 0;
    if (save_area == FRAME_NONE || host_state == FRAME_NONE || error) {
        log_error("svm: no memory to start CPU %u", cpu->index);
        return -ENOMEM;
    }
    /* APM vol. 2, "Enabling SVM". */
    x86_wrmsr(X86_MSR_EFER, x86_rdmsr(X86_MSR_EFER) | X86_EFER_SVME);
    x86_wrmsr(X86_MSR_VM_HSAVE_PA, save_area);
    svm_save_state(host_state);
    svm->host_state = host_state;
    svm->has_flush_by_asid = cpu_features()->flush_by_asid;
    svm->asid_count = cpu_features()->asid_count;
    svm->next_asid = svm->asid_count; /* used up: the first VCPU begins a generation */
    cpu->vendor = svm;
    return 0;
}

static void svm_fill_control(struct vmcb_control *control, const struct vm *vm)
{
    const struct svm_controls wanted = {.mmu = vm->mode.mmu,
                                        .msrpm = svm_msrpm,
                                        .iopm = svm_iopm,
                                        .nested_root = vm->nested.root,
                                        .has_pause_filter = cpu_features()->pause_filter};
    svm_controls_fill(control, &wanted);
}

int svm_vcpu_create(struct vcpu *vcpu)
{
    coop_paddr block = frame_allocate_zeroed(vm_owner(vcpu->vm));
    coop_paddr state = frame_allocate_zeroed(vm_owner(vcpu->vm));
    if (block == FRAME_NONE || state == FRAME_NONE) {
        frame_free_if_any(block, 1, vm_owner(vcpu->vm));
        frame_free_if_any(state, 1, vm_owner(vcpu->vm));
        return -ENOMEM;
    }
    struct svm_vcpu *svm = frame_address(state);
    svm->vmcb = frame_address(block);
    svm->vmcb_address = block;
    vcpu->backend = svm;
    svm->is_shadow = vcpu->vm->mode.mmu == MODE_MMU_SHADOW;
    svm->is_direct = vcpu->vm->mode.mmu == MODE_MMU_DIRECT;
    svm->has_virq = svm_has_virq;
    svm_fill_control(&svm->vmcb->control, vcpu->vm);
    return 0;
}

void svm_vcpu_destroy(struct vcpu *vcpu)
{
    struct svm_vcpu *svm = svm_of(vcpu);
    if (!svm)
        return;
    frame_free(svm->vmcb_address, 1, vm_owner(vcpu->vm));
    frame_free(frame_of_address(svm), 1, vm_owner(vcpu->vm));
    vcpu->backend = 0;
}
