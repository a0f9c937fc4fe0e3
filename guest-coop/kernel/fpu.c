/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * FPU state: APM vol. 2, "Saving Media and x87 Execution Unit State"; the XSAVE header and MXCSR are what can make
 * a load fault.
 */
#include "kernel/fpu.h"
#include "pv/pv.h"
#include <coopvirt/primitives.h>
#include <coopvirt/string.h>
#include <coopvirt/x86.h>

#define CPUID_FEATURE_XSAVE (1u << 26)
#define CPUID_LEAF_XSAVE    0x0d
#define XSAVE_ALLOWED       0x7ul /* x87, SSE, AVX */
#define FXSAVE_BYTES        512
#define XSAVE_HEADER_BYTES  64
#define FPU_CONTROL_DEFAULT 0x037f
#define MXCSR_DEFAULT       0x1f80u

/* The legacy area's fields that matter here. */
struct fpu_legacy {
    uint16_t control;       /* 0x00 */
    uint8_t between[22];    /* 0x02 */
    uint32_t mxcsr;         /* 0x18 */
    uint32_t mxcsr_mask;    /* 0x1c */
    uint8_t registers[480]; /* 0x20 */
};
_Static_assert(sizeof(struct fpu_legacy) == FXSAVE_BYTES, "FXSAVE area");

struct fpu_header {
    uint64_t present; /* XSTATE_BV */
    uint64_t compact; /* XCOMP_BV */
    uint64_t reserved[6];
};
_Static_assert(sizeof(struct fpu_header) == XSAVE_HEADER_BYTES, "XSAVE header");

static size_t fpu_area_bytes = FXSAVE_BYTES;
static uint64_t fpu_xcr0;
static uint32_t fpu_mxcsr_mask = 0xffbf;

void fpu_start(void)
{
    uint64_t cr4 = pv.cpu.control_read(4) | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT;
    if (!(pv.cpu.cpuid(1, 0).ecx & CPUID_FEATURE_XSAVE)) {
        pv.cpu.control_write(4, cr4);
        return;
    }
    pv.cpu.control_write(4, cr4 | X86_CR4_OSXSAVE);
    fpu_xcr0 = pv.cpu.cpuid(CPUID_LEAF_XSAVE, 0).eax & XSAVE_ALLOWED;
    pv.cpu.xcr0_write(fpu_xcr0);
    /* EBX: the size for what XCR0 now enables. */
    fpu_area_bytes = (pv.cpu.cpuid(CPUID_LEAF_XSAVE, 0).ebx + 63u) & ~63ul;
}

size_t fpu_bytes(void)
{
    return fpu_area_bytes;
}
uint64_t fpu_features(void)
{
    return fpu_xcr0;
}

void fpu_save(void *area)
{
    if (fpu_xcr0)
        __asm__ volatile("xsave64 (%0)" : : "r"(area), "a"((uint32_t)fpu_xcr0), "d"(0) : "memory");
    else
        __asm__ volatile("fxsave64 (%0)" : : "r"(area) : "memory");
}

void fpu_load(const void *area)
{
    if (fpu_xcr0)
        __asm__ volatile("xrstor64 (%0)" : : "r"(area), "a"((uint32_t)fpu_xcr0), "d"(0) : "memory");
    else
        __asm__ volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
}

void fpu_prepare(void *area)
{
    if (fpu_xcr0)
        quadwords_clear((uint8_t *)area + FXSAVE_BYTES, XSAVE_HEADER_BYTES / 8);
}

void fpu_reset(void *area)
{
    struct fpu_legacy *legacy = area;
    quadwords_clear(area, fpu_area_bytes / 8);
    legacy->control = FPU_CONTROL_DEFAULT;
    legacy->mxcsr = MXCSR_DEFAULT;
    /* With XSAVE a zero header means: all initial; MXCSR is loaded from here nevertheless. */
}

bool fpu_sanitize(void *area)
{
    struct fpu_legacy *legacy = area;
    legacy->mxcsr &= fpu_mxcsr_mask;
    if (!fpu_xcr0)
        return true;
    struct fpu_header *header = (struct fpu_header *)((uint8_t *)area + FXSAVE_BYTES);
    if (header->present & ~fpu_xcr0)
        return false;
    header->compact = 0;
    memset(header->reserved, 0, sizeof(header->reserved));
    return true;
}
