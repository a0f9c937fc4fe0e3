/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cpu part for the bare machine: each operation is its instruction.
 */
#include "pv/pv.h"
#include "kernel/cpu.h"
#include <coopvirt/x86.h>

static struct x86_cpuid native_cpu_cpuid(uint32_t leaf, uint32_t subleaf)
{
    return x86_cpuid(leaf, subleaf);
}
static uint64_t native_cpu_msr_read(uint32_t msr)
{
    return x86_rdmsr(msr);
}
static void native_cpu_msr_write(uint32_t msr, uint64_t value)
{
    x86_wrmsr(msr, value);
}
static void native_cpu_xcr0_write(uint64_t value)
{
    x86_xsetbv(0, value);
}
static void native_cpu_fs_base_write(uint64_t base)
{
    x86_wrmsr(X86_MSR_FS_BASE, base);
}
static void native_cpu_fpu_trap(bool is_on)
{
    if (is_on)
        x86_write_cr0(x86_read_cr0() | X86_CR0_TS);
    else
        __asm__ volatile("clts" : : : "memory");
}
static uint64_t native_cpu_fault_address(void)
{
    return x86_read_cr2();
}

static uint64_t native_cpu_control_read(unsigned number)
{
    switch (number) {
    case 0:
        return x86_read_cr0();
    case 2:
        return x86_read_cr2();
    case 3:
        return x86_read_cr3();
    default:
        return x86_read_cr4();
    }
}

static void native_cpu_control_write(unsigned number, uint64_t value)
{
    switch (number) {
    case 0:
        x86_write_cr0(value);
        break;
    case 4:
        x86_write_cr4(value);
        break;
    default:
        x86_write_cr8(value);
        break;
    }
}

static void native_cpu_load_global_table(const struct pv_descriptor_table *table, uint16_t code, uint16_t data)
{
    __asm__ volatile("lgdt %0\n\t"
                     "pushq %q1\n\t"
                     "leaq 1f(%%rip), %%rax\n\t"
                     "pushq %%rax\n\t"
                     "lretq\n"
                     "1:\n\t"
                     "movl %k2, %%ss\n\t"
                     "xorl %%eax, %%eax\n\t"
                     "movl %%eax, %%ds\n\t"
                     "movl %%eax, %%es\n\t"
                     "movl %%eax, %%fs\n\t"
                     "movl %%eax, %%gs"
                     :
                     : "m"(*table), "r"((uint64_t)code), "r"((uint64_t)data)
                     : "rax", "memory");
}

static void native_cpu_load_interrupt_table(const struct pv_descriptor_table *table)
{
    __asm__ volatile("lidt %0" : : "m"(*table));
}

static void native_cpu_load_task(uint16_t selector)
{
    __asm__ volatile("ltr %0" : : "r"(selector));
}

static void native_cpu_kernel_stack_set(struct cpu *cpu, uint64_t top)
{
    cpu->kernel_stack = top;
    cpu->task.stack0 = top;
}

static void native_cpu_idle(void)
{
    x86_sti_hlt();
    x86_cli();
}

static void native_cpu_stop(void)
{
    for (;;) {
        x86_cli();
        x86_hlt();
    }
}

const struct pv_cpu_operations pv_native_cpu = {
    .name = "native",
    .cpuid = native_cpu_cpuid,
    .msr_read = native_cpu_msr_read,
    .msr_write = native_cpu_msr_write,
    .control_read = native_cpu_control_read,
    .control_write = native_cpu_control_write,
    .xcr0_write = native_cpu_xcr0_write,
    .load_global_table = native_cpu_load_global_table,
    .load_interrupt_table = native_cpu_load_interrupt_table,
    .load_task = native_cpu_load_task,
    .kernel_stack_set = native_cpu_kernel_stack_set,
    .fs_base_write = native_cpu_fs_base_write,
    .fpu_trap = native_cpu_fpu_trap,
    .fault_address = native_cpu_fault_address,
    .idle = native_cpu_idle,
    .stop = native_cpu_stop,
};
