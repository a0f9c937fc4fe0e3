/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Switching VT-x on, and a VCPU's control structure as four lists to be read: host state, guest state, controls,
 * bitmaps. Which controls there are and why is in vmx_negotiate.c.
 */
#include "cpu/vmx/vmx.h"
#include "cpu/vmx/vmx_bitmaps.h"
#include "cpu/vmx/vmx_ept.h"
#include "machine/cpu.h"
#include "machine/cpu_features.h"
#include "machine/descriptor.h"
#include "machine/log.h"
#include "machine/pmu.h"
#include <coopvirt/error.h>
#include <coopvirt/x86.h>
#include <coopvirt/x86_instructions.h>

struct vmx_capabilities vmx_capabilities;
struct vmx_controls vmx_controls;

static struct vmx_cpu vmx_cpus[CPU_LIMIT];
static coop_paddr vmx_msr_bitmap = FRAME_NONE, vmx_io_bitmaps = FRAME_NONE, vmx_msr_lists = FRAME_NONE;

/* Mask and match of 0 agree with every error code, so the bit of #PF says whether all exit or none. SDM vol. 3,
 * "Exception Bitmap". */
#define VMX_PAGE_FAULT_MASK  0u
#define VMX_PAGE_FAULT_MATCH 0u

static int vmx_missing(const char *what)
{
    log_error("vmx: this CPU lacks %s", what);
    return -ENODEV;
}

static void vmx_read_capabilities(struct vmx_capabilities *c)
{
    c->basic = x86_rdmsr(VMX_MSR_BASIC);
    bool is_true = c->basic & VMX_BASIC_TRUE;
    c->pin = x86_rdmsr(is_true ? VMX_MSR_TRUE_PIN : VMX_MSR_PIN);
    c->primary = x86_rdmsr(is_true ? VMX_MSR_TRUE_PRIMARY : VMX_MSR_PRIMARY);
    c->exit = x86_rdmsr(is_true ? VMX_MSR_TRUE_EXIT : VMX_MSR_EXIT);
    c->entry = x86_rdmsr(is_true ? VMX_MSR_TRUE_ENTRY : VMX_MSR_ENTRY);
    c->misc = x86_rdmsr(VMX_MSR_MISC);
    c->cr0_fixed0 = x86_rdmsr(VMX_MSR_CR0_FIXED0);
    c->cr0_fixed1 = x86_rdmsr(VMX_MSR_CR0_FIXED1);
    c->cr4_fixed0 = x86_rdmsr(VMX_MSR_CR4_FIXED0);
    c->cr4_fixed1 = x86_rdmsr(VMX_MSR_CR4_FIXED1);
    /* These two exist only if the control does that leads to them. Appendix A. */
    if (c->primary >> 32 & VMX_PRIMARY_SECONDARY)
        c->secondary = x86_rdmsr(VMX_MSR_SECONDARY);
    if (c->secondary >> 32 & (VMX_SECONDARY_EPT | VMX_SECONDARY_VPID))
        c->ept_vpid = x86_rdmsr(VMX_MSR_EPT_VPID);
    log_debug("vmx: basic %lx pin %lx primary %lx secondary %lx exit %lx entry %lx", c->basic, c->pin, c->primary,
              c->secondary, c->exit, c->entry);
    log_debug("vmx: misc %lx cr0 %lx %lx cr4 %lx %lx ept %lx", c->misc, c->cr0_fixed0, c->cr0_fixed1, c->cr4_fixed0,
              c->cr4_fixed1, c->ept_vpid);
}

static int vmx_check_firmware(void)
{
    uint64_t value;
    if (!vmx_feature_control(x86_rdmsr(X86_MSR_FEATURE_CONTROL), &value))
        return 0;
    log_error("vmx: VT-x is locked off by the firmware (IA32_FEATURE_CONTROL): switch it on in its set-up");
    return -ENODEV;
}

int vmx_probe(void)
{
    const char *missing;
    if (!cpu_features()->vmx) { /* as on every CPU of another vendor */
        log_info("vmx: this CPU lacks VT-x (CPUID 1 ECX.VMX)");
        return -ENODEV;
    }
    if (vmx_check_firmware())
        return -ENODEV;
    vmx_read_capabilities(&vmx_capabilities);
    if (vmx_negotiate(&vmx_capabilities, &vmx_controls, &missing))
        return vmx_missing(missing);
    if (!vmx_controls.has_nested)
        log_warning("vmx: no nested paging, since this CPU lacks %s", missing);
    log_info("vmx: %s VPID, preemption timer %s, accessed and dirty bits in EPT %s",
             vmx_controls.has_vpid ? "with" : "without", vmx_controls.has_timer ? "used" : "absent",
             vmx_capabilities.ept_vpid & VMX_EPT_CAN_DIRTY ? "used" : "absent");
    return 0;
}

/* The bitmaps, one set for all VMs. */
static int vmx_make_bitmaps(void)
{
    if (vmx_msr_bitmap != FRAME_NONE)
        return 0;
    coop_paddr msrs = frame_allocate(1, X86_PAGE_BYTES, FRAME_OWNER_HYPERVISOR);
    vmx_io_bitmaps = frame_allocate(2, X86_PAGE_BYTES, FRAME_OWNER_HYPERVISOR);
    if (msrs == FRAME_NONE || vmx_io_bitmaps == FRAME_NONE)
        return -ENOMEM;
    vmx_bitmaps_fill_msrs(frame_address(msrs));
    vmx_bitmaps_fill_ports(frame_address(vmx_io_bitmaps));
    vmx_msr_bitmap = msrs;
    return 0;
}

/* SDM vol. 3, "VM-Exit Controls for MSRs", "VM-Entry Controls for MSRs" */
struct vmx_msr_load {
    uint32_t msr, reserved; /* 0x00 */
    uint64_t value;         /* 0x08 */
};
_Static_assert(sizeof(struct vmx_msr_load) == 16, "entry of an MSR area");

/* What performance counters count: one list for entries, one behind it for exits. The same for all VCPUs. */
static int vmx_make_msr_lists(void)
{
    uint64_t guest, host;
    if (vmx_msr_lists != FRAME_NONE || !pmu_global(&guest, &host))
        return 0;
    coop_paddr lists = frame_allocate_zeroed(FRAME_OWNER_HYPERVISOR);
    if (lists == FRAME_NONE)
        return -ENOMEM;
    struct vmx_msr_load *entries = frame_address(lists);
    entries[0] = (struct vmx_msr_load){.msr = X86_MSR_PERF_GLOBAL, .value = guest};
    entries[1] = (struct vmx_msr_load){.msr = X86_MSR_PERF_GLOBAL, .value = host};
    vmx_msr_lists = lists;
    return 0;
}

static void vmx_write_msr_lists(void)
{
    unsigned count = vmx_msr_lists == FRAME_NONE ? 0 : 1;
    vmx_write(VMCS_EXIT_MSR_STORE_COUNT, 0);
    vmx_write(VMCS_EXIT_MSR_LOAD_COUNT, count);
    vmx_write(VMCS_ENTRY_MSR_LOAD_COUNT, count);
    if (count) {
        vmx_write(VMCS_ENTRY_MSR_LOAD_LIST, vmx_msr_lists);
        vmx_write(VMCS_EXIT_MSR_LOAD_LIST, vmx_msr_lists + sizeof(struct vmx_msr_load));
    }
}

/* A frame that begins with the CPU's revision, as VMXON and every VMCS want it. SDM vol. 3, "Format of the VMCS
 * Region". */
static coop_paddr vmx_allocate_region(frame_owner owner)
{
    coop_paddr region = frame_allocate_zeroed(owner);
    if (region != FRAME_NONE)
        *(uint32_t *)frame_address(region) = vmx_capabilities.basic & VMX_BASIC_REVISION;
    return region;
}

/* SDM vol. 3, "Enabling and Entering VMX Operation". */
static bool vmx_enter_operation(coop_paddr region)
{
    uint64_t feature;
    uint64_t cr0 = (x86_read_cr0() | vmx_capabilities.cr0_fixed0) & vmx_capabilities.cr0_fixed1;
    uint64_t cr4 = (x86_read_cr4() | vmx_capabilities.cr4_fixed0) & vmx_capabilities.cr4_fixed1;

    if (vmx_check_firmware())
        return false;
    vmx_feature_control(x86_rdmsr(X86_MSR_FEATURE_CONTROL), &feature);
    if (feature != x86_rdmsr(X86_MSR_FEATURE_CONTROL))
        x86_wrmsr(X86_MSR_FEATURE_CONTROL, feature);
    x86_write_cr0(cr0);
    x86_write_cr4(cr4);
    return vmx_switch_on(region);
}

int vmx_start_cpu(void)
{
    struct cpu *cpu = cpu_current();
    struct vmx_cpu *vmx = &vmx_cpus[cpu->index];
    int error = cpu->index == 0 ? vmx_make_bitmaps() || vmx_make_msr_lists() : 0;
    vmx->region = vmx_allocate_region(FRAME_OWNER_HYPERVISOR);
    if (vmx->region == FRAME_NONE || error) {
        log_error("vmx: no memory to start CPU %u", cpu->index);
        return -ENOMEM;
    }
    if (!vmx_enter_operation(vmx->region)) {
        log_error("vmx: VMXON fails on CPU %u", cpu->index);
        return -ENODEV;
    }
    cpu->vendor = vmx;
    return 0;
}

struct vmx_table_register {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

/* Where the CPU is after an exit: all as it is now, on this CPU. SDM vol. 3, "Host-State Area". */
void vmx_write_host_state(void)
{
    struct vmx_table_register gdt, idt;
    __asm__ volatile("sgdt %0; sidt %1" : "=m"(gdt), "=m"(idt));
    const uint64_t *tss = (const uint64_t *)gdt.base + DESCRIPTOR_TSS / 8;

    vmx_write(VMCS_HOST_RIP, (uint64_t)vmx_exited);
    vmx_write(VMCS_HOST_CR0, x86_read_cr0());
    vmx_write(VMCS_HOST_CR3, x86_read_cr3());
    vmx_write(VMCS_HOST_CR4, x86_read_cr4());
    vmx_write(VMCS_HOST_EFER, x86_rdmsr(X86_MSR_EFER));
    vmx_write(VMCS_HOST_PAT, x86_rdmsr(X86_MSR_PAT));
    vmx_write(VMCS_HOST_CS_SELECTOR, DESCRIPTOR_CODE);
    vmx_write(VMCS_HOST_SS_SELECTOR, DESCRIPTOR_DATA);
    vmx_write(VMCS_HOST_DS_SELECTOR, DESCRIPTOR_DATA);
    vmx_write(VMCS_HOST_ES_SELECTOR, DESCRIPTOR_DATA);
    vmx_write(VMCS_HOST_FS_SELECTOR, 0);
    vmx_write(VMCS_HOST_GS_SELECTOR, 0);
    vmx_write(VMCS_HOST_TR_SELECTOR, DESCRIPTOR_TSS);
    vmx_write(VMCS_HOST_FS_BASE, 0);
    vmx_write(VMCS_HOST_GS_BASE, (uint64_t)cpu_current());
    vmx_write(VMCS_HOST_TR_BASE, (tss[0] >> 16 & 0xffffff) | (tss[0] >> 56 & 0xff) << 24 | (tss[1] & 0xffffffff) << 32);
    vmx_write(VMCS_HOST_GDTR_BASE, gdt.base);
    vmx_write(VMCS_HOST_IDTR_BASE, idt.base);
    vmx_write(VMCS_HOST_SYSENTER_CS, 0);
    vmx_write(VMCS_HOST_SYSENTER_ESP, 0);
    vmx_write(VMCS_HOST_SYSENTER_EIP, 0);
}

/* What no register of a guest is; the registers follow by vmx_write_registers. SDM vol. 3, "Guest Non-Register State".
 */
static void vmx_write_guest_state(void)
{
    vmx_write(VMCS_LINK_POINTER, UINT64_MAX);
    vmx_write(VMCS_GUEST_DEBUGCTL, 0);
    vmx_write(VMCS_GUEST_INTERRUPTIBILITY, 0);
    vmx_write(VMCS_GUEST_ACTIVITY, 0);
    vmx_write(VMCS_GUEST_PENDING_DEBUG, 0);
    vmx_write(VMCS_GUEST_SYSENTER_CS, 0);
    vmx_write(VMCS_GUEST_SYSENTER_ESP, 0);
    vmx_write(VMCS_GUEST_SYSENTER_EIP, 0);
}

/* SDM vol. 3, "VM-Execution Control Fields", "VM-Exit Control Fields", "VM-Entry Control Fields". */
static void vmx_write_controls(const struct vmx_vcpu *vmx)
{
    const struct vmx_mode_controls *words = &vmx->controls;
    vmx_write(VMCS_PIN_CONTROLS, words->pin);
    vmx_write(VMCS_PRIMARY_CONTROLS, words->primary);
    vmx_write(VMCS_SECONDARY_CONTROLS, words->secondary);
    vmx_write(VMCS_EXIT_CONTROLS, words->exit);
    vmx_write(VMCS_ENTRY_CONTROLS, words->entry);
    vmx_write(VMCS_CR0_MASK, words->cr0_mask);
    vmx_write(VMCS_CR4_MASK, words->cr4_mask);
    vmx_write(VMCS_EXCEPTION_BITMAP, words->exceptions);
    vmx_write(VMCS_PAGE_FAULT_MASK, VMX_PAGE_FAULT_MASK);
    vmx_write(VMCS_PAGE_FAULT_MATCH, VMX_PAGE_FAULT_MATCH);
    vmx_write(VMCS_CR3_TARGET_COUNT, 0);
    vmx_write_msr_lists();
    vmx_write(VMCS_ENTRY_INTERRUPTION, 0);
    vmx_write(VMCS_TSC_OFFSET, 0);
    vmx_write(VMCS_TPR_THRESHOLD, 0);
    if (vmx->has_ept)
        vmx_write(VMCS_EPT_POINTER, vmx->ept_pointer);
    if (vmx_controls.has_vpid)
        vmx_write(VMCS_VPID, vmx->vpid);
    if (vmx_controls.has_timer)
        vmx_write(VMCS_PREEMPTION_TIMER, vmx_controls.timer);
}

static void vmx_write_bitmaps(coop_paddr virtual_apic)
{
    vmx_write(VMCS_MSR_BITMAP, vmx_msr_bitmap);
    vmx_write(VMCS_IO_BITMAP_A, vmx_io_bitmaps);
    vmx_write(VMCS_IO_BITMAP_B, vmx_io_bitmaps + X86_PAGE_BYTES);
    vmx_write(VMCS_VIRTUAL_APIC_PAGE, virtual_apic);
}

int vmx_vcpu_create(struct vcpu *vcpu)
{
    frame_owner owner = vm_owner(vcpu->vm);
    coop_paddr state = frame_allocate_zeroed(owner), apic = frame_allocate_zeroed(owner);
    coop_paddr vmcs = vmx_allocate_region(owner);
    if (state == FRAME_NONE || apic == FRAME_NONE || vmcs == FRAME_NONE) {
        frame_free_if_any(state, 1, owner);
        frame_free_if_any(apic, 1, owner);
        frame_free_if_any(vmcs, 1, owner);
        return -ENOMEM;
    }
    struct vmx_vcpu *vmx = frame_address(state);
    vmx->vmcs = vmcs;
    vmx->virtual_apic = frame_address(apic);
    enum mode_mmu mmu = vcpu->vm->mode.mmu;
    vmx_controls_fill(&vmx->controls, &vmx_controls, mmu);
    vmx->primary = vmx->controls.primary;
    vmx->is_shadow = mmu == MODE_MMU_SHADOW;
    vmx->is_direct = mmu == MODE_MMU_DIRECT;
    vmx->has_ept = mmu == MODE_MMU_NESTED;
    if (vmx->has_ept)
        vmx->ept_pointer = vmx_ept_pointer(vcpu->vm->nested.root, vmx_capabilities.ept_vpid);
    vmx->vpid = (uint16_t)(1 + vcpu->vm->number * VM_VCPUS + vcpu->number); /* 0 is the host's */
    vcpu->backend = vmx;

    if (!vmx_clear(vmcs))
        return -EIO;
    struct vmx_vcpu *before = vmx_borrow(vmx);
    vmx_write_guest_state();
    vmx_write_controls(vmx);
    vmx_write_bitmaps(apic);
    vmx_give_back(vmx, before);
    return 0;
}

void vmx_vcpu_destroy(struct vcpu *vcpu)
{
    struct vmx_vcpu *vmx = vmx_of(vcpu);
    frame_owner owner = vm_owner(vcpu->vm);
    if (!vmx)
        return;
    frame_free(vmx->vmcs, 1, owner);
    frame_free(frame_of_address(vmx->virtual_apic), 1, owner);
    frame_free(frame_of_address(vmx), 1, owner);
    vcpu->backend = 0;
}
