/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Local APIC by registers or by MSRs behind one set of operations, and the one I/O APIC of a PC.
 */
#include "drivers/apic.h"
#include "kernel/cpu.h"
#include "kernel/log.h"
#include "memory/kernel_map.h"
#include "pv/pv.h"
#include <coopvirt/x86.h>

/* Register numbers: offset / 16 in the page, or the MSR's distance from X86_MSR_X2APIC_FIRST. */
#define APIC_ID            0x02
#define APIC_TASK_PRIORITY 0x08
#define APIC_EOI           0x0b
#define APIC_SPURIOUS      0x0f
#define APIC_LVT_TIMER     0x32
#define APIC_LVT_LINT0     0x35
#define APIC_LVT_LINT1     0x36
#define APIC_LVT_ERROR     0x37
#define APIC_TIMER_INITIAL 0x38
#define APIC_TIMER_DIVIDE  0x3e

#define APIC_ENABLE       0x100
#define APIC_LVT_MASKED   0x10000
#define APIC_LVT_PERIODIC 0x20000
#define APIC_LVT_NMI      0x400
#define APIC_DIVIDE_BY_1  0xb

#define IOAPIC_BASE        0xfec00000ul
#define IOAPIC_SELECT      0 /* offsets */
#define IOAPIC_WINDOW      4 /* in 32-bit words: 0x10 */
#define IOAPIC_VERSION     1
#define IOAPIC_REDIRECTION 0x10
#define IOAPIC_MASKED      0x10000u
#define CPUID_FEATURE_APIC (1u << 9)

struct apic_access {
    uint32_t (*read)(unsigned reg);
    void (*write)(unsigned reg, uint32_t value);
};

static volatile uint32_t *apic_registers;
static volatile uint32_t *ioapic_registers;
static const struct apic_access *apic;

static uint32_t apic_page_read(unsigned reg)
{
    return apic_registers[reg * 4];
}
static void apic_page_write(unsigned reg, uint32_t value)
{
    apic_registers[reg * 4] = value;
}
static uint32_t apic_msr_read(unsigned reg)
{
    return (uint32_t)pv.cpu.msr_read(X86_MSR_X2APIC_FIRST + reg);
}
static void apic_msr_write(unsigned reg, uint32_t value)
{
    pv.cpu.msr_write(X86_MSR_X2APIC_FIRST + reg, value);
}

static const struct apic_access apic_page = {apic_page_read, apic_page_write};
static const struct apic_access apic_msr = {apic_msr_read, apic_msr_write};

static uint32_t ioapic_read(unsigned reg)
{
    ioapic_registers[IOAPIC_SELECT] = reg;
    return ioapic_registers[IOAPIC_WINDOW];
}

static void ioapic_write(unsigned reg, uint32_t value)
{
    ioapic_registers[IOAPIC_SELECT] = reg;
    ioapic_registers[IOAPIC_WINDOW] = value;
}

static void ioapic_start(void)
{
    ioapic_registers = kernel_map_device(IOAPIC_BASE, 32);
    unsigned last = ioapic_read(IOAPIC_VERSION) >> 16 & 0xff;
    for (unsigned pin = 0; pin <= last; pin++)
        ioapic_write(IOAPIC_REDIRECTION + 2 * pin, IOAPIC_MASKED);
}

bool apic_start(void)
{
    if (!(pv.cpu.cpuid(1, 0).edx & CPUID_FEATURE_APIC))
        return false;
    if (pv_machine.features & COOP_FEATURE_DIRECT)
        return false; /* direct page tables map memory alone: no registers */
    uint64_t base = pv.cpu.msr_read(X86_MSR_APIC_BASE);
    if (!(base & X86_APIC_BASE_ENABLE))
        return false;
    if (base & X86_APIC_BASE_X2APIC) {
        apic = &apic_msr;
    } else {
        apic = &apic_page;
        apic_registers = kernel_map_device(base & X86_PTE_FRAME, X86_PAGE_BYTES);
    }
    apic->write(APIC_TASK_PRIORITY, 0);
    apic->write(APIC_LVT_TIMER, APIC_LVT_MASKED);
    apic->write(APIC_LVT_LINT0, APIC_LVT_MASKED);
    apic->write(APIC_LVT_LINT1, APIC_LVT_NMI);
    apic->write(APIC_LVT_ERROR, APIC_LVT_MASKED);
    apic->write(APIC_TIMER_DIVIDE, APIC_DIVIDE_BY_1);
    apic->write(APIC_SPURIOUS, APIC_ENABLE | VECTOR_SPURIOUS);
    ioapic_start();
    log_line(LOG_DEBUG, "local APIC %s, I/O APIC at 0x%lx", apic == &apic_msr ? "x2APIC" : "xAPIC", IOAPIC_BASE);
    return true;
}

void apic_irq_enable(unsigned irq)
{
    uint32_t id = apic->read(APIC_ID);
    uint32_t destination = apic == &apic_msr ? id << 24 : id & 0xff000000u;
    ioapic_write(IOAPIC_REDIRECTION + 2 * irq + 1, destination);
    ioapic_write(IOAPIC_REDIRECTION + 2 * irq, VECTOR_IRQ + irq);
}

void apic_end_of_interrupt(void)
{
    apic->write(APIC_EOI, 0);
}

/* The mode is written only when it changes: each register access may be an exit. */
static void apic_timer_start(uint32_t mode, uint32_t count)
{
    static uint32_t current;
    if (mode != current) {
        current = mode;
        apic->write(APIC_LVT_TIMER, mode);
    }
    apic->write(APIC_TIMER_INITIAL, count);
}

void apic_timer_periodic(uint32_t count)
{
    apic_timer_start(VECTOR_TIMER | APIC_LVT_PERIODIC, count);
}

void apic_timer_once(uint32_t count)
{
    apic_timer_start(VECTOR_TIMER, count);
}
