/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MSRs that a CPU promises and may not have: a #GP is an answer here, and no bug of ours.
 */
#ifndef MACHINE_MSR_TRY_H
#define MACHINE_MSR_TRY_H

#include <stdbool.h>
#include <stdint.h>

/* False: the CPU has no such register, or does not take that value. */
bool msr_try_read(uint32_t msr, uint64_t *value);
bool msr_try_write(uint32_t msr, uint64_t value);

/* In msr_try.asm: the two instructions, and where trap.c goes on when one of them faults. */
extern const uint8_t msr_try_read_at[], msr_try_write_at[], msr_try_failed[];

#endif
