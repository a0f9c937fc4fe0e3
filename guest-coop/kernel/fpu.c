/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * FPU state: APM vol. 2, "Saving Media and x87 Execution Unit State"; the XSAVE header and MXCSR are what can make
 * a load fault.
 */
#include "kernel/fpu.h"
#include "kernel/cpu.h"
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

struct fpu fpu = {.bytes = FXSAVE_BYTES};

static uint32_t fpu_mxcsr_mask = 0xffbf;

/* FPU_AT_USE; this CPU only */
static bool fpu_is_absent; /* the running process's state is in its area: CR0.TS is on */
static void *fpu_running;  /* that area */

void fpu_start(void)
{
    uint64_t cr4 = pv.cpu.control_read(4) | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT;
    if (!(pv.cpu.cpuid(1, 0).ecx & CPUID_FEATURE_XSAVE)) {
        pv.cpu.control_write(4, cr4);
        return;
    }
    pv.cpu.control_write(4, cr4 | X86_CR4_OSXSAVE);
    fpu.features = pv.cpu.cpuid(CPUID_LEAF_XSAVE, 0).eax & XSAVE_ALLOWED;
    fpu.way = FPU_BY_XSAVE;
    pv.cpu.xcr0_write(fpu.features);
    /* EBX: the size for what XCR0 now enables. */
    fpu.bytes = (pv.cpu.cpuid(CPUID_LEAF_XSAVE, 0).ebx + 63u) & ~63ul;
}

void fpu_set_lazy(void)
{
    fpu.way = FPU_AT_USE;
}

static void fpu_registers_save(void *area)
{
    if (fpu.features)
        fpu_xsave(area);
    else
        __asm__ volatile("fxsave64 (%0)" : : "r"(area) : "memory");
}

static void fpu_registers_load(const void *area)
{
    if (fpu.features)
        fpu_xrstor(area);
    else
        __asm__ volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
}

static void fpu_set_absent(bool is_absent)
{
    if (fpu_is_absent == is_absent)
        return;
    fpu_is_absent = is_absent;
    pv.cpu.fpu_trap(is_absent);
}

void fpu_switch_otherwise(void *from, void *to)
{
    if (fpu.way != FPU_AT_USE) {
        if (from)
            fpu_registers_save(from);
        if (to)
            fpu_registers_load(to);
    } else if (to) {
        fpu_running = to;
        fpu_set_absent(fpu.owner != to);
    }
}

bool fpu_use(void)
{
    if (!fpu_is_absent)
        return false;
    fpu_set_absent(false);
    if (fpu.owner)
        fpu_registers_save(fpu.owner);
    fpu_registers_load(fpu_running);
    fpu.owner = fpu_running;
    cpu_this()->counters.fpu_loads++;
    return true;
}

void fpu_save_otherwise(void *area)
{
    if (!fpu_is_absent)
        fpu_registers_save(area);
}

void fpu_load_otherwise(const void *area)
{
    if (!fpu_is_absent)
        fpu_registers_load(area);
}

void fpu_copy_otherwise(const void *own, void *to)
{
    if (fpu_is_absent)
        memcpy(to, own, fpu.bytes);
    else
        fpu_registers_save(to);
}

void fpu_prepare(void *area)
{
    if (fpu.features)
        quadwords_clear((uint8_t *)area + FXSAVE_BYTES, XSAVE_HEADER_BYTES / 8);
}

void fpu_reset(void *area)
{
    struct fpu_legacy *legacy = area;
    quadwords_clear(area, fpu.bytes / 8);
    legacy->control = FPU_CONTROL_DEFAULT;
    legacy->mxcsr = MXCSR_DEFAULT;
    /* With XSAVE a zero header means: all initial; MXCSR is loaded from here nevertheless. */
}

bool fpu_sanitize(void *area)
{
    struct fpu_legacy *legacy = area;
    legacy->mxcsr &= fpu_mxcsr_mask;
    if (!fpu.features)
        return true;
    struct fpu_header *header = (struct fpu_header *)((uint8_t *)area + FXSAVE_BYTES);
    if (header->present & ~(uint64_t)fpu.features)
        return false;
    header->compact = 0;
    memset(header->reserved, 0, sizeof(header->reserved));
    return true;
}
