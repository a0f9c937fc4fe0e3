/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Switching AMD-V on, and a VCPU's control block: what traps, as lists to be read. Everything else in the guest
 * runs free.
 */
#include "cpu/svm/svm.h"
#include "cpu/svm/svm_bitmaps.h"
#include "machine/cpu.h"
#include "machine/cpu_features.h"
#include "machine/log.h"
#include <coopvirt/error.h>
#include <coopvirt/string.h>
#include <coopvirt/x86.h>
#include <coopvirt/x86_instructions.h>

static struct svm_cpu svm_cpus[CPU_LIMIT];
static coop_paddr svm_msrpm = FRAME_NONE, svm_iopm = FRAME_NONE;

/* APM vol. 2, "Intercept Operation"; which instruction traps and why is in the table of exits. */
static const uint32_t svm_intercepts = VMCB_INTERCEPT_INTR | VMCB_INTERCEPT_NMI | VMCB_INTERCEPT_INIT |
                                       VMCB_INTERCEPT_RDPMC | VMCB_INTERCEPT_CPUID | VMCB_INTERCEPT_INVD |
                                       VMCB_INTERCEPT_HLT | VMCB_INTERCEPT_INVLPGA | VMCB_INTERCEPT_IOIO |
                                       VMCB_INTERCEPT_MSR | VMCB_INTERCEPT_TASK_SWITCH | VMCB_INTERCEPT_SHUTDOWN;

/* The virtualization instructions take host-physical addresses or reach the host's interrupt flag. XSETBV traps so that
 * the guest enables only state that is switched (QEMU 7.2 lacks that intercept: XCR0 is read back at a change of VCPU).
 */
static const uint32_t svm_intercepts_svm =
    VMCB_INTERCEPT_SVM_VMRUN | VMCB_INTERCEPT_SVM_VMMCALL | VMCB_INTERCEPT_SVM_VMLOAD | VMCB_INTERCEPT_SVM_VMSAVE |
    VMCB_INTERCEPT_SVM_STGI | VMCB_INTERCEPT_SVM_CLGI | VMCB_INTERCEPT_SVM_SKINIT | VMCB_INTERCEPT_SVM_WBINVD |
    VMCB_INTERCEPT_SVM_MONITOR | VMCB_INTERCEPT_SVM_MWAIT | VMCB_INTERCEPT_SVM_MWAIT_ARMED | VMCB_INTERCEPT_SVM_XSETBV |
    VMCB_INTERCEPT_SVM_RDPRU;

/* #DB and #AC can be delivered without end (a fault in the delivery of itself), #MC is the host's. */
static const uint32_t svm_intercepts_exceptions = 1u << X86_VECTOR_DB | 1u << X86_VECTOR_AC | 1u << X86_VECTOR_MC;

/* CR4 writes: the guest gets only features whose state is kept apart (no PKE, no CET). CR0, CR3 and CR8 are its own
 * under nested paging and V_TPR. */
static const uint16_t svm_intercepts_cr_writes = VMCB_INTERCEPT_CR4;

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
    log_info("svm: nested paging %s, %u ASIDs, next RIP %s", features->nested_paging ? "there" : "missing",
             features->asid_count, features->nrip_save ? "saved" : "not saved");
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
    svm->next_asid = cpu_features()->asid_count; /* used up: the first VCPU begins a generation */
    cpu->vendor = svm;
    return 0;
}

/* Without nested paging everything that shows or changes which tables the CPU walks. Reads of CR0 and CR4 trap while
 * what the guest must see is not what the CPU has (svm_registers.c). */
static void svm_fill_shadow(struct vmcb_control *control)
{
    control->intercept_cr_reads = VMCB_INTERCEPT_CR3;
    control->intercept_cr_writes = VMCB_INTERCEPT_CR0 | VMCB_INTERCEPT_CR3 | VMCB_INTERCEPT_CR4;
    control->intercept_exceptions |= 1u << X86_VECTOR_PF;
    control->intercepts |= VMCB_INTERCEPT_INVLPG;
}

/* PAUSE instructions in one entry until one exits: a spin lock's hold is over long before. APM vol. 2, "Pause
 * Intercept Filtering". */
#define SVM_PAUSES 3000

static void svm_fill_control(struct vmcb_control *control, const struct vm *vm)
{
    control->intercepts = svm_intercepts;
    control->intercepts_svm = svm_intercepts_svm;
    control->intercepts_more = VMCB_INTERCEPT_MORE_INVLPGB | VMCB_INTERCEPT_MORE_TLBSYNC;
    control->intercept_exceptions = svm_intercepts_exceptions;
    control->intercept_cr_writes = svm_intercepts_cr_writes;
    control->iopm_base = svm_iopm;
    control->msrpm_base = svm_msrpm;
    control->virtual_interrupt = VMCB_V_INTR_MASKING;
    if (cpu_features()->pause_filter) { /* without the filter every PAUSE would exit */
        control->intercepts |= VMCB_INTERCEPT_PAUSE;
        control->pause_count = SVM_PAUSES;
    }
    if (vm->mode.mmu == MODE_MMU_SHADOW) {
        svm_fill_shadow(control);
        return;
    }
    control->nested_control = 1;
    control->nested_cr3 = vm->nested.root;
}

int svm_vcpu_create(struct vcpu *vcpu)
{
    coop_paddr block = frame_allocate_zeroed(vm_owner(vcpu->vm));
    coop_paddr state = frame_allocate_zeroed(vm_owner(vcpu->vm));
    if (block == FRAME_NONE || state == FRAME_NONE)
        return -ENOMEM;
    struct svm_vcpu *svm = frame_address(state);
    svm->vmcb = frame_address(block);
    svm->vmcb_address = block;
    vcpu->backend = svm;
    svm->is_shadow = vcpu->vm->mode.mmu == MODE_MMU_SHADOW;
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
