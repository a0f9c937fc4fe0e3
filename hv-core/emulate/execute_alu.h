/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arithmetic with flags: results and RFLAGS of the integer unit, for operands of 1 to 8 bytes.
 * Flags that the manuals leave undefined are what AMD's CPUs (Zen) give: said at each function.
 */
#ifndef COOPVIRT_EMULATE_EXECUTE_ALU_H
#define COOPVIRT_EMULATE_EXECUTE_ALU_H

#include "emulate/decode.h"

/* ADD OR ADC SBB AND SUB XOR CMP TEST; the result of CMP is the difference, which nobody stores. */
uint64_t execute_alu_binary(enum instruction_operation operation, uint64_t a, uint64_t b, unsigned bytes,
                            uint64_t *rflags);

/* INC DEC NEG NOT. */
uint64_t execute_alu_unary(enum instruction_operation operation, uint64_t a, unsigned bytes, uint64_t *rflags);

/* ROL ... SAR; the count is masked here. */
uint64_t execute_alu_shift(enum instruction_operation operation, uint64_t a, unsigned count, unsigned bytes,
                           uint64_t *rflags);

/* SHLD, SHRD: bits come in from `fill`. */
uint64_t execute_alu_shift_double(enum instruction_operation operation, uint64_t a, uint64_t fill, unsigned count,
                                  unsigned bytes, uint64_t *rflags);

/* MUL, IMUL: the product's low and high halves. CF and OF: the high half says something. */
void execute_alu_multiply(enum instruction_operation operation, uint64_t a, uint64_t b, unsigned bytes,
                          uint64_t product[2], uint64_t *rflags);

/* DIV, IDIV of high:low. False: #DE. All flags are undefined: AF is set, ZF, SF, PF are cleared, CF and OF left. */
bool execute_alu_divide(enum instruction_operation operation, const uint64_t dividend[2], uint64_t divisor,
                        unsigned bytes, uint64_t *quotient, uint64_t *remainder, uint64_t *rflags);

/* BSF BSR TZCNT LZCNT POPCNT. BSF and BSR of 0 have no result: ZF is set, the return value 0. */
uint64_t execute_alu_count(enum instruction_operation operation, uint64_t a, unsigned bytes, uint64_t *rflags);

/* The condition of Jcc, SETcc, CMOVcc: the low four opcode bits. */
bool execute_alu_condition(unsigned condition, uint64_t rflags);

#endif
