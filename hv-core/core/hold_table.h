/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What must hold so that a guest kernel in ring 0 on its own page tables stays inside: one row a thing that is held,
 * with the bit of each vendor that holds it and the hostile case that tries. The backends' lists of controls
 * (svm_controls.c, vmx_controls.c) name these rows; what is decided at the exit stands in the exit tables.
 */
#ifndef CORE_HOLD_TABLE_H
#define CORE_HOLD_TABLE_H

#include <stdint.h>

enum hold {
    HOLD_CR0,
    HOLD_CR3,
    HOLD_CR4,
    HOLD_MSRS,
    HOLD_EFER,
    HOLD_PAT,
    HOLD_MTRR,
    HOLD_TSC,
    HOLD_X2APIC,
    HOLD_DEBUGCTL,
    HOLD_XSS,
    HOLD_MICROCODE,
    HOLD_PORTS,
    HOLD_INTERRUPTS,
    HOLD_INTERRUPT_FLAG,
    HOLD_WATCHDOG,
    HOLD_NMI,
    HOLD_INIT,
    HOLD_SHUTDOWN,
    HOLD_TASK_SWITCH,
    HOLD_DEBUG_EXCEPTION,
    HOLD_ALIGNMENT_CHECK,
    HOLD_MACHINE_CHECK,
    HOLD_DEBUG_REGISTERS,
    HOLD_CPUID,
    HOLD_HLT,
    HOLD_MONITOR,
    HOLD_MWAIT,
    HOLD_RDPMC,
    HOLD_RDPRU,
    HOLD_INVD,
    HOLD_WBINVD,
    HOLD_XSETBV,
    HOLD_HYPERCALL,
    HOLD_VMRUN,
    HOLD_VMLOAD,
    HOLD_VMSAVE,
    HOLD_STGI,
    HOLD_CLGI,
    HOLD_SKINIT,
    HOLD_INVLPGA,
    HOLD_INVLPGB,
    HOLD_TLBSYNC,
    HOLD_TAG,
    HOLDS
};

#define HOLD_NO_MSR UINT32_MAX

/* Vendors' words are the manuals'. A word in parentheses is what the CPU does by itself. NULL: it has no such thing. */
struct hold_row {
    const char *what;
    const char *svm, *vmx;
    uint32_t msr;        /* the register that both maps must trap, reading and writing; or HOLD_NO_MSR */
    const char *hostile; /* the case of tests/hostile that tries; NULL: no guest can, a host test sees the bit */
};

extern const struct hold_row hold_table[HOLDS];

#endif
