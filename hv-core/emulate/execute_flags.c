/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Instructions that do nothing but move or change flags which any code may change: CLC and its kin, LAHF, SAHF.
 */
#include <coopvirt/x86.h>

#include "emulate/execute_handlers.h"

#define FLAGS_IN_AH (X86_FLAGS_SF | X86_FLAGS_ZF | X86_FLAGS_AF | X86_FLAGS_PF | X86_FLAGS_CF)

bool execute_flags_from_ah(struct execute_state *state)
{
    struct emulate_registers *registers = state->registers;
    uint64_t stored = registers->general[REGISTER_RAX] >> 8 & FLAGS_IN_AH;
    registers->rflags = (registers->rflags & ~(uint64_t)FLAGS_IN_AH) | stored;
    return true;
}

bool execute_flags_to_ah(struct execute_state *state)
{
    struct emulate_registers *registers = state->registers;
    uint64_t value = (registers->rflags & FLAGS_IN_AH) | X86_FLAGS_ONE;
    registers->general[REGISTER_RAX] = (registers->general[REGISTER_RAX] & ~0xff00ull) | value << 8;
    return true;
}

bool execute_flags_change(struct execute_state *state)
{
    uint64_t *rflags = &state->registers->rflags;
    switch (state->instruction->operation) {
    case OPERATION_CMC:
        *rflags ^= X86_FLAGS_CF;
        break;
    case OPERATION_CLC:
        *rflags &= ~(uint64_t)X86_FLAGS_CF;
        break;
    case OPERATION_STC:
        *rflags |= X86_FLAGS_CF;
        break;
    case OPERATION_CLD:
        *rflags &= ~(uint64_t)X86_FLAGS_DF;
        break;
    default: /* STD */
        *rflags |= X86_FLAGS_DF;
        break;
    }
    return true;
}
