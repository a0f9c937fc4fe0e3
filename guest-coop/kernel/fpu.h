/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The x87, SSE and AVX registers of user programs: XSAVE with an allow-list where the CPU has it, else
 * FXSAVE. The kernel itself uses none of them.
 */
#ifndef KERNEL_FPU_H
#define KERNEL_FPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Finds out what the CPU has and turns it on. */
void fpu_start(void);

/* Bytes of a state area, a multiple of 64; areas are 64-byte aligned. */
size_t fpu_bytes(void);

/* The state features in use (XCR0), 0 = FXSAVE only. */
uint64_t fpu_features(void);

void fpu_save(void *area);
void fpu_load(const void *area);

/* Makes memory of unknown content fit to be saved to: XSAVE leaves most of its header as it is. */
void fpu_prepare(void *area);

/* Writes the state of a fresh program. */
void fpu_reset(void *area);

/* Makes an area that a program wrote (signal frames) loadable without a fault; false when it is beyond repair. */
bool fpu_sanitize(void *area);

#endif
