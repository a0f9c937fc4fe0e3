/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Operands of the instruction that is being executed: addresses, registers by size, memory
 * through the world. What all execute_*.c share. A function that returns false has left
 * EMULATE_FAULT, EMULATE_UNSUPPORTED or EMULATE_CONTINUE in `status` and changed nothing.
 */
#ifndef COOPVIRT_EMULATE_EXECUTE_OPERAND_H
#define COOPVIRT_EMULATE_EXECUTE_OPERAND_H

#include "emulate/execute.h"

struct execute_state {
    struct emulate_registers *registers;
    const struct instruction *instruction;
    const struct emulate_world *world;
    struct emulate_fault *fault;
    uint64_t address;   /* linear, of the memory operand */
    uint64_t loaded[2]; /* what was read there: a locked write expects to find it again */
    enum emulate_status status;
    bool has_target; /* a branch: where it goes */
    uint64_t target;
};

/* One operation. False: not done, `status` says why. */
typedef bool execute_handler(struct execute_state *state);

static inline uint64_t execute_operand_mask(unsigned bytes)
{
    return bytes >= 8 ? UINT64_MAX : ((uint64_t)1 << 8 * bytes) - 1;
}

static inline uint64_t execute_operand_extend(uint64_t value, unsigned bytes)
{
    unsigned shift = 64 - 8 * bytes;
    return (uint64_t)((int64_t)(value << shift) >> shift);
}

/* Writes the low bytes of a register as the architecture does: 4 bytes clear the upper half. */
void execute_operand_set_register(struct emulate_registers *registers, unsigned number, unsigned bytes, uint64_t value);

/* An operand's value, zero-extended; an immediate is sign-extended as the decoder left it. */
bool execute_operand_read(struct execute_state *state, unsigned position, uint64_t *value);
bool execute_operand_write(struct execute_state *state, unsigned position, uint64_t value);

/* Memory anywhere else (stack, strings): at an offset of a segment. */
bool execute_operand_load(struct execute_state *state, enum instruction_segment segment, uint64_t offset,
                          unsigned bytes, enum emulate_intent intent, uint64_t *value);
bool execute_operand_store(struct execute_state *state, enum instruction_segment segment, uint64_t offset,
                           unsigned bytes, uint64_t value);

/* The stack pointer's width, and a push. */
unsigned execute_operand_stack_bytes(const struct emulate_registers *registers);
bool execute_operand_push(struct execute_state *state, unsigned bytes, uint64_t value);

/* The memory operand in full, up to 16 bytes, remembered for the write that follows. */
bool execute_operand_load_wide(struct execute_state *state, unsigned bytes, uint64_t value[2]);
bool execute_operand_store_wide(struct execute_state *state, unsigned bytes, const uint64_t value[2]);

/* Ends the instruction with an exception. */
bool execute_operand_raise(struct execute_state *state, uint8_t vector, bool has_error_code);

/* Takes an access's outcome into `status`. */
bool execute_operand_accept(struct execute_state *state, enum emulate_access_status status);

#endif
