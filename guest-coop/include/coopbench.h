/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /dev/coopbench: how a measured program names a region, writes a record, and asks for the
 * operations that need kernel mode. Used by guest-coop's driver and by bench/workloads; a system
 * without the device simply has no markers. ioctl numbers are plain integers.
 */
#ifndef COOPBENCH_H
#define COOPBENCH_H

#include <stdint.h>

#define COOPBENCH_DEVICE "/dev/coopbench"

/* The kernel's own counters over a region. */
struct coopbench_counters {
    uint64_t idle;             /* TSC units in HLT as the guest kernel sees them */
    uint64_t ticks;            /* periodic timer interrupts taken */
    uint64_t context_switches; /* between different processes */
    uint64_t page_faults;      /* handled by the kernel, all kinds */
    uint64_t system_calls;
    uint64_t fpu_loads; /* of FPU state at its first use, where it is loaded lazily */
};

/* argument: the region's number (below 2^31), by value. The marker is the last thing done. */
#define COOPBENCH_REGION_BEGIN 0xcb01
/* argument: struct coopbench_region_end *. The marker is the first thing done. */
#define COOPBENCH_REGION_END 0xcb02
/* argument: struct coopbench_nano *. Runs one nano operation in kernel mode, with the markers and
 * the time stamps taken there. errno ENODEV: this machine cannot do it (say why in a skip record). */
#define COOPBENCH_NANO 0xcb03

struct coopbench_region_end {
    uint64_t region;                   /* IN */
    struct coopbench_counters counted; /* OUT: difference since the begin */
};

/* Named after the nanobenchmarks of Adams and Agesen, ASPLOS 2006, section 6.3, as far as they are
 * theirs; the others after what they execute. */
enum coopbench_nano_operation {
    COOPBENCH_NANO_EMPTY,     /* the loop alone */
    COOPBENCH_NANO_IN,        /* IN AL, 0x80 */
    COOPBENCH_NANO_CR8WR,     /* MOV CR8, 0 */
    COOPBENCH_NANO_PGFAULT,   /* a fault on a not-present kernel page, skipped by the handler */
    COOPBENCH_NANO_DIVZERO,   /* a divide error, skipped by the handler */
    COOPBENCH_NANO_PTEMOD,    /* one page-table entry changed, its page touched by nobody */
    COOPBENCH_NANO_CPUID,     /* CPUID leaf 0 */
    COOPBENCH_NANO_HYPERCALL, /* COOP_HYPERCALL_VERSION; ENODEV without a hypervisor */
    COOPBENCH_NANO_RDMSR,     /* RDMSR of APIC_BASE */
    COOPBENCH_NANO_TIMER,     /* arm the local APIC timer, HLT until it fires, end of interrupt */
    COOPBENCH_NANO_SPACE,     /* an address space of 64 pages in 4 page tables built, run in and freed */
    COOPBENCH_NANO_OPERATIONS
};

struct coopbench_nano {
    uint32_t operation;                /* IN  enum coopbench_nano_operation */
    uint32_t reserved;                 /* IN  0 */
    uint64_t region;                   /* IN */
    uint64_t iterations;               /* IN */
    uint64_t tsc;                      /* OUT TSC units of all iterations, loop included */
    struct coopbench_counters counted; /* OUT */
};

/*
 * The kernel's two marker OUT instructions are each preceded directly by the 7-byte instruction
 * `nopl imm32(%rax)` (0f 1f 80 imm32) with one of these numbers, so that an observer of the
 * instruction stream that cannot read registers (bench/plugin) knows a region's begin and end.
 */
#define COOPBENCH_NOP_BEGIN 0x434f4f50 /* "POOC" in memory */
#define COOPBENCH_NOP_END   0x434f4f51 /* "QOOC" in memory */

/* write(2) on the device appends whole lines to the record channel (the second serial port). */

#endif
