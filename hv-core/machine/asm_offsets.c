/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What machine/'s assembly needs of its C structures.
 */
#include "machine/cpu.h"
#include "machine/descriptor.h"
#include "machine/trampoline.h"

#include <coopvirt/asm_offset.h>

void machine_asm_offsets(void);

void machine_asm_offsets(void)
{
    ASM_OFFSET(CPU_STACK_TOP, struct cpu, stack_top);
    ASM_OFFSET(CPU_ENTRY_STATE, struct cpu, entry_state);
    ASM_OFFSET(CPU_TASK_STACK, struct cpu, entry_stack);
    ASM_OFFSET(CPU_ENTRY_SCRATCH, struct cpu, entry_scratch);
    ASM_VALUE(SELECTOR_USER_DATA, DESCRIPTOR_USER_DATA);
    ASM_VALUE(SELECTOR_USER_CODE, DESCRIPTOR_USER_CODE);
    ASM_OFFSET(TRAMPOLINE_ROOT, struct trampoline, root);
    ASM_OFFSET(TRAMPOLINE_EFER, struct trampoline, efer);
    ASM_OFFSET(TRAMPOLINE_ENTRY, struct trampoline, entry);
    ASM_OFFSET(TRAMPOLINE_CPU, struct trampoline, cpu);
    ASM_VALUE(TRAMPOLINE_BYTES, sizeof(struct trampoline));
}
