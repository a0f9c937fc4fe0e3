/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addition, logic, counting bits and conditions, with flags. AMD APM vol. 1, "Flags Register".
 */
#include "emulate/execute_alu.h"

#include <coopvirt/x86.h>

#include "emulate/execute_operand.h"

#define ALU_RESULT_FLAGS (X86_FLAGS_ZF | X86_FLAGS_SF | X86_FLAGS_PF)
#define ALU_FLAGS        (ALU_RESULT_FLAGS | X86_FLAGS_CF | X86_FLAGS_AF | X86_FLAGS_OF)

static bool execute_alu_sign(uint64_t value, unsigned bytes)
{
    return value >> (8 * bytes - 1) & 1;
}

/* ZF, SF, PF as the result has them. */
static uint64_t execute_alu_result_flags(uint64_t result, unsigned bytes)
{
    uint64_t flags = 0;
    if (result == 0)
        flags |= X86_FLAGS_ZF;
    if (execute_alu_sign(result, bytes))
        flags |= X86_FLAGS_SF;
    unsigned low = result & 0xff;
    low ^= low >> 4;
    if (!(0x6996 >> (low & 15) & 1)) /* bit n: whether n has an odd number of bits */
        flags |= X86_FLAGS_PF;
    return flags;
}

/* CF, AF, OF from the carries out of each bit, and the overflow into the sign. */
static uint64_t execute_alu_carry_flags(uint64_t carries, uint64_t overflow, unsigned bytes)
{
    uint64_t flags = 0;
    if (execute_alu_sign(carries, bytes))
        flags |= X86_FLAGS_CF;
    if (carries & 8)
        flags |= X86_FLAGS_AF;
    if (execute_alu_sign(overflow, bytes))
        flags |= X86_FLAGS_OF;
    return flags;
}

static uint64_t execute_alu_add(uint64_t a, uint64_t b, bool carry, unsigned bytes, uint64_t *flags)
{
    uint64_t result = a + b + carry;
    *flags = execute_alu_carry_flags((a & b) | ((a | b) & ~result), (a ^ result) & (b ^ result), bytes);
    return result;
}

static uint64_t execute_alu_subtract(uint64_t a, uint64_t b, bool borrow, unsigned bytes, uint64_t *flags)
{
    uint64_t result = a - b - borrow;
    *flags = execute_alu_carry_flags((~a & b) | ((~a | b) & result), (a ^ b) & (a ^ result), bytes);
    return result;
}

/* AF is undefined after AND, OR, XOR, TEST: cleared. */
uint64_t execute_alu_binary(enum instruction_operation operation, uint64_t a, uint64_t b, unsigned bytes,
                            uint64_t *rflags)
{
    uint64_t mask = execute_operand_mask(bytes), flags = 0, result = 0;
    bool carry = *rflags & X86_FLAGS_CF;
    a &= mask;
    b &= mask;
    switch (operation) {
    case OPERATION_ADD:
    case OPERATION_ADC:
        result = execute_alu_add(a, b, operation == OPERATION_ADC && carry, bytes, &flags);
        break;
    case OPERATION_SUB:
    case OPERATION_SBB:
    case OPERATION_CMP:
        result = execute_alu_subtract(a, b, operation == OPERATION_SBB && carry, bytes, &flags);
        break;
    case OPERATION_OR:
        result = a | b;
        break;
    case OPERATION_XOR:
        result = a ^ b;
        break;
    default: /* AND, TEST */
        result = a & b;
        break;
    }
    result &= mask;
    *rflags = (*rflags & ~ALU_FLAGS) | flags | execute_alu_result_flags(result, bytes);
    return result;
}

uint64_t execute_alu_unary(enum instruction_operation operation, uint64_t a, unsigned bytes, uint64_t *rflags)
{
    uint64_t carry = *rflags & X86_FLAGS_CF, result;
    switch (operation) {
    case OPERATION_INC:
        result = execute_alu_binary(OPERATION_ADD, a, 1, bytes, rflags);
        break;
    case OPERATION_DEC:
        result = execute_alu_binary(OPERATION_SUB, a, 1, bytes, rflags);
        break;
    case OPERATION_NEG:
        return execute_alu_binary(OPERATION_SUB, 0, a, bytes, rflags);
    default:
        return ~a & execute_operand_mask(bytes);
    }
    *rflags = (*rflags & ~X86_FLAGS_CF) | carry; /* INC and DEC leave it */
    return result;
}

static unsigned execute_alu_highest(uint64_t value)
{
    return 63 - (unsigned)__builtin_clzll(value);
}

static unsigned execute_alu_population(uint64_t value)
{
    unsigned count = 0;
    for (; value; value &= value - 1)
        count++;
    return count;
}

/*
 * Undefined after BSF and BSR is all but ZF: PF is that of the result (of 0 where there is none), the
 * others are cleared. After TZCNT and LZCNT it is all but ZF and CF: OF is left, the others are cleared.
 */
uint64_t execute_alu_count(enum instruction_operation operation, uint64_t a, unsigned bytes, uint64_t *rflags)
{
    unsigned bits = 8 * bytes;
    uint64_t result = 0, flags = a == 0 ? X86_FLAGS_ZF : 0, touched = ALU_FLAGS;
    switch (operation) {
    case OPERATION_BSF:
    case OPERATION_BSR:
        if (a)
            result = operation == OPERATION_BSF ? (uint64_t)__builtin_ctzll(a) : execute_alu_highest(a);
        flags |= execute_alu_result_flags(result, bytes) & X86_FLAGS_PF;
        break;
    case OPERATION_POPCNT:
        result = execute_alu_population(a);
        break;
    default: /* TZCNT, LZCNT */
        if (a)
            result = operation == OPERATION_TZCNT ? (uint64_t)__builtin_ctzll(a) : bits - 1 - execute_alu_highest(a);
        else
            result = bits;
        flags = (a == 0 ? X86_FLAGS_CF : 0) | (result == 0 ? X86_FLAGS_ZF : 0);
        touched = ALU_FLAGS & ~X86_FLAGS_OF;
        break;
    }
    *rflags = (*rflags & ~touched) | flags;
    return result;
}

bool execute_alu_condition(unsigned condition, uint64_t rflags)
{
    bool below = rflags & X86_FLAGS_CF, zero = rflags & X86_FLAGS_ZF, sign = rflags & X86_FLAGS_SF;
    bool overflow = rflags & X86_FLAGS_OF, holds;
    switch (condition >> 1) {
    case 0:
        holds = overflow;
        break;
    case 1:
        holds = below;
        break;
    case 2:
        holds = zero;
        break;
    case 3:
        holds = below || zero;
        break;
    case 4:
        holds = sign;
        break;
    case 5:
        holds = rflags & X86_FLAGS_PF;
        break;
    case 6:
        holds = sign != overflow;
        break;
    default:
        holds = zero || sign != overflow;
        break;
    }
    return holds != (condition & 1);
}
