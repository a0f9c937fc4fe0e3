/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Executes one decoded instruction on a plain register file, reaching memory and ports only
 * through the caller's functions: what a trapped access to a device or to a watched page is
 * finished with. Pure: the same source runs in the host's tests against the host's CPU.
 *
 * The caller's affair: segment limits and rights, canonical addresses, I/O privilege, the
 * interrupt shadow and the single-step trap. Only the arithmetic flags are ever changed, and RF
 * cleared.
 */
#ifndef COOPVIRT_EMULATE_EXECUTE_H
#define COOPVIRT_EMULATE_EXECUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "emulate/decode.h"

struct emulate_registers {
    uint64_t general[16]; /* enum instruction_register */
    uint64_t rip;         /* of the instruction, before it is executed */
    uint64_t rflags;
    uint64_t segment_base[SEGMENT_COUNT]; /* enum instruction_segment; in 64-bit mode only FS and GS count */
    enum decode_mode mode;
    uint8_t stack_bytes; /* width of the stack pointer outside 64-bit mode: 2 or 4 (SS.B) */
    uint8_t cpl;
};

struct emulate_fault {
    uint8_t vector;
    bool has_error_code;
    uint32_t error_code;
    uint64_t address; /* for CR2 */
};

enum emulate_access_status {
    EMULATE_ACCESS_DONE,
    EMULATE_ACCESS_FAULT,    /* *fault is filled in */
    EMULATE_ACCESS_MISMATCH, /* compare_exchange only: memory did not hold what was expected */
    EMULATE_ACCESS_REFUSED   /* cannot be done here: the instruction ends as EMULATE_UNSUPPORTED */
};

/* What a read is for: a page fault's error code of a read-modify-write has the write bit set. */
enum emulate_intent { EMULATE_INTENT_READ, EMULATE_INTENT_MODIFY };

/* A part of a REP INS or REP OUTS: `count` values of `bytes` bytes each, upwards from a linear address, all within one
 * page and the segment. */
struct emulate_port_run {
    uint16_t port;
    uint8_t bytes;
    bool is_input;
    uint64_t linear;
    uint64_t count;
};

/*
 * Memory is addressed linearly; bytes is 1, 2, 4, 8 or 16, and an access may cross a page. A
 * function that returns anything but DONE has changed nothing. compare_exchange, needed for LOCK,
 * XCHG and nothing else, is atomic where memory is shared; for a device it may simply write.
 */
struct emulate_world {
    void *context;
    enum emulate_access_status (*read)(void *context, uint64_t linear, void *value, unsigned bytes,
                                       enum emulate_intent intent, struct emulate_fault *fault);
    enum emulate_access_status (*write)(void *context, uint64_t linear, const void *value, unsigned bytes,
                                        struct emulate_fault *fault);
    enum emulate_access_status (*compare_exchange)(void *context, uint64_t linear, const void *expected,
                                                   const void *replacement, unsigned bytes,
                                                   struct emulate_fault *fault);
    enum emulate_access_status (*port_in)(void *context, uint16_t port, unsigned bytes, uint32_t *value,
                                          struct emulate_fault *fault);
    enum emulate_access_status (*port_out)(void *context, uint16_t port, unsigned bytes, uint32_t value,
                                           struct emulate_fault *fault);
    /* Optional: performs a run, or the beginning of one, at once. Returns how much; 0, with nothing changed, where it
     * is to be done value by value: a fault, or memory that is a device's. */
    uint64_t (*port_run)(void *context, const struct emulate_port_run *run);
    unsigned repeat_limit; /* most iterations of a REP string instruction in one call; 0 is taken as 1 */
};

enum emulate_status {
    EMULATE_DONE,       /* executed; RIP is that of the next instruction */
    EMULATE_CONTINUE,   /* the limit was reached: registers show what was done, RIP is unchanged */
    EMULATE_FAULT,      /* *fault is to be injected; nothing changed but completed iterations */
    EMULATE_UNSUPPORTED /* not executed here, or the world refused; nothing changed but completed iterations */
};

enum emulate_status emulate_execute(struct emulate_registers *registers, const struct instruction *instruction,
                                    const struct emulate_world *world, struct emulate_fault *fault);

/* The offset in its segment, and the linear address, of the memory operand (has_memory_operand). */
uint64_t emulate_effective_address(const struct emulate_registers *registers, const struct instruction *instruction);
uint64_t emulate_operand_address(const struct emulate_registers *registers, const struct instruction *instruction);

/* The linear address of an offset: FS and GS alone have a base in 64-bit mode; 32 bits otherwise. */
uint64_t emulate_linear_address(const struct emulate_registers *registers, enum instruction_segment segment,
                                uint64_t offset);

/* RIP after an instruction of this length: wraps to 16 or 32 bits outside 64-bit mode. */
uint64_t emulate_next_rip(const struct emulate_registers *registers, unsigned length);

#endif
