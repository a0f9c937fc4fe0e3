/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cpu part for a kernel that runs in ring 3: descriptor tables and control registers are the hypervisor's and stay
 * as the direct entry promises them; entries and segment bases go by hypercall, the interrupt flag is a byte in
 * the shared page. CPUID answers for the bare CPU.
 */
#include "pv/paravirt_cpu.h"
#include "drivers/upcall.h"
#include "kernel/cpu.h"
#include "kernel/panic.h"
#include "kernel/trap.h"
#include "pv/hypercall.h"
#include <coopvirt/x86.h>

#define PARAVIRT_CR0  (X86_CR0_PE | X86_CR0_MP | X86_CR0_ET | X86_CR0_NE | X86_CR0_WP | X86_CR0_PG)
#define PARAVIRT_EFER (X86_EFER_SCE | X86_EFER_LME | X86_EFER_LMA | X86_EFER_NXE)

/* pv/paravirt_trap.asm */
void paravirt_system_call(void);
void paravirt_exception(void);
void paravirt_upcall(void);
void paravirt_return_to_user(void);

/* What the bases of user mode are: a hypercall only for a change. This CPU only. */
static uint64_t paravirt_fs_base, paravirt_gs_base;

static struct coop_traps paravirt_traps = {.size = sizeof(struct coop_traps)};

static void paravirt_base_write(uint64_t which, uint64_t base)
{
    if (hypercall(COOP_HYPERCALL_SEGMENT_BASE, which, base, 0) != 0)
        panic("segment base 0x%lx refused", base);
}

static uint64_t paravirt_cpu_msr_read(uint32_t msr)
{
    switch (msr) {
    case X86_MSR_EFER:
        return PARAVIRT_EFER;
    case X86_MSR_FS_BASE:
        return paravirt_fs_base;
    case X86_MSR_KERNEL_GS_BASE:
        return paravirt_gs_base;
    default:
        return 0;
    }
}

/* SYSCALL's registers are the hypervisor's. */
static void paravirt_cpu_msr_write(uint32_t msr, uint64_t value)
{
    if (msr == X86_MSR_GS_BASE) {
        paravirt_base_write(COOP_BASE_GS_KERNEL, value);
    } else if (msr == X86_MSR_KERNEL_GS_BASE && value != paravirt_gs_base) {
        paravirt_base_write(COOP_BASE_GS_USER, value);
        paravirt_gs_base = value;
    }
}

static void paravirt_cpu_fs_base_write(uint64_t base)
{
    if (base == paravirt_fs_base)
        return;
    paravirt_base_write(COOP_BASE_FS, base);
    paravirt_fs_base = base;
}

static void paravirt_cpu_fpu_trap(bool is_on)
{
    if (hypercall(COOP_HYPERCALL_FPU, is_on, 0, 0) != 0)
        panic("FPU trap refused");
}

static uint64_t paravirt_cpu_fault_address(void)
{
    return pv_machine.vcpu->frame.fault_address;
}

static uint64_t paravirt_cpu_control_read(unsigned number)
{
    switch (number) {
    case 0:
        return PARAVIRT_CR0;
    case 2:
        return paravirt_cpu_fault_address();
    case 3:
        return pv.mmu.root_current();
    default:
        return X86_CR4_PAE | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT;
    }
}

static void paravirt_cpu_control_write(unsigned number, uint64_t value)
{
    (void)number, (void)value;
}

/* XCR0 is all that the hypervisor keeps apart for its guests, for good. */
static void paravirt_cpu_xcr0_write(uint64_t value)
{
    if (value != x86_xgetbv(0))
        panic("XCR0 is 0x%lx, not 0x%lx", x86_xgetbv(0), value);
}

static void paravirt_cpu_load_global_table(const struct pv_descriptor_table *table, uint16_t code, uint16_t data)
{
    (void)table, (void)code, (void)data;
}

/* Instead of 256 gates, three entries. Interrupts of emulated controllers have their vectors, as exceptions do. */
static void paravirt_cpu_load_interrupt_table(const struct pv_descriptor_table *table)
{
    bool queue = pv_machine.features & COOP_FEATURE_QUEUE;
    (void)table;
    cpu_this()->shared = pv_machine.vcpu;
    trap_first_return = paravirt_return_to_user;
    paravirt_traps.exception = (uint64_t)paravirt_exception;
    paravirt_traps.system_call = (uint64_t)paravirt_system_call;
    paravirt_traps.upcall = (uint64_t)(queue ? paravirt_upcall : paravirt_exception);
    if (hypercall(COOP_HYPERCALL_TRAPS, pv_image_address(&paravirt_traps), 0, 0) != 0)
        panic("trap entries refused");
}

static void paravirt_cpu_load_task(uint16_t selector)
{
    (void)selector;
}

static void paravirt_cpu_kernel_stack_set(struct cpu *cpu, uint64_t top)
{
    cpu->kernel_stack = top;
}

static void paravirt_mask(void)
{
    __atomic_store_n(&pv_machine.vcpu->upcalls_masked, 1, __ATOMIC_SEQ_CST);
}

static void paravirt_cpu_idle(void)
{
    if (pv_machine.features & COOP_FEATURE_QUEUE && upcall_poll(pv_machine.start_info->poll))
        return;
    if (pv_machine.features & COOP_FEATURE_QUEUE)
        hypercall(COOP_HYPERCALL_BLOCK, 0, 0, 0);
    else
        x86_sti_hlt(); /* both trap */
    paravirt_mask();
}

static void paravirt_cpu_stop(void)
{
    for (;;)
        hypercall(COOP_HYPERCALL_STOP, COOP_STOP_CRASH, 0, 0);
}

void paravirt_cpu_start(struct pv_cpu_operations *cpu)
{
    *cpu = (struct pv_cpu_operations){
        .name = "paravirt",
        .cpuid = pv_native_cpu.cpuid,
        .msr_read = paravirt_cpu_msr_read,
        .msr_write = paravirt_cpu_msr_write,
        .control_read = paravirt_cpu_control_read,
        .control_write = paravirt_cpu_control_write,
        .xcr0_write = paravirt_cpu_xcr0_write,
        .load_global_table = paravirt_cpu_load_global_table,
        .load_interrupt_table = paravirt_cpu_load_interrupt_table,
        .load_task = paravirt_cpu_load_task,
        .kernel_stack_set = paravirt_cpu_kernel_stack_set,
        .fs_base_write = paravirt_cpu_fs_base_write,
        .fpu_trap = paravirt_cpu_fpu_trap,
        .fault_address = paravirt_cpu_fault_address,
        .idle = paravirt_cpu_idle,
        .stop = paravirt_cpu_stop,
    };
}
