/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Multiplication and division to and from double width, in 64-bit steps: a kernel has no library
 * for 128-bit division, and needs none.
 */
#include <coopvirt/x86.h>

#include "emulate/execute_alu.h"
#include "emulate/execute_operand.h"

#define MULTIPLY_BITS 64

static void execute_alu_multiply_negate(uint64_t value[2])
{
    value[0] = ~value[0] + 1;
    value[1] = ~value[1] + (value[0] == 0);
}

static uint64_t execute_alu_multiply_magnitude(uint64_t value, unsigned bytes, bool *negative)
{
    value = execute_operand_extend(value, bytes);
    *negative = (int64_t)value < 0;
    return *negative ? 0 - value : value;
}

/* SF, ZF, AF, PF are undefined: left as they are. */
void execute_alu_multiply(enum instruction_operation operation, uint64_t a, uint64_t b, unsigned bytes,
                          uint64_t product[2], uint64_t *rflags)
{
    bool is_signed = operation != OPERATION_MUL, negative_a = false, negative_b = false;
    if (is_signed) {
        a = execute_alu_multiply_magnitude(a, bytes, &negative_a);
        b = execute_alu_multiply_magnitude(b, bytes, &negative_b);
    }
    unsigned __int128 wide = (unsigned __int128)a * b;
    product[0] = (uint64_t)wide;
    product[1] = (uint64_t)(wide >> MULTIPLY_BITS);
    if (negative_a != negative_b)
        execute_alu_multiply_negate(product);
    if (bytes < 8) {
        product[1] = product[0] >> 8 * bytes & execute_operand_mask(bytes);
        product[0] &= execute_operand_mask(bytes);
    }
    uint64_t idle = 0; /* the high half when it says nothing */
    if (is_signed && product[0] >> (8 * bytes - 1) & 1)
        idle = execute_operand_mask(bytes);
    *rflags &= ~(X86_FLAGS_CF | X86_FLAGS_OF);
    if (product[1] != idle)
        *rflags |= X86_FLAGS_CF | X86_FLAGS_OF;
}

/* Schoolbook division by bits; the quotient fits 64 bits because high < divisor. */
static uint64_t execute_alu_multiply_divide(const uint64_t dividend[2], uint64_t divisor, uint64_t *remainder)
{
    uint64_t high = dividend[1], low = dividend[0];
    for (unsigned i = 0; i < MULTIPLY_BITS; i++) {
        bool carry = high >> (MULTIPLY_BITS - 1);
        high = high << 1 | low >> (MULTIPLY_BITS - 1);
        low <<= 1;
        if (carry || high >= divisor) {
            high -= divisor;
            low |= 1;
        }
    }
    *remainder = high;
    return low;
}

/* The dividend, high:low of `bytes` each, as one number of 128 bits; its magnitude when signed. */
static void execute_alu_multiply_join(const uint64_t halves[2], unsigned bytes, bool is_signed, uint64_t out[2],
                                      bool *negative)
{
    if (bytes == 8) {
        out[0] = halves[0];
        out[1] = halves[1];
    } else {
        out[0] = (halves[1] & execute_operand_mask(bytes)) << 8 * bytes | (halves[0] & execute_operand_mask(bytes));
        if (is_signed)
            out[0] = execute_operand_extend(out[0], 2 * bytes);
        out[1] = is_signed && (int64_t)out[0] < 0 ? UINT64_MAX : 0;
    }
    *negative = is_signed && (int64_t)out[1] < 0;
    if (*negative)
        execute_alu_multiply_negate(out);
}

bool execute_alu_divide(enum instruction_operation operation, const uint64_t dividend[2], uint64_t divisor,
                        unsigned bytes, uint64_t *quotient, uint64_t *remainder, uint64_t *rflags)
{
    bool is_signed = operation == OPERATION_IDIV, negative_dividend, negative_divisor = false;
    uint64_t wide[2];
    execute_alu_multiply_join(dividend, bytes, is_signed, wide, &negative_dividend);
    divisor &= execute_operand_mask(bytes);
    if (is_signed)
        divisor = execute_alu_multiply_magnitude(divisor, bytes, &negative_divisor);
    if (wide[1] >= divisor) /* division by zero is among these */
        return false;
    *quotient = execute_alu_multiply_divide(wide, divisor, remainder);
    bool negative = negative_dividend != negative_divisor;
    uint64_t limit = execute_operand_mask(bytes);
    if (is_signed)
        limit = (limit >> 1) + negative;
    if (*quotient > limit)
        return false;
    if (negative)
        *quotient = 0 - *quotient;
    if (negative_dividend)
        *remainder = 0 - *remainder;
    *rflags = (*rflags & ~(X86_FLAGS_ZF | X86_FLAGS_SF | X86_FLAGS_PF)) | X86_FLAGS_AF;
    return true;
}
