/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * INIT to all, then one by one SIPI until the CPU is online. Waiting is by HLT with the timer armed: a CPU that spins
 * would keep an emulator from running the one that it waits for.
 */
#include "machine/cpu_start.h"
#include "machine/apic.h"
#include "machine/apic_send.h"
#include "machine/cpu_features.h"
#include "machine/cpu_private.h"
#include "machine/frame.h"
#include "machine/log.h"
#include "machine/paging.h"
#include "machine/trampoline.h"
#include "machine/tsc.h"

#include <coopvirt/string.h>
#include <coopvirt/x86.h>
#include <coopvirt/x86_instructions.h>

/* MultiProcessor Specification, "Application Processor Startup". */
#define CPU_START_AFTER_INIT_US    10000
#define CPU_START_AFTER_STARTUP_US 200000
#define CPU_START_TRIES            2

#define CPU_START_GUESSED_KHZ 4000000 /* where the frequency is unknown: rather too long */

static uint64_t cpu_start_ticks(uint64_t microseconds)
{
    return (tsc_khz() ? tsc_khz() : CPU_START_GUESSED_KHZ) * microseconds / 1000;
}

/* Halts until `flag` is set (the one who sets it kicks us) or the time is over. */
static void cpu_start_wait(const volatile bool *flag, uint64_t microseconds)
{
    uint64_t deadline = tsc_read() + cpu_start_ticks(microseconds);

    x86_cli();
    apic_timer_arm(deadline);
    while (!*flag && tsc_read() < deadline) {
        x86_sti_hlt();
        x86_cli();
    }
    apic_timer_disarm();
}

static void cpu_start_one(struct cpu *cpu, struct trampoline *trampoline, coop_paddr low_page)
{
    __atomic_store_n(&trampoline->cpu, cpu, __ATOMIC_RELEASE);
    for (unsigned try = 0; try < CPU_START_TRIES && !cpu->online; try++) {
        apic_send_startup(cpu->apic_id, (uint8_t)(low_page / X86_PAGE_BYTES));
        cpu_start_wait(&cpu->online, CPU_START_AFTER_STARTUP_US);
    }
    if (cpu->online)
        return;
    /* One that comes late finds no structure to take, and halts. */
    if (__atomic_exchange_n(&trampoline->cpu, NULL, __ATOMIC_ACQ_REL))
        log_warning("CPU with APIC ID %u does not start", cpu->apic_id);
    else
        log_warning("CPU with APIC ID %u starts but does not come online", cpu->apic_id);
}

static struct trampoline *cpu_start_place_trampoline(coop_paddr low_page)
{
    uint8_t *page = frame_address(low_page);

    memcpy(page, trampoline_start, (size_t)(trampoline_end - trampoline_start));
    struct trampoline *trampoline = (struct trampoline *)(page + (trampoline_data - trampoline_start));
    trampoline->root = (uint32_t)paging_start_root_address();
    trampoline->efer = X86_EFER_LME | (cpu_features()->nx ? X86_EFER_NXE : 0);
    trampoline->entry = (uint64_t)cpu_enter;
    return trampoline;
}

void cpu_start_others(const uint32_t *apic_ids, unsigned count, coop_paddr low_page)
{
    struct trampoline *trampoline = cpu_start_place_trampoline(low_page);
    const volatile bool never = false;
    unsigned first = cpu_count();

    for (unsigned i = 0; i < count; i++) {
        if (apic_ids[i] == cpu_current()->apic_id)
            continue;
        if (!apic_reaches(apic_ids[i]) || !cpu_add(apic_ids[i])) {
            log_warning("CPU with APIC ID %u is left asleep", apic_ids[i]);
            continue;
        }
        apic_send_init(apic_ids[i]);
    }
    if (cpu_count() > first)
        cpu_start_wait(&never, CPU_START_AFTER_INIT_US);
    for (unsigned i = first; i < cpu_count(); i++)
        cpu_start_one(cpu_get(i), trampoline, low_page);
    cpu_current()->need_resched = false;
}

void cpu_enter(void)
{
    struct cpu *cpu = cpu_current();

    paging_load();
    cpu_start_this();
    apic_start_this();
    log_debug("online, APIC ID %u", cpu->apic_id);
    __atomic_store_n(&cpu->online, true, __ATOMIC_RELEASE);
    cpu_kick(0);
    cpu_idle();
}
