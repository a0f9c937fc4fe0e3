/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The x87, SSE and AVX registers of user programs: XSAVE with an allow-list where the CPU has it, else
 * FXSAVE. The kernel itself uses none of them. They change with the process, or, where that is asked for (`lazy=1`), at
 * the next process's first use of them, which raises #NM.
 */
#ifndef KERNEL_FPU_H
#define KERNEL_FPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How state changes with the process. */
enum fpu_way {
    FPU_BY_FXSAVE,
    FPU_BY_XSAVE, /* the usual one: what there is inline is for it */
    FPU_AT_USE
};

/* this CPU only; but for the owner constant after start */
struct fpu {
    enum fpu_way way;
    uint32_t features; /* in XCR0; 0: no XSAVE */
    size_t bytes;      /* of a state area */
    void *owner;       /* FPU_AT_USE: the area of the process whose state the registers hold, or NULL */
};
extern struct fpu fpu;

/* Finds out what the CPU has and turns it on. */
void fpu_start(void);

/* From here on state changes at its first use. */
void fpu_set_lazy(void);

/* Bytes of a state area, a multiple of 64; areas are 64-byte aligned. */
static inline size_t fpu_bytes(void)
{
    return fpu.bytes;
}

/* The state features in use (XCR0), 0 = FXSAVE only. */
static inline uint64_t fpu_features(void)
{
    return fpu.features;
}

static inline void fpu_xsave(void *area)
{
    __asm__ volatile("xsave64 (%0)" : : "r"(area), "a"(fpu.features), "d"(0) : "memory");
}
static inline void fpu_xrstor(const void *area)
{
    __asm__ volatile("xrstor64 (%0)" : : "r"(area), "a"(fpu.features), "d"(0) : "memory");
}

/* The same, where it is not by XSAVE at once. */
void fpu_switch_otherwise(void *from, void *to);
void fpu_save_otherwise(void *area);
void fpu_load_otherwise(const void *area);
void fpu_copy_otherwise(const void *own, void *to);

/* The CPU goes from one process to another; NULL is one that has no such state. */
static inline void fpu_switch(void *from, void *to)
{
    if (fpu.way != FPU_BY_XSAVE) {
        fpu_switch_otherwise(from, to);
        return;
    }
    if (from)
        fpu_xsave(from);
    if (to)
        fpu_xrstor(to);
}

/* Of the running process: its area becomes what its registers are; the registers become what its area is. */
static inline void fpu_save(void *area)
{
    if (fpu.way == FPU_BY_XSAVE)
        fpu_xsave(area);
    else
        fpu_save_otherwise(area);
}
static inline void fpu_load(const void *area)
{
    if (fpu.way == FPU_BY_XSAVE)
        fpu_xrstor(area);
    else
        fpu_load_otherwise(area);
}

/* Writes the running process's state, whose area is `own`, to another's area. */
static inline void fpu_copy(const void *own, void *to)
{
    if (fpu.way == FPU_BY_XSAVE)
        fpu_xsave(to);
    else
        fpu_copy_otherwise(own, to);
}

/* The process whose area this is has ended. */
static inline void fpu_forget(const void *area)
{
    if (fpu.owner == area)
        fpu.owner = 0;
}

/* #NM in user mode. False: not one of ours. */
bool fpu_use(void);

/* Makes memory of unknown content fit to be saved to: XSAVE leaves most of its header as it is. */
void fpu_prepare(void *area);

/* Writes the state of a fresh program. */
void fpu_reset(void *area);

/* Makes an area that a program wrote (signal frames) loadable without a fault; false when it is beyond repair. */
bool fpu_sanitize(void *area);

#endif
