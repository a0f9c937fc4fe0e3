/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Segment descriptors, TSS and IDT of the host CPUs: layouts, and how a CPU loads its own.
 */
#ifndef MACHINE_DESCRIPTOR_H
#define MACHINE_DESCRIPTOR_H

#include <stdint.h>

/* Selectors; the same on every CPU. Those of ring 3 lie as SYSRET wants them, with the values that the guest ABI names;
 * its 32-bit code segment would be at 0x20, inside the TSS's descriptor, and does not exist: ring 3 is 64-bit only. */
#define DESCRIPTOR_CODE        0x08
#define DESCRIPTOR_DATA        0x10
#define DESCRIPTOR_TSS         0x18
#define DESCRIPTOR_SYSRET_BASE 0x23
#define DESCRIPTOR_USER_DATA   0x2b
#define DESCRIPTOR_USER_CODE   0x33

/* Interrupt stack table entries: what may arrive while the stack is not to be trusted. */
#define DESCRIPTOR_IST_NMI           1
#define DESCRIPTOR_IST_DOUBLE_FAULT  2
#define DESCRIPTOR_IST_MACHINE_CHECK 3
#define DESCRIPTOR_IST_DEBUG         4
#define DESCRIPTOR_IST_COUNT         4

/* APM vol. 2, "64-Bit Task State Segment". */
struct descriptor_tss {
    uint32_t reserved0;   /* 0x00 */
    uint64_t rsp[3];      /* 0x04 */
    uint64_t reserved1;   /* 0x1c */
    uint64_t ist[7];      /* 0x24 IST 1-7 */
    uint64_t reserved2;   /* 0x5c */
    uint16_t reserved3;   /* 0x64 */
    uint16_t io_map_base; /* 0x66 */
} __attribute__((packed));
_Static_assert(sizeof(struct descriptor_tss) == 0x68, "64-bit TSS");

/* Null, code, data, TSS (two entries), data and code of ring 3. */
#define DESCRIPTOR_GDT_ENTRIES 7

struct descriptor_tables {
    uint64_t gdt[DESCRIPTOR_GDT_ENTRIES];
    struct descriptor_tss tss;
};

/* Loads this CPU's GDT, TSS and the common IDT. GS base is kept. */
void descriptor_load(struct descriptor_tables *tables, const uint64_t ist[DESCRIPTOR_IST_COUNT]);

#endif
