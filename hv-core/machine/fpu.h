/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Extended processor state: hv-core itself uses none, but keeps that of its VCPUs apart. The allow-list is
 * x87, SSE and AVX.
 */
#ifndef MACHINE_FPU_H
#define MACHINE_FPU_H

#include <stdint.h>

#define FPU_X87 (1ul << 0)
#define FPU_SSE (1ul << 1)
#define FPU_AVX (1ul << 2)

/* Per CPU: XCR0 becomes the allowed set. */
void fpu_start(void);

/* The XCR0 bits that a guest may have: the allow-list as far as the CPU has it. 0 on a CPU without XSAVE. */
uint64_t fpu_allowed(void);

/* Makes a zeroed area hold the state after reset. An area is a frame: all that is allowed takes 832 bytes of it. */
void fpu_area_reset(void *area);

/* Saves and restores the whole allowed state, whatever XCR0 the guest has chosen: call with the host's XCR0 loaded
 * (fpu_start's). By XSAVE and XRSTOR, or FXSAVE and FXRSTOR where there is no XSAVE. */
void fpu_save(void *area);
void fpu_restore(const void *area);

#endif
