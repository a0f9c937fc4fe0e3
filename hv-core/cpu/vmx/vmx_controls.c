/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list, in the order of core/hold_table.c. SDM vol. 3, "VM-Execution Control Fields"; what exits by itself has no
 * row, what is done at each exit is in the exit tables.
 */
#include "cpu/vmx/vmx_controls.h"
#include "core/hold_table.h"
#include "cpu/vmx/vmcs.h"
#include <coopvirt/mutation.h>
#include <coopvirt/x86.h>
#include <stdbool.h>
#include <stddef.h>

#define NESTED (1u << MODE_MMU_NESTED)
#define SHADOW (1u << MODE_MMU_SHADOW)
#define DIRECT (1u << MODE_MMU_DIRECT)
#define ALL    (NESTED | SHADOW | DIRECT)

/* What a mode traps or has beside what is held. */
enum { FOR_TABLES = HOLDS };

/* CR4 bits that the guest changes without being seen: no state hangs on them but the CPU's. */
#define CR4_GUEST_OWNS                                                                                                 \
    (X86_CR4_VME | X86_CR4_PVI | X86_CR4_TSD | X86_CR4_DE | X86_CR4_PGE | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT)

/* NE is needed in VMX operation; caching stays on. On its own tables a guest has only what concerns its FPU and
 * alignment checks; on shadow tables nothing, since the CPU's bits are others. */
#define CR0_HOST_OWNS        (X86_CR0_NE | X86_CR0_CD | X86_CR0_NW)
#define CR0_DIRECT_HOST_OWNS (~(X86_CR0_MP | X86_CR0_EM | X86_CR0_TS | X86_CR0_AM))

struct vmx_controls_row {
    uint8_t hold; /* enum hold, or FOR_TABLES */
    uint8_t modes;
    uint16_t offset; /* of the word in struct vmx_mode_controls */
    uint8_t bytes;
    bool is_left_out;
    uint64_t bits;
};

#define WORD(member) offsetof(struct vmx_mode_controls, member), sizeof(((struct vmx_mode_controls *)0)->member)

static void vmx_controls_set(struct vmx_mode_controls *words, const struct vmx_controls_row *row)
{
    uint64_t bits = row->is_left_out ? 0 : row->bits;
    if (row->bytes == sizeof(uint32_t)) {
        uint32_t *word = (uint32_t *)((char *)words + row->offset);
        *word = (*word & ~(uint32_t)row->bits) | (uint32_t)bits;
    } else {
        uint64_t *word = (uint64_t *)((char *)words + row->offset);
        *word = (*word & ~row->bits) | bits;
    }
}

/* clang-format off */
static void vmx_controls_apply(struct vmx_mode_controls *words, unsigned mode)
{
    const struct vmx_controls_row rows[] = {
        {HOLD_CR0, NESTED, WORD(cr0_mask), MUTATED(vt_cr0), CR0_HOST_OWNS},
        {HOLD_CR0, SHADOW, WORD(cr0_mask), MUTATED(vt_cr0), UINT64_MAX},
        {HOLD_CR0, DIRECT, WORD(cr0_mask), MUTATED(vt_cr0), CR0_DIRECT_HOST_OWNS},
        {HOLD_CR3, SHADOW | DIRECT, WORD(primary), MUTATED(vt_cr3), VMX_PRIMARY_CR3_LOAD},
        {HOLD_CR4, NESTED | DIRECT, WORD(cr4_mask), MUTATED(vt_cr4), ~CR4_GUEST_OWNS},
        {HOLD_CR4, SHADOW, WORD(cr4_mask), MUTATED(vt_cr4), UINT64_MAX},
        {HOLD_MSRS, ALL, WORD(primary), MUTATED(vt_msrs), VMX_PRIMARY_MSR_BITMAPS},
        {HOLD_PORTS, ALL, WORD(primary), MUTATED(vt_ports), VMX_PRIMARY_IO_BITMAPS},
        {HOLD_INTERRUPTS, ALL, WORD(pin), MUTATED(vt_interrupts), VMX_PIN_EXTERNAL_INTERRUPT},
        {HOLD_NMI, ALL, WORD(pin), MUTATED(vt_nmi), VMX_PIN_NMI},
        {HOLD_DEBUG_EXCEPTION, ALL, WORD(exceptions), MUTATED(vt_debug_exception), 1u << X86_VECTOR_DB},
        {HOLD_ALIGNMENT_CHECK, ALL, WORD(exceptions), MUTATED(vt_alignment_check), 1u << X86_VECTOR_AC},
        {HOLD_MACHINE_CHECK, ALL, WORD(exceptions), MUTATED(vt_machine_check), 1u << X86_VECTOR_MC},
        {HOLD_DEBUG_REGISTERS, ALL, WORD(exit), MUTATED(vt_debug_registers), VMX_EXIT_SAVE_DEBUG},
        {HOLD_DEBUG_REGISTERS, ALL, WORD(entry), MUTATED(vt_debug_registers), VMX_ENTRY_LOAD_DEBUG},
        {HOLD_HLT, ALL, WORD(primary), MUTATED(vt_hlt), VMX_PRIMARY_HLT},
        {HOLD_MONITOR, ALL, WORD(primary), MUTATED(vt_monitor), VMX_PRIMARY_MONITOR},
        {HOLD_MWAIT, ALL, WORD(primary), MUTATED(vt_mwait), VMX_PRIMARY_MWAIT},
        {HOLD_RDPMC, ALL, WORD(primary), MUTATED(vt_rdpmc), VMX_PRIMARY_RDPMC},
        /* Reads of CR0 and CR4 find their read shadows. INVPCID does not exist where no PCID does. */
        {FOR_TABLES, SHADOW, WORD(primary), false, VMX_PRIMARY_INVLPG | VMX_PRIMARY_CR3_STORE},
        {FOR_TABLES, SHADOW, WORD(exceptions), false, 1u << X86_VECTOR_PF},
        {FOR_TABLES, SHADOW | DIRECT, WORD(secondary), true,
         VMX_SECONDARY_EPT | VMX_SECONDARY_UNRESTRICTED_GUEST | VMX_SECONDARY_INVPCID},
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].modes & mode)
            vmx_controls_set(words, &rows[i]);
}
/* clang-format on */

/* The timer and the exit of WBINVD are used where there are such (vmx_negotiate.c): leaving them out is all to do. */
static void vmx_controls_leave_out(struct vmx_mode_controls *words)
{
    if (MUTATED(vt_watchdog)) {
        words->pin &= ~VMX_PIN_PREEMPTION_TIMER;
        words->exit &= ~VMX_EXIT_SAVE_TIMER;
    }
    if (MUTATED(vt_wbinvd))
        words->secondary &= ~VMX_SECONDARY_WBINVD;
}

void vmx_controls_fill(struct vmx_mode_controls *words, const struct vmx_controls *negotiated, enum mode_mmu mmu)
{
    *words = (struct vmx_mode_controls){
        .pin = negotiated->pin,
        .primary = negotiated->primary,
        .secondary = negotiated->secondary,
        .exit = negotiated->exit,
        .entry = negotiated->entry,
    };
    vmx_controls_apply(words, 1u << mmu);
    vmx_controls_leave_out(words);
}
