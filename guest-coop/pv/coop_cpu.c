/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cpu part for ring 0 beside a hypervisor with events: the bare machine's, since the hardware keeps privileged
 * state by itself; only idle goes by hypercall, which also takes the events that came too late for HLT.
 */
#include "pv/coop_cpu.h"
#include "drivers/upcall.h"
#include "pv/hypercall.h"
#include "pv/pv.h"

static void coop_cpu_idle(void)
{
    if (upcall_poll(pv_machine.start_info->poll))
        return;
    hypercall(COOP_HYPERCALL_BLOCK, 0, 0, 0);
    x86_cli();
}

void coop_cpu_start(struct pv_cpu_operations *cpu)
{
    *cpu = pv_native_cpu;
    cpu->name = "coop";
    cpu->idle = coop_cpu_idle;
}
