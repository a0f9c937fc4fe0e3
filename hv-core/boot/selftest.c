/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Failures on purpose, one function each, so that boot tests can read their dumps.
 */
#include "boot/selftest.h"
#include "machine/apic.h"
#include "machine/cpu.h"
#include "machine/log.h"
#include "machine/panic.h"
#include "machine/tsc.h"
#include "machine/trap.h"
#include <coopvirt/string.h>
#include <coopvirt/x86_instructions.h>

#define SELFTEST_ABSENT     0xffffc00000000000ul /* mapped by nobody */
#define SELFTEST_WAIT_TICKS 100000000ul

static void selftest_invalid_opcode(void)
{
    __asm__ volatile("ud2");
}

static void selftest_page_fault(void)
{
    *(volatile uint64_t *)SELFTEST_ABSENT = 1;
}

/* A stack that is not there: the page fault cannot be delivered. */
static void selftest_double_fault(void)
{
    __asm__ volatile("mov %0, %%rsp; push %%rax" : : "r"(SELFTEST_ABSENT));
}

static void selftest_stack(void)
{
    /* Fills the stack and goes on into the page below. */
    __asm__ volatile("1: push %%rax; jmp 1b" : : : "memory");
}

static void selftest_nmi(void)
{
    __asm__ volatile("int $2; int $2");
    trap_tell_nmis();
    machine_end(cpu_current()->need_resched, "selftest=nmi");
}

static void selftest_panic(void)
{
    panic("asked for by \"selftest=panic\"");
}

static volatile bool selftest_done;

static void selftest_work(void *context)
{
    log_info("works on %s", (const char *)context);
    selftest_done = true;
    cpu_kick(0);
}

static void selftest_cpus(void)
{
    for (unsigned i = 1; i < cpu_count(); i++) {
        uint64_t deadline = tsc_read() + SELFTEST_WAIT_TICKS;

        selftest_done = false;
        if (!cpu_start_work(i, selftest_work, "a test"))
            panic("CPU %u takes no work", i);
        x86_cli();
        apic_timer_arm(deadline);
        while (!selftest_done && tsc_read() < deadline) {
            x86_sti_hlt();
            x86_cli();
        }
        apic_timer_disarm();
        if (!selftest_done)
            panic("CPU %u does not do its work", i);
    }
    machine_end(true, "selftest=cpus");
}

static void selftest_console(void)
{
    log_info("waits for input");
    while (!cpu_current()->need_resched)
        x86_sti_hlt();
    machine_end(console_read() >= 0, "selftest=console");
}

static const struct {
    const char *name;
    void (*run)(void);
} selftests[] = {
    {"ud", selftest_invalid_opcode}, {"pf", selftest_page_fault},   {"df", selftest_double_fault},
    {"stack", selftest_stack},       {"nmi", selftest_nmi},         {"panic", selftest_panic},
    {"cpus", selftest_cpus},         {"console", selftest_console},
};

void selftest_run(const char *command_line)
{
    char name[16];

    if (string_option(command_line, "selftest", name, sizeof(name)) < 0)
        return;
    for (unsigned i = 0; i < sizeof(selftests) / sizeof(selftests[0]); i++)
        if (!strcmp(selftests[i].name, name))
            selftests[i].run();
    machine_end(false, "selftest= names no test, or the test did not end the machine");
}
