/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The local APIC: registers are reached by memory (xAPIC) or by MSR (x2APIC), chosen once. The timer takes
 * TSC deadlines: by the deadline MSR where there is one, else by a one-shot count.
 */
#include "machine/apic.h"
#include "machine/apic_send.h"
#include "machine/cpu_features.h"
#include "machine/cpu_private.h"
#include "machine/frame.h"
#include "machine/tsc.h"

#include <coopvirt/x86.h>
#include <coopvirt/x86_instructions.h>

/* Registers: offsets of the xAPIC; an x2APIC has them at MSR 800h + offset / 16. APM vol. 2, "APIC Registers". */
#define APIC_ID            0x020
#define APIC_TPR           0x080
#define APIC_EOI           0x0b0
#define APIC_SVR           0x0f0
#define APIC_ICR           0x300
#define APIC_ICR_HIGH      0x310 /* xAPIC only */
#define APIC_LVT_TIMER     0x320
#define APIC_LVT_LINT0     0x350
#define APIC_LVT_LINT1     0x360
#define APIC_LVT_ERROR     0x370
#define APIC_TIMER_INITIAL 0x380
#define APIC_TIMER_CURRENT 0x390
#define APIC_TIMER_DIVIDE  0x3e0

#define APIC_SVR_ENABLE    (1u << 8)
#define APIC_LVT_MASKED    (1u << 16)
#define APIC_LVT_NMI       (4u << 8)
#define APIC_LVT_DEADLINE  (2u << 17)
#define APIC_DIVIDE_BY_1   0x0b
#define APIC_ICR_FIXED     (0u << 8)
#define APIC_ICR_NMI       (4u << 8)
#define APIC_ICR_INIT      (5u << 8)
#define APIC_ICR_STARTUP   (6u << 8)
#define APIC_ICR_PENDING   (1u << 12)
#define APIC_ICR_ASSERT    (1u << 14)
#define APIC_ICR_OTHERS    (3u << 18)
#define APIC_BASE_ADDRESS  0x000ffffffffff000ul
#define APIC_X2APIC_MSR(r) (X86_MSR_X2APIC_FIRST + (r) / 16)

struct apic_operations {
    uint32_t (*read)(uint32_t offset);
    void (*write)(uint32_t offset, uint32_t value);
    void (*command)(uint32_t destination, uint32_t command);
    uint32_t (*id)(void);
    uint32_t id_limit;
};

static volatile uint32_t *apic_registers;  /* xAPIC */
static const struct apic_operations *apic; /* constant after start; NULL before */
static bool apic_deadline;                 /* the timer takes the deadline MSR */
static uint64_t apic_timer_ratio;          /* timer ticks per TSC tick, 32.32; 0 = one to one */

static uint32_t apic_memory_read(uint32_t offset)
{
    return apic_registers[offset / 4];
}

static void apic_memory_write(uint32_t offset, uint32_t value)
{
    apic_registers[offset / 4] = value;
}

static void apic_memory_command(uint32_t destination, uint32_t command)
{
    while (apic_memory_read(APIC_ICR) & APIC_ICR_PENDING)
        x86_pause();
    apic_memory_write(APIC_ICR_HIGH, destination << 24);
    apic_memory_write(APIC_ICR, command);
}

static uint32_t apic_memory_id(void)
{
    return apic_memory_read(APIC_ID) >> 24;
}

static uint32_t apic_msr_read(uint32_t offset)
{
    return (uint32_t)x86_rdmsr(APIC_X2APIC_MSR(offset));
}

static void apic_msr_write(uint32_t offset, uint32_t value)
{
    x86_wrmsr(APIC_X2APIC_MSR(offset), value);
}

static void apic_msr_command(uint32_t destination, uint32_t command)
{
    /* The write is not serialising: what was stored before must be seen by the CPU that is interrupted. */
    __asm__ volatile("mfence; lfence" : : : "memory");
    x86_wrmsr(APIC_X2APIC_MSR(APIC_ICR), (uint64_t)destination << 32 | command);
}

static uint32_t apic_msr_id(void)
{
    return apic_msr_read(APIC_ID);
}

static const struct apic_operations apic_xapic = {
    .read = apic_memory_read,
    .write = apic_memory_write,
    .command = apic_memory_command,
    .id = apic_memory_id,
    .id_limit = 0xff, /* 0xff itself is the broadcast */
};

static const struct apic_operations apic_x2apic = {
    .read = apic_msr_read,
    .write = apic_msr_write,
    .command = apic_msr_command,
    .id = apic_msr_id,
    .id_limit = UINT32_MAX,
};

static void apic_timer_set_up(void)
{
    apic->write(APIC_TIMER_INITIAL, 0); /* firmware may have left it running */
    apic->write(APIC_TIMER_DIVIDE, APIC_DIVIDE_BY_1);
    apic->write(APIC_LVT_TIMER, APIC_VECTOR_TIMER | (apic_deadline ? APIC_LVT_DEADLINE : 0));
}

void apic_start(void)
{
    uint64_t base = x86_rdmsr(X86_MSR_APIC_BASE);

    apic_registers = frame_address(base & APIC_BASE_ADDRESS);
    apic_deadline = cpu_features()->tsc_deadline;
    apic = base & X86_APIC_BASE_X2APIC ? &apic_x2apic : &apic_xapic;
    apic_start_this();
}

void apic_start_this(void)
{
    uint64_t base = x86_rdmsr(X86_MSR_APIC_BASE) | X86_APIC_BASE_ENABLE;

    /* There is no way from off to x2APIC in one step. */
    x86_wrmsr(X86_MSR_APIC_BASE, base);
    if (apic == &apic_x2apic)
        x86_wrmsr(X86_MSR_APIC_BASE, base | X86_APIC_BASE_X2APIC);
    apic->write(APIC_SVR, APIC_SVR_ENABLE | APIC_VECTOR_SPURIOUS);
    apic->write(APIC_TPR, 0);
    apic->write(APIC_LVT_LINT0, APIC_LVT_MASKED);
    apic->write(APIC_LVT_LINT1, APIC_LVT_NMI);
    apic->write(APIC_LVT_ERROR, APIC_LVT_MASKED);
    apic_timer_set_up();
    cpu_current()->apic_id = apic->id();
}

uint32_t apic_id(void)
{
    return apic->id();
}

bool apic_reaches(uint32_t apic_id)
{
    return apic_id < apic->id_limit;
}

void apic_end_of_interrupt(void)
{
    apic->write(APIC_EOI, 0);
}

void apic_send_fixed(uint32_t apic_id, uint8_t vector)
{
    apic->command(apic_id, APIC_ICR_FIXED | APIC_ICR_ASSERT | vector);
}

void apic_send_init(uint32_t apic_id)
{
    apic->command(apic_id, APIC_ICR_INIT | APIC_ICR_ASSERT);
}

void apic_send_startup(uint32_t apic_id, uint8_t page)
{
    apic->command(apic_id, APIC_ICR_STARTUP | APIC_ICR_ASSERT | page);
}

void apic_send_nmi_to_others(void)
{
    if (apic)
        apic->command(0, APIC_ICR_NMI | APIC_ICR_ASSERT | APIC_ICR_OTHERS);
}

/* Timer ticks until the deadline, rounded up: at least 1, since 0 stops the timer. */
static uint32_t apic_timer_count(uint64_t deadline_tsc)
{
    uint64_t now = tsc_read();
    uint64_t ticks = deadline_tsc > now ? deadline_tsc - now : 1;

    if (apic_timer_ratio) {
        unsigned __int128 scaled = (unsigned __int128)ticks * apic_timer_ratio;
        ticks = scaled >> 32 > UINT32_MAX ? UINT32_MAX : (uint64_t)(scaled >> 32) + 1;
    }
    return ticks > UINT32_MAX ? UINT32_MAX : (uint32_t)ticks;
}

void apic_timer_arm(uint64_t deadline_tsc)
{
    cpu_current()->private->timer_deadline = deadline_tsc;
    if (apic_deadline)
        x86_wrmsr(X86_MSR_TSC_DEADLINE, deadline_tsc ? deadline_tsc : 1); /* 0 would disarm */
    else
        apic->write(APIC_TIMER_INITIAL, apic_timer_count(deadline_tsc));
}

void apic_timer_set_ratio(uint64_t timer_frequency, uint64_t tsc_frequency)
{
    bool same = timer_frequency == tsc_frequency || !timer_frequency || !tsc_frequency;

    apic_timer_ratio = same ? 0 : (timer_frequency << 32) / tsc_frequency;
}

void apic_timer_measure_begin(void)
{
    apic->write(APIC_LVT_TIMER, APIC_LVT_MASKED | APIC_VECTOR_TIMER);
    apic->write(APIC_TIMER_INITIAL, UINT32_MAX);
}

uint32_t apic_timer_measure_end(void)
{
    uint32_t ticks = UINT32_MAX - apic->read(APIC_TIMER_CURRENT);

    apic_timer_set_up();
    return ticks;
}

void apic_timer_disarm(void)
{
    if (apic_deadline)
        x86_wrmsr(X86_MSR_TSC_DEADLINE, 0);
    else
        apic->write(APIC_TIMER_INITIAL, 0);
}

bool apic_timer_expired(void)
{
    uint64_t deadline = cpu_current()->private->timer_deadline;

    if (tsc_read() >= deadline)
        return true;
    apic_timer_arm(deadline);
    return false;
}
