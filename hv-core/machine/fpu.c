/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Saving and restoring x87, SSE and AVX state. APM vol. 2, "Saving Media and x87 Execution Unit State".
 */
#include "machine/fpu.h"
#include "machine/cpu_features.h"

#include <coopvirt/x86_instructions.h>

#define FPU_CPUID_XSAVE 0x0d

/* "FXSAVE area": values after reset. */
#define FPU_CONTROL_OFFSET 0 /* FCW */
#define FPU_CONTROL_RESET  0x037f
#define FPU_MXCSR_OFFSET   24
#define FPU_MXCSR_RESET    0x1f80
#define FPU_XSTATE_OFFSET  512 /* XSTATE_BV of the XSAVE header */

/* Constant after start. */
static uint64_t fpu_mask;

void fpu_start(void)
{
    if (!cpu_features()->xsave)
        return;
    struct x86_cpuid leaf = x86_cpuid(FPU_CPUID_XSAVE, 0);
    uint64_t supported = (uint64_t)leaf.edx << 32 | leaf.eax;
    uint64_t mask = FPU_X87 | FPU_SSE | (cpu_features()->avx ? FPU_AVX : 0);

    mask &= supported;
    x86_xsetbv(0, mask);
    fpu_mask = mask;
}

uint64_t fpu_allowed(void)
{
    return fpu_mask;
}

void fpu_area_reset(void *area)
{
    uint8_t *bytes = area;

    *(uint16_t *)(bytes + FPU_CONTROL_OFFSET) = FPU_CONTROL_RESET;
    *(uint32_t *)(bytes + FPU_MXCSR_OFFSET) = FPU_MXCSR_RESET;
    if (fpu_mask)
        *(uint64_t *)(bytes + FPU_XSTATE_OFFSET) = FPU_X87 | FPU_SSE;
}

void fpu_save(void *area)
{
    if (fpu_mask)
        __asm__ volatile("xsave64 (%0)"
                         :
                         : "r"(area), "a"((uint32_t)fpu_mask), "d"((uint32_t)(fpu_mask >> 32))
                         : "memory");
    else
        __asm__ volatile("fxsave64 (%0)" : : "r"(area) : "memory");
}

void fpu_restore(const void *area)
{
    if (fpu_mask)
        __asm__ volatile("xrstor64 (%0)"
                         :
                         : "r"(area), "a"((uint32_t)fpu_mask), "d"((uint32_t)(fpu_mask >> 32))
                         : "memory");
    else
        __asm__ volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
}
