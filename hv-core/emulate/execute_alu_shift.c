/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shifts and rotates, with flags: AMD APM vol. 3, "SAL SHL" and its neighbours.
 */
#include <coopvirt/x86.h>

#include "emulate/execute_alu.h"
#include "emulate/execute_operand.h"

#define SHIFT_RESULT_FLAGS (X86_FLAGS_ZF | X86_FLAGS_SF | X86_FLAGS_PF)

static uint64_t execute_alu_shift_bit(uint64_t value, unsigned bit)
{
    return bit < 64 ? value >> bit & 1 : 0;
}

static unsigned execute_alu_shift_count(unsigned count, unsigned bytes)
{
    return count & (bytes == 8 ? 63 : 31);
}

/* Shifts by 64 and more give 0, as wide counts of narrow operands need. */
static uint64_t execute_alu_shift_left(uint64_t value, unsigned count)
{
    return count < 64 ? value << count : 0;
}

static uint64_t execute_alu_shift_right(uint64_t value, unsigned count)
{
    return count < 64 ? value >> count : 0;
}

static void execute_alu_shift_set(uint64_t *rflags, uint64_t flag, bool value)
{
    *rflags = value ? *rflags | flag : *rflags & ~flag;
}

/* ZF, SF and PF of the result, as OR has them; AF is undefined: set. CF and OF are the caller's. */
static void execute_alu_shift_set_result(uint64_t *rflags, uint64_t result, unsigned bytes)
{
    uint64_t flags = 0;
    execute_alu_binary(OPERATION_OR, result, 0, bytes, &flags);
    *rflags = (*rflags & ~SHIFT_RESULT_FLAGS) | (flags & SHIFT_RESULT_FLAGS) | X86_FLAGS_AF;
}

/* ROL and ROR change CF and OF only; OF is undefined for counts over 1: as for 1. */
static uint64_t execute_alu_shift_rotate(enum instruction_operation operation, uint64_t a, unsigned count,
                                         unsigned bytes, uint64_t *rflags)
{
    unsigned bits = 8 * bytes, turn = count % bits;
    bool left = operation == OPERATION_ROL;
    uint64_t result = a;
    if (turn)
        result = (left ? a << turn | a >> (bits - turn) : a >> turn | a << (bits - turn)) & execute_operand_mask(bytes);
    bool top = execute_alu_shift_bit(result, bits - 1);
    bool carry = left ? result & 1 : top;
    execute_alu_shift_set(rflags, X86_FLAGS_CF, carry);
    execute_alu_shift_set(rflags, X86_FLAGS_OF, left ? top != carry : top != execute_alu_shift_bit(result, bits - 2));
    return result;
}

/* RCL and RCR turn through CF, a bit at a time: 9, 17, 33 or 65 bits have no machine word. */
static uint64_t execute_alu_shift_rotate_carry(enum instruction_operation operation, uint64_t a, unsigned count,
                                               unsigned bytes, uint64_t *rflags)
{
    unsigned bits = 8 * bytes;
    uint64_t mask = execute_operand_mask(bytes);
    bool carry = *rflags & X86_FLAGS_CF, left = operation == OPERATION_RCL;
    for (unsigned i = 0; i < count % (bits + 1); i++) {
        bool out = left ? execute_alu_shift_bit(a, bits - 1) : a & 1;
        a = left ? (a << 1 | carry) & mask : a >> 1 | (uint64_t)carry << (bits - 1);
        carry = out;
    }
    bool top = execute_alu_shift_bit(a, bits - 1);
    execute_alu_shift_set(rflags, X86_FLAGS_CF, carry);
    execute_alu_shift_set(rflags, X86_FLAGS_OF, left ? top != carry : top != execute_alu_shift_bit(a, bits - 2));
    return a;
}

/* Undefined: OF for counts over 1, as for the last bit; CF for counts over the operand's bits, 0 (the sign for SAR). */
static uint64_t execute_alu_shift_plain(enum instruction_operation operation, uint64_t a, unsigned count,
                                        unsigned bytes, uint64_t *rflags)
{
    unsigned bits = 8 * bytes;
    uint64_t result;
    bool carry, overflow;
    if (operation == OPERATION_SHR) {
        result = execute_alu_shift_right(a, count);
        carry = execute_alu_shift_bit(a, count - 1);
        overflow = execute_alu_shift_bit(result, bits - 1) != execute_alu_shift_bit(result, bits - 2);
    } else if (operation == OPERATION_SAR) {
        uint64_t extended = execute_operand_extend(a, bytes);
        result = (uint64_t)((int64_t)extended >> count);
        carry = extended >> (count - 1) & 1;
        overflow = false;
    } else {
        result = execute_alu_shift_left(a, count);
        carry = count <= bits && execute_alu_shift_bit(a, bits - count);
        overflow = execute_alu_shift_bit(result, bits - 1) != carry;
    }
    result &= execute_operand_mask(bytes);
    execute_alu_shift_set(rflags, X86_FLAGS_CF, carry);
    execute_alu_shift_set(rflags, X86_FLAGS_OF, overflow);
    execute_alu_shift_set_result(rflags, result, bytes);
    return result;
}

uint64_t execute_alu_shift(enum instruction_operation operation, uint64_t a, unsigned count, unsigned bytes,
                           uint64_t *rflags)
{
    count = execute_alu_shift_count(count, bytes);
    if (count == 0)
        return a;
    if (operation == OPERATION_ROL || operation == OPERATION_ROR)
        return execute_alu_shift_rotate(operation, a, count, bytes, rflags);
    if (operation == OPERATION_RCL || operation == OPERATION_RCR)
        return execute_alu_shift_rotate_carry(operation, a, count, bytes, rflags);
    return execute_alu_shift_plain(operation, a, count, bytes, rflags);
}

/* A 16-bit operand with a count over 16 is undefined: `fill` comes in again. OF is as for the last bit. */
uint64_t execute_alu_shift_double(enum instruction_operation operation, uint64_t a, uint64_t fill, unsigned count,
                                  unsigned bytes, uint64_t *rflags)
{
    unsigned bits = 8 * bytes;
    bool left = operation == OPERATION_SHLD;
    bool top = false, carry = false;
    count = execute_alu_shift_count(count, bytes);
    if (count == 0)
        return a;
    for (unsigned i = 0; i < count; i++) {
        uint64_t in = left ? execute_alu_shift_bit(fill, bits - 1 - i % bits) : execute_alu_shift_bit(fill, i % bits);
        top = execute_alu_shift_bit(a, bits - 1);
        carry = left ? top : a & 1;
        a = (left ? a << 1 | in : a >> 1 | in << (bits - 1)) & execute_operand_mask(bytes);
    }
    execute_alu_shift_set(rflags, X86_FLAGS_CF, carry);
    execute_alu_shift_set(rflags, X86_FLAGS_OF, top != execute_alu_shift_bit(a, bits - 1));
    execute_alu_shift_set_result(rflags, a, bytes);
    return a;
}
