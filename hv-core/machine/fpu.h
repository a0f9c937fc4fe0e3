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

#define FPU_ALIGNMENT_BYTES 64

/* Per CPU: XCR0 becomes the allowed set. */
void fpu_start(void);

/* The XCR0 bits that a guest may have: the allow-list as far as the CPU has it. 0 on a CPU without XSAVE. */
uint64_t fpu_allowed(void);

/* Size of a save area for all that is allowed; at most 4096. Areas are aligned to FPU_ALIGNMENT_BYTES. */
uint32_t fpu_area_bytes(void);

/* Makes a zeroed area hold the state after reset. */
void fpu_area_reset(void *area);

/* Saves and restores the whole allowed state, whatever XCR0 the guest has chosen: call with the host's XCR0 loaded
 * (fpu_start's). By XSAVE and XRSTOR, or FXSAVE and FXRSTOR where there is no XSAVE. */
void fpu_save(void *area);
void fpu_restore(const void *area);

#endif
