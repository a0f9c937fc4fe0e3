/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random instructions for a comparison with the host's CPU, each with a state from which it does something: its memory
 * operand, its stack, its strings lie in the arena, its branches go to the pad.
 */
#ifndef TESTS_UNIT_NATIVE_CASE_H
#define TESTS_UNIT_NATIVE_CASE_H

#include "native_cpu.h"

struct native_case {
    uint8_t bytes[16];
    struct instruction instruction;
    struct emulate_registers before;
};

uint64_t native_case_random(void);

/* The next one. Endless, and always the same sequence. */
void native_case_next(struct native_case *out, const struct native_cpu_setting *setting);

/* Whether the host's CPU knows it. */
bool native_case_host_has(enum instruction_operation operation);

/* Flags, and results, that the manuals leave undefined. */
uint64_t native_case_undefined_flags(const struct native_case *tried);
bool native_case_has_undefined_result(const struct native_case *tried);

#endif
