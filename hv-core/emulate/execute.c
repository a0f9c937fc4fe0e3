/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Executes a decoded instruction: the table of handlers, and the only place that advances RIP.
 */
#include "emulate/execute.h"

#include <coopvirt/x86.h>

#include "emulate/execute_handlers.h"

/* clang-format off */
static execute_handler *const execute_table[OPERATION_LAST_EXECUTED + 1] = {
    [OPERATION_ADD ... OPERATION_CMP] = execute_arithmetic_binary,
    [OPERATION_ROL ... OPERATION_SAR] = execute_arithmetic_shift,
    [OPERATION_SHLD ... OPERATION_SHRD] = execute_arithmetic_shift_double,
    [OPERATION_TEST] = execute_arithmetic_binary,
    [OPERATION_INC ... OPERATION_NOT] = execute_arithmetic_unary,
    [OPERATION_MUL ... OPERATION_IMUL] = execute_arithmetic_multiply,
    [OPERATION_IMUL_TRUNCATE] = execute_arithmetic_multiply_truncate,
    [OPERATION_DIV ... OPERATION_IDIV] = execute_arithmetic_divide,
    [OPERATION_XCHG] = execute_exchange_plain,
    [OPERATION_XADD] = execute_exchange_add,
    [OPERATION_CMPXCHG] = execute_exchange_compare,
    [OPERATION_CMPXCHG8B] = execute_exchange_compare_pair,
    [OPERATION_BT ... OPERATION_BTC] = execute_arithmetic_bit,
    [OPERATION_BSF ... OPERATION_POPCNT] = execute_arithmetic_count,
    [OPERATION_BSWAP] = execute_move_swap_bytes,
    [OPERATION_MOV] = execute_move_plain,
    [OPERATION_MOVZX] = execute_move_plain,
    [OPERATION_MOVSX] = execute_move_extend,
    [OPERATION_MOVNTI] = execute_move_plain,
    [OPERATION_MOVBE] = execute_move_swapped,
    [OPERATION_CMOV] = execute_move_if,
    [OPERATION_SET] = execute_move_condition,
    [OPERATION_LEA] = execute_move_address,
    [OPERATION_CBW] = execute_move_widen,
    [OPERATION_CWD] = execute_move_sign,
    [OPERATION_NOP] = execute_move_nothing,
    [OPERATION_PUSH] = execute_move_push,
    [OPERATION_POP] = execute_move_pop,
    [OPERATION_MOVS ... OPERATION_OUTS] = execute_string_run,
    [OPERATION_IN] = execute_string_in,
    [OPERATION_OUT] = execute_string_out,
    [OPERATION_JCC] = execute_branch_if,
    [OPERATION_JMP] = execute_branch_jump,
    [OPERATION_CALL] = execute_branch_call,
    [OPERATION_RET] = execute_branch_return,
    [OPERATION_LOOP] = execute_branch_loop,
    [OPERATION_PUSHA] = execute_stack_push_all,
    [OPERATION_POPA] = execute_stack_pop_all,
    [OPERATION_LEAVE] = execute_stack_leave,
    [OPERATION_XLAT] = execute_move_look_up,
    [OPERATION_SAHF] = execute_flags_from_ah,
    [OPERATION_LAHF] = execute_flags_to_ah,
    [OPERATION_CMC ... OPERATION_STD] = execute_flags_change,
};
/* clang-format on */

enum emulate_status emulate_execute(struct emulate_registers *registers, const struct instruction *instruction,
                                    const struct emulate_world *world, struct emulate_fault *fault)
{
    struct execute_state state = {.registers = registers, .instruction = instruction, .world = world, .fault = fault};
    if (instruction->operation > OPERATION_LAST_EXECUTED || !execute_table[instruction->operation])
        return EMULATE_UNSUPPORTED;
    if (instruction->has_memory_operand)
        state.address = emulate_operand_address(registers, instruction);
    if (!execute_table[instruction->operation](&state))
        return state.status;
    registers->rip = state.has_target ? state.target : emulate_next_rip(registers, instruction->length);
    registers->rflags &= ~X86_FLAGS_RF;
    return EMULATE_DONE;
}
