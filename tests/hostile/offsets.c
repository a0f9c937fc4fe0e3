/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What entry.asm knows of C's structures.
 */
#include "machine.h"
#include <coopvirt/asm_offset.h>

void offsets(void);
void offsets(void)
{
    ASM_OFFSET(TRAP_VECTOR, struct trap, vector);
    ASM_OFFSET(TRAP_ERROR, struct trap, error);
    ASM_OFFSET(TRAP_RIP, struct trap, rip);
    ASM_OFFSET(TRAP_CS, struct trap, cs);
    ASM_OFFSET(TRAP_RFLAGS, struct trap, rflags);
    ASM_OFFSET(TRAP_RSP, struct trap, rsp);
    ASM_OFFSET(TRAP_ADDRESS, struct trap, address);
    ASM_OFFSET(TRAP_RAX, struct trap, rax);
    ASM_OFFSET(TRAP_ENTRY_RFLAGS, struct trap, entry_rflags);
}
