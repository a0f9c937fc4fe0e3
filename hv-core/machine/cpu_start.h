/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starting the CPUs that the boot loader left asleep.
 */
#ifndef MACHINE_CPU_START_H
#define MACHINE_CPU_START_H

#include <coopvirt/abi.h>
#include <stdint.h>

/* Wakes every CPU of the list but this one, by way of the page below 1 MiB; returns when each is online in cpu_idle
 * or has been given up. */
void cpu_start_others(const uint32_t *apic_ids, unsigned count, coop_paddr low_page);

/* The first C function of a further CPU, called by trampoline.asm. */
_Noreturn void cpu_enter(void);

#endif
