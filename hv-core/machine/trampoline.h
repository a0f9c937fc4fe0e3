/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The code on which a further CPU starts (trampoline.asm), copied below 1 MiB, and the data behind it.
 */
#ifndef MACHINE_TRAMPOLINE_H
#define MACHINE_TRAMPOLINE_H

#include "machine/cpu.h"

#include <stdint.h>

extern const uint8_t trampoline_start[], trampoline_data[], trampoline_end[];

/* At trampoline_data in the copy. */
struct trampoline {
    uint32_t root; /* for CR3 */
    uint32_t efer;
    uint64_t entry;  /* virtual address of the first C function */
    struct cpu *cpu; /* taken by the CPU that starts, which leaves NULL */
};

#endif
