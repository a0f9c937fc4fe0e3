/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The handlers of execute.c's table, by the file that has them.
 */
#ifndef COOPVIRT_EMULATE_EXECUTE_HANDLERS_H
#define COOPVIRT_EMULATE_EXECUTE_HANDLERS_H

#include "emulate/execute_operand.h"

/* execute_arithmetic.c */
execute_handler execute_arithmetic_binary, execute_arithmetic_unary, execute_arithmetic_shift;
execute_handler execute_arithmetic_shift_double, execute_arithmetic_multiply, execute_arithmetic_multiply_truncate;
execute_handler execute_arithmetic_divide, execute_arithmetic_bit, execute_arithmetic_count;

/* execute_move.c */
execute_handler execute_move_plain, execute_move_extend, execute_move_swapped, execute_move_if, execute_move_condition;
execute_handler execute_move_address, execute_move_widen, execute_move_sign, execute_move_nothing, execute_move_push;
execute_handler execute_move_pop, execute_move_swap_bytes, execute_move_look_up;

/* execute_exchange.c */
execute_handler execute_exchange_plain, execute_exchange_add, execute_exchange_compare, execute_exchange_compare_pair;

/* execute_branch.c */
execute_handler execute_branch_if, execute_branch_jump, execute_branch_call, execute_branch_return, execute_branch_loop;

/* execute_stack.c */
execute_handler execute_stack_push_all, execute_stack_pop_all, execute_stack_leave;

/* execute_flags.c */
execute_handler execute_flags_from_ah, execute_flags_to_ah, execute_flags_change;

/* execute_string.c */
execute_handler execute_string_run, execute_string_in, execute_string_out;

#endif
